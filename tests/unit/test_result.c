/* test_result.c - what a person and a script are told of a study. */
#include "study_fixture.h"

#include "coordinator/view/candidate_text.h"
#include "coordinator/view/figures.h"
#include "coordinator/view/result.h"
#include "coordinator/view/running_table.h"
#include "coordinator/view/stable_lr.h"
#include "coordinator/view/status_plot.h"

#include "common/random.h"

/* --- a made-up study ----------------------------------------------------------------------------
 */

static const struct trial_row made_up[] = {
    {.id = 0,
     .state = TRIAL_STOPPED,
     .verdict = VERDICT_HEALTHY,
     .rung = 0,
     .step = 781,
     .lr = 0.0003,
     .schedule = "constant",
     .params = "{\"lr\":0.0003,\"schedule\":{\"type\":\"constant\"}}",
     .metric = 2.2,
     .final = 2.2,
     .attempts = 1},
    {.id = 1,
     .state = TRIAL_COMPLETE,
     .verdict = VERDICT_HEALTHY,
     .rung = 2,
     .step = 7029,
     .lr = 0.031,
     .schedule = "cosine",
     .params = "{\"lr\":0.031,\"schedule\":{\"type\":\"cosine\",\"period\":0.0,\"eta_min\":0.0,"
               "\"warmup\":{\"epochs\":1.0,\"from\":0.0,\"shape\":\"linear\"}}}",
     .metric = 0.3,
     .final = 0.3012,
     .attempts = 1},
    {.id = 2,
     .state = TRIAL_DIVERGED,
     .verdict = VERDICT_COLLAPSED,
     .rung = 0,
     .step = 200,
     .lr = 1.5,
     .schedule = "step",
     .params = "{\"lr\":1.5,\"schedule\":{\"type\":\"step\",\"every\":3.0,\"gamma\":0.42}}",
     .metric = NAN,
     .final = NAN,
     .attempts = 1,
     .message = "The training loss stayed at the constant predictor's level (2.303) for 200 steps, "
                "and all units of layer 1 are dead."},
    {.id = 3,
     .state = TRIAL_STOPPED,
     .verdict = VERDICT_HEALTHY,
     .rung = 1,
     .step = 2343,
     .lr = 0.31,
     .schedule = "constant",
     .params = "{\"lr\":0.31,\"schedule\":{\"type\":\"constant\"}}",
     .metric = 0.41,
     .final = 0.41,
     .attempts = 1},
};

static void store_values(struct fixture *fixture, struct store *store,
                         const char *const (*values)[2], size_t count)
{
    for (size_t i = 0; i < count; i++)
        assert_true(store_set(store, values[i][0], values[i][1], &fixture->error));
}

static struct snapshot *make_study(struct fixture *fixture, const char *status)
{
    static const char *const values[][2] = {
        {"rungs", "[{\"bracket\":0,\"budget\":1.0,\"candidates\":4,\"promoted\":2},"
                  "{\"bracket\":0,\"budget\":3.0,\"candidates\":2,\"promoted\":1},"
                  "{\"bracket\":0,\"budget\":9.0,\"candidates\":1,\"promoted\":0}]"},
        {"recommended", "1"},
        {"wall_s", "10"},
        {"train_s", "18"},
        {"trainers", "2"},
        {"workers_lost", "2"},
        {"losses", "[{\"rank\":3,\"host\":\"node4\",\"trainers\":2,\"attempts\":1,"
                   "\"time\":1700049600.5,\"back\":null},"
                   "{\"rank\":1,\"host\":\"node2\",\"trainers\":1,\"attempts\":0,"
                   "\"time\":1700053200.0,\"back\":1700053241.0}]"},
        {"coordinator_cpu", "0.0078125"},
        {"constant_loss", "2.303"},
        {"train_samples", "50000"},
        {"steps_per_epoch", "781"},
        {"test_loss", "0.331"},
        {"test_accuracy", "0.8831"},
    };
    struct store *store = fixture_create(fixture);
    for (size_t i = 0; i < sizeof made_up / sizeof made_up[0]; i++) {
        struct trial_row row = made_up[i];
        row.worker = 0;
        row.started = row.ended = 1;
        if (!row.message)
            row.message = "";
        assert_true(store_trial(store, &row, &fixture->error));
    }
    store_values(fixture, store, values, sizeof values / sizeof values[0]);
    assert_true(store_set(store, "status", status, &fixture->error));
    fixture_close(fixture, store);
    struct snapshot *snapshot = snapshot_read(fixture->dir, &fixture->error);
    assert_non_null(snapshot);
    return snapshot;
}

/* What result_print prints; free it. */
static char *printed(const struct snapshot *snapshot, bool colour)
{
    char *text = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&text, &length);
    assert_non_null(stream);
    result_print(stream, snapshot, colour);
    assert_int_equal(fclose(stream), 0);
    return text;
}

