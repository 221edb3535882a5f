/* test_optimizers.c - 20 steps of every optimizer against PyTorch's, or, where it has none, against
 * the paper's algorithm written in PyTorch. Built in float and in double.
 *
 * In double both do the same operations in another order: they agree to about 1e-13 after 20 steps.
 * In float a step's rounding (6e-8) is amplified by the steps that follow, most where Adam divides
 * by a small root: 1e-5 leaves an order of magnitude. */
#include "model_fixture.h"
#include "worker/trainer/checkpoint.h"
#include "worker/trainer/trial.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#ifdef LRSWEEP_DOUBLE
static const char precision[] = "float64";
static const double tolerance = 1e-12;
#else
static const char precision[] = "float32";
static const double tolerance = 1e-5;
#endif

static double at(const json_t *array, size_t index)
{
    return json_number_value(json_array_get(array, index));
}

/* PyTorch's [out][in] and this engine's [in][out]. */
static size_t place(const struct tensor *tensor, size_t index)
{
    if (!tensor->transposed)
        return tensor->offset + index;
    size_t columns = tensor->shape.size[1], row = index / columns, column = index % columns;
    return tensor->offset + column * tensor->shape.size[0] + row;
}

static const struct tensor *tensor_at(const struct network *network, size_t index)
{
    return &network->layer[index / 2].tensor[index % 2];
}

static void compare(size_t which, const char *what, size_t index, double found, double expected)
{
    if (!(fabs(found - expected) <= tolerance * (1 + fabs(expected))))
        fail_msg("case %zu: %s %zu is %.12g, PyTorch has %.12g", which, what, index, found,
                 expected);
}

/* Goes on from a checkpoint with other parameters. */
static void branch(struct model_fixture *fixture, struct trial *trial, const json_t *params)
{
    struct error error = {""};
    char path[] = "/tmp/test-optimizers-XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0 && close(file) == 0);
    if (!checkpoint_save(trial, path, &error))
        fail_msg("%s", error.text);
    trial_destroy(trial);
    if (!trial_create(trial, &fixture->model, params, 1, &error) ||
        !checkpoint_load(trial, path, &error))
        fail_msg("%s", error.text);
    assert_int_equal(unlink(path), 0);
}

static void run_case(const json_t *reference, size_t which, const json_t *reference_case,
                     bool measured)
{
    struct model_fixture fixture;
    struct trial trial;
    struct error error;
    char *train = json_dumps(json_object_get(reference_case, "train"), 0);
    model_fixture_create(&fixture,
                         "[{\"type\":\"dense\",\"units\":4,\"activation\":\"relu\"},"
                         "{\"type\":\"dense\",\"units\":3}]",
                         train, 12, 5, 3);
    free(train);
    (void)json_object_set_new(json_object_get(fixture.model.study, "train"), "batch_size",
                              json_integer(0));
    for (size_t i = 0; i < 12 * 5; i++)
        fixture.features[i] = (float)at(json_object_get(reference, "features"), i);
    for (size_t i = 0; i < 12; i++)
        fixture.labels[i] = (int32_t)at(json_object_get(reference, "labels"), i);
    json_t *params = json_pack("{s:O}", "lr", json_object_get(reference_case, "lr"));
    if (!trial_create(&trial, &fixture.model, params, 1, &error))
        fail_msg("case %zu: %s", which, error.text);
    json_decref(params);
    size_t i, j;
    json_t *values, *value;
    json_array_foreach(json_object_get(reference, "initial"), i, values)
    {
        json_array_foreach(values, j, value)
            trial.weights[place(tensor_at(&fixture.model.network, i), j)] =
            (real)json_number_value(value);
    }

    const json_t *expected = json_object_get(reference_case, precision);
    for (size_t step = 0; step < 20; step++) {
        double lr;
        struct measures measures;
        if (step == 10 && json_object_get(reference_case, "then"))
            branch(&fixture, &trial, json_object_get(reference_case, "then"));
        double loss = trial_step(&trial, &lr, measured ? &measures : NULL);
        compare(which, "loss", step, loss, at(json_object_get(expected, "losses"), step));
        if (measured)
            compare(which, "gradient norm", step, measures.grad_norm,
                    at(json_object_get(expected, "grad_norms"), step));
    }
    json_array_foreach(json_object_get(expected, "weights"), i, values)
    {
        json_array_foreach(values, j, value)
            compare(which, "weight", 100 * i + j,
                    trial.weights[place(tensor_at(&fixture.model.network, i), j)],
                    json_number_value(value));
    }
    trial_destroy(&trial);
    model_fixture_destroy(&fixture);
}

static void all_cases(const char *file, size_t least, bool measured)
{
    json_t *reference = json_load_file(file, 0, NULL);
    assert_non_null(reference);
    size_t which;
    json_t *reference_case;
    json_array_foreach(json_object_get(reference, "cases"), which, reference_case)
        run_case(reference, which, reference_case, measured);
    assert_true(which >= least);
    json_decref(reference);
}

