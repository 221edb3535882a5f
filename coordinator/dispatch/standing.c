/* standing.c - how the search stands as a whole, for the `study` table: rungs, finalists and who is
 * recommended. */
#include "coordinator/dispatch/standing.h"

#include "coordinator/dispatch/explanation.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static bool write_rungs(struct record *record, struct error *error)
{
    json_t *rungs = json_array();
    for (size_t i = 0; i < search_rung_count(record->search); i++) {
        const struct search_rung *rung = search_rung(record->search, i);
        if (rung->finals)
            continue;
        json_array_append_new(rungs, json_pack("{s:I, s:f, s:I, s:I}", "bracket",
                                               (json_int_t)rung->bracket, "budget", rung->budget,
                                               "candidates", (json_int_t)rung->entered, "promoted",
                                               (json_int_t)rung->promoted));
    }
    char *text = json_dumps(rungs, JSON_COMPACT);
    json_decref(rungs);
    if (!text)
        return error_set(error, "out of memory");
    bool written = store_set(record->store, "rungs", text, error);
    record->dirty = true;
    free(text);
    return written;
}

static bool write_finalists(struct record *record, struct error *error)
{
    json_t *finalists = json_array();
    for (size_t i = 0; i < search_finalist_count(record->search); i++) {
        const struct search_finalist *finalist = search_finalist(record->search, i);
        json_t *mean = isfinite(finalist->mean) ? json_real(finalist->mean) : json_null();
        json_t *standard_error =
            isfinite(finalist->standard_error) ? json_real(finalist->standard_error) : json_null();
        json_array_append_new(
            finalists,
            json_pack("{s:I, s:I, s:I, s:o, s:o, s:b}", "trial", (json_int_t)finalist->trial,
                      "repeats", (json_int_t)finalist->repeats, "lost", (json_int_t)finalist->lost,
                      "mean", mean, "standard_error", standard_error, "tied", finalist->tied));
    }
    char *text = json_dumps(finalists, JSON_COMPACT | JSON_REAL_PRECISION(17));
    json_decref(finalists);
    bool written = text ? store_set(record->store, "finalists", text, error)
                        : error_set(error, "out of memory");
    free(text);
    return written;
}

bool standing_write(struct record *record, struct error *error)
{
    const struct search *search = record->search;
    uint32_t best = 0;
    bool written = write_rungs(record, error);
    bool recommends = search_best(search, &best);
    if (!written)
        return false;
    if (recommends != record->recommends || (recommends && best != record->recommended)) {
        char text[16] = "";
        if (recommends)
            (void)snprintf(text, sizeof text, "%u", best);
        written = store_set(record->store, "recommended", text, error);
        record->recommends = recommends;
        record->recommended = best;
    }
    if (written && search_finalist_count(search) > 0)
        written = write_finalists(record, error);
    if (written && search_closed(search) != SEARCH_OPEN)
        written = store_set(record->store, "closed", explanation_close_name(search_closed(search)),
                            error);
    return written;
}