/* --- the summary --------------------------------------------------------------------------------
 */

static void assert_json(json_t *found, const char *expected)
{
    json_error_t problem;
    json_t *wanted = json_loads(expected, 0, &problem);
    if (!wanted)
        fail_msg("line %d: %s", problem.line, problem.text);
    if (!json_equal(found, wanted)) {
        char *text = json_dumps(found, JSON_INDENT(2));
        print_error("%s\n", text);
        free(text);
        fail();
    }
    json_decref(found);
    json_decref(wanted);
}

static void the_summary_of_a_finished_study(void **state)
{
    struct fixture *fixture = *state;
    struct snapshot *snapshot = make_study(fixture, "finished");
    assert_json(
        result_summary(snapshot),
        "{\"study\": \"digits\", \"status\": \"finished\", \"seed\": 7, \"metric\": \"val_loss\","
        " \"best\": {\"trial\": 1, \"params\": {\"lr\": 0.031, \"schedule\": {\"type\": \"cosine\","
        "   \"period\": 0.0, \"eta_min\": 0.0,"
        "   \"warmup\": {\"epochs\": 1.0, \"from\": 0.0, \"shape\": \"linear\"}}},"
        "  \"value\": 0.3012, \"test_accuracy\": 0.8831, \"repeats\": []}, \"finalists\": [],"
        " \"counts\": {\"waiting\": 0, \"running\": 0, \"paused\": 0, \"complete\": 1,"
        "  \"stopped\": 2, \"diverged\": 1, \"failed\": 0},"
        " \"budget\": {\"steps_trained\": 10353, \"epochs_trained\": 13.256081946222791,"
        "  \"epochs_full_search\": 36.0, \"epochs_saved_by_sharing\": 0},"
        " \"time\": {\"wall_s\": 10.0, \"train_s\": 18.0, \"utilisation\": 0.9,"
        "  \"coordinator_cpu\": 0.0078125},"
        " \"rungs\": [{\"bracket\": 0, \"budget\": 1.0, \"candidates\": 4, \"promoted\": 2},"
        "  {\"bracket\": 0, \"budget\": 3.0, \"candidates\": 2, \"promoted\": 1},"
        "  {\"bracket\": 0, \"budget\": 9.0, \"candidates\": 1, \"promoted\": 0}],"
        " \"workers_lost\": 2,"
        " \"losses\": [{\"rank\": 3, \"host\": \"node4\", \"trainers\": 2, \"attempts\": 1,"
        "   \"time\": 1700049600.5, \"back\": null},"
        "  {\"rank\": 1, \"host\": \"node2\", \"trainers\": 1, \"attempts\": 0,"
        "   \"time\": 1700053200.0, \"back\": 1700053241.0}],"
        " \"stable_lr\": {\"lowest_useful\": 0.031, \"highest_stable\": 0.31, "
        "\"edge\": [0.31, "
        "1.5],"
        " \"by_schedule\": {"
        "  \"constant\": {\"lowest_useful\": 0.31, \"highest_stable\": 0.31, \"edge\": null},"
        "  \"cosine\": {\"lowest_useful\": 0.031, \"highest_stable\": 0.031, \"edge\": null},"
        "  \"step\": {\"lowest_useful\": null, \"highest_stable\": null, \"edge\": [null, 1.5]}"
        "}}}");
    snapshot_destroy(snapshot);
}

static void the_summary_of_a_study_that_has_hardly_begun_holds_nulls(void **state)
{
    struct fixture *fixture = *state;
    struct store *store = fixture_create(fixture);
    struct trial_row row = waiting_trial(0);
    assert_true(store_trial(store, &row, &fixture->error));
    fixture_close(fixture, store);
    struct snapshot *snapshot = snapshot_read(fixture->dir, &fixture->error);
    assert_non_null(snapshot);
    assert_json(
        result_summary(snapshot),
        "{\"study\": \"digits\", \"status\": \"running\", \"seed\": 7, \"metric\": \"val_loss\","
        " \"best\": null, \"finalists\": [],"
        " \"counts\": {\"waiting\": 1, \"running\": 0, \"paused\": 0, \"complete\": 0,"
        "  \"stopped\": 0, \"diverged\": 0, \"failed\": 0},"
        " \"budget\": {\"steps_trained\": 0, \"epochs_trained\": null,"
        "  \"epochs_full_search\": 36.0, \"epochs_saved_by_sharing\": 0},"
        " \"time\": {\"wall_s\": null, \"train_s\": null, \"utilisation\": null,"
        "  \"coordinator_cpu\": null},"
        " \"rungs\": [], \"workers_lost\": 0, \"losses\": [], \"stable_lr\": {\"lowest_useful\": "
        "null, "
        "\"highest_stable\": null,"
        " \"edge\": null}}");
    snapshot_destroy(snapshot);
}

