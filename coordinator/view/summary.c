/* summary.c - summary.json: the result for scripts. */
#include "common/layout.h"
#include "coordinator/view/atomic_file.h"
#include "coordinator/view/figures.h"
#include "coordinator/view/result.h"
#include "coordinator/view/stable_lr.h"
#include "coordinator/view/study_facts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What a candidate brought with fresh seeds. */
static json_t *repeats_array(const struct snapshot *snapshot, const struct trial_row *of)
{
    json_t *repeats = json_array();
    for (size_t i = 0; i < snapshot->trial_count; i++) {
        const struct trial_row *trial = &snapshot->trials[i];
        if (trial->repeat && trial->parent == of->id)
            json_array_append_new(
                repeats, json_pack("{s:I, s:I, s:s, s:o}", "trial", (json_int_t)trial->id, "seed",
                                   (json_int_t)trial->seed, "state", trial_state_name(trial->state),
                                   "value", figure_json(trial->final)));
    }
    return repeats;
}

json_t *result_finalist_json(const struct snapshot_finalist *finalist)
{
    return json_pack("{s:I, s:I, s:I, s:o, s:o, s:b}", "trial", (json_int_t)finalist->trial,
                     "repeats", (json_int_t)finalist->repeats, "lost", (json_int_t)finalist->lost,
                     "mean", figure_json(finalist->mean), "standard_error",
                     figure_json(finalist->standard_error), "tied", finalist->tied);
}

static json_t *finalists_array(const struct snapshot *snapshot)
{
    json_t *finalists = json_array();
    for (size_t i = 0; i < snapshot->finalist_count; i++)
        json_array_append_new(finalists, result_finalist_json(&snapshot->finalists[i]));
    return finalists;
}

static json_t *best_object(const struct snapshot *snapshot, const struct study_facts *facts)
{
    if (!facts->best)
        return json_null();
    json_t *params = json_loads(facts->best->params, 0, NULL);
    return json_pack("{s:I, s:o, s:o, s:o, s:o}", "trial", (json_int_t)facts->best->id, "params",
                     params ? params : json_null(), "value", figure_json(facts->best_value),
                     "test_accuracy", figure_json(study_facts_number(snapshot, "test_accuracy")),
                     "repeats", repeats_array(snapshot, facts->best));
}

static json_t *counts_object(const struct study_facts *facts)
{
    json_t *counts = json_object();
    for (int i = 0; i < TRIAL_STATES; i++)
        json_object_set_new(counts, trial_state_name((enum trial_state)i),
                            json_integer(facts->states[i]));
    return counts;
}

static json_t *budget_object(const struct study_facts *facts)
{
    bool steps = strcmp(facts->unit, "steps") == 0;
    double full = facts->candidates * facts->max_budget;
    return json_pack("{s:I, s:o, s:o, s:i}", "steps_trained", (json_int_t)facts->steps_trained,
                     "epochs_trained", figure_json(facts->epochs_trained), "epochs_full_search",
                     figure_json(steps ? full / facts->steps_per_epoch : full),
                     "epochs_saved_by_sharing", 0);
}

static json_t *time_object(const struct snapshot *snapshot)
{
    double wall_s = study_facts_number(snapshot, "wall_s");
    double train_s = study_facts_number(snapshot, "train_s");
    double trainers = study_facts_number(snapshot, "trainers");
    return json_pack("{s:o, s:o, s:o, s:o}", "wall_s", figure_json(wall_s), "train_s",
                     figure_json(train_s), "utilisation",
                     figure_json(train_s / (wall_s * trainers)), "coordinator_cpu",
                     figure_json(study_facts_number(snapshot, "coordinator_cpu")));
}

json_t *result_rung_json(const struct snapshot_rung *rung)
{
    return json_pack("{s:I, s:o, s:I, s:I}", "bracket", (json_int_t)rung->bracket, "budget",
                     figure_json(rung->budget), "candidates", (json_int_t)rung->candidates,
                     "promoted", (json_int_t)rung->promoted);
}

