/* test_engine.c - what a training step must do beside its arithmetic: depend on its seed and its
 * step alone, and on nothing that is only looked at. */
#include "model_fixture.h"
#include "worker/trainer/evaluate.h"
#include "worker/trainer/exponential.h"
#include "worker/trainer/initial.h"
#include "worker/trainer/training.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const char layers[] = "[{\"type\":\"dense\",\"units\":24,\"activation\":\"relu\"},"
                             "{\"type\":\"dense\",\"units\":16,\"activation\":\"relu\"},"
                             "{\"type\":\"dense\",\"units\":4}]";

enum { SAMPLES = 120, FEATURES = 11, CLASSES = 4 };

static void make(struct model_fixture *fixture, struct trial *trial, const char *train, double lr)
{
    struct error error;
    model_fixture_create(fixture, layers, train, SAMPLES, FEATURES, CLASSES);
    json_t *params = json_pack("{s:f}", "lr", lr);
    if (!trial_create(trial, &fixture->model, params, 1, &error))
        fail_msg("%s", error.text);
    json_decref(params);
}

static void destroy(struct model_fixture *fixture, struct trial *trial)
{
    trial_destroy(trial);
    model_fixture_destroy(fixture);
}

struct reports {
    struct training_report report[64];
    size_t count;
    uint64_t interrupt_at; /* 0: never */
    const struct trial *trial;
};

static void keep(void *context, const struct training_report *report)
{
    struct reports *reports = context;
    if (reports->count < 64)
        reports->report[reports->count++] = *report;
}

static bool ask(void *context)
{
    const struct reports *reports = context;
    return reports->interrupt_at && reports->trial->step >= reports->interrupt_at;
}

static enum training_end run(struct trial *trial, uint64_t to, struct reports *reports)
{
    memset(reports, 0, sizeof *reports);
    reports->trial = trial;
    const struct training_watch watch = {.report = keep, .interrupted = ask, .context = reports};
    return training_run(trial, to, &watch);
}

static const char *const optimizers[] = {
    "\"optimizer\":\"sgd\"",
    "\"optimizer\":\"sgd\",\"momentum\":0.9",
    "\"optimizer\":\"sgd\",\"momentum\":0.9,\"weight_decay\":0.01",
    "\"optimizer\":\"sgd\",\"momentum\":0.9,\"nesterov\":true",
    "\"optimizer\":\"sgd\",\"momentum\":0.9,\"clip_norm\":0.5",
    "\"optimizer\":\"adam\"",
};

static void how_often_is_reported_and_validated_changes_no_weight(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof optimizers / sizeof optimizers[0]; i++) {
        real *kept = NULL;
        static const char *const rhythms[] = {"\"report_every\":1000", "\"report_every\":1",
                                              "\"report_every\":7,\"validate_every\":3"};
        for (size_t j = 0; j < sizeof rhythms / sizeof rhythms[0]; j++) {
            struct model_fixture fixture;
            struct trial trial;
            struct reports reports;
            char train[256];
            (void)snprintf(train, sizeof train, "{\"batch_size\":16,%s,%s}", optimizers[i],
                           rhythms[j]);
            make(&fixture, &trial, train, 0.05);
            assert_int_equal(run(&trial, 50, &reports), TRAINING_REACHED);
            size_t bytes = fixture.model.network.arena_count * sizeof(real);
            if (!kept) {
                kept = malloc(bytes);
                memcpy(kept, trial.weights, bytes);
            }
            assert_memory_equal(kept, trial.weights, bytes);
            destroy(&fixture, &trial);
        }
        free(kept);
    }
}

static void reports_come_when_they_are_due_and_hold_the_mean_since_the_last(void **state)
{
    (void)state;
    struct model_fixture fixture;
    struct trial trial, stepped;
    struct reports reports;
    struct error error;
    make(&fixture, &trial, "{\"batch_size\":16,\"report_every\":10,\"validate_every\":15}", 0.05);
    json_t *params = json_pack("{s:f}", "lr", 0.05);
    assert_true(trial_create(&stepped, &fixture.model, params, 1, &error));
    json_decref(params);
    assert_int_equal(run(&trial, 37, &reports), TRAINING_REACHED);
    static const struct {
        uint64_t step;
        bool validated;
    } expected[] = {{10, false}, {15, true}, {20, false}, {30, true}, {37, true}};
    assert_int_equal(reports.count, 5);
    for (size_t i = 0, step = 0; i < 5; i++) {
        const struct training_report *report = &reports.report[i];
        double sum = 0, lr;
        size_t first = step;
        for (; step < expected[i].step; step++)
            sum += trial_step(&stepped, &lr, NULL);
        assert_int_equal(report->step, expected[i].step);
        assert_float_equal(report->train_loss, sum / (double)(step - first), 1e-12);
        assert_int_equal(isfinite(report->val_loss), expected[i].validated);
        assert_int_equal(isfinite(report->val_accuracy), expected[i].validated);
        assert_float_equal(report->epoch, (double)step / (SAMPLES / 16), 1e-12);
        assert_true(report->grad_norm > 0 && report->update_ratio > 0);
        assert_true(report->dead_units >= 0 && report->dead_units < 1);
        assert_float_equal(report->lr, 0.05, 0);
        assert_true(report->seconds >= 0);
    }
    trial_destroy(&stepped);
    destroy(&fixture, &trial);
}

