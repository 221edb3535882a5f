/* test_report.c - the data of a report, and how they are put into a page. */
#include "study_fixture.h"

#include "coordinator/report/page.h"
#include "coordinator/report/parts.h"
#include "coordinator/report/report.h"
#include "coordinator/report/svg/plot.h"
#include "coordinator/report/templates.h"
#include "coordinator/report/thin.h"

#include <sqlite3.h>

/* --- a made-up study ----------------------------------------------------------------------------
 */

static void add_trial(struct fixture *fixture, struct store *store, uint32_t id,
                      enum trial_state state, enum verdict verdict, uint64_t step, double final)
{
    struct trial_row row = waiting_trial(id);
    row.state = state;
    row.verdict = verdict;
    row.step = step;
    row.metric = row.final = final;
    row.params = "{\"lr\":0.1,\"schedule\":{\"type\":\"step\",\"every\":3.0,\"gamma\":0.42},"
                 "\"momentum\":0.9}";
    row.schedule = "step";
    row.message = id == 0 ? "Stopped after 1 epoch: its loss was 2.5e-05." : "";
    assert_true(store_trial(store, &row, &fixture->error));
}

static void add_event(struct fixture *fixture, struct store *store, const char *kind,
                      uint32_t trial, int worker, int trainer, uint64_t step, double value)
{
    const struct event_row row = {.kind = kind,
                                  .trial = trial,
                                  .attempt = 1,
                                  .worker = worker,
                                  .trainer = trainer,
                                  .step = step,
                                  .value = value,
                                  .text = ""};
    assert_true(store_event(store, &row, &fixture->error));
}

static struct store *begin_study(struct fixture *fixture)
{
    struct store *store = fixture_create(fixture);
    assert_true(store_set(store, "steps_per_epoch", "100", &fixture->error));
    assert_true(store_set(store, "status", "finished", &fixture->error));
    assert_true(store_set(store, "rungs",
                          "[{\"bracket\":0,\"budget\":1.0,\"candidates\":3,\"promoted\":1},"
                          "{\"bracket\":0,\"budget\":3.0,\"candidates\":1,\"promoted\":0}]",
                          &fixture->error));
    add_trial(fixture, store, 0, TRIAL_STOPPED, VERDICT_HEALTHY, 100, 0.5);
    add_trial(fixture, store, 1, TRIAL_COMPLETE, VERDICT_HEALTHY, 300, 0.25);
    add_trial(fixture, store, 2, TRIAL_DIVERGED, VERDICT_COLLAPSED, 40, NAN);
    return store;
}

/* The part of that name, of the study as it lies in its directory. */
static json_t *part_of_closed(struct fixture *fixture, const char *name)
{
    struct report_source source;
    json_t *made = NULL;
    struct snapshot *snapshot = snapshot_read(fixture->dir, &fixture->error);
    assert_non_null(snapshot);
    assert_true(report_source_read(&source, snapshot, &fixture->error));
    for (size_t i = 0; i < REPORT_PARTS; i++)
        if (strcmp(report_parts[i].name, name) == 0)
            made = report_parts[i].make(&source, &fixture->error);
    assert_non_null(made);
    report_source_free(&source);
    snapshot_destroy(snapshot);
    return made;
}

/* Closes the store. */
static json_t *part(struct fixture *fixture, struct store *store, const char *name)
{
    fixture_close(fixture, store);
    return part_of_closed(fixture, name);
}

static void assert_member(json_t *object, const char *name, const char *expected)
{
    char *text = json_dumps(json_object_get(object, name), JSON_COMPACT | JSON_ENCODE_ANY);
    assert_non_null(text);
    assert_string_equal(text, expected);
    free(text);
}

/* --- thinning -----------------------------------------------------------------------------------
 */

static void a_short_curve_is_not_thinned(void **state)
{
    const double x[] = {0, 1, 2}, y[] = {5, 6, 7};
    size_t chosen[4] = {9, 9, 9, 9};
    (void)state;
    assert_int_equal(thin_curve(x, y, 3, 4, chosen), 3);
    assert_int_equal(chosen[2], 2);
    assert_int_equal(chosen[3], 9);
    assert_int_equal(thin_curve(x, y, 0, 4, chosen), 0);
}