static void the_summary_file_replaces_an_old_one(void **state)
{
    struct fixture *fixture = *state;
    char path[PATH_BYTES];
    struct snapshot *snapshot = make_study(fixture, "finished");
    fixture_write(fixture, "summary.json", "{\"study\": \"an older and much longer one\"}");
    assert_true(result_write_summary(fixture->dir, snapshot, &fixture->error));
    assert_false(fixture_has(fixture, "summary.json.new"));
    json_t *found = json_load_file(fixture_path(fixture, "summary.json", path), 0, NULL);
    json_t *expected = result_summary(snapshot);
    assert_true(json_equal(found, expected));
    json_decref(found);
    json_decref(expected);
    assert_false(result_write_summary("/nowhere", snapshot, &fixture->error));
    assert_contains(fixture->error.text,
                    "/nowhere/summary.json.new: cannot create: No such file or directory");
    snapshot_destroy(snapshot);
}

static void a_document_from_elsewhere_may_hold_anything(void **state)
{
    struct fixture *fixture = *state;
    static const char *const documents[] = {
        "{}", "{\"study\": 7, \"search\": [1]}",
        "{\"study\": {\"name\": [], \"seed\": \"x\", \"metric\": null},"
        " \"search\": {\"candidates\": \"many\", \"max_budget\": -1e300, \"unit\": 4}}"};
    struct snapshot *snapshot = make_study(fixture, "no such status");
    for (size_t i = 0; i < sizeof documents / sizeof documents[0]; i++) {
        json_decref(snapshot->document);
        snapshot->document = json_loads(documents[i], 0, NULL);
        assert_non_null(snapshot->document);
        json_t *summary = result_summary(snapshot);
        assert_non_null(summary);
        json_decref(summary);
        free(printed(snapshot, true));
    }
    snapshot_destroy(snapshot);
}

/* --- the edge of divergence ---------------------------------------------------------------------
 */

struct fate {
    double lr;
    char fate; /* '+' trained, '-' diverged, '?' not trained, 'x' failed */
};

static void the_edge_splits_the_rates_with_the_fewest_mistakes(void **state)
{
    (void)state;
    static const struct {
        struct fate fates[8]; /* up to the first rate of 0 */
        double edge, highest_stable;
        unsigned above, above_lost, lost;
    } cases[] = {
        {{{0.1, '+'}, {0.31, '+'}, {0.52, '-'}, {1, '-'}}, 0.52, 0.31, 2, 2, 2},
        /* in any order, and with one survivor above */
        {{{5, '-'}, {0.1, '+'}, {2, '+'}, {1, '-'}, {3, '-'}, {0.5, '+'}}, 3, 2, 2, 2, 3},
        {{{0.1, '+'}, {1, '-'}, {2, '-'}, {3, '+'}, {4, '-'}}, 1, 0.1, 4, 3, 3},
        /* equal rates with different fates stay together */
        {{{0.1, '+'}, {1, '-'}, {1, '-'}, {1, '+'}, {2, '-'}}, 1, 0.1, 4, 3, 3},
        {{{1, '-'}, {2, '-'}}, 1, NAN, 2, 2, 2},
        {{{0.1, '+'}, {0.2, '+'}}, NAN, 0.2, 0, 0, 0},
        /* one that diverged below many that did not makes no edge */
        {{{0.1, '-'}, {1, '+'}, {2, '+'}, {3, '+'}}, NAN, 3, 0, 0, 1},
        /* what was not trained, or was lost, says nothing */
        {{{0.1, '+'}, {0.3, 'x'}, {0.5, '-'}, {0.4, '?'}, {9, '?'}}, 0.5, 0.1, 1, 1, 1},
        {{{0.3, '?'}}, NAN, NAN, 0, 0, 0},
    };
    json_t *document = json_object(), *values = json_object();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct trial_row trials[8];
        struct snapshot snapshot = {.document = document, .values = values, .trials = trials};
        for (const struct fate *fate = cases[i].fates; fate->lr > 0; fate++) {
            struct trial_row *trial = &trials[snapshot.trial_count++];
            *trial = waiting_trial(0);
            trial->lr = fate->lr;
            trial->step = fate->fate == '?' ? 0 : 100;
            trial->state = fate->fate == '+'   ? TRIAL_STOPPED
                           : fate->fate == '-' ? TRIAL_DIVERGED
                           : fate->fate == 'x' ? TRIAL_FAILED
                                               : TRIAL_WAITING;
        }
        const struct stable_lr found = stable_lr_find(&snapshot);
        if (isnan(cases[i].edge))
            assert_true(isnan(found.edge));
        else
            assert_true(found.edge == cases[i].edge);
        if (isnan(cases[i].highest_stable))
            assert_true(isnan(found.highest_stable));
        else
            assert_true(found.highest_stable == cases[i].highest_stable);
        assert_int_equal(found.above, cases[i].above);
        assert_int_equal(found.above_lost, cases[i].above_lost);
        assert_int_equal(found.lost, cases[i].lost);
    }
    json_decref(document);
    json_decref(values);
}