static void the_update_ratio_is_that_of_the_weights_before_and_after(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof optimizers / sizeof optimizers[0]; i++) {
        struct model_fixture fixture;
        struct trial trial;
        char train[256];
        (void)snprintf(train, sizeof train, "{\"batch_size\":16,%s}", optimizers[i]);
        make(&fixture, &trial, train, 0.05);
        size_t count = fixture.model.network.arena_count;
        real *before = malloc(count * sizeof *before);
        for (int step = 0; step < 5; step++) {
            struct measures measures;
            double lr, moved = 0, norm = 0;
            memcpy(before, trial.weights, count * sizeof *before);
            (void)trial_step(&trial, &lr, &measures);
            for (size_t j = 0; j < count; j++) {
                moved += pow((double)trial.weights[j] - (double)before[j], 2);
                norm += pow((double)before[j], 2);
            }
            double expected = sqrt(moved / norm);
            assert_true(fabs(measures.update_ratio - expected) <= 1e-9 * expected);
        }
        free(before);
        destroy(&fixture, &trial);
    }
}

static void every_epoch_holds_each_sample_at_most_once_in_an_order_of_its_own(void **state)
{
    (void)state;
    struct model_fixture fixture;
    struct batches batches;
    struct error error;
    const struct augmentation as_they_are = {0};
    model_fixture_create(&fixture, layers, "{}", SAMPLES, FEATURES, CLASSES);
    assert_true(batches_create(&batches, &fixture.model.dataset, 16, &as_they_are, 1, &error));
    assert_int_equal(batches.steps_per_epoch, 7); /* 112 of 120 samples */
    real *input = malloc(16 * FEATURES * sizeof *input);
    uint32_t first_order[SAMPLES];
    for (uint64_t epoch = 0; epoch < 3; epoch++) {
        int seen[SAMPLES] = {0};
        for (uint64_t step = 7 * epoch; step < 7 * epoch + 7; step++) {
            batches_gather(&batches, step, input);
            for (size_t i = 0; i < 16; i++) {
                uint32_t sample = batches.order[step % 7 * 16 + i];
                seen[sample]++;
                assert_int_equal(batches.labels[i], fixture.labels[sample]);
                for (size_t j = 0; j < FEATURES; j++)
                    assert_true(input[i * FEATURES + j] == fixture.features[sample * FEATURES + j]);
            }
        }
        for (int i = 0; i < SAMPLES; i++)
            assert_true(seen[i] <= 1);
        if (epoch == 0)
            memcpy(first_order, batches.order, sizeof first_order);
        else
            assert_memory_not_equal(first_order, batches.order, sizeof first_order);
    }
    batches_gather(&batches, 3, input); /* back in time: the first epoch's order again */
    assert_memory_equal(first_order, batches.order, sizeof first_order);
    free(input);
    batches_destroy(&batches);
    model_fixture_destroy(&fixture);
}

static void bytes_are_scaled_when_they_are_gathered(void **state)
{
    (void)state;
    const uint8_t bytes[4] = {0, 1, 128, 255};
    const int32_t labels[2] = {0, 1};
    struct dataset dataset = {.storage = STORAGE_U8, .scale = 1.0 / 255, .feature_count = 2};
    dataset.split[SPLIT_TEST] =
        (struct dataset_split){.features = bytes, .labels = labels, .count = 2};
    real input[4];
    split_gather(&dataset, SPLIT_TEST, 0, 2, input);
    for (int i = 0; i < 4; i++)
        assert_true(fabs((double)input[i] - bytes[i] / 255.0) <= 1e-7);
    dataset.scale = 1;
    split_gather(&dataset, SPLIT_TEST, 1, 1, input);
    assert_true(input[0] == 128 && input[1] == 255);
}