static void a_thinned_curve_keeps_its_ends_and_its_spike(void **state)
{
    double x[1000], y[1000];
    size_t chosen[20];
    bool spike = false;
    (void)state;
    for (size_t i = 0; i < 1000; i++) {
        x[i] = (double)i;
        y[i] = i == 637 ? 50 : 1;
    }
    assert_int_equal(thin_curve(x, y, 1000, 20, chosen), 20);
    assert_int_equal(chosen[0], 0);
    assert_int_equal(chosen[19], 999);
    for (size_t i = 0; i < 20; i++) {
        spike = spike || chosen[i] == 637;
        assert_true(i == 0 || chosen[i] > chosen[i - 1]);
    }
    assert_true(spike);
}

/* --- sentences ----------------------------------------------------------------------------------
 */

/* A row unfolded as the page does it; free it. */
static char *unfold(const json_t *templates, size_t number)
{
    char *text = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&text, &length);
    const char *row = json_string_value(json_array_get(json_object_get(templates, "rows"), number));
    size_t at = strtoul(row, (char **)&row, 10);
    const char *form =
        json_string_value(json_array_get(json_object_get(templates, "templates"), at));
    for (; *form; form++) {
        if (*form != TEMPLATE_HOLE) {
            (void)fputc(*form, stream);
            continue;
        }
        size_t digits = strcspn(row + 1, " ");
        (void)fprintf(stream, "%.*s", (int)digits, row + 1);
        row += 1 + digits;
    }
    assert_int_equal(fclose(stream), 0);
    return text;
}

static void sentences_that_differ_by_their_numbers_share_a_template_and_lose_nothing(void **state)
{
    static const char *const texts[] = {"Stopped after 1 epoch: it had 2.303.",
                                        "Stopped after 27 epochs: it had 7,029.",
                                        "Stopped after 1.5e-05 epochs: it had 2e+10.",
                                        "",
                                        "lr 1.2.3e 4e- 5,,6 7. x8",
                                        "umlauts \xc3\xa4 and 10 %"};
    const size_t count = sizeof texts / sizeof texts[0];
    json_t *templates = templates_create();
    (void)state;
    for (size_t i = 0; i < count; i++)
        assert_true(templates_add(templates, texts[i]));
    templates_finish(templates);
    for (size_t i = 0; i < count; i++) {
        char *text = unfold(templates, i);
        assert_string_equal(text, texts[i]);
        free(text);
    }
    /* "epoch" and "epochs" are two; the two with "epochs" are one. */
    assert_int_equal(json_array_size(json_object_get(templates, "templates")), count - 1);
    assert_int_equal(json_object_size(templates), 2);
    json_decref(templates);
}

static void a_text_cannot_bring_a_hole_of_its_own(void **state)
{
    json_t *templates = templates_create();
    (void)state;
    assert_true(templates_add(templates, "a\x01z 5"));
    char *text = unfold(templates, 0);
    assert_string_equal(text, "a z 5");
    free(text);
    json_decref(templates);
}

/* --- parts --------------------------------------------------------------------------------------
 */

static void the_trials_stand_in_columns(void **state)
{
    struct fixture *fixture = *state;
    json_t *trials = part(fixture, begin_study(fixture), "trials");
    assert_member(trials, "count", "3");
    assert_member(trials, "id", "[0,1,2]");
    assert_member(trials, "order", "[1,0,2]");
    assert_member(trials, "final", "[0.5,0.25,null]");
    assert_member(trials, "epochs", "[1.0,3.0,0.40000000000000002]");
    assert_member(trials, "schedules", "[\"step\"]");
    assert_member(trials, "schedule", "[0,0,0]");
    json_t *params = json_object_get(trials, "params");
    assert_member(params, "schedule", "[\"step\",\"step\",\"step\"]");
    assert_member(params, "schedule.gamma",
                  "[0.41999999999999998,0.41999999999999998,"
                  "0.41999999999999998]");
    assert_member(params, "momentum",
                  "[0.90000000000000002,0.90000000000000002,"
                  "0.90000000000000002]");
    assert_member(json_object_get(trials, "message"), "templates",
                  "[\"Stopped after \\u0001 epoch: its loss was \\u0001.\",\"\"]");
    json_decref(trials);
}

