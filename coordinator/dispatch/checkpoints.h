/* checkpoints.h - which file each trial's next attempt goes on from, and which are needed no more.
 *
 * Every attempt leaves its checkpoint in a file of its own (common/layout.h). The one that counts
 * is that of the attempt whose end the search was told of last: the events of the study tell it
 * again in a resume. The file before it is removed only when that event is durable: a crash before
 * leaves both, and the resume goes on from the older one. An attempt that was given up but runs on
 * (its worker was cut off) writes beside all this and is swept away. */
#ifndef LRSWEEP_COORDINATOR_DISPATCH_CHECKPOINTS_H
#define LRSWEEP_COORDINATOR_DISPATCH_CHECKPOINTS_H

#include "common/error.h"
#include "coordinator/search/search.h"

struct checkpoint_name {
    uint32_t trial, attempt;
};

/* Begins as zeros with `dir` set. */
struct checkpoints {
    const char *dir;
    uint32_t *kept; /* [kept_room], by trial: the attempt; 0: a branch's beginning */
    size_t kept_room;
    struct checkpoint_name *stale; /* to be removed after the next commit */
    size_t stale_count, stale_room;
};

void checkpoints_destroy(struct checkpoints *checkpoints);

/* The attempt that left what `trial` goes on from. */
uint32_t checkpoints_kept(const struct checkpoints *checkpoints, uint32_t trial);

/* The search took `event`, before which its trial stood at `step`. False: out of memory. */
bool checkpoints_note(struct checkpoints *checkpoints, const struct search_event *event,
                      uint64_t step);

/* All events that were noted are durable. */
void checkpoints_settle(struct checkpoints *checkpoints);

/* `trial` will not go on. */
void checkpoints_release(struct checkpoints *checkpoints, uint32_t trial);

/* `trial` is new and goes on from the checkpoint of `parent`. Both may go on: a file is never
 * written again. */
bool checkpoints_branch(struct checkpoints *checkpoints, uint32_t parent, uint32_t trial,
                        struct error *error);

/* Removes all files but those that trials go on from; those too unless `keep_needed`. */
void checkpoints_sweep(struct checkpoints *checkpoints, bool keep_needed);

#endif