static void candidates_start_alike_and_seeds_do_not(void **state)
{
    (void)state;
    struct model_fixture fixture;
    model_fixture_create(&fixture, layers, "{}", SAMPLES, FEATURES, CLASSES);
    const struct network *network = &fixture.model.network;
    size_t bytes = network->weights_count * sizeof(real);
    real *first = malloc(bytes), *again = malloc(bytes), *other = malloc(bytes);
    network_initialise(network, 1, first);
    network_initialise(network, 1, again);
    network_initialise(network, 2, other);
    assert_memory_equal(first, again, bytes);
    assert_memory_not_equal(first, other, bytes);
    for (size_t i = 0; i < network->layer_count; i++)
        for (size_t t = 0; t < network->layer[i].tensor_count; t++) {
            const struct tensor *tensor = &network->layer[i].tensor[t];
            assert_int_equal(tensor->offset * sizeof(real) % 64, 0);
            double bound = 1 / sqrt((double)network->layer[i].inputs);
            for (size_t j = 0; j < tensor->count; j++)
                assert_true(fabs((double)first[tensor->offset + j]) <= bound);
        }
    free(first);
    free(again);
    free(other);
    model_fixture_destroy(&fixture);
}

static void initial_weights_have_the_spread_of_their_name(void **state)
{
    (void)state;
    enum { IN = 50, OUT = 30, COUNT = 60000 };
    static const struct {
        const char *name;
        double deviation;
        bool bounded, biased;
    } cases[] = {
        {"pytorch", 0.08164966, true, true},         /* 1 / sqrt(3 in) */
        {"he_uniform", 0.2, true, false},            /* sqrt(2 / in) */
        {"he_normal", 0.2, false, false},            /* sqrt(2 / in) */
        {"xavier_uniform", 0.15811388, true, false}, /* sqrt(2 / (in + out)) */
        {"xavier_normal", 0.15811388, false, false}, /* sqrt(2 / (in + out)) */
    };
    real *weights = malloc(COUNT * sizeof *weights);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct random_stream random;
        double sum = 0, squares = 0, largest = 0, deviation = cases[i].deviation;
        random_open(&random, 1, RANDOM_INITIAL, i);
        initial_weights(initial_from_name(cases[i].name), IN, OUT, weights, COUNT, &random);
        for (size_t j = 0; j < COUNT; j++) {
            sum += (double)weights[j];
            squares += (double)weights[j] * (double)weights[j];
            largest = fmax(largest, fabs((double)weights[j]));
        }
        assert_true(fabs(sum / COUNT) < 5 * deviation / sqrt(COUNT));
        assert_true(fabs(sqrt(squares / COUNT) / deviation - 1) < 0.02);
        assert_int_equal(largest <= deviation * sqrt(3) * 1.000001, cases[i].bounded);
        initial_bias(initial_from_name(cases[i].name), IN, weights, 8, &random);
        assert_int_equal(weights[0] != 0, cases[i].biased);
    }
    free(weights);
}

static void an_evaluation_depends_on_the_weights_alone(void **state)
{
    (void)state;
    struct evaluation kept = {0};
    static const char *const sizes[] = {"{\"batch_size\":1}", "{\"batch_size\":16}",
                                        "{\"batch_size\":0}"};
    for (size_t i = 0; i < 3; i++) {
        struct model_fixture fixture;
        struct trial trial;
        make(&fixture, &trial, sizes[i], 0.05);
        struct evaluation found =
            evaluate(&fixture.model.network, &fixture.model.loss, trial.weights, &trial.activations,
                     &fixture.model.dataset, SPLIT_VALIDATION);
        if (i == 0)
            kept = found;
        assert_memory_equal(&kept, &found, sizeof found);
        destroy(&fixture, &trial);
    }
}

static void training_learns_what_there_is_to_learn(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof optimizers / sizeof optimizers[0]; i++) {
        struct model_fixture fixture;
        struct trial trial;
        struct reports reports;
        char train[256];
        (void)snprintf(train, sizeof train, "{\"batch_size\":16,%s}", optimizers[i]);
        make(&fixture, &trial, train, 0.02);
        assert_int_equal(run(&trial, 300, &reports), TRAINING_REACHED);
        assert_true(reports.report[reports.count - 1].train_loss < 1.0);
        assert_true(reports.report[reports.count - 1].train_loss < reports.report[0].train_loss);
        destroy(&fixture, &trial);
    }
}

static void an_interruption_ends_between_two_steps_without_a_report(void **state)
{
    (void)state;
    struct model_fixture fixture;
    struct trial trial;
    struct reports reports;
    make(&fixture, &trial,
         "{\"batch_size\":16,\"report_every\":1000000,\"validate_every\":1000000}", 0.01);
    memset(&reports, 0, sizeof reports);
    reports.trial = &trial;
    reports.interrupt_at = 1;
    const struct training_watch watch = {.report = keep, .interrupted = ask, .context = &reports};
    assert_int_equal(training_run(&trial, 1000000, &watch), TRAINING_INTERRUPTED);
    assert_int_equal(reports.count, 0);
    assert_true(trial.step > 0 && trial.step < 1000000);
    assert_int_equal(trial.loss_count, trial.step);
    destroy(&fixture, &trial);
}