static void curves_leave_out_what_is_not_finite(void **state)
{
    struct fixture *fixture = *state;
    struct store *store = begin_study(fixture);
    for (uint64_t step = 10; step <= 30; step += 10) {
        struct report_row row = sound_report(2, step);
        row.train_loss = step == 20 ? INFINITY : 2;
        row.validated = step == 30;
        row.val_loss = step == 30 ? 0.5 : (double)NAN;
        assert_true(store_report(store, &row, &fixture->error));
    }
    json_t *curves = part(fixture, store, "curves");
    json_t *last = json_array_get(json_object_get(curves, "curves"), 2);
    assert_member(last, "trial", "2");
    assert_member(last, "train", "{\"step\":[10,30],\"value\":[2.0,2.0]}");
    assert_member(last, "validation", "{\"step\":[30],\"value\":[0.5]}");
    json_decref(curves);
}

/* 1.007 epochs of 100 steps end between two steps; a run may end with either. */
static void a_rung_that_ends_between_two_steps_is_reached_by_both(void **state)
{
    struct fixture *fixture = *state;
    struct store *store = begin_study(fixture);
    assert_true(store_set(store, "rungs",
                          "[{\"bracket\":0,\"budget\":1.007,\"candidates\":3,\"promoted\":0}]",
                          &fixture->error));
    add_event(fixture, store, "assigned", 1, 0, 0, 0, NAN);
    for (uint64_t step = 99; step <= 102; step++)
        add_event(fixture, store, "done", 1, 0, 0, step, (double)step);
    json_t *rungs = part(fixture, store, "rungs");
    assert_member(rungs, "value", "[100.0,101.0]");
    json_decref(rungs);
}

static void a_value_stands_at_the_rung_whose_budget_it_was_reached_with(void **state)
{
    struct fixture *fixture = *state;
    struct store *store = begin_study(fixture);
    add_event(fixture, store, "assigned", 1, 0, 0, 0, NAN);
    add_event(fixture, store, "done", 1, 0, 0, 100, 0.75);
    add_event(fixture, store, "done", 1, 0, 0, 300, 0.25);
    add_event(fixture, store, "done", 0, 0, 0, 150, 0.5);  /* at no rung's end */
    add_event(fixture, store, "done", 99, 0, 0, 100, 0.5); /* no such trial */
    json_t *rungs = part(fixture, store, "rungs");
    assert_member(rungs, "trial", "[1,1]");
    assert_member(rungs, "rung", "[0,1]");
    assert_member(rungs, "value", "[0.75,0.25]");
    json_decref(rungs);
}

static void the_timeline_tells_how_each_assignment_ended(void **state)
{
    struct fixture *fixture = *state;
    struct store *store = begin_study(fixture);
    add_event(fixture, store, "assigned", 0, 0, 0, 0, NAN);
    add_event(fixture, store, "assigned", 1, 1, 3, 0, NAN);
    add_event(fixture, store, "done", 0, 0, 0, 100, 0.5);
    add_event(fixture, store, "lost", 1, 1, 3, 0, NAN);
    add_event(fixture, store, "assigned", 1, 0, 0, 0, NAN);
    add_event(fixture, store, "assigned", 2, 1, 3, 0, NAN);
    add_event(fixture, store, "paused", 1, -1, -1, 0, NAN); /* by a resume: the run was killed */
    add_event(fixture, store, "diverged", 2, 1, 3, 40, NAN);
    add_event(fixture, store, "assigned", 1, 0, 0, 0, NAN); /* and never ended */
    json_t *timeline = part(fixture, store, "timeline");
    assert_int_equal(json_array_size(json_object_get(timeline, "lanes")), 2);
    static const struct {
        json_int_t lane, trial, ending;
    } expected[] = {{0, 0, 0}, {0, 1, 4}, {0, 1, 4}, {1, 1, 3}, {1, 2, 1}};
    json_t *bars = json_object_get(timeline, "bars");
    assert_int_equal(json_array_size(bars), sizeof expected / sizeof expected[0]);
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        json_t *bar = json_array_get(bars, i);
        assert_int_equal(json_integer_value(json_array_get(bar, 0)), expected[i].lane);
        assert_int_equal(json_integer_value(json_array_get(bar, 3)), expected[i].trial);
        assert_int_equal(json_integer_value(json_array_get(bar, 4)), expected[i].ending);
        assert_true(json_integer_value(json_array_get(bar, 2)) >=
                    json_integer_value(json_array_get(bar, 1)));
    }
    json_decref(timeline);
}

