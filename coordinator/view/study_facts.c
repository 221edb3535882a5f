/* study_facts.c - gathers what the views say of a study. */
#include "coordinator/view/study_facts.h"

#include "common/study_document.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

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
        .range_test = strcmp(snapshot_value(snapshot, "kind"), "range test") == 0,
        .seed = study_integer(document, "study", "seed"),
        .candidates = document_number(document, "search", "candidates"),
        .max_budget = document_number(document, "search", "max_budget"),
        .steps_per_epoch = study_facts_number(snapshot, "steps_per_epoch"),
        .train_samples = study_facts_number(snapshot, "train_samples"),
        .batch_searched = json_object_get(json_object_get(document, "space"), "batch_size") != NULL,
        .best_value = NAN,
    };
    if (!facts.range_test)
        facts.best = snapshot_best(snapshot);
    if (!(facts.steps_per_epoch > 0))
        facts.steps_per_epoch = NAN;
    for (size_t i = 0; i < snapshot->trial_count; i++) {
        const struct trial_row *trial = &snapshot->trials[i];
        facts.states[trial->state]++;
        facts.searches_rate = facts.searches_rate || isfinite(trial->lr);
        /* What was trained before a branch is its parent's. */
        uint64_t own = trial->step > trial->begun ? trial->step - trial->begun : 0;
        facts.steps_trained += own;
        facts.epochs_trained += study_facts_epochs(&facts, trial, own);
    }
    double again = study_facts_number(snapshot, "steps_again");
    if (again > 0 && again < 1e18) {
        facts.steps_trained += (uint64_t)again;
        facts.epochs_trained += study_facts_number(snapshot, "epochs_again");
    }
    if (facts.best)
        facts.best_value =
            facts.best->state == TRIAL_COMPLETE ? facts.best->final : facts.best->metric;
    return facts;
}

bool study_facts_finished(const struct study_facts *facts)
{
    return strcmp(facts->status, "finished") == 0;
}

double study_facts_epochs(const struct study_facts *facts, const struct trial_row *trial,
                          uint64_t steps)
{
    double steps_per_epoch = facts->steps_per_epoch;
    if (facts->batch_searched && !isnan(facts->train_samples)) {
        json_t *params = json_loads(trial->params, 0, NULL);
        double batch = json_number_value(json_object_get(params, "batch_size"));
        json_decref(params);
        steps_per_epoch = batch > 0 ? fmax(floor(facts->train_samples / batch), 1) : 1;
    }
    return (double)steps / steps_per_epoch;
}