static void the_edge_has_an_interval(void **state)
{
    (void)state;
    static const struct {
        struct fate fates[12];
        double low, high; /* NAN: open, or no edge */
    } cases[] = {
        /* no overlap: the rates on both sides */
        {{{0.1, '+'}, {0.31, '+'}, {0.52, '-'}, {1, '-'}}, 0.31, 0.52},
        /* one survivor at 2 and one that diverged at 1 */
        {{{0.1, '+'}, {0.5, '+'}, {1, '-'}, {2, '+'}, {3, '-'}, {5, '-'}}, 0.5, 3},
        /* a wider overlap, a wider interval */
        {{{0.1, '+'},
          {0.3, '+'},
          {0.5, '-'},
          {0.8, '+'},
          {1, '-'},
          {2, '+'},
          {3, '-'},
          {5, '-'},
          {6, '-'}},
         0.3,
         3},
        /* a single accident far below moves nothing */
        {{{0.001, '-'},
          {0.1, '+'},
          {0.2, '+'},
          {0.3, '+'},
          {0.4, '+'},
          {1, '-'},
          {2, '-'},
          {3, '-'}},
         0.4,
         1},
        {{{1, '-'}, {2, '-'}}, NAN, 1},
        {{{0.1, '+'}, {0.2, '+'}}, NAN, NAN},
    };
    json_t *document = json_object(), *values = json_object();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct trial_row trials[12];
        struct snapshot snapshot = {.document = document, .values = values, .trials = trials};
        for (const struct fate *fate = cases[i].fates; fate->lr > 0; fate++) {
            struct trial_row *trial = &trials[snapshot.trial_count++];
            *trial = waiting_trial(0);
            trial->lr = fate->lr;
            trial->step = 100;
            trial->state = fate->fate == '+' ? TRIAL_STOPPED : TRIAL_DIVERGED;
        }
        const struct stable_lr found = stable_lr_find(&snapshot);
        bool low = isnan(cases[i].low) ? isnan(found.edge_low) : found.edge_low == cases[i].low;
        bool high =
            isnan(cases[i].high) ? isnan(found.edge_high) : found.edge_high == cases[i].high;
        /* What is stable for sure ends below the edge, or nowhere where none diverged. */
        double top = stable_lr_top(&found);
        bool sure = found.lost > 0 ? isnan(cases[i].low) ? isnan(top) : top == cases[i].low
                                   : top == found.highest_tried;
        if (!low || !high || !sure)
            fail_msg("case %zu: %g to %g, top %g", i, found.edge_low, found.edge_high, top);
    }
    json_decref(document);
    json_decref(values);
}

/* 120 trials whose edge depends on their optimizer: 0.3 for sgd, 0.01 for adam. Between half and
 * twice the edge, fate is a matter of luck. */
static void the_interval_holds_the_edge_of_each_optimizer(void **state)
{
    (void)state;
    static const char *const params[] = {"{\"optimizer\":{\"type\":\"sgd\"}}",
                                         "{\"optimizer\":{\"type\":\"adam\"}}"};
    static const double edges[] = {0.3, 0.01};
    enum { TRIALS = 120 };
    json_t *document = json_object(), *values = json_object();
    for (uint64_t seed = 0; seed < 200; seed++) {
        struct trial_row trials[TRIALS];
        struct snapshot snapshot = {
            .document = document, .values = values, .trials = trials, .trial_count = TRIALS};
        struct random_stream random;
        random_open(&random, seed, RANDOM_GENERATE, 0);
        for (uint32_t i = 0; i < TRIALS; i++) {
            trials[i] = waiting_trial(i);
            trials[i].params = params[i % 2];
            trials[i].step = 100;
            trials[i].lr = edges[i % 2] * exp(8 * random_uniform(&random) - 4);
            double above = log(trials[i].lr / edges[i % 2]) / log(2);
            bool lost = above > 2 * random_uniform(&random) - 1;
            trials[i].state = lost ? TRIAL_DIVERGED : TRIAL_STOPPED;
        }
        struct stable_lr_group groups[STABLE_LR_GROUPS_MAX];
        assert_int_equal(stable_lr_group(&snapshot, STABLE_LR_SCHEDULE, groups), 0);
        assert_int_equal(stable_lr_group(&snapshot, STABLE_LR_OPTIMIZER, groups), 2);
        assert_string_equal(groups[0].name, "adam");
        assert_string_equal(groups[1].name, "sgd");
        for (size_t i = 0; i < 2; i++) {
            const struct stable_lr *found = &groups[i].found;
            double edge = edges[1 - i];
            assert_int_equal(found->tried, TRIALS / 2);
            assert_true(found->edge_low < found->edge_high);
            assert_true(found->edge_low > 0.25 * edge && found->edge_low < 2 * edge);
            assert_true(found->edge_high > 0.5 * edge && found->edge_high < 4 * edge);
        }
    }
    json_decref(document);
    json_decref(values);
}

