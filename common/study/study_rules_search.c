/* study_rules_search.c - one function a rule; the table at the end lists them. */
#include "common/study/study_rules.h"

#include "common/hyperband.h"
#include "common/space.h"
#include "common/study/study_checks.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static void check_metric(const struct study_check *check)
{
    const char *metric = json_string_value(study_check_value(check, "study", "metric"));
    /* Validation files take the place of what is held out. */
    if (!metric || strncmp(metric, "val_", 4) != 0 ||
        study_check_value(check, "data", "validation_path") ||
        !study_check_is_zero(study_check_value(check, "data", "validation")))
        return;
    study_problem(
        check->problems, study_check_place(check, "data.validation"),
        "data.validation: found 0, but study.metric is %s; allowed: a count or a fraction "
        "above 0, or metric = \"train_loss\"",
        metric);
}

static void check_budget_order(const struct study_check *check)
{
    const json_t *low = study_check_value(check, "search", "min_budget");
    const json_t *high = study_check_value(check, "search", "max_budget");
    if (!low || !high || json_number_value(low) <= json_number_value(high))
        return;
    char where[ERROR_TEXT_BYTES / 2];
    study_check_place_text(check, "search.max_budget", where, sizeof where);
    study_problem(check->problems, study_check_place(check, "search.min_budget"),
                  "search.min_budget: found %.10g, which is above max_budget = %.10g (%s)",
                  json_number_value(low), json_number_value(high), where);
}

static void check_whole_steps(const struct study_check *check)
{
    static const char *const keys[] = {"min_budget", "max_budget", "interval", "grace"};
    if (!study_check_is_text(study_check_value(check, "search", "unit"), "steps"))
        return;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const json_t *budget = study_check_value(check, "search", keys[i]);
        double steps = json_number_value(budget);
        char setting[40];
        (void)snprintf(setting, sizeof setting, "search.%s", keys[i]);
        if (budget && steps != floor(steps))
            study_problem(check->problems, study_check_place(check, setting),
                          "%s: found %.10g; in steps a budget is a whole number", setting, steps);
    }
}

static void check_grid(const struct study_check *check)
{
    struct space space;
    struct error error;
    bool endless = false;
    /* What keeps it from being one is told by study_rules_space. */
    if (!study_check_is_text(study_check_value(check, "search", "sampler"), "grid") ||
        !space_create(&space, check->document, &error))
        return;
    for (size_t i = 0; i < space.count; i++) {
        char setting[STUDY_PATH_MAX_BYTES];
        if (space.parameters[i].count > 0)
            continue;
        endless = true;
        (void)snprintf(setting, sizeof setting, "space.%s", space.parameters[i].name);
        study_problem(
            check->problems, study_check_place(check, setting),
            "%s: found a range, but search.sampler is grid; allowed: { grid = [ ... ]; }, "
            "{ choice = ( ... ); } or one value",
            setting);
    }
    if (endless)
        return;
    double count = space_combinations(&space, -1, 0);
    const json_t *candidates = study_check_value(check, "search", "candidates");
    if (count > 1000000)
        study_problem(check->problems, study_check_place(check, "space"),
                      "space: the grid has %.10g combinations; allowed: at most 1000000", count);
    else if (candidates && json_number_value(candidates) != count)
        study_problem(
            check->problems, study_check_place(check, "search.candidates"),
            "search.candidates: found %.10g, but the grid has %.10g combinations; allowed: "
            "%.10g, or leave it out",
            json_number_value(candidates), count, count);
    else
        study_set_candidates(check->document, (json_int_t)count, check->problems);
}

/* Looks and generations lie within the budget, and are not too many to be told of one by one. */
static void check_intervals(const struct study_check *check)
{
    static const char *const keys[] = {"interval", "grace"};
    const double most = 1000;
    const json_t *budget = study_check_value(check, "search", "max_budget");
    const json_t *interval = study_check_value(check, "search", "interval");
    for (size_t i = 0; budget && i < sizeof keys / sizeof keys[0]; i++) {
        const json_t *value = study_check_value(check, "search", keys[i]);
        char setting[40], where[ERROR_TEXT_BYTES / 2];
        if (!value || json_number_value(value) < json_number_value(budget))
            continue;
        (void)snprintf(setting, sizeof setting, "search.%s", keys[i]);
        study_check_place_text(check, "search.max_budget", where, sizeof where);
        study_problem(check->problems, study_check_place(check, setting),
                      "%s: found %.10g; allowed: below max_budget = %.10g (%s)", setting,
                      json_number_value(value), json_number_value(budget), where);
    }
    if (budget && interval &&
        json_number_value(budget) > most * json_number_value(interval) * (1 + 1e-9))
        study_problem(check->problems, study_check_place(check, "search.interval"),
                      "search.interval: found %.10g, of which max_budget = %.10g has more than %g; "
                      "allowed: %.10g or more",
                      json_number_value(interval), json_number_value(budget), most,
                      json_number_value(budget) / most);
}

/* What is drawn without end needs a number; one pass of Hyperband has one. */
static void check_candidates(const struct study_check *check)
{
    const json_t *sampler = study_check_value(check, "search", "sampler");
    const json_t *scheduler = study_check_value(check, "search", "scheduler");
    const struct study_node *search = study_node_member(check->root, "search");
    if (!sampler || !scheduler || study_check_is_text(sampler, "grid") ||
        study_check_is_text(sampler, "list") || study_check_value(check, "search", "candidates") ||
        study_node_member(search, "candidates"))
        return;
    const json_t *low = study_check_value(check, "search", "min_budget");
    const json_t *high = study_check_value(check, "search", "max_budget");
    const json_t *eta = study_check_value(check, "search", "eta");
    if (!study_check_is_text(scheduler, "hyperband")) {
        study_problem(
            check->problems, study_check_place(check, "search"),
            "search.candidates: missing: the sampler %s needs it; allowed: a whole number "
            "from 1 to 1000000 (hyperband alone may leave it out)",
            json_string_value(sampler));
    } else if (low && high && eta && json_number_value(low) <= json_number_value(high)) {
        uint32_t ratio = (uint32_t)json_integer_value(eta);
        uint32_t brackets =
            hyperband_brackets(json_number_value(low), json_number_value(high), ratio);
        uint32_t pass = hyperband_pass(brackets - 1, ratio);
        if (pass > 1000000)
            study_problem(check->problems, study_check_place(check, "search.min_budget"),
                          "search.min_budget: found %.10g; one pass of hyperband then takes more "
                          "than 1000000 candidates; allowed: a larger one, or name candidates",
                          json_number_value(low));
        else
            study_set_candidates(check->document, pass, check->problems);
    }
}

/* A population of which none is replaced does not learn from each other. */
static void check_population(const struct study_check *check)
{
    const json_t *quantile = study_check_value(check, "search", "quantile");
    const json_t *candidates = study_check_value(check, "search", "candidates");
    double count = json_number_value(candidates);
    if (!quantile || !candidates || json_number_value(quantile) * count >= 1 - 1e-9)
        return;
    study_problem(check->problems, study_check_place(check, "search.quantile"),
                  "search.quantile: found %.10g, which is less than one of %.10g candidates; "
                  "allowed: %.10g or more candidates%s",
                  json_number_value(quantile), count, ceil(1 / json_number_value(quantile)),
                  count < 2 ? "" : ", or a larger quantile");
}

static void (*const rules[])(const struct study_check *) = {
    check_metric, check_budget_order, check_whole_steps, check_intervals,
    check_grid,   check_candidates,   check_population,
};

void study_rules_search(const struct study_check *check)
{
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        rules[i](check);
}
