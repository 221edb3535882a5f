/* find_advice.c - what to do after a range test, in words. */
#include "coordinator/find/find_result.h"
#include "coordinator/view/figures.h"

#include <math.h>
#include <stdio.h>

/* A test that would show the fall of a loss that rose at a rate lies so far around it. */
#define BELOW 1e-6
#define ABOVE 10.0

static void advise_sound(const struct find_result *find, char *text, size_t bytes)
{
    const struct range_summary *summary = &find->summary;
    double low, high;
    find_result_bounds(find, &low, &high);
    int used = snprintf(text, bytes, "Search lr between %s and %s, or start with %s.",
                        figure_rate(low).text, figure_rate(high).text,
                        figure_rate(summary->rate[RANGE_KNEE].median).text);
    size_t room = used > 0 && (size_t)used < bytes ? bytes - (size_t)used : 0;
    char *rest = text + bytes - room;
    if (isnan(summary->rate[RANGE_EDGE].median))
        (void)snprintf(rest, room,
                       " The edge of divergence was not seen up to %s (--to %s shows more).",
                       figure_rate(find->test.to).text, figure_rate(1000 * find->test.to).text);
    else if (summary->sound < summary->seeds)
        (void)snprintf(rest, room, " %zu of %zu seeds tell nothing.",
                       summary->seeds - summary->sound, summary->seeds);
}

static void advise_rising(const struct find_result *find, char *text, size_t bytes)
{
    double rate = find->summary.rising;
    /* In the first quarter of the test there was no room to fall. */
    bool early = log(rate / find->test.from) < 0.25 * log(find->test.to / find->test.from);
    if (early)
        (void)snprintf(text, bytes,
                       "The loss rises from lr %s on, close to the lowest rate of the test, "
                       "before it could fall: test lower rates (--from %s --to %s). Features of "
                       "a large scale make such rates necessary: data.scale = \"standard\" may "
                       "help more.",
                       figure_rate(rate).text, figure_rate(rate * BELOW).text,
                       figure_rate(rate * ABOVE).text);
    else
        (void)snprintf(text, bytes,
                       "The loss rises from lr %s on and never fell before: let the rates grow "
                       "more slowly (--steps %u --to %s); if it does not fall then, the model "
                       "learns nothing from these data.",
                       figure_rate(rate).text, 4 * find->test.steps,
                       figure_rate(rate * ABOVE).text);
}

void find_result_advice(const struct find_result *find, char *text, size_t text_bytes)
{
    switch (find->summary.status) {
    case RANGE_SOUND:
        advise_sound(find, text, text_bytes);
        break;
    case RANGE_RISING:
        advise_rising(find, text, text_bytes);
        break;
    case RANGE_FLAT:
        (void)snprintf(text, text_bytes,
                       "The loss neither fell nor rose between lr %s and %s: test higher rates "
                       "(--to %s), or let them grow more slowly (--steps %u).",
                       figure_rate(find->test.from).text, figure_rate(find->test.to).text,
                       figure_rate(1000 * find->test.to).text, 4 * find->test.steps);
        break;
    case RANGE_EMPTY:
        (void)snprintf(text, text_bytes,
                       "The loss is not finite from the first steps on: test lower rates (--from "
                       "%s --to %s); if it is not finite then either, look at the data and at "
                       "data.scale.",
                       figure_rate(find->test.from * BELOW).text,
                       figure_rate(find->test.from * ABOVE).text);
        break;
    }
}