static void every_optimizer_takes_the_steps_of_pytorch(void **state)
{
    (void)state;
    all_cases(TEST_SOURCE_DIR "/reference/optimizers.json", 43, false);
}

/* As a copy in population-based training does: the momentum buffer, say, is kept in another form.
 */
static void a_branch_goes_on_as_pytorch_with_its_parameters_changed(void **state)
{
    (void)state;
    all_cases(TEST_SOURCE_DIR "/reference/branches.json", 14, false);
}

static void measured_steps_are_the_same_and_have_the_gradient_norms_of_pytorch(void **state)
{
    (void)state;
    all_cases(TEST_SOURCE_DIR "/reference/optimizers.json", 43, true);
}

static void steps_of(const char *params, bool measured, real *weights, size_t *count)
{
    struct model_fixture fixture;
    struct trial trial;
    struct error error;
    model_fixture_create(&fixture,
                         "[{\"type\":\"dense\",\"units\":130,\"activation\":\"relu\"},"
                         "{\"type\":\"dense\",\"units\":3}]",
                         "{\"batch_size\":8}", 24, 700, 3);
    json_t *json = json_loads(params, 0, NULL);
    if (!trial_create(&trial, &fixture.model, json, 1, &error))
        fail_msg("%s: %s", params, error.text);
    json_decref(json);
    for (int step = 0; step < 6; step++) {
        double lr;
        struct measures measures = {NAN, NAN};
        (void)trial_step(&trial, &lr, measured ? &measures : NULL);
        assert_true(!measured || (measures.grad_norm > 0 && measures.update_ratio > 0));
    }
    *count = fixture.model.network.arena_count;
    assert_true(*count > 91000); /* more than one slice of a layer's gradient */
    memcpy(weights, trial.weights, *count * sizeof *weights);
    trial_destroy(&trial);
    model_fixture_destroy(&fixture);
}

/* The first tensor is large enough to be made in slices, and to be measured in pieces. */
static void a_large_tensor_takes_the_same_steps_in_pieces_and_measured(void **state)
{
    (void)state;
    enum { ROOM = 100000 };
    real *plain = calloc(ROOM, sizeof *plain), *measured = calloc(ROOM, sizeof *measured);
    for (size_t i = 0; i < catalogue_optimizers.count(); i++) {
        char params[120];
        size_t count;
        (void)snprintf(params, sizeof params,
                       "{\"lr\":0.01,\"optimizer\":\"%s\",\"weight_decay\":0.01}",
                       catalogue_optimizers.entry(i)->name);
        steps_of(params, false, plain, &count);
        steps_of(params, true, measured, &count);
        if (memcmp(plain, measured, count * sizeof *plain) != 0)
            fail_msg("%s: measuring changed the weights", params);
    }
    free(plain);
    free(measured);
}

static real one_update(const char *name, real weight, real gradient)
{
    struct optimizer optimizer = {.class = optimizer_class_find(name)};
    struct refusal refusal;
    json_t *train = json_object();
    struct settings settings = {
        .group = train, .entry = catalogue_find(&catalogue_optimizers, name), .at = "train"};
    real state[OPTIMIZER_STATES_MAX] = {0};
    assert_true(optimizer.class->configure(&optimizer, &settings, false, &refusal));
    json_decref(train);
    for (size_t i = 0; i < optimizer.state_count; i++)
        optimizer.state[i] = &state[i];
    if (optimizer.accumulates)
        return weight;
    optimizer.class->begin(&optimizer, 0.5);
    const struct optimizer_part part = {.offset = 0, .count = 1, .decayed = true};
    optimizer.class->update(&optimizer, &part, &weight, &gradient);
    return weight;
}

static void a_weight_of_zero_can_leave_it_and_a_gradient_that_is_no_number_shows(void **state)
{
    (void)state;
    for (size_t i = 0; i < catalogue_optimizers.count(); i++) {
        const char *name = catalogue_optimizers.entry(i)->name;
        if (!(one_update(name, 0, 1) < 0))
            fail_msg("%s: a weight of 0 does not move against its gradient", name);
        if (one_update(name, 1, 0) > 1 || !isfinite(one_update(name, 0, 0)))
            fail_msg("%s: a gradient of 0 moves a weight away", name);
        if (!isnan(one_update(name, 1, NAN)))
            fail_msg("%s: a gradient that is not a number leaves no trace", name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_optimizer_takes_the_steps_of_pytorch),
        cmocka_unit_test(a_branch_goes_on_as_pytorch_with_its_parameters_changed),
        cmocka_unit_test(a_large_tensor_takes_the_same_steps_in_pieces_and_measured),
        cmocka_unit_test(a_weight_of_zero_can_leave_it_and_a_gradient_that_is_no_number_shows),
        cmocka_unit_test(measured_steps_are_the_same_and_have_the_gradient_norms_of_pytorch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