static void a_run_that_is_not_finite_ends_with_a_last_report(void **state)
{
    (void)state;
    struct model_fixture fixture;
    struct trial trial;
    struct reports reports;
    make(&fixture, &trial, "{\"batch_size\":16}", 1e30);
    assert_int_equal(run(&trial, 500, &reports), TRAINING_LOST);
    const struct training_report *last = &reports.report[reports.count - 1];
    assert_true(trial.step < 20);
    assert_int_equal(last->step, trial.step);
    assert_false(isfinite(last->train_loss));
    assert_float_equal(last->lr, 1e30, 1e16);
    destroy(&fixture, &trial);
}

static void a_relu_keeps_what_is_not_a_number(void **state)
{
    (void)state;
    struct model_fixture fixture;
    struct trial trial;
    make(&fixture, &trial, "{\"batch_size\":16}", 0.1);
    double lr;
    trial.weights[fixture.model.network.layer[0].tensor[0].offset] = (real)NAN;
    assert_true(isnan(trial_step(&trial, &lr, NULL)));
    destroy(&fixture, &trial);
}

static void dead_units_are_those_that_say_the_same_to_every_sample(void **state)
{
    (void)state;
    struct model_fixture fixture;
    struct trial trial;
    double lr, all;
    struct unit_shares share[2];
    make(&fixture, &trial, "{\"batch_size\":16}", 0);
    const struct layer *layer = &fixture.model.network.layer[1];
    assert_int_equal(network_watched_layers(&fixture.model.network),
                     2); /* the last one does not count */
    /* A bias far below 0 kills 4 of 16 units of the second layer. */
    for (size_t i = 0; i < 4; i++)
        trial.weights[layer->tensor[1].offset + 3 * i] = -1000;
    (void)trial_step(&trial, &lr, NULL);
    double spread = network_watch(&fixture.model.network, &trial.activations, 16, share, &all);
    const real *output = trial.activations.output[1];
    size_t dead = 0;
    for (size_t j = 0; j < 16; j++) {
        bool alive = false;
        for (size_t i = 0; i < 16; i++)
            alive = alive || output[i * 16 + j] != 0;
        dead += !alive;
    }
    assert_true(dead >= 4);
    assert_float_equal(share[1].same, (double)dead / 16, 1e-12);
    assert_float_equal(all, (share[0].same * 24 + share[1].same * 16) / 40, 1e-12);
    assert_true(share[1].near >= share[1].same && spread > 0);
    destroy(&fixture, &trial);
}

static void the_exponential_is_within_two_units_in_the_last_place(void **state)
{
    (void)state;
    enum { COUNT = 100000 };
    real *values = malloc(COUNT * sizeof *values), *arguments = malloc(COUNT * sizeof *values);
    for (int i = 0; i < COUNT; i++)
        values[i] = arguments[i] = (real)(-86.9 * i / (COUNT - 1));
    exponential(values, COUNT);
    for (int i = 0; i < COUNT; i++) {
        double expected = exp((double)arguments[i]);
        if (!(fabs((double)values[i] - expected) <= 2.4e-7 * expected))
            fail_msg("exp(%.9g) is %.9g, expected %.9g", (double)arguments[i], (double)values[i],
                     expected);
    }
    real special[4] = {0, -1000, (real)NAN, (real)-INFINITY};
    exponential(special, 4);
    assert_true(special[0] == 1 && special[1] == 0 && isnan(special[2]) && special[3] == 0);
    free(values);
    free(arguments);
}

