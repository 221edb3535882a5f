/* part_timeline.c - which trainer held which trial, and when, from the study's events. */
#include "coordinator/report/parts.h"
#include "coordinator/view/figures.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BARS_MOST  2500 /* more than a screen can show */
#define LANES_MOST 4096

/* How a bar ended, as the page names it. */
enum ending { ENDED_DONE, ENDED_DIVERGED, ENDED_PAUSED, ENDED_LOST, ENDED_CUT, ENDED_RUNNING };

struct bar {
    size_t lane;
    uint32_t trial;
    double from, to; /* Unix time; to NaN: still open */
    enum ending ending;
    uint32_t trials; /* more than one: short ones drawn as one */
};

struct lane {
    int worker, trainer;
    double busy_s;
};

struct timeline {
    const struct report_source *source;
    struct lane *lanes; /* [lane_count] */
    size_t lane_count;
    struct bar *bars; /* [bar_count], room for one an event */
    size_t bar_count;
    size_t *open; /* [trial_count], by the trial's place: 1 + its open bar, 0: none */
    double first, last;
    double alive; /* when a trainer was last heard of */
};

static bool find_lane(struct timeline *timeline, int worker, int trainer, size_t *found)
{
    for (size_t i = 0; i < timeline->lane_count; i++)
        if (timeline->lanes[i].worker == worker && timeline->lanes[i].trainer == trainer) {
            *found = i;
            return true;
        }
    if (timeline->lane_count == LANES_MOST)
        return false;
    *found = timeline->lane_count++;
    timeline->lanes[*found] = (struct lane){worker, trainer, 0};
    return true;
}

static void close_bar(struct timeline *timeline, size_t place, double time, enum ending ending)
{
    struct bar *bar = &timeline->bars[timeline->open[place] - 1];
    bar->to = fmax(time, bar->from);
    bar->ending = ending;
    timeline->lanes[bar->lane].busy_s += bar->to - bar->from;
    timeline->open[place] = 0;
}

static void take(struct timeline *timeline, const struct report_event *event)
{
    static const enum ending endings[REPORT_EVENTS] = {
        [REPORT_DONE] = ENDED_DONE,
        [REPORT_DIVERGED] = ENDED_DIVERGED,
        [REPORT_PAUSED] = ENDED_PAUSED,
        [REPORT_LOST] = ENDED_LOST,
    };
    const struct snapshot *snapshot = timeline->source->snapshot;
    const struct trial_row *trial = snapshot_trial(snapshot, event->trial);
    size_t place = trial ? (size_t)(trial - snapshot->trials) : 0, lane;
    bool open = trial && timeline->open[place] > 0;
    /* The clock may have been set, and the file may be anyone's. */
    double time = fmin(fmax(event->time, timeline->first), timeline->last);
    if (event->kind == REPORT_ASSIGNED && trial) {
        if (open) /* a run that was killed held it */
            close_bar(timeline, place, timeline->alive, ENDED_CUT);
        if (find_lane(timeline, event->worker, event->trainer, &lane)) {
            timeline->bars[timeline->bar_count++] =
                (struct bar){lane, event->trial, time, NAN, ENDED_RUNNING, 1};
            timeline->open[place] = timeline->bar_count;
        }
    } else if (open && (event->kind == REPORT_DONE || event->kind == REPORT_DIVERGED ||
                        event->kind == REPORT_PAUSED || event->kind == REPORT_LOST)) {
        /* A resume gives up what a killed run held: nobody was there to report it. */
        bool cut = event->kind == REPORT_PAUSED && event->worker < 0;
        close_bar(timeline, place, cut ? timeline->alive : time,
                  cut ? ENDED_CUT : endings[event->kind]);
    }
    if (event->worker >= 0)
        timeline->alive = time;
}

static void end(struct timeline *timeline)
{
    const struct report_source *source = timeline->source;
    bool runs = strcmp(source->facts.status, "running") == 0 && !source->snapshot->unattended;
    for (size_t i = 0; i < source->snapshot->trial_count; i++)
        if (timeline->open[i] > 0)
            close_bar(timeline, i, timeline->alive, runs ? ENDED_RUNNING : ENDED_CUT);
}