static json_t *rungs_array(const struct snapshot *snapshot)
{
    json_t *rungs = json_array();
    for (size_t i = 0; i < snapshot->rung_count; i++)
        json_array_append_new(rungs, result_rung_json(&snapshot->rungs[i]));
    return rungs;
}

static json_t *losses_array(const struct snapshot *snapshot)
{
    json_t *losses = json_array();
    for (size_t i = 0; i < snapshot->loss_count; i++) {
        const struct snapshot_loss *loss = &snapshot->losses[i];
        json_array_append_new(
            losses, json_pack("{s:I, s:s, s:I, s:I, s:o, s:o}", "rank", (json_int_t)loss->rank,
                              "host", loss->host, "trainers", (json_int_t)loss->trainers,
                              "attempts", (json_int_t)loss->attempts, "time",
                              figure_json(loss->time), "back", figure_json(loss->back)));
    }
    return losses;
}

static json_t *rates_object(const struct stable_lr *stable)
{
    json_t *edge = isnan(stable->edge) ? json_null()
                                       : json_pack("[o, o]", figure_json(stable->edge_low),
                                                   figure_json(stable->edge_high));
    return json_pack("{s:o, s:o, s:o}", "lowest_useful", figure_json(stable->lowest_useful),
                     "highest_stable", figure_json(stable->highest_stable), "edge", edge);
}

static json_t *stable_lr_object(const struct snapshot *snapshot, const struct study_facts *facts)
{
    static const char *const keys[] = {
        [STABLE_LR_SCHEDULE] = "by_schedule", [STABLE_LR_OPTIMIZER] = "by_optimizer"};
    if (facts->range_test)
        return json_null();
    const struct stable_lr all = stable_lr_find(snapshot);
    json_t *object = rates_object(&all);
    for (size_t key = 0; key < sizeof keys / sizeof keys[0]; key++) {
        struct stable_lr_group groups[STABLE_LR_GROUPS_MAX];
        size_t count = stable_lr_group(snapshot, (enum stable_lr_key)key, groups);
        json_t *by = count > 0 ? json_object() : NULL;
        for (size_t i = 0; i < count; i++)
            json_object_set_new(by, groups[i].name, rates_object(&groups[i].found));
        if (by)
            json_object_set_new(object, keys[key], by);
    }
    return object;
}

json_t *result_summary(const struct snapshot *snapshot)
{
    const struct study_facts facts = study_facts_of(snapshot);
    double lost = study_facts_number(snapshot, "workers_lost");
    return json_pack("{s:o, s:o, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:o, s:o}", "study",
                     figure_text_json(facts.name), "status", figure_text_json(facts.status), "seed",
                     (json_int_t)facts.seed, "metric", figure_text_json(facts.metric), "best",
                     best_object(snapshot, &facts), "finalists", finalists_array(snapshot),
                     "counts", counts_object(&facts), "budget", budget_object(&facts), "time",
                     time_object(snapshot), "rungs", rungs_array(snapshot), "workers_lost",
                     (json_int_t)(lost > 0 && lost < 1e9 ? lost : 0), "losses",
                     losses_array(snapshot), "stable_lr", stable_lr_object(snapshot, &facts));
}

bool result_write_summary(const char *dir, const struct snapshot *snapshot, struct error *error)
{
    json_t *summary = result_summary(snapshot);
    /* 17 digits: a rate that is read back is the rate that was trained. */
    char *content = summary ? json_dumps(summary, JSON_INDENT(2) | JSON_REAL_PRECISION(17)) : NULL;
    json_decref(summary);
    size_t length = content ? strlen(content) : 0;
    char *file = content ? realloc(content, length + 2) : NULL;
    if (!file) {
        free(content);
        return error_set(error, "%s/%s: out of memory", dir, LAYOUT_SUMMARY);
    }
    memcpy(file + length, "\n", sizeof "\n");
    bool ok = atomic_file_write(dir, LAYOUT_SUMMARY, file, length + 1, error);
    free(file);
    return ok;
}