static void what_cannot_be_trained_is_refused_by_its_setting(void **state)
{
    (void)state;
    static const struct {
        const char *params, *part;
    } cases[] = {
        {"[]", "not an object"},
        {"{}", "lr is not a number"},
        {"{\"lr\":\"fast\"}", "lr is not a number"},
        {"{\"lr\":-1}", "-1"},
        {"{\"lr\":0.1,\"batch_size\":121}", "train.batch_size is 121"},
        {"{\"lr\":0.1,\"batch_size\":-1}", "train.batch_size"},
        {"{\"lr\":0.1,\"batch_size\":2.5}", "train.batch_size"},
        {"{\"lr\":0.1,\"momentum\":1}", "train.momentum"},
        {"{\"lr\":0.1,\"momentum\":\"0.9\"}", "train.momentum"},
        {"{\"lr\":0.1,\"nesterov\":true}", "momentum above 0"},
        {"{\"lr\":0.1,\"nesterov\":1}", "train.nesterov"},
        {"{\"lr\":0.1,\"optimizer\":\"adm\"}", "adm"},
        {"{\"lr\":0.1,\"optimizer\":\"adam\",\"beta1\":1}", "train.beta1"},
        {"{\"lr\":0.1,\"beta1\":0.5}", "train.beta1"},
        {"{\"lr\":0.1,\"colour\":3}", "train.colour"},
        {"{\"lr\":0.1,\"report_every\":0}", "train.report_every"},
        {"{\"lr\":0.1,\"clip_norm\":-1}", "train.clip_norm"},
        {"{\"lr\":0.1,\"random_crop\":2}", "train.random_crop is for images"},
        {"{\"lr\":0.1,\"random_flip\":true}", "train.random_flip is for images"},
        {"{\"lr\":0.1,\"random_crop\":-2}", "train.random_crop is -2"},
        {"{\"lr\":0.1,\"schedule\":{\"type\":\"cosin\"}}", "cosin"},
        {"{\"lr\":0.1,\"schedule\":7}", "type"},
        {"{\"lr\":0.1,\"lr_multiplier\":[{\"layer\":9,\"value\":1}]}", "lr_multiplier[0].layer"},
        {"{\"lr\":0.1,\"lr_multiplier\":[{\"layer\":0,\"value\":-1}]}", "lr_multiplier[0].value"},
        {"{\"lr\":0.1,\"lr_multiplier\":[{\"value\":1}]}", "lr_multiplier[0].layer is missing"},
    };
    struct model_fixture fixture;
    model_fixture_create(&fixture, layers, "{\"batch_size\":16}", SAMPLES, FEATURES, CLASSES);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct trial trial;
        struct error error = {""};
        json_t *params = json_loads(cases[i].params, 0, NULL);
        assert_false(trial_create(&trial, &fixture.model, params, 1, &error));
        if (!strstr(error.text, cases[i].part))
            fail_msg("%s: \"%s\" does not hold \"%s\"", cases[i].params, error.text, cases[i].part);
        json_decref(params);
    }
    model_fixture_destroy(&fixture);
}

/* A candidate's optimizer takes the place of the study's, whose parameters it does not have. */
static void a_candidates_optimizer_comes_with_its_own_parameters(void **state)
{
    (void)state;
    static const struct {
        const char *train, *params;
    } same[2] = {{"{\"batch_size\":16,\"optimizer\":\"sgd\",\"momentum\":0.9,\"weight_decay\":0.5}",
                  "{\"lr\":0.01,\"optimizer\":{\"type\":\"adam\",\"beta1\":0.8}}"},
                 {"{\"batch_size\":16,\"optimizer\":\"adam\",\"beta1\":0.8}", "{\"lr\":0.01}"}};
    struct candidate candidate[2];
    for (size_t i = 0; i < 2; i++) {
        struct model_fixture fixture;
        struct refusal refusal;
        json_t *params = json_loads(same[i].params, 0, NULL);
        model_fixture_create(&fixture, layers, same[i].train, SAMPLES, FEATURES, CLASSES);
        if (!candidate_read(&candidate[i], &fixture.model, params, &refusal))
            fail_msg("%s", refusal.error.text);
        json_decref(params);
        model_fixture_destroy(&fixture);
    }
    assert_ptr_equal(candidate[0].optimizer.class, candidate[1].optimizer.class);
    assert_memory_equal(candidate[0].optimizer.parameter, candidate[1].optimizer.parameter,
                        sizeof candidate[0].optimizer.parameter);
}

static void an_optimizer_with_a_foreign_parameter_is_refused(void **state)
{
    (void)state;
    static const char *const params[] = {
        "{\"lr\":0.01,\"optimizer\":{\"type\":\"adam\",\"momentum\":0.8}}",
        "{\"lr\":0.01,\"optimizer\":{\"type\":\"no such\"}}",
        "{\"lr\":0.01,\"optimizer\":{\"type\":7}}",
        "{\"lr\":0.01,\"optimizer\":[]}",
    };
    struct model_fixture fixture;
    model_fixture_create(&fixture, layers, "{\"batch_size\":16}", SAMPLES, FEATURES, CLASSES);
    for (size_t i = 0; i < sizeof params / sizeof params[0]; i++) {
        struct candidate candidate;
        struct refusal refusal;
        json_t *json = json_loads(params[i], 0, NULL);
        assert_false(candidate_read(&candidate, &fixture.model, json, &refusal));
        json_decref(json);
    }
    model_fixture_destroy(&fixture);
}