static int by_lane(const void *a, const void *b)
{
    const struct bar *left = a, *right = b;
    if (left->lane != right->lane)
        return left->lane < right->lane ? -1 : 1;
    return (left->from > right->from) - (left->from < right->from);
}

/* Joins bars of a lane that are closer than `gap_s`, but for those that were lost or cut off. */
static size_t join(struct bar *bars, size_t count, double gap_s)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        struct bar *before = kept > 0 ? &bars[kept - 1] : NULL;
        bool plain = bars[i].ending != ENDED_LOST && bars[i].ending != ENDED_CUT;
        if (before && plain && before->lane == bars[i].lane && before->ending != ENDED_LOST &&
            before->ending != ENDED_CUT && bars[i].from - before->to < gap_s &&
            bars[i].to - before->from < 8 * gap_s) {
            before->to = fmax(before->to, bars[i].to);
            before->trials += bars[i].trials;
        } else {
            bars[kept++] = bars[i];
        }
    }
    return kept;
}

static json_t *lanes_json(const struct timeline *timeline)
{
    json_t *lanes = json_array();
    for (size_t i = 0; i < timeline->lane_count; i++)
        (void)json_array_append_new(lanes, json_pack("{s:i, s:i, s:o}", "worker",
                                                     timeline->lanes[i].worker, "trainer",
                                                     timeline->lanes[i].trainer, "busy_s",
                                                     figure_json(timeline->lanes[i].busy_s)));
    return lanes;
}

/* A bar is [lane, from, to, trial, ending, trials], times in ms after the first event. */
static json_t *bars_json(const struct timeline *timeline)
{
    json_t *bars = json_array();
    for (size_t i = 0; i < timeline->bar_count; i++) {
        const struct bar *bar = &timeline->bars[i];
        (void)json_array_append_new(
            bars, json_pack("[I, I, I, I, i, I]", (json_int_t)bar->lane,
                            (json_int_t)(1e3 * (bar->from - timeline->first)),
                            (json_int_t)(1e3 * (bar->to - timeline->first)), (json_int_t)bar->trial,
                            (int)bar->ending, (json_int_t)bar->trials));
    }
    return bars;
}

static json_t *gather(struct timeline *timeline)
{
    const struct report_source *source = timeline->source;
    for (size_t i = 0; i < source->event_count; i++)
        take(timeline, &source->events[i]);
    end(timeline);
    double span_s = timeline->last - timeline->first;
    size_t whole = timeline->bar_count;
    qsort(timeline->bars, timeline->bar_count, sizeof *timeline->bars, by_lane);
    double gap_s = span_s / 4000;
    while (timeline->bar_count > BARS_MOST && gap_s < span_s) {
        timeline->bar_count = join(timeline->bars, timeline->bar_count, gap_s);
        gap_s *= 1.5;
    }
    return json_pack("{s:o, s:o, s:o, s:I}", "span_s", figure_json(span_s), "lanes",
                     lanes_json(timeline), "bars", bars_json(timeline), "of", (json_int_t)whole);
}

json_t *report_part_timeline(const struct report_source *source, struct error *error)
{
    size_t count = source->event_count;
    if (count == 0)
        return json_null();
    double first = source->events[0].time, last = source->events[count - 1].time;
    if (!(last - first >= 0 && last - first < 1e10)) /* no times of a run */
        return json_null();
    struct timeline timeline = {
        .source = source,
        .lanes = calloc(LANES_MOST, sizeof *timeline.lanes),
        .bars = calloc(count, sizeof *timeline.bars),
        .open = calloc(source->snapshot->trial_count + 1, sizeof *timeline.open),
        .first = first,
        .last = last,
        .alive = first};
    json_t *json = timeline.lanes && timeline.bars && timeline.open ? gather(&timeline) : NULL;
    free(timeline.lanes);
    free(timeline.bars);
    free(timeline.open);
    if (!json)
        error_set(error, "out of memory");
    return json;
}