/* Its events were recorded ten seconds apart. */
static void what_a_killed_run_held_ends_when_a_trainer_was_last_heard_of(void **state)
{
    struct fixture *fixture = *state;
    struct store *store = begin_study(fixture);
    char path[PATH_BYTES];
    sqlite3 *db = NULL;
    add_event(fixture, store, "assigned", 0, 0, 0, 0, NAN);
    add_event(fixture, store, "assigned", 1, 1, 0, 0, NAN);
    add_event(fixture, store, "done", 1, 1, 0, 300, 0.5);
    add_event(fixture, store, "assigned", 0, 0, 0, 0, NAN); /* by another run */
    add_event(fixture, store, "done", 0, 0, 0, 100, 0.5);
    fixture_close(fixture, store);
    assert_int_equal(sqlite3_open(fixture_path(fixture, "study.db", path), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "UPDATE event SET time = 10 * seq", NULL, NULL, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    json_t *timeline = part_of_closed(fixture, "timeline");
    assert_member(timeline, "span_s", "40.0");
    assert_member(timeline, "bars",
                  "[[0,0,20000,0,4,1],[0,30000,40000,0,0,1],[1,10000,20000,1,0,1]]");
    json_decref(timeline);
}

static void short_bars_are_drawn_as_one_but_for_those_that_were_lost(void **state)
{
    enum { BARS = 3000, LOST = 1500 };
    struct fixture *fixture = *state;
    struct store *store = begin_study(fixture);
    for (int i = 0; i < BARS; i++) {
        add_event(fixture, store, "assigned", 0, 0, 0, 0, NAN);
        add_event(fixture, store, i == LOST ? "lost" : "done", 0, 0, 0, 100, 0.5);
    }
    json_t *timeline = part(fixture, store, "timeline");
    json_t *bars = json_object_get(timeline, "bars"), *bar;
    json_int_t trials = 0, before = 0;
    size_t index, lost = 0;
    assert_member(timeline, "of", "3000");
    assert_true(json_array_size(bars) <= 2500);
    json_array_foreach(bars, index, bar)
    {
        json_int_t of_bar = json_integer_value(json_array_get(bar, 5));
        if (json_integer_value(json_array_get(bar, 4)) == 3) {
            assert_int_equal(of_bar, 1);
            lost++;
            before = trials;
        }
        trials += of_bar;
    }
    assert_int_equal(lost, 1);
    assert_int_equal(before, LOST);
    assert_int_equal(trials, BARS);
    json_decref(timeline);
}

static void a_study_without_events_has_no_timeline(void **state)
{
    struct fixture *fixture = *state;
    json_t *timeline = part(fixture, begin_study(fixture), "timeline");
    assert_true(json_is_null(timeline));
    json_decref(timeline);
}

static void a_range_test_is_shown_if_its_file_is_sound(void **state)
{
    struct fixture *fixture = *state;
    struct store *store = begin_study(fixture);
    fixture_write(fixture, "find.json", "{\"lr\": [0.1, 1], \"advice\": \"try\", \"odd\": 1}");
    json_t *range = part(fixture, store, "range");
    assert_member(range, "advice", "\"try\"");
    assert_null(json_object_get(range, "odd"));
    json_decref(range);
}

static void a_damaged_range_test_is_left_out(void **state)
{
    struct fixture *fixture = *state;
    struct store *store = begin_study(fixture);
    fixture_write(fixture, "find.json", "{\"lr\": [0.1, 1");
    json_t *range = part(fixture, store, "range");
    assert_true(json_is_null(range));
    json_decref(range);
}

static void the_schedules_of_the_best_follow_their_formula(void **state)
{
    struct fixture *fixture = *state;
    json_t *schedules = part(fixture, begin_study(fixture), "schedules");
    assert_int_equal(json_array_size(schedules), 2); /* without a metric: not among the best */
    json_t *best = json_array_get(schedules, 0);
    assert_member(best, "trial", "1");
    assert_member(best, "reported", "false");
    json_t *steps = json_object_get(best, "step"), *rates = json_object_get(best, "lr");
    for (size_t i = 0; i < json_array_size(steps); i++) {
        /* every 3 epochs of 100 steps */
        double expected = 0.1 * pow(0.42, floor(json_number_value(json_array_get(steps, i)) / 300));
        assert_true(fabs(json_number_value(json_array_get(rates, i)) - expected) < 1e-12);
    }
    assert_int_equal(json_integer_value(json_array_get(steps, json_array_size(steps) - 1)), 899);
    json_decref(schedules);
}

/* --- the sample that is drawn -------------------------------------------------------------------
 */

static void a_sample_holds_the_best_and_some_of_every_verdict(void **state)
{
    struct fixture *fixture = *state;
    struct store *store = fixture_create(fixture);
    uint32_t chosen[40];
    size_t slow = 0;
    for (uint32_t id = 0; id < 1000; id++) {
        struct trial_row row = waiting_trial(id);
        row.state = TRIAL_COMPLETE;
        row.verdict = id >= 990 ? VERDICT_SLOW : VERDICT_HEALTHY;
        row.metric = row.final = id;
        assert_true(store_trial(store, &row, &fixture->error));
    }
    fixture_close(fixture, store);
    struct snapshot *snapshot = snapshot_read(fixture->dir, &fixture->error);
    struct report_source source;
    assert_true(report_source_read(&source, snapshot, &fixture->error));
    size_t count = report_source_sample(&source, 40, chosen);
    assert_int_equal(count, 40);
    for (size_t i = 0; i < count; i++) {
        assert_true(i == 0 || chosen[i] > chosen[i - 1]);
        assert_true(i > 10 || chosen[i] == i); /* the best quarter */
        slow += chosen[i] >= 990;
    }
    assert_true(slow >= 5);
    report_source_free(&source);
    snapshot_destroy(snapshot);
}

/* --- the page -----------------------------------------------------------------------------------
 */

static void json_in_the_page_holds_nothing_that_ends_a_script(void **state)
{
    struct text_buffer page = {0};
    json_t *json = json_pack("{s:s}", "</script><!--", "\xe2\x80\xa8 & \xf0\x9f\x94\xa5");
    (void)state;
    assert_true(page_add_json(&page, json, 5));
    text_buffer_add(&page, "", 1);
    assert_string_equal(page.text, "{\"\\u003c/script\\u003e\\u003c!--\":"
                                   "\"\\u2028 \\u0026 \\uD83D\\uDD25\"}");
    free(page.text);
    json_decref(json);
}

static void a_title_is_only_ever_a_text(void **state)
{
    struct fixture *fixture = *state;
    struct text_buffer page = {0};
    struct page_data none = {0};
    assert_true(page_write(&page, "<b>&\"'{{nonce}}", "words", &none, 0, &fixture->error));
    text_buffer_add(&page, "", 1);
    assert_contains(page.text, "<title>&lt;b&gt;&amp;&quot;&#39;{{nonce}} ");
    free(page.text);
}

static void the_report_replaces_an_old_one(void **state)
{
    struct fixture *fixture = *state;
    fixture_close(fixture, begin_study(fixture));
    fixture_write(fixture, "report.html", "old");
    struct snapshot *snapshot = snapshot_read(fixture->dir, &fixture->error);
    assert_true(report_write(fixture->dir, snapshot, &fixture->error));
    snapshot_destroy(snapshot);
    char path[PATH_BYTES], begin[16] = "";
    FILE *file = fopen(fixture_path(fixture, "report.html", path), "r");
    assert_non_null(file);
    assert_non_null(fgets(begin, sizeof begin, file));
    assert_int_equal(fclose(file), 0);
    assert_string_equal(begin, "<!DOCTYPE html>");
    assert_false(fixture_has(fixture, "report.html.new"));
}

/* For the next case of a table. */
static void remove_study(const struct fixture *fixture)
{
    assert_int_equal(nftw(fixture->dir, fixture_remove, 16, FTW_DEPTH | FTW_PHYS), 0);
}

static void only_figures_that_have_something_to_draw_are_written(void **state)
{
    static const struct {
        double lr, loss; /* NaN: none */
        const char *written;
    } cases[] = {
        {NAN, NAN, ""},
        {0.1, NAN, "rates.svg\n"},
        {NAN, 0.5, "losses.svg\n"},
        {0.1, 0.5, "losses.svg\nrates.svg\n"},
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct store *store = fixture_create(fixture);
        struct trial_row trial = waiting_trial(0);
        trial.state = TRIAL_COMPLETE;
        trial.step = 100;
        trial.lr = cases[i].lr;
        trial.metric = trial.final = 0.5;
        struct report_row report = sound_report(0, 50);
        assert_true(store_set(store, "steps_per_epoch", "100", &fixture->error));
        report.train_loss = cases[i].loss;
        assert_true(store_trial(store, &trial, &fixture->error));
        assert_true(store_report(store, &report, &fixture->error));
        fixture_close(fixture, store);
        struct snapshot *snapshot = snapshot_read(fixture->dir, &fixture->error);
        char *names = NULL, expected[2 * PATH_BYTES] = "";
        size_t length = 0;
        FILE *written = open_memstream(&names, &length);
        assert_non_null(written);
        bool drawn = report_write_figures(fixture->dir, snapshot, written, &fixture->error);
        assert_int_equal(fclose(written), 0);
        static const char *const files[] = {"losses.svg", "rates.svg"};
        for (size_t j = 0; j < 2; j++) {
            bool wanted = strstr(cases[i].written, files[j]) != NULL;
            size_t used = strlen(expected);
            assert_int_equal(fixture_has(fixture, files[j]), wanted);
            if (wanted)
                (void)snprintf(expected + used, sizeof expected - used, "%s/%s\n", fixture->dir,
                               files[j]);
        }
        assert_string_equal(names, expected);
        assert_int_equal(drawn, cases[i].written[0] != '\0');
        if (!drawn)
            assert_contains(fixture->error.text, "nothing to draw");
        free(names);
        snapshot_destroy(snapshot);
        remove_study(fixture);
    }
}

/* Three times the middle of what the trials began with, unless the constant predictor is worse. */
static void losses_are_cut_off_far_above_where_training_begins(void **state)
{
    static const struct {
        const char *constant;
        double begins[3], ceiling; /* NaN: nothing was reported */
    } cases[] = {
        {"", {NAN, NAN, NAN}, INFINITY},
        {"2.5", {NAN, NAN, NAN}, 7.5},
        {"", {4, 1e9, 2}, 12},
        {"2.5", {4, 1e9, 2}, 12},
        {"2.5", {1, 1e9, 2}, 7.5},
        {"", {-1, NAN, NAN}, INFINITY},
        {"no number", {NAN, 5, NAN}, 15},
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct store *store = fixture_create(fixture);
        assert_true(store_set(store, "constant_loss", cases[i].constant, &fixture->error));
        for (uint32_t j = 0; j < 3; j++) {
            struct trial_row trial = waiting_trial(j);
            struct report_row first = sound_report(j, 1), second = sound_report(j, 2);
            first.train_loss = cases[i].begins[j];
            second.train_loss = 1e12;
            assert_true(store_trial(store, &trial, &fixture->error));
            if (!isnan(first.train_loss)) {
                assert_true(store_report(store, &first, &fixture->error));
                assert_true(store_report(store, &second, &fixture->error));
            }
        }
        fixture_close(fixture, store);
        struct snapshot *snapshot = snapshot_read(fixture->dir, &fixture->error);
        struct report_source source;
        assert_true(report_source_read(&source, snapshot, &fixture->error));
        assert_true(report_source_ceiling(&source) == cases[i].ceiling);
        report_source_free(&source);
        snapshot_destroy(snapshot);
        remove_study(fixture);
    }
}

static void a_scale_holds_its_values_whatever_they_are(void **state)
{
    static const struct {
        double values[3];
        bool log, sound;
    } cases[] = {
        {{1, 10, 100}, true, true},        {{5, 5, 5}, true, true},
        {{0, -1, NAN}, true, true},        {{NAN, NAN, NAN}, false, false},
        {{0, 0, 0}, false, true},          {{-3, 4, INFINITY}, false, true},
        {{1e-300, 1e300, 1}, true, false}, /* their ratio is infinite */
        {{0, 0, NAN}, true, false},        {{-3, 4, INFINITY}, true, true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct plot_scale scale;
        bool sound = plot_scale_fit(&scale, cases[i].values, 3, cases[i].log, "x");
        assert_int_equal(sound, cases[i].sound);
        for (size_t j = 0; sound && j < 3; j++)
            if (isfinite(cases[i].values[j]))
                assert_true(scale.low <= cases[i].values[j] && cases[i].values[j] <= scale.high);
    }
}

static void a_mark_without_a_value_stands_at_the_upper_edge(void **state)
{
    static const double values[] = {1000, INFINITY, NAN, 1e9, 1};
    struct text_buffer marks[5] = {{0}};
    (void)state;
    for (size_t i = 0; i < 5; i++) {
        const struct plot plot = {
            .out = &marks[i], .x = {0, 1, false, "x"}, .y = {1, 1000, true, "y"}};
        plot_mark(&plot, 0.5, values[i], plot_look(VERDICT_DIVERGED), 4, 1);
        text_buffer_add(&marks[i], "", 1);
        assert_int_equal(strcmp(marks[i].text, marks[0].text) == 0, i < 4);
    }
    for (size_t i = 0; i < 5; i++)
        free(marks[i].text);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_begin, fixture_end)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_short_curve_is_not_thinned),
        cmocka_unit_test(a_thinned_curve_keeps_its_ends_and_its_spike),
        cmocka_unit_test(sentences_that_differ_by_their_numbers_share_a_template_and_lose_nothing),
        cmocka_unit_test(a_text_cannot_bring_a_hole_of_its_own),
        TEST(the_trials_stand_in_columns),
        TEST(curves_leave_out_what_is_not_finite),
        TEST(a_rung_that_ends_between_two_steps_is_reached_by_both),
        TEST(a_value_stands_at_the_rung_whose_budget_it_was_reached_with),
        TEST(the_timeline_tells_how_each_assignment_ended),
        TEST(what_a_killed_run_held_ends_when_a_trainer_was_last_heard_of),
        TEST(short_bars_are_drawn_as_one_but_for_those_that_were_lost),
        TEST(a_study_without_events_has_no_timeline),
        TEST(a_range_test_is_shown_if_its_file_is_sound),
        TEST(a_damaged_range_test_is_left_out),
        TEST(the_schedules_of_the_best_follow_their_formula),
        TEST(a_sample_holds_the_best_and_some_of_every_verdict),
        cmocka_unit_test(json_in_the_page_holds_nothing_that_ends_a_script),
        TEST(a_title_is_only_ever_a_text),
        TEST(the_report_replaces_an_old_one),
        TEST(only_figures_that_have_something_to_draw_are_written),
        TEST(losses_are_cut_off_far_above_where_training_begins),
        cmocka_unit_test(a_scale_holds_its_values_whatever_they_are),
        cmocka_unit_test(a_mark_without_a_value_stands_at_the_upper_edge),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