static void a_crop_must_leave_something_of_the_image(void **state)
{
    (void)state;
    static const char flat[] = "[{\"type\":\"flatten\"},{\"type\":\"dense\",\"units\":3}]";
    struct model_fixture fixture;
    const struct shape input = {.rank = 3, .size = {2, 3, 4}};
    model_fixture_create_shaped(&fixture, flat, "{}", SAMPLES, &input, CLASSES);
    for (int crop = 2; crop <= 3; crop++) {
        struct candidate candidate;
        struct refusal refusal = {0};
        json_t *params =
            json_pack("{s:f, s:i, s:b}", "lr", 0.1, "random_crop", crop, "random_flip", 1);
        assert_int_equal(candidate_read(&candidate, &fixture.model, params, &refusal), crop == 2);
        json_decref(params);
        assert_int_equal(strcmp(refusal.at, "train.random_crop") == 0, crop == 3);
        assert_int_equal(strstr(refusal.error.text, "an image of 3 x 4") != NULL, crop == 3);
    }
    model_fixture_destroy(&fixture);
}

static void one_number_of_a_channel_is_no_batch_to_normalise(void **state)
{
    (void)state;
    static const struct {
        const char *layers;
        const char *at; /* NULL: sound */
        size_t batch_size;
    } cases[] = {
        {"[{\"type\":\"batch_norm\"},{\"type\":\"flatten\"}]", NULL, 1},
        {"[{\"type\":\"global_avg_pool\"},{\"type\":\"batch_norm\"}]", "model.layers[1]", 1},
        {"[{\"type\":\"global_avg_pool\"},{\"type\":\"batch_norm\"}]", NULL, 2},
        {"[{\"type\":\"conv2d\",\"filters\":2,\"kernel_size\":3},{\"type\":\"residual\","
         "\"layers\":[{\"type\":\"batch_norm\"}]}]",
         "model.layers[1].layers[0]", 1},
    };
    const struct shape input = {.rank = 3, .size = {2, 3, 3}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct model_fixture fixture;
        struct candidate candidate;
        struct refusal refusal = {0};
        model_fixture_create_shaped(&fixture, cases[i].layers, "{}", SAMPLES, &input, CLASSES);
        json_t *params =
            json_pack("{s:f, s:I}", "lr", 0.1, "batch_size", (json_int_t)cases[i].batch_size);
        assert_int_equal(candidate_read(&candidate, &fixture.model, params, &refusal),
                         cases[i].at == NULL);
        json_decref(params);
        if (cases[i].at) {
            assert_string_equal(refusal.at, "train.batch_size");
            assert_non_null(strstr(refusal.error.text, cases[i].at));
            assert_non_null(strstr(refusal.error.text, "more than 1 value per channel"));
        }
        model_fixture_destroy(&fixture);
    }
}

static void a_space_that_augments_what_is_no_image_is_refused(void **state)
{
    (void)state;
    struct model_fixture fixture;
    struct refusal refusal = {0};
    model_fixture_create(&fixture, layers, "{\"batch_size\":16}", SAMPLES, FEATURES, CLASSES);
    assert_true(candidate_check(&fixture.model, &refusal));
    (void)json_object_set_new(fixture.model.study, "space",
                              json_pack("{s:{s:[b, b]}}", "random_flip", "choice", 0, 1));
    assert_false(candidate_check(&fixture.model, &refusal));
    assert_string_equal(refusal.at, "space.random_flip");
    model_fixture_destroy(&fixture);
}

static void a_plateau_without_a_validation_set_is_refused(void **state)
{
    (void)state;
    struct model_fixture fixture;
    struct refusal refusal = {0};
    model_fixture_create(&fixture, layers, "{\"batch_size\":16}", SAMPLES, FEATURES, CLASSES);
    (void)json_object_set_new(
        fixture.model.study, "space",
        json_pack("{s:[{s:s}, {s:s}]}", "schedule", "type", "cosine", "type", "plateau"));
    assert_true(candidate_check(&fixture.model, &refusal));
    fixture.model.dataset.split[SPLIT_VALIDATION].count = 0;
    assert_false(candidate_check(&fixture.model, &refusal));
    assert_string_equal(refusal.at, "space.schedule[1]");
    model_fixture_destroy(&fixture);
}

/* multipliers: the candidate's own, as JSON. */
static real *trained_with(const char *network, const char *train, double lr,
                          const char *multipliers, size_t *count)
{
    struct model_fixture fixture;
    struct trial trial;
    struct error error;
    double used;
    model_fixture_create(&fixture, network, train, SAMPLES, FEATURES, CLASSES);
    json_t *params =
        json_pack("{s:f, s:o}", "lr", lr, "lr_multiplier", json_loads(multipliers, 0, NULL));
    if (!trial_create(&trial, &fixture.model, params, 1, &error))
        fail_msg("%s", error.text);
    json_decref(params);
    for (int i = 0; i < 10; i++)
        (void)trial_step(&trial, &used, NULL);
    *count = fixture.model.network.weights_count;
    real *weights = malloc(*count * sizeof *weights);
    memcpy(weights, trial.weights, *count * sizeof *weights);
    destroy(&fixture, &trial);
    return weights;
}

