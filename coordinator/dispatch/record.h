/* record.h - writes what the search does into the study, and feeds it back on resume. */
#ifndef LRSWEEP_COORDINATOR_DISPATCH_RECORD_H
#define LRSWEEP_COORDINATOR_DISPATCH_RECORD_H

#include "common/message.h"
#include "coordinator/search/search.h"
#include "coordinator/study/store.h"

/* What is known of a trial beside its state in the search. */
struct trial_note {
    double started, ended; /* Unix time, NaN: not yet */
    double seconds;        /* spent training it; NaN: not known yet */
    long long losses;      /* attempts lost since it last got on, in all runs */
    uint64_t seen_step;    /* of the newest report, or where this run took it up */
    double seen_value;     /* its metric, NaN: not measured there */
    int worker;            /* rank that trained it last, -1: none */
    char *message;         /* NULL: none */
};

struct record {
    struct search *search; /* borrowed */
    struct store *store;   /* borrowed */
    const json_t *document;
    struct trial_note *notes; /* [note_count], by trial */
    size_t note_count;
    uint32_t recommended; /* as written last, if it was */
    bool recommends;
    uint32_t workers_lost; /* in all runs of this study */
    json_t *losses;        /* the same, as the `study` table tells of them */
    bool standing_changed; /* the rungs, or who is recommended, are to be written */
    bool dirty;            /* something is not committed yet */
};

void record_create(struct record *record, struct search *search, struct store *store,
                   const json_t *document);
void record_destroy(struct record *record);

/* Now, as the study tells times. */
double record_unix_time(void);

/* The note of a trial; NULL only when memory ran out. */
struct trial_note *record_note(struct record *record, uint32_t trial);

/* Replaces a trial's message; NULL or "" clears it. */
void record_message(struct record *record, uint32_t trial, const char *message);

/* The study's metric in a report; NaN: not measured there. */
double record_metric(const struct record *record, const struct message_report *report);

/* Feeds the search an event and writes it down with the trials that it changed. The update is the
 * search's. *accepted: whether the event fitted. False: the study cannot be written. */
bool record_step(struct record *record, const struct search_event *event, int worker, int trainer,
                 const char *text, struct search_update *update, bool *accepted,
                 struct error *error);

bool record_report(struct record *record, uint32_t trial, const struct message_report *report,
                   struct error *error);

/* Sets a value of the `study` table. */
bool record_set(struct record *record, const char *key, const char *value, struct error *error);

bool record_commit(struct record *record, struct error *error);

/* Gives up what is not committed yet. The search goes no further than that: it has seen it. */
void record_discard(struct record *record);

/* Feeds the search every recorded event again, then gives up the attempts that were under way. */
bool record_replay(struct record *record, struct error *error);

#endif
