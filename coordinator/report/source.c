/* source.c - reads what a report is made from. */
#include "coordinator/report/source.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define EVENTS_AT_FIRST  256
#define TOO_HIGH         3
#define CURVES_MOST      240 /* more lines than that are a smear */
#define OF_EVERY_VERDICT 5   /* trials that are drawn of it at least, if there are as many */

static const char *const event_names[REPORT_EVENTS] = {
    [REPORT_ASSIGNED] = "assigned",
    [REPORT_VALIDATED] = "validated",
    [REPORT_DONE] = "done",
    [REPORT_DIVERGED] = "diverged",
    [REPORT_PAUSED] = "paused",
    [REPORT_LOST] = "lost",
    [REPORT_WORKER_LOST] = "worker_lost",
    [REPORT_WORKER_BACK] = "worker_back",
    [REPORT_TIME_OVER] = "time_over",
};

/* A power of two is full: doubles. */
static bool make_room(struct report_source *source, struct error *error)
{
    size_t count = source->event_count;
    if (count > 0 && (count < EVENTS_AT_FIRST || (count & (count - 1)) != 0))
        return true;
    size_t room = count > 0 ? 2 * count : EVENTS_AT_FIRST;
    struct report_event *more = realloc(source->events, room * sizeof *more);
    if (!more)
        return error_set(error, "out of memory");
    source->events = more;
    return true;
}

static bool add_event(void *context, const struct event_row *row, struct error *error)
{
    struct report_source *source = context;
    for (int kind = 0; kind < REPORT_EVENTS; kind++) {
        if (strcmp(row->kind, event_names[kind]) != 0)
            continue;
        if (!make_room(source, error))
            return false;
        source->events[source->event_count++] = (struct report_event){
            .kind = (enum report_event_kind)kind,
            .trial = row->trial,
            .worker = row->worker,
            .trainer = row->trainer,
            .step = row->step,
            .value = row->value,
            .time = row->time,
        };
        break;
    }
    return true;
}

static bool read_curves(struct report_source *source, struct error *error)
{
    uint32_t trials[CURVES_MOST];
    source->curve_count = report_source_sample(source, CURVES_MOST, trials);
    source->curves = curves_read(source->snapshot->dir, trials, source->curve_count, error);
    return source->curves != NULL;
}

bool report_source_read(struct report_source *source, const struct snapshot *snapshot,
                        struct error *error)
{
    *source =
        (struct report_source){.snapshot = snapshot,
                               .facts = study_facts_of(snapshot),
                               .order = calloc(snapshot->trial_count + 1, sizeof *source->order)};
    if (!source->order)
        return error_set(error, "out of memory");
    source->order_count = trial_order(snapshot, source->order);
    return snapshot_events(snapshot->dir, add_event, source, error) && read_curves(source, error);
}

void report_source_free(struct report_source *source)
{
    free(source->order);
    free(source->events);
    curves_free(source->curves, source->curve_count);
}

/* Marks trials, by their place in the order, until `most` are marked. */
struct sample {
    bool *marked;
    size_t count, most;
};

static void mark(struct sample *sample, size_t place)
{
    if (sample->count < sample->most && !sample->marked[place]) {
        sample->marked[place] = true;
        sample->count++;
    }
}

size_t report_source_sample(const struct report_source *source, size_t most, uint32_t *chosen)
{
    size_t count = source->order_count, of_verdict[VERDICTS] = {0}, used = 0;
    struct sample sample = {.marked = calloc(count + 1, sizeof(bool)), .most = most};
    if (!sample.marked)
        return 0;
    for (size_t i = 0; i < count && i < most / 4 + 1; i++)
        mark(&sample, i);
    for (size_t i = 0; i < count; i++)
        if (of_verdict[source->order[i].trial->verdict]++ < OF_EVERY_VERDICT)
            mark(&sample, i);
    size_t left = most - sample.count;
    for (size_t i = 0; i < left; i++)
        mark(&sample, i * count / left);
    /* Where that met some that were marked, there is room for the next best. */
    for (size_t i = 0; i < count; i++)
        mark(&sample, i);
    for (size_t i = 0; i < count; i++)
        if (sample.marked[i])
            chosen[used++] = source->order[i].trial->id;
    free(sample.marked);
    return used;
}

static int by_value(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

double report_source_ceiling(const struct report_source *source)
{
    double firsts[CURVES_MOST], begins = study_facts_number(source->snapshot, "constant_loss");
    size_t count = 0;
    for (size_t i = 0; i < source->curve_count; i++) {
        const struct series *train = &source->curves[i].train;
        if (train->count > 0 && train->value[0] > 0)
            firsts[count++] = train->value[0];
    }
    qsort(firsts, count, sizeof firsts[0], by_value);
    if (count > 0)
        begins = fmax(begins, firsts[count / 2]); /* of a NaN and a number fmax takes the number */
    return begins > 0 ? TOO_HIGH * begins : INFINITY;
}

double report_source_budget(const struct report_source *source, const struct trial_row *trial,
                            uint64_t step)
{
    if (strcmp(source->facts.unit, "steps") == 0)
        return (double)step;
    return study_facts_epochs(&source->facts, trial, step);
}
