/* result_rates.c - tells in words which rates diverged and which learned. */
#include "coordinator/view/figures.h"
#include "coordinator/view/result.h"
#include "coordinator/view/result_table.h"
#include "coordinator/view/stable_lr.h"

#include <math.h>
#include <string.h>

#define SENTENCE_BYTES 1024

static void word_edge(const struct stable_lr *stable, char *text, size_t bytes)
{
    if (stable->lost == 0)
        (void)snprintf(text, bytes, "No rate diverged; the highest that was tried is %s.",
                       figure_rate(stable->highest_tried).text);
    else if (isnan(stable->edge))
        (void)snprintf(text, bytes,
                       "%u of %u rates diverged, with no clear edge: higher ones than theirs "
                       "trained, up to %s.",
                       (unsigned)stable->lost, (unsigned)stable->tried,
                       figure_rate(stable->highest_stable).text);
    else if (isnan(stable->highest_stable))
        (void)snprintf(text, bytes, "Rates from %s up diverged (%u of %u); none below it trained.",
                       figure_rate(stable->edge).text, (unsigned)stable->above_lost,
                       (unsigned)stable->above);
    else
        (void)snprintf(text, bytes,
                       "Rates from %s up diverged (%u of %u); the highest rate that trained was "
                       "%s.",
                       figure_rate(stable->edge).text, (unsigned)stable->above_lost,
                       (unsigned)stable->above, figure_rate(stable->highest_stable).text);
}

/* "0.38 to 0.56"; where a side is open, "up to 0.56" or "above 0.38". */
static void write_interval(const struct stable_lr *stable, char *text, size_t bytes)
{
    if (stable->lost == 0)
        (void)snprintf(text, bytes, "none diverged up to %s",
                       figure_rate(stable->highest_tried).text);
    else if (isnan(stable->edge) || (isnan(stable->edge_low) && isnan(stable->edge_high)))
        (void)snprintf(text, bytes, "no clear edge");
    else if (isnan(stable->edge_low))
        (void)snprintf(text, bytes, "up to %s", figure_rate(stable->edge_high).text);
    else if (isnan(stable->edge_high))
        (void)snprintf(text, bytes, "above %s", figure_rate(stable->edge_low).text);
    else
        (void)snprintf(text, bytes, "%s to %s", figure_rate(stable->edge_low).text,
                       figure_rate(stable->edge_high).text);
}

/* Where the rates of both fates overlap. */
static void word_overlap(const struct stable_lr *stable, char *text, size_t bytes)
{
    char interval[96];
    bool clear = stable->edge_low == stable->highest_stable && stable->edge_high == stable->edge;
    text[0] = '\0';
    if (isnan(stable->edge) || isnan(stable->highest_stable) || clear)
        return;
    write_interval(stable, interval, sizeof interval);
    (void)snprintf(text, bytes, " Their fates overlap; the edge: %s.", interval);
}

/* "The edge by schedule: constant 0.38 to 0.56, cosine none diverged up to 3." */
static void print_groups(FILE *stream, const struct snapshot *snapshot, enum stable_lr_key key,
                         const char *what)
{
    struct stable_lr_group groups[STABLE_LR_GROUPS_MAX];
    size_t count = stable_lr_group(snapshot, key, groups), used = 0;
    char text[SENTENCE_BYTES], interval[96];
    for (size_t i = 0; i < count && used < sizeof text - 256; i++) {
        if (groups[i].found.tried == 0)
            continue;
        write_interval(&groups[i].found, interval, sizeof interval);
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s%s %s",
                                 used == 0 ? "The edge by " : ", ", used == 0 ? what : "",
                                 groups[i].name, interval);
    }
    if (used == 0)
        return;
    (void)snprintf(text + used, sizeof text - used, ".");
    result_wrap(stream, "", 0, text);
}

/* A best rate at the end of what was tried means that a better one may lie beyond. */
static const char *hint(const struct study_facts *facts, const struct stable_lr *stable)
{
    if (!facts->best || !study_facts_finished(facts) ||
        !(stable->lowest_tried < stable->highest_tried))
        return "";
    if (facts->best->lr == stable->highest_tried)
        return " The best rate is the highest that was tried: try higher bounds.";
    if (facts->best->lr == stable->lowest_tried)
        return " The best rate is the lowest that was tried: try lower bounds.";
    return "";
}

void result_print_rates(FILE *stream, const struct snapshot *snapshot,
                        const struct study_facts *facts)
{
    const struct stable_lr stable = stable_lr_find(snapshot);
    char text[SENTENCE_BYTES], useful[128] = "", overlap[192];
    if (stable.tried == 0)
        return;
    word_edge(&stable, text, sizeof text);
    word_overlap(&stable, overlap, sizeof overlap);
    if (isfinite(stable.lowest_useful))
        (void)snprintf(useful, sizeof useful, " The lowest rate that learned was %s.",
                       figure_rate(stable.lowest_useful).text);
    size_t used = strlen(text);
    (void)snprintf(text + used, sizeof text - used, "%s%s%s", overlap, useful,
                   hint(facts, &stable));
    fputc('\n', stream);
    result_wrap(stream, "", 0, text);
    print_groups(stream, snapshot, STABLE_LR_SCHEDULE, "schedule: ");
    print_groups(stream, snapshot, STABLE_LR_OPTIMIZER, "optimizer: ");
}