static void verdicts_that_explain_are_told_once_each(void **state)
{
    struct fixture *fixture = *state;
    struct snapshot *snapshot = make_study(fixture, "finished");
    const char *slow = "The loss still falls at an even pace.";
    snapshot->trials[0].verdict = snapshot->trials[3].verdict = VERDICT_SLOW;
    snapshot->trials[0].message = slow;
    snapshot->trials[3].message = "Hardly anything was learned.";
    char *text = printed(snapshot, false);
    assert_contains(text, "slow, 2 of them\n    3  lr 0.31: Hardly anything was learned.\n");
    assert_null(strstr(text, slow));
    free(text);
    snapshot_destroy(snapshot);
}

static void a_rate_is_useful_if_it_learned(void **state)
{
    (void)state;
    static const struct {
        const char *metric, *constant_loss, *classes;
        double expected;
    } cases[] = {
        {"val_loss", "1.0", "10", 0.01}, {"train_loss", "1.0", "10", 0.01},
        {"val_loss", "0.5", "10", NAN},  {"val_loss", "", "10", NAN},
        {"val_error", "9.9", "2", NAN},  {"val_error", "", "10", 0.1},
        {"val_error", "1.0", "", NAN},   {"val_loss", "nonsense", "", NAN},
    };
    struct trial_row trials[] = {waiting_trial(0), waiting_trial(1), waiting_trial(2)};
    trials[0].lr = 0.01, trials[0].metric = 0.84;
    trials[1].lr = 0.001, trials[1].metric = 0.9;
    trials[2].lr = 0.1, trials[2].metric = 0.7;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct snapshot snapshot = {
            .document = json_pack("{s:{s:s}}", "study", "metric", cases[i].metric),
            .values = json_pack("{s:s, s:s}", "constant_loss", cases[i].constant_loss, "classes",
                                cases[i].classes),
            .trials = trials,
            .trial_count = 3};
        double found = stable_lr_find(&snapshot).lowest_useful;
        if (isnan(cases[i].expected))
            assert_true(isnan(found));
        else
            assert_true(found == cases[i].expected);
        json_decref(snapshot.document);
        json_decref(snapshot.values);
    }
}

/* --- words --------------------------------------------------------------------------------------
 */

