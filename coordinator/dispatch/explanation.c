/* explanation.c - why the search left a trial behind, in a sentence. */
#include "coordinator/dispatch/explanation.h"

#include "common/study_document.h"
#include "coordinator/view/figures.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const char *explanation_close_name(enum search_close close)
{
    static const char *const names[] = {[SEARCH_OPEN] = "",
                                        [SEARCH_CLOSE_TARGET] = "target",
                                        [SEARCH_CLOSE_EPOCHS] = "total_epochs",
                                        [SEARCH_CLOSE_PATIENCE] = "patience",
                                        [SEARCH_CLOSE_TIME] = "wall_time"};
    return names[close];
}

void explanation_of_stop(const struct search *search, const json_t *document, uint32_t number,
                         const char *seen, char *text, size_t bytes)
{
    const struct search_trial *trial = search_trial(search, number);
    struct figure budget = figure_budget(search_trial_rung(search, number)->budget,
                                         study_text(document, "search", "unit"));
    const char *metric = study_text(document, "study", "metric");
    switch (trial->stop) {
    case SEARCH_STOP_RANK:
        if (isnan(trial->against))
            (void)snprintf(text, bytes,
                           "Stopped after %s: none of its rung was to go on; its %s was %.4g.",
                           budget.text, metric, trial->final);
        else
            (void)snprintf(text, bytes,
                           "Stopped after %s: its %s was %.4g, the last of the best of its rung "
                           "had %.4g.",
                           budget.text, metric, trial->final, trial->against);
        break;
    case SEARCH_STOP_MEDIAN:
        (void)snprintf(text, bytes,
                       "Stopped after %s: its best %s was %.4g, worse than %.4g, the median of "
                       "the others' averages so far.",
                       budget.text, metric, trial->metric, trial->against);
        break;
    case SEARCH_STOP_REPLACED:
        (void)snprintf(
            text, bytes,
            "Replaced at step %llu by a copy of trial %u: its %s was %.4g, that of trial "
            "%u %.4g.",
            (unsigned long long)trial->step, trial->replaced_by, metric, trial->final,
            trial->replaced_by, trial->against);
        break;
    case SEARCH_STOP_CLOSED:
    case SEARCH_STOP_NONE:
        (void)snprintf(text, bytes, "Stopped at step %llu, when search.%s ended the search.",
                       (unsigned long long)trial->step,
                       explanation_close_name(search_closed(search)));
        break;
    }
    size_t length = strlen(text);
    (void)snprintf(text + length, bytes - length, "%s%s", seen[0] ? " " : "", seen);
}
