/* dispatch.h - the coordinator's role on rank 0: turns messages into events of the search and the
 * search's actions into messages.
 *
 * The search's events are committed to the study before their consequences leave this rank. Nothing
 * here blocks but the disk. */
#ifndef LRSWEEP_COORDINATOR_DISPATCH_DISPATCH_H
#define LRSWEEP_COORDINATOR_DISPATCH_DISPATCH_H

#include "common/role.h"
#include "coordinator/search/search.h"
#include "coordinator/study/store.h"
#include "coordinator/view/progress.h"

enum dispatch_outcome {
    DISPATCH_RUNNING,
    DISPATCH_FINISHED,
    DISPATCH_NO_SURVIVOR, /* finished, but no candidate reached the full budget */
    DISPATCH_INTERRUPTED, /* told to end; can be resumed */
    DISPATCH_FAILED       /* dispatch_error says why */
};

struct dispatch_options {
    const json_t *document;
    const char *dir;
    struct link *link;
    struct search *search;
    struct store *store;
    struct progress *progress;
    long long search_retries;   /* run.retries of the study as `search` was made from it */
    double earlier_s;           /* wall time of this study's earlier runs */
    double earlier_train_s;     /* that trainers were held by trials in them */
    const char *earlier_losses; /* workers that they lost, as the study tells of them; NULL: none */
    double deadline_s; /* monotonic: what runs is saved before; 0 or infinite: there is none */
    uint64_t train_samples, validation_samples; /* 0: the trainer does not tell */
    bool local_worker;                          /* rank 0 has a worker too */
    bool resume;                                /* feed the recorded events first */
    bool untested;                              /* what is best is neither tested nor kept */
};

struct dispatch;

/* Everything in `options` is borrowed. */
struct dispatch *dispatch_create(const struct dispatch_options *options, struct error *error);
void dispatch_destroy(struct dispatch *dispatch);

extern const struct role_class dispatch_role;

enum dispatch_outcome dispatch_outcome(const struct dispatch *dispatch);
const struct error *dispatch_error(const struct dispatch *dispatch);

/* Seconds that trainers were held by trials, and the most trainers that there were. */
double dispatch_busy_s(const struct dispatch *dispatch);
size_t dispatch_trainers(const struct dispatch *dispatch);

#endif