static void a_candidate_is_told_in_a_few_words(void **state)
{
    (void)state;
    static const struct {
        const char *schedule, *params, *expected;
    } cases[] = {
        {"constant", "{\"lr\":1,\"schedule\":{\"type\":\"constant\"}}", "constant"},
        {"step", "{\"lr\":1,\"schedule\":{\"type\":\"step\",\"every\":3.0,\"gamma\":0.421234}}",
         "step every 3 gamma 0.4212"},
        {"cosine",
         "{\"schedule\":{\"type\":\"cosine\",\"period\":0.0,"
         "\"warmup\":{\"steps\":100,\"from\":0.0}},\"momentum\":0.9,\"nesterov\":false}",
         "cosine, warm-up 100 steps, momentum 0.9, no nesterov"},
        {"constant",
         "{\"lr\":1,\"schedule\":{\"type\":\"constant\"},\"lr_multiplier\":[{\"layer\":2,\"value\":"
         "0.5},{\"layer\":0,\"value\":3}]}",
         "constant, lr_multiplier[2] 0.5, lr_multiplier[0] 3"},
        {"constant",
         "{\"lr\":1,\"schedule\":{\"type\":\"constant\"},\"optimizer\":{\"type\":\"adam\","
         "\"beta1\":"
         "0.8,\"beta2\":0.999,\"eps\":1e-8,\"weight_decay\":0.0,\"amsgrad\":true}}",
         "constant, adam beta1 0.8 amsgrad"},
        {"constant", "not JSON", "constant"},
        {"con\033[31mstant", "{}", "con [31mstant"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct trial_row row = waiting_trial(0);
        char text[128];
        row.schedule = cases[i].schedule;
        row.params = cases[i].params;
        candidate_text(&row, text, sizeof text);
        assert_string_equal(text, cases[i].expected);
    }
}

static void figures_read_well(void **state)
{
    (void)state;
    assert_string_equal(figure_metric(0.301).text, "0.3010");
    assert_string_equal(figure_metric(1234.4).text, "1234");
    assert_string_equal(figure_metric(NAN).text, "-");
    assert_string_equal(figure_rate(0.31).text, "0.31");
    assert_string_equal(figure_rate(1.23456e-5).text, "1.235e-05");
    assert_string_equal(figure_count(0).text, "0");
    assert_string_equal(figure_count(7029).text, "7,029");
    assert_string_equal(figure_count(UINT64_MAX).text, "18,446,744,073,709,551,615");
    assert_string_equal(figure_duration(41.6).text, "0:42");
    assert_string_equal(figure_duration(3723).text, "1:02:03");
    assert_string_equal(figure_duration(267000).text, "3 d 02:10");
    assert_string_equal(figure_duration(NAN).text, "?");
    assert_string_equal(figure_duration(-1).text, "?");
    assert_string_equal(figure_budget(1, "epochs").text, "1 epoch");
    assert_string_equal(figure_budget(2.5, "epochs").text, "2.5 epochs");
    assert_string_equal(figure_budget(500, "steps").text, "500 steps");
    char text[16];
    figure_clean(text, sizeof text, "a\033b\nc\x7f\xc2\x9b\xff.", false);
    assert_string_equal(text, "a b c    .");
    figure_clean(text, 6, "12345678", false);
    assert_string_equal(text, "12345");
    figure_clean(text, 4, "12\xe2\x89\xa5", false); /* not a part of a character */
    assert_string_equal(text, "12");
}

/* Jansson takes no text that is not UTF-8: what is made clean must be. */
static void a_text_of_any_bytes_is_clean_as_json(void **state)
{
    static const unsigned char seconds[] = {0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc2};
    (void)state;
    for (unsigned first = 1; first < 256; first++)
        for (size_t i = 0; i < sizeof seconds; i++) {
            const char text[] = {(char)first, (char)seconds[i], '\x80', '\xbf', '\0'};
            json_t *clean = figure_clean_json(text, false);
            if (!json_is_string(clean))
                fail_msg("%02x %02x 80 bf became no string", first, seconds[i]);
            json_decref(clean);
        }
    json_t *kept = figure_clean_json("\xc3\xa9 \xe2\x89\xa5 \xf0\x9f\x94\xa5\n\a", true);
    assert_string_equal(json_string_value(kept), "\xc3\xa9 \xe2\x89\xa5 \xf0\x9f\x94\xa5\n ");
    json_decref(kept);
}

static void rungs_are_told_by_bracket_where_there_is_more_than_one(void **state)
{
    struct fixture *fixture = *state;
    struct store *store = fixture_create(fixture);
    assert_true(store_set(store, "rungs",
                          "[{\"bracket\":0,\"budget\":1.0,\"candidates\":9,\"promoted\":3},"
                          "{\"bracket\":0,\"budget\":3.0,\"candidates\":3,\"promoted\":0},"
                          "{\"bracket\":1,\"budget\":3.0,\"candidates\":2,\"promoted\":0}]",
                          &fixture->error));
    fixture_close(fixture, store);
    struct snapshot *snapshot = snapshot_read(fixture->dir, &fixture->error);
    assert_non_null(snapshot);
    char *text = printed(snapshot, false);
    assert_non_null(strstr(text, "bracket  rung    budget  candidates  promoted\n"
                                 "      1     1   1 epoch           9         3\n"
                                 "      1     2  3 epochs           3         -\n"
                                 "      2     1  3 epochs           2         -\n"));
    free(text);
    snapshot_destroy(snapshot);
}

static void a_finished_study_is_told_in_words_and_tables(void **state)
{
    struct fixture *fixture = *state;
    struct snapshot *snapshot = make_study(fixture, "finished");
    fixture_write(fixture, "best.safetensors", "");
    char *text = printed(snapshot, false), files[PATH_BYTES + 64];
    static const char expected[] =
        "Recommended: lr 0.031, schedule cosine, warm-up 1 epoch (trial 1)\n"
        "  validation set: val_loss 0.3012 after 9 epochs (7,029 steps)\n"
        "  test set: accuracy 88.31 %, loss 0.3310\n"
        "\n"
        "rung    budget  candidates  promoted\n"
        "   1   1 epoch           4         2\n"
        "   2  3 epochs           2         1\n"
        "   3  9 epochs           1         -\n"
        "\n"
        "Rates from 1.5 up diverged (1 of 1); the highest rate that trained was 0.31. The\n"
        "lowest rate that learned was 0.031.\n"
        "The edge by schedule: constant none diverged up to 0.31, cosine none diverged up\n"
        "to 0.031, step up to 1.5.\n"
        "\n"
        "Trials by their val_loss: the best one seen, and the one at the last rung's end\n"
        "trial      lr  schedule                 state     verdict    epochs    best   final\n"
        "    1   0.031  cosine, warm-up 1 epoch  complete  healthy         9  0.3000  0.3012\n"
        "    3    0.31  constant                 stopped   healthy         3  0.4100  0.4100\n"
        "    0  0.0003  constant                 stopped   healthy         1   2.200   2.200\n"
        "    2     1.5  step every 3 gamma 0.42  diverged  collapsed  0.2561       -       -\n"
        "\n"
        "Why they ended\n"
        "    2  lr 1.5: The training loss stayed at the constant predictor's level\n"
        "       (2.303) for 200 steps, and all units of layer 1 are dead.\n"
        "\n"
        "Took 0:10, trained 13.26 epochs (all candidates in full: 36).\n"
        "2 workers were lost on the way; what was held there was trained elsewhere.\n"
        "  2023-11-15 12:00:00  rank 3 on node4 (2 trainers): 1 attempt lost\n"
        "  2023-11-15 13:00:00  rank 1 on node2 (1 trainer): 0 attempts lost, back after 0:41\n";
    assert_memory_equal(text, expected, sizeof expected - 1);
    (void)snprintf(files, sizeof files, "Files in %s: study.db, best.safetensors\n", fixture->dir);
    assert_string_equal(text + sizeof expected - 1, files);
    free(text);
    text = printed(snapshot, true);
    assert_contains(text,
                    "\033[1mRecommended: lr 0.031, schedule cosine, warm-up 1 epoch\033[0m (");
    assert_contains(text, "\033[31mdiverged\033[0m");
    free(text);
    snapshot_destroy(snapshot);
}

static void an_unfinished_study_says_where_it_stands_and_how_to_go_on(void **state)
{
    static const struct {
        const char *status, *expected;
        bool unattended, resumes;
    } cases[] = {
        {"interrupted", "Interrupted: 4 of 4 trials are through.\n", false, true},
        {"failed", "The run failed: 4 of 4 trials are through.\n", false, true},
        {"running", "Running: 4 of 4 trials are through.\n", false, false},
        {"running", "The run died before its end: 4 of 4 trials are through.\n", true, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fixture *fixture = *state;
        struct snapshot *snapshot = make_study(fixture, cases[i].status);
        snapshot->unattended = cases[i].unattended;
        char *text = printed(snapshot, false);
        assert_contains(text, cases[i].expected);
        assert_contains(text, "Best so far: lr 0.031, ");
        assert_int_equal(strstr(text, " --resume\n") != NULL, cases[i].resumes);
        free(text);
        snapshot_destroy(snapshot);
        fixture_end(state);
        fixture_begin(state);
    }
}

static void a_study_that_nothing_survived_says_what_to_try(void **state)
{
    static const struct {
        enum trial_state fates[2]; /* of lr 0.1 and lr 1 */
        const char *expected[2];
    } cases[] = {
        {{TRIAL_DIVERGED, TRIAL_DIVERGED},
         {"No candidate survived: 2 diverged, 0 failed.",
          "Even the lowest rate that was tried, 0.1, was too large. Try lower bounds:"}},
        {{TRIAL_STOPPED, TRIAL_DIVERGED},
         {"No candidate survived: 1 diverged, 0 failed.",
          "No rate lasted to the full budget. Try lower bounds for space.lr: the highest"}},
        {{TRIAL_FAILED, TRIAL_FAILED},
         {"No candidate survived: 0 diverged, 2 failed.", "None of them diverged: their trainers"}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fixture *fixture = *state;
        struct store *store = fixture_create(fixture);
        for (uint32_t id = 0; id < 2; id++) {
            struct trial_row row = waiting_trial(id);
            row.state = cases[i].fates[id];
            row.lr = id == 0 ? 0.1 : 1;
            row.step = 100;
            row.message = "It ended.";
            assert_true(store_trial(store, &row, &fixture->error));
        }
        assert_true(store_set(store, "status", "finished", &fixture->error));
        fixture_close(fixture, store);
        struct snapshot *snapshot = snapshot_read(fixture->dir, &fixture->error);
        assert_non_null(snapshot);
        char *text = printed(snapshot, false);
        assert_contains(text, cases[i].expected[0]);
        assert_contains(text, cases[i].expected[1]);
        free(text);
        snapshot_destroy(snapshot);
        fixture_end(state);
        fixture_begin(state);
    }
}

static void no_line_is_wider_than_a_hundred_columns(void **state)
{
    struct fixture *fixture = *state;
    struct store *store = fixture_create(fixture);
    for (uint32_t id = 0; id < 20; id++) {
        struct trial_row row = waiting_trial(100000 + id);
        row.state = TRIAL_DIVERGED;
        row.verdict = VERDICT_COLLAPSED;
        row.lr = 1.23456e-5;
        row.step = 123456;
        row.metric = row.final = 1.23456e-5;
        row.schedule = "exponential";
        row.params = "{\"schedule\":{\"gamma\":0.123456,\"warmup\":{\"epochs\":2.5}},"
                     "\"momentum\":0.98765,\"weight_decay\":1.23456e-5}";
        row.message =
            "A long sentence that is to be wrapped \033]0;and does nothing to a terminal, "
            "however it goes on, and on, and on, and on.";
        assert_true(store_trial(store, &row, &fixture->error));
    }
    assert_true(store_set(store, "steps_per_epoch", "781", &fixture->error));
    fixture_close(fixture, store);
    struct snapshot *snapshot = snapshot_read(fixture->dir, &fixture->error);
    assert_non_null(snapshot);
    char *text = printed(snapshot, false), *rest = NULL;
    assert_null(strchr(text, '\033'));
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        if (strncmp(line, "Files in ", 9) != 0 && strncmp(line, "Go on ", 6) != 0)
            assert_in_range(figure_columns(line), 0, 100);
    free(text);
    snapshot_destroy(snapshot);
}

#define STUDY_TEST(test) cmocka_unit_test_setup_teardown(test, fixture_begin, fixture_end)

static void work_that_was_done_again_counts_as_trained(void **state)
{
    struct snapshot *snapshot = make_study(*state, "finished");
    const struct study_facts before = study_facts_of(snapshot);
    json_object_set_new(snapshot->values, "steps_again", json_string("1000"));
    json_object_set_new(snapshot->values, "epochs_again", json_string("2"));
    const struct study_facts after = study_facts_of(snapshot);
    assert_int_equal(after.steps_trained, before.steps_trained + 1000);
    assert_float_equal(after.epochs_trained, before.epochs_trained + 2, 1e-12);
    snapshot_destroy(snapshot);
}

static void a_best_rate_at_the_end_of_those_tried_says_where_to_look(void **state)
{
    static const struct {
        double lr;
        const char *hint; /* NULL: none */
    } cases[] = {{2, "try higher bounds."}, {1e-5, "try lower bounds."}, {0.031, NULL}};
    struct snapshot *snapshot = make_study(*state, "finished");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        snapshot->trials[1].lr = cases[i].lr;
        char *text = printed(snapshot, false);
        if (cases[i].hint)
            assert_contains(text, cases[i].hint);
        else
            assert_null(strstr(text, "bounds."));
        free(text);
    }
    snapshot_destroy(snapshot);
}

static void what_is_left_counts_candidates_that_are_not_made_yet(void **state)
{
    static const struct {
        double candidates;
        uint32_t left;
    } cases[] = {{9, 3 + 4}, {5, 3}, {2, 3}, {NAN, 3}};
    const struct snapshot snapshot = {.trial_count = 5};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct study_facts facts = {.candidates = cases[i].candidates};
        facts.states[TRIAL_WAITING] = 1;
        facts.states[TRIAL_PAUSED] = 2;
        facts.states[TRIAL_RUNNING] = 2;
        assert_int_equal(running_left(&snapshot, &facts), cases[i].left);
    }
}

static void a_trial_that_diverged_is_plotted_as_high_as_the_worst(void **state)
{
    struct snapshot *snapshot = make_study(*state, "finished");
    const struct report_list none = {0};
    char *text = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&text, &length);
    assert_non_null(stream);
    status_plot_print(stream, snapshot, &none, (struct status_look){.width = 60, .rows = 5});
    assert_int_equal(fclose(stream), 0);
    const char *top = strstr(text, "2.200");
    assert_non_null(top);
    assert_true(strcspn(top, "a") < strcspn(top, "x") && strcspn(top, "x") < strcspn(top, "\n"));
    free(text);
    snapshot_destroy(snapshot);
}

