/* test_optimizers.c - 20 steps of every optimizer against PyTorch's. Built in float and in double.
 *
 * In double both do the same operations in another order: they agree to about 1e-13 after 20 steps.
 * In float a step's rounding (6e-8) is amplified by the steps that follow, most where Adam divides
 * by a small root: 1e-5 leaves an order of magnitude. */
#include "model_fixture.h"
#include "worker/trainer/trial.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

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

static void all_cases(bool measured)
{
    json_t *reference = json_load_file(TEST_SOURCE_DIR "/reference/optimizers.json", 0, NULL);
    assert_non_null(reference);
    size_t which;
    json_t *reference_case;
    json_array_foreach(json_object_get(reference, "cases"), which, reference_case)
        run_case(reference, which, reference_case, measured);
    assert_true(which >= 11);
    json_decref(reference);
}

static void every_optimizer_takes_the_steps_of_pytorch(void **state)
{
    (void)state;
    all_cases(false);
}

static void measured_steps_are_the_same_and_have_the_gradient_norms_of_pytorch(void **state)
{
    (void)state;
    all_cases(true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_optimizer_takes_the_steps_of_pytorch),
        cmocka_unit_test(measured_steps_are_the_same_and_have_the_gradient_norms_of_pytorch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