static real *trained(const char *network, const char *train, double lr, size_t *count)
{
    return trained_with(network, train, lr, "[]", count);
}

#define RATED(FIRST, SECOND, THIRD)                                                                \
    "[{\"type\":\"dense\",\"units\":24,\"activation\":\"relu\",\"lr_multiplier\":" FIRST "},"      \
    "{\"type\":\"batch_norm\",\"lr_multiplier\":" SECOND "},{\"type\":\"tanh\"},"                  \
    "{\"type\":\"dense\",\"units\":4,\"lr_multiplier\":" THIRD "}]"

static void a_layers_rate_is_the_rate_times_its_multiplier(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof optimizers / sizeof optimizers[0]; i++) {
        char train[256], decayed[256];
        size_t count;
        (void)snprintf(train, sizeof train, "{\"batch_size\":16,%s}", optimizers[i]);
        (void)snprintf(decayed, sizeof decayed, "{\"batch_size\":16,\"layer_decay\":0.5,%s}",
                       optimizers[i]);
        real *plain = trained(RATED("1", "1", "1"), train, 0.02, &count);
        real *halved = trained(RATED("0.5", "0.5", "0.5"), train, 0.04, &count);
        assert_memory_equal(plain, halved, count * sizeof *plain);
        real *each = trained(RATED("0.25", "0.5", "1"), train, 0.02, &count);
        real *decay = trained(RATED("1", "1", "1"), decayed, 0.02, &count);
        assert_memory_equal(each, decay, count * sizeof *each);
        assert_memory_not_equal(each, plain, count * sizeof *each);
        free(plain);
        free(halved);
        free(each);
        free(decay);
    }
}

static void a_candidates_multiplier_takes_the_place_of_the_models(void **state)
{
    (void)state;
    static const char train[] = "{\"batch_size\":16,\"layer_decay\":0.5,\"optimizer\":\"adam\"}";
    size_t count;
    real *written = trained(RATED("0.25", "0", "3"), train, 0.02, &count);
    real *searched =
        trained_with(RATED("0.25", "1", "1"), train, 0.02,
                     "[{\"layer\":3,\"value\":3},{\"layer\":1,\"value\":0.0}]", &count);
    real *other = trained(RATED("0.25", "1", "1"), train, 0.02, &count);
    assert_memory_equal(written, searched, count * sizeof *written);
    assert_memory_not_equal(other, searched, count * sizeof *other);
    free(written);
    free(searched);
    free(other);
}

#define BLOCK(WHOLE, FIRST, SHORTCUT)                                                              \
    "[{\"type\":\"residual\",\"lr_multiplier\":" WHOLE ",\"layers\":[{\"type\":\"dense\","         \
    "\"units\":24,\"lr_multiplier\":" FIRST "},{\"type\":\"tanh\"}],\"shortcut\":[{\"type\":"      \
    "\"dense\",\"units\":24,\"lr_multiplier\":" SHORTCUT "}]},{\"type\":\"dense\",\"units\":4}]"

static void the_multiplier_of_a_block_is_that_of_all_layers_inside(void **state)
{
    (void)state;
    static const char train[] = "{\"batch_size\":16,\"momentum\":0.9}";
    static const char decay[] = "{\"batch_size\":16,\"momentum\":0.9,\"layer_decay\":0.5}";
    size_t count;
    real *whole = trained(BLOCK("0.5", "1", "0.25"), train, 0.02, &count);
    real *each = trained(BLOCK("1", "0.5", "0.125"), train, 0.02, &count);
    assert_memory_equal(whole, each, count * sizeof *whole);
    real *plain = trained(BLOCK("1", "1", "1"), train, 0.02, &count);
    assert_memory_not_equal(whole, plain, count * sizeof *whole);
    /* In the row the shortcut stands behind the layers that it goes round. */
    real *decayed = trained(BLOCK("1", "1", "1"), decay, 0.02, &count);
    real *by_hand = trained(BLOCK("1", "0.25", "0.5"), train, 0.02, &count);
    assert_memory_equal(decayed, by_hand, count * sizeof *decayed);
    real *searched =
        trained_with(BLOCK("1", "1", "0.25"), train, 0.02, "[{\"layer\":0,\"value\":0.5}]", &count);
    assert_memory_equal(whole, searched, count * sizeof *searched);
    free(searched);
    free(whole);
    free(each);
    free(plain);
    free(decayed);
    free(by_hand);
}

