/* checkpoints.c - which file each trial's next attempt goes on from. */
#include "coordinator/dispatch/checkpoints.h"

#include "coordinator/dispatch/checkpoint_files.h"

#include <stdlib.h>
#include <string.h>

void checkpoints_destroy(struct checkpoints *checkpoints)
{
    free(checkpoints->kept);
    free(checkpoints->stale);
}

uint32_t checkpoints_kept(const struct checkpoints *checkpoints, uint32_t trial)
{
    return trial < checkpoints->kept_room ? checkpoints->kept[trial] : 0;
}

static bool keep(struct checkpoints *checkpoints, uint32_t trial, uint32_t attempt)
{
    if (trial >= checkpoints->kept_room) {
        size_t room = 2 * (size_t)trial + 64;
        uint32_t *kept = realloc(checkpoints->kept, room * sizeof *kept);
        if (!kept)
            return false;
        memset(kept + checkpoints->kept_room, 0, (room - checkpoints->kept_room) * sizeof *kept);
        checkpoints->kept = kept;
        checkpoints->kept_room = room;
    }
    checkpoints->kept[trial] = attempt;
    return true;
}

static bool discard(struct checkpoints *checkpoints, uint32_t trial, uint32_t attempt)
{
    if (checkpoints->stale_count == checkpoints->stale_room) {
        size_t room = checkpoints->stale_room ? 2 * checkpoints->stale_room : 64;
        struct checkpoint_name *stale = realloc(checkpoints->stale, room * sizeof *stale);
        if (!stale)
            return false;
        checkpoints->stale = stale;
        checkpoints->stale_room = room;
    }
    checkpoints->stale[checkpoints->stale_count++] = (struct checkpoint_name){trial, attempt};
    return true;
}

bool checkpoints_note(struct checkpoints *checkpoints, const struct search_event *event,
                      uint64_t step)
{
    uint32_t trial = event->trial;
    switch (event->kind) {
    case SEARCH_DONE:
    case SEARCH_PAUSED:
        if (event->step <= step) /* what was there stands */
            return discard(checkpoints, trial, event->attempt);
        return (step == 0 || discard(checkpoints, trial, checkpoints_kept(checkpoints, trial))) &&
               keep(checkpoints, trial, event->attempt);
    case SEARCH_DIVERGED:
    case SEARCH_LOST:
        return discard(checkpoints, trial, event->attempt);
    case SEARCH_FREE:
    case SEARCH_REPORT:
    case SEARCH_TIME_OVER:
        break;
    }
    return true;
}

void checkpoints_settle(struct checkpoints *checkpoints)
{
    for (size_t i = 0; i < checkpoints->stale_count; i++)
        checkpoint_file_remove(checkpoints->dir, checkpoints->stale[i].trial,
                               checkpoints->stale[i].attempt);
    checkpoints->stale_count = 0;
}

void checkpoints_release(struct checkpoints *checkpoints, uint32_t trial)
{
    checkpoint_file_remove(checkpoints->dir, trial, checkpoints_kept(checkpoints, trial));
}

bool checkpoints_branch(struct checkpoints *checkpoints, uint32_t parent, uint32_t trial,
                        struct error *error)
{
    return checkpoint_file_branch(checkpoints->dir, parent, checkpoints_kept(checkpoints, parent),
                                  trial, error);
}

static bool is_kept(void *context, uint32_t trial, uint32_t attempt)
{
    return checkpoints_kept(context, trial) == attempt;
}

static bool is_not_kept(void *context, uint32_t trial, uint32_t attempt)
{
    (void)context;
    (void)trial;
    (void)attempt;
    return false;
}

void checkpoints_sweep(struct checkpoints *checkpoints, bool keep_needed)
{
    checkpoints->stale_count = 0;
    checkpoint_files_sweep(checkpoints->dir, keep_needed ? is_kept : is_not_kept, checkpoints);
}
