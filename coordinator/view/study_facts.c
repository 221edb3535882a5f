/* study_facts.c - gathers what the views say of a study. */
#include "coordinator/view/study_facts.h"

#include "common/study_document.h"

#include <math.h>
#include <stdlib.h>

static double document_number(const json_t *document, const char *group, const char *key)
{
    const json_t *value = json_object_get(json_object_get(document, group), key);
    return json_is_number(value) ? json_number_value(value) : (double)NAN;
}

double study_facts_number(const struct snapshot *snapshot, const char *key)
{
    const char *text = snapshot_value(snapshot, key);
    char *end = NULL;
    double value = strtod(text, &end);
    return end != text && isfinite(value) ? value : (double)NAN;
}

struct study_facts study_facts_of(const struct snapshot *snapshot)
{
    const json_t *document = snapshot->document;
    struct study_facts facts = {
        .name = study_text(document, "study", "name"),
        .metric = study_text(document, "study", "metric"),
        .unit = study_text(document, "search", "unit"),
        .status = snapshot_value(snapshot, "status"),
        .seed = study_integer(document, "study", "seed"),
        .candidates = document_number(document, "search", "candidates"),
        .max_budget = document_number(document, "search", "max_budget"),
        .steps_per_epoch = study_facts_number(snapshot, "steps_per_epoch"),
        .best = snapshot_best(snapshot),
        .best_value = NAN,
    };
    if (!(facts.steps_per_epoch > 0))
        facts.steps_per_epoch = NAN;
    for (size_t i = 0; i < snapshot->trial_count; i++) {
        const struct trial_row *trial = &snapshot->trials[i];
        facts.states[trial->state]++;
        facts.steps_trained += trial->step;
    }
    if (facts.best)
        facts.best_value =
            facts.best->state == TRIAL_COMPLETE ? facts.best->final : facts.best->metric;
    return facts;
}

double study_facts_epochs(const struct study_facts *facts, uint64_t steps)
{
    return (double)steps / facts->steps_per_epoch;
}