/* The scale of a normalised image has three dimensions, and is no matrix of weights for that. */
static void normalisation_is_decayed_only_if_that_is_asked_for(void **state)
{
    (void)state;
    static const char image[] = "[{\"type\":\"layer_norm\"},{\"type\":\"batch_norm\"},"
                                "{\"type\":\"flatten\"},{\"type\":\"dense\",\"units\":4}]";
    static const char *const trains[] = {
        "{\"batch_size\":16}", "{\"batch_size\":16,\"weight_decay\":0.5}",
        "{\"batch_size\":16,\"weight_decay\":0.5,\"decay_all\":true}"};
    const struct shape input = {.rank = 3, .size = {2, 3, 4}};
    real scale[3], weight[3], lasting[3];
    for (size_t i = 0; i < 3; i++) {
        struct model_fixture fixture;
        struct trial trial;
        struct error error;
        double lr;
        model_fixture_create_shaped(&fixture, image, trains[i], SAMPLES, &input, CLASSES);
        json_t *params = json_pack("{s:f}", "lr", 0.1);
        assert_true(trial_create(&trial, &fixture.model, params, 1, &error));
        json_decref(params);
        (void)trial_step(&trial, &lr, NULL);
        const struct layer *layer = fixture.model.network.layer;
        scale[i] = trial.weights[layer[0].tensor[0].offset];
        lasting[i] = trial.weights[layer[1].tensor[0].offset];
        weight[i] = trial.weights[layer[3].tensor[0].offset];
        destroy(&fixture, &trial);
    }
    assert_true(scale[0] == scale[1] && scale[1] != scale[2]);
    assert_true(lasting[0] == lasting[1] && lasting[1] != lasting[2]);
    assert_true(weight[0] != weight[1] && weight[1] == weight[2]);
}

static void a_multiplier_of_0_freezes_a_layer(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof optimizers / sizeof optimizers[0]; i++) {
        char train[256];
        size_t count, first = 24 * FEATURES + 24;
        (void)snprintf(train, sizeof train, "{\"batch_size\":16,%s}", optimizers[i]);
        real *frozen = trained(RATED("0", "1", "1"), train, 0.02, &count);
        real *still = trained(RATED("1", "1", "1"), train, 0, &count);
        assert_memory_equal(frozen, still, first * sizeof *frozen);
        assert_memory_not_equal(frozen + first, still + first, 24 * sizeof *frozen);
        free(frozen);
        free(still);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_candidates_optimizer_comes_with_its_own_parameters),
        cmocka_unit_test(an_optimizer_with_a_foreign_parameter_is_refused),
        cmocka_unit_test(a_candidates_multiplier_takes_the_place_of_the_models),
        cmocka_unit_test(a_layers_rate_is_the_rate_times_its_multiplier),
        cmocka_unit_test(the_multiplier_of_a_block_is_that_of_all_layers_inside),
        cmocka_unit_test(normalisation_is_decayed_only_if_that_is_asked_for),
        cmocka_unit_test(a_multiplier_of_0_freezes_a_layer),
        cmocka_unit_test(how_often_is_reported_and_validated_changes_no_weight),
        cmocka_unit_test(reports_come_when_they_are_due_and_hold_the_mean_since_the_last),
        cmocka_unit_test(the_update_ratio_is_that_of_the_weights_before_and_after),
        cmocka_unit_test(every_epoch_holds_each_sample_at_most_once_in_an_order_of_its_own),
        cmocka_unit_test(bytes_are_scaled_when_they_are_gathered),
        cmocka_unit_test(candidates_start_alike_and_seeds_do_not),
        cmocka_unit_test(initial_weights_have_the_spread_of_their_name),
        cmocka_unit_test(an_evaluation_depends_on_the_weights_alone),
        cmocka_unit_test(training_learns_what_there_is_to_learn),
        cmocka_unit_test(an_interruption_ends_between_two_steps_without_a_report),
        cmocka_unit_test(a_run_that_is_not_finite_ends_with_a_last_report),
        cmocka_unit_test(a_relu_keeps_what_is_not_a_number),
        cmocka_unit_test(dead_units_are_those_that_say_the_same_to_every_sample),
        cmocka_unit_test(the_exponential_is_within_two_units_in_the_last_place),
        cmocka_unit_test(what_cannot_be_trained_is_refused_by_its_setting),
        cmocka_unit_test(a_crop_must_leave_something_of_the_image),
        cmocka_unit_test(one_number_of_a_channel_is_no_batch_to_normalise),
        cmocka_unit_test(a_plateau_without_a_validation_set_is_refused),
        cmocka_unit_test(a_space_that_augments_what_is_no_image_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
