/* part_study.c - what the study is, what it recommends, and what it took, for the head and the foot
 * of the page. */
#include "common/version.h"
#include "coordinator/report/parts.h"
#include "coordinator/view/candidate_text.h"
#include "coordinator/view/figures.h"
#include "coordinator/view/result.h"
#include "coordinator/view/stable_lr.h"
#include "coordinator/view/study_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What `print` writes to a stream. */
static json_t *printed(const struct report_source *source,
                       void (*print)(FILE *stream, const struct report_source *source), bool lines)
{
    char *text = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&text, &length);
    if (!stream)
        return json_null();
    print(stream, source);
    json_t *json = fclose(stream) == 0 ? figure_clean_json(text, lines) : json_null();
    free(text);
    return json;
}

static void print_rates(FILE *stream, const struct report_source *source)
{
    result_print_rates(stream, source->snapshot, &source->facts);
}

static void print_file(FILE *stream, const struct report_source *source)
{
    study_text_print(stream, source->snapshot->document);
}

static json_t *stable_json(const struct stable_lr *stable)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:I}", "lowest_useful",
                     figure_json(stable->lowest_useful), "highest_stable",
                     figure_json(stable->highest_stable), "top", figure_json(stable_lr_top(stable)),
                     "edge", figure_json(stable->edge), "edge_low", figure_json(stable->edge_low),
                     "edge_high", figure_json(stable->edge_high), "lost", (json_int_t)stable->lost,
                     "tried", (json_int_t)stable->tried);
}

static json_t *groups_json(const struct snapshot *snapshot)
{
    struct stable_lr_group groups[STABLE_LR_GROUPS_MAX];
    size_t count = stable_lr_group(snapshot, STABLE_LR_SCHEDULE, groups);
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        (void)json_array_append_new(array, json_pack("{s:o, s:o}", "schedule",
                                                     figure_clean_json(groups[i].name, false),
                                                     "stable", stable_json(&groups[i].found)));
    return array;
}

static json_t *finalists_json(const struct snapshot *snapshot)
{
    json_t *array = json_array();
    for (size_t i = 0; i < snapshot->finalist_count; i++) {
        const struct snapshot_finalist *finalist = &snapshot->finalists[i];
        json_t *values = json_array();
        for (size_t j = 0; j < snapshot->trial_count; j++)
            if (snapshot->trials[j].repeat && snapshot->trials[j].parent == finalist->trial)
                (void)json_array_append_new(values, figure_json(snapshot->trials[j].final));
        json_t *object = result_finalist_json(finalist);
        (void)json_object_set_new(object, "values", values);
        (void)json_array_append_new(array, object);
    }
    return array;
}

static json_t *best_json(const struct report_source *source)
{
    const struct trial_row *best = source->facts.best;
    char words[256];
    if (!best)
        return json_null();
    candidate_text(best, words, sizeof words);
    return json_pack("{s:I, s:s, s:s, s:o, s:I, s:o}", "trial", (json_int_t)best->id, "rate",
                     figure_rate(best->lr).text, "words", words, "value",
                     figure_json(source->facts.best_value), "step", (json_int_t)best->step,
                     "epochs", figure_json(study_facts_epochs(&source->facts, best, best->step)));
}

/* Numbers of the `study` table under their own names. */
static void add_numbers(json_t *study, const struct snapshot *snapshot)
{
    static const char *const keys[] = {"created",       "wall_s",          "train_s",
                                       "trainers",      "workers_lost",    "train_samples",
                                       "classes",       "steps_per_epoch", "test_loss",
                                       "test_accuracy", "parameters",      "validation_samples"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        (void)json_object_set_new(study, keys[i],
                                  figure_json(study_facts_number(snapshot, keys[i])));
}

json_t *report_part_study(const struct report_source *source, struct error *error)
{
    const struct snapshot *snapshot = source->snapshot;
    const struct study_facts *facts = &source->facts;
    const struct stable_lr stable = stable_lr_find(snapshot);
    const char *scheduler = json_string_value(
        json_object_get(json_object_get(snapshot->document, "search"), "scheduler"));
    json_t *study = json_pack(
        "{s:o, s:o, s:o, s:o, s:b, s:b, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:s, "
        "s:o}",
        "name", figure_clean_json(facts->name, false), "status",
        figure_clean_json(facts->status, false), "metric", figure_clean_json(facts->metric, false),
        "unit", figure_clean_json(facts->unit, false), "unattended", snapshot->unattended,
        "range_test", facts->range_test, "seed", (json_int_t)facts->seed, "candidates",
        figure_json(facts->candidates), "max_budget", figure_json(facts->max_budget), "scheduler",
        figure_clean_json(scheduler ? scheduler : "", false), "best", best_json(source), "rates",
        printed(source, print_rates, false), "stable", stable_json(&stable), "by_schedule",
        groups_json(snapshot), "finalists", finalists_json(snapshot), "file",
        printed(source, print_file, true), "lrsweep", LRSWEEP_VERSION, "made_by",
        figure_clean_json(snapshot_value(snapshot, "version"), false));
    if (!study) {
        error_set(error, "out of memory");
        return NULL;
    }
    add_numbers(study, snapshot);
    (void)json_object_set_new(study, "closed",
                              figure_clean_json(snapshot_value(snapshot, "closed"), false));
    (void)json_object_set_new(study, "steps_trained",
                              json_integer((json_int_t)facts->steps_trained));
    (void)json_object_set_new(study, "epochs_trained", figure_json(facts->epochs_trained));
    return study;
}