int main(void)
{
    setenv("TZ", "UTC", 1);
    const struct CMUnitTest tests[] = {
        STUDY_TEST(the_summary_of_a_finished_study),
        STUDY_TEST(the_summary_of_a_study_that_has_hardly_begun_holds_nulls),
        STUDY_TEST(the_summary_file_replaces_an_old_one),
        STUDY_TEST(a_document_from_elsewhere_may_hold_anything),
        cmocka_unit_test(the_edge_splits_the_rates_with_the_fewest_mistakes),
        cmocka_unit_test(the_edge_has_an_interval),
        cmocka_unit_test(the_interval_holds_the_edge_of_each_optimizer),
        STUDY_TEST(verdicts_that_explain_are_told_once_each),
        cmocka_unit_test(a_rate_is_useful_if_it_learned),
        cmocka_unit_test(a_candidate_is_told_in_a_few_words),
        cmocka_unit_test(figures_read_well),
        cmocka_unit_test(a_text_of_any_bytes_is_clean_as_json),
        STUDY_TEST(a_finished_study_is_told_in_words_and_tables),
        STUDY_TEST(rungs_are_told_by_bracket_where_there_is_more_than_one),
        STUDY_TEST(an_unfinished_study_says_where_it_stands_and_how_to_go_on),
        STUDY_TEST(a_study_that_nothing_survived_says_what_to_try),
        STUDY_TEST(work_that_was_done_again_counts_as_trained),
        STUDY_TEST(a_best_rate_at_the_end_of_those_tried_says_where_to_look),
        cmocka_unit_test(what_is_left_counts_candidates_that_are_not_made_yet),
        STUDY_TEST(a_trial_that_diverged_is_plotted_as_high_as_the_worst),
        STUDY_TEST(no_line_is_wider_than_a_hundred_columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
