/* test_gradients.c - the gradient of every layer and loss against finite differences, in double.
 *
 * The central difference with step h = 1e-6 has an error of about h^2 times the third derivative,
 * plus rounding of about 1e-16 / h = 1e-10: both far below the tolerance of 1e-7. Where a ReLU's
 * input is within h of 0 the difference is wrong by right; random inputs do not come that near. */
#include "model_fixture.h"
#include "worker/trainer/trial.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { ROWS = 7, INPUTS = 6, CLASSES = 3 };

static const double step = 1e-6, tolerance = 1e-7;

struct problem {
    struct network network;
    struct activations activations;
    struct pass pass;
    struct loss loss;
    uint32_t classes;
    real *parameters, *gradient;
    real input[ROWS * INPUTS];
    int32_t labels[ROWS];
    float targets[ROWS * CLASSES];
};

static void problem_create(struct problem *problem, const char *layers, const char *loss,
                           double smoothing)
{
    struct shape input = {.rank = 1, .size = {INPUTS}};
    struct refusal refusal;
    struct error error;
    json_t *model = json_pack("{s:o, s:s}", "layers", json_loads(layers, 0, NULL), "loss", loss);
    if (smoothing > 0)
        json_object_set_new(model, "label_smoothing", json_real(smoothing));
    if (!loss_create(&problem->loss, model, &refusal) ||
        !network_create(&problem->network, model, &input, &refusal))
        fail_msg("%s", refusal.error.text);
    json_decref(model);
    problem->classes = problem->loss.class->one_output ? 2 : CLASSES;
    assert_true(activations_create(&problem->activations, &problem->network, ROWS, ROWS, &error));
    problem->parameters = calloc(problem->network.weights_count, sizeof(real));
    problem->gradient = calloc(problem->network.arena_count, sizeof(real));
    problem->pass = (struct pass){.parameters = problem->parameters,
                                  .running = problem->parameters,
                                  .count = ROWS,
                                  .training = true,
                                  .seed = 1};
    network_initialise(&problem->network, 3, problem->parameters);
    struct random_stream random;
    random_open(&random, 9, RANDOM_GENERATE, 1);
    for (int i = 0; i < ROWS * INPUTS; i++)
        problem->input[i] = (real)random_normal(&random);
    for (int i = 0; i < ROWS; i++)
        problem->labels[i] = (int32_t)random_below(&random, problem->classes);
    for (int i = 0; i < ROWS * CLASSES; i++)
        problem->targets[i] = (float)random_normal(&random);
}

static void problem_destroy(struct problem *problem)
{
    network_destroy(&problem->network);
    activations_destroy(&problem->activations);
    free(problem->parameters);
    free(problem->gradient);
}

static double loss_of(struct problem *problem)
{
    memcpy(problem->activations.input, problem->input, sizeof problem->input);
    const real *output = network_forward(&problem->network, &problem->pass, &problem->activations);
    const struct truth truth = {.labels = problem->labels, .targets = problem->targets};
    return problem->loss.class->gradient(&problem->loss, output, &truth, ROWS,
                                         problem->network.outputs,
                                         problem->activations.gradient[0]);
}

static double difference(struct problem *problem, real *number)
{
    real kept = *number;
    *number = kept + (real)step;
    double above = loss_of(problem);
    *number = kept - (real)step;
    double below = loss_of(problem);
    *number = kept;
    return (above - below) / (2 * step);
}

static const char *const networks[] = {
    "[{\"type\":\"dense\",\"units\":3}]",
    "[{\"type\":\"dense\",\"units\":3,\"bias\":false}]",
    "[{\"type\":\"dense\",\"units\":3,\"activation\":\"relu\"}]",
    "[{\"type\":\"dense\",\"units\":5,\"activation\":\"relu\"},{\"type\":\"dense\",\"units\":3}]",
    "[{\"type\":\"dense\",\"units\":5,\"activation\":\"relu\",\"bias\":false},"
    "{\"type\":\"dense\",\"units\":4,\"init\":\"he_normal\"},"
    "{\"type\":\"dense\",\"units\":5,\"activation\":\"relu\",\"init\":\"xavier_uniform\"},"
    "{\"type\":\"dense\",\"units\":3}]",
    "[{\"type\":\"dense\",\"units\":5},{\"type\":\"batch_norm\"},{\"type\":\"gelu\"},"
    "{\"type\":\"dropout\",\"p\":0.3},{\"type\":\"dense\",\"units\":4,\"activation\":\"silu\"},"
    "{\"type\":\"layer_norm\"},{\"type\":\"dense\",\"units\":3}]",
};

/* Destroys the problem. */
static void parameters_check(struct problem *problem, size_t n)
{
    const struct gradient_sink sink = {.gradient = problem->gradient};
    (void)loss_of(problem);
    network_backward(&problem->network, &problem->pass, &problem->activations, &sink);
    for (size_t i = 0; i < problem->network.layer_count; i++)
        for (size_t t = 0; t < problem->network.layer[i].tensor_count; t++) {
            const struct tensor *tensor = &problem->network.layer[i].tensor[t];
            if (tensor->running)
                continue;
            for (size_t j = tensor->offset; j < tensor->offset + tensor->count; j++) {
                double expected = difference(problem, &problem->parameters[j]);
                if (!(fabs(problem->gradient[j] - expected) <= tolerance))
                    fail_msg("network %zu, layer %zu, %s %zu: %.9g, finite difference %.9g", n, i,
                             tensor->name, j - tensor->offset, problem->gradient[j], expected);
            }
        }
    problem_destroy(problem);
}

static void the_gradient_of_every_parameter_is_its_finite_difference(void **state)
{
    (void)state;
    assert_int_equal(sizeof(real), sizeof(double));
    static const char *const losses[] = {"cross_entropy", "squared_error"};
    for (size_t m = 0; m < 2 * (sizeof networks / sizeof networks[0]); m++) {
        size_t n = m / 2;
        struct problem problem;
        problem_create(&problem, networks[n], losses[m % 2], m % 2 == 0 && n % 2 ? 0.2 : 0);
        parameters_check(&problem, n);
    }
}

static void so_it_is_with_one_output_for_two_classes(void **state)
{
    (void)state;
    static const char *const one_output[] = {
        "[{\"type\":\"dense\",\"units\":1}]",
        "[{\"type\":\"dense\",\"units\":5,\"activation\":\"gelu\"},{\"type\":\"batch_norm\"},"
        "{\"type\":\"dense\",\"units\":1}]",
    };
    for (size_t n = 0; n < sizeof one_output / sizeof one_output[0]; n++) {
        struct problem problem;
        problem_create(&problem, one_output[n], "binary_cross_entropy", 0);
        parameters_check(&problem, n);
    }
}

/* The closed form: log(1 + e^-z) for class 1, log(1 + e^z) for class 0, derivative 1/(1 + e^-z) -
 * label. At +-1000 it is 0 or 1000, with derivatives 0 and +-1. */
static void binary_cross_entropy_is_its_closed_form(void **state)
{
    (void)state;
    static const struct {
        double logit;
        int32_t label;
        double loss, derivative;
        bool correct;
    } cases[] = {
        {0, 1, 0.6931471805599453, -0.5, false},
        {0, 0, 0.6931471805599453, 0.5, true},
        {2, 1, 0.1269280110429725, -0.11920292202211755, true},
        {2, 0, 2.1269280110429727, 0.8807970779778823, false},
        {-0.5, 1, 0.9740769841801067, -0.6224593312018546, false},
        {-0.5, 0, 0.4740769841801067, 0.3775406687981454, true},
        {40, 1, 4.248354255291589e-18, -4.248354255291589e-18, true},
        {1000, 1, 0, 0, true},
        {1000, 0, 1000, 1, false},
        {-1000, 1, 1000, -1, false},
        {-1000, 0, 0, 0, true},
        {INFINITY, 1, 0, 0, true},
    };
    enum { CASES = sizeof cases / sizeof cases[0] };
    struct loss loss;
    struct refusal refusal;
    json_t *model = json_pack("{s:s}", "loss", "binary_cross_entropy");
    assert_true(loss_create(&loss, model, &refusal));
    json_decref(model);
    real outputs[CASES], gradient[CASES];
    int32_t labels[CASES];
    double sum = 0;
    size_t correct, expected_correct = 0;
    for (size_t i = 0; i < CASES; i++) {
        outputs[i] = (real)cases[i].logit;
        labels[i] = cases[i].label;
        sum += cases[i].loss;
        expected_correct += cases[i].correct;
        const struct truth one = {.labels = &labels[i]};
        real copy = outputs[i];
        double value = loss.class->gradient(&loss, &outputs[i], &one, 1, 1, &gradient[i]);
        assert_true(fabs(value - cases[i].loss) <= 1e-14 * cases[i].loss);
        assert_true(fabs((double)gradient[i] - cases[i].derivative) <=
                    1e-14 * fabs(cases[i].derivative));
        value = loss.class->evaluate(&loss, &copy, &one, 1, 1, &correct);
        assert_true(fabs(value - cases[i].loss) <= 1e-14 * cases[i].loss);
        assert_int_equal(correct, cases[i].correct);
    }
    const struct truth truth = {.labels = labels};
    assert_true(fabs(loss.class->gradient(&loss, outputs, &truth, CASES, 1, gradient) -
                     sum / CASES) <= 1e-12 * sum);
    assert_true(fabs((double)gradient[3] - cases[3].derivative / CASES) <= 1e-14);
    assert_true(fabs(loss.class->evaluate(&loss, outputs, &truth, CASES, 1, &correct) - sum) <=
                1e-12 * sum);
    assert_int_equal(correct, expected_correct);
    real nothing = NAN;
    assert_true(isnan(loss.class->gradient(&loss, &nothing, &truth, 1, 1, gradient)));
    assert_true(isnan(loss.class->evaluate(&loss, &nothing, &truth, 1, 1, &correct)));
    assert_int_equal(correct, 0);
}

static void the_gradient_of_the_input_is_its_finite_difference(void **state)
{
    (void)state;
    for (size_t n = 0; n < sizeof networks / sizeof networks[0]; n++) {
        struct problem problem;
        problem_create(&problem, networks[n], "cross_entropy", 0);
        /* A network does not ask its first layer for it: ask the layer, with the loss right behind.
         */
        if (problem.network.layer_count == 1) {
            real of_input[ROWS * INPUTS];
            const struct layer *layer = &problem.network.layer[0];
            const struct gradient_sink sink = {.gradient = problem.gradient};
            (void)loss_of(&problem);
            layer->class->backward(layer, &problem.pass, problem.activations.input,
                                   problem.activations.output[0], problem.activations.kept[0],
                                   problem.activations.gradient[0], of_input, &sink);
            for (int i = 0; i < ROWS * INPUTS; i++)
                assert_true(fabs(of_input[i] - difference(&problem, &problem.input[i])) <=
                            tolerance);
        }
        problem_destroy(&problem);
    }
}

static void an_accumulating_sink_adds_to_what_stands_there(void **state)
{
    (void)state;
    struct problem problem;
    problem_create(&problem, networks[5], "cross_entropy", 0);
    size_t count = problem.network.arena_count;
    real *sum = calloc(count, sizeof *sum);
    for (size_t i = 0; i < count; i++)
        sum[i] = (real)i;
    struct gradient_sink sink = {.gradient = problem.gradient};
    (void)loss_of(&problem);
    network_backward(&problem.network, &problem.pass, &problem.activations, &sink);
    (void)loss_of(&problem);
    sink = (struct gradient_sink){.gradient = sum, .accumulate = true};
    network_backward(&problem.network, &problem.pass, &problem.activations, &sink);
    for (size_t i = 0; i < count; i++)
        assert_true(fabs(sum[i] - (double)i - problem.gradient[i]) <= 1e-12 * (double)(i + 1));
    free(sum);
    problem_destroy(&problem);
}

static void the_loss_of_huge_outputs_is_finite_and_right(void **state)
{
    (void)state;
    const real output[2 * CLASSES] = {1000, 0, -1000, -500, 500, 499};
    const int32_t labels[2] = {2, 1};
    const struct truth truth = {.labels = labels};
    real gradient[2 * CLASSES], copy[2 * CLASSES];
    struct loss loss;
    struct refusal refusal;
    json_t *model = json_pack("{s:s}", "loss", "cross_entropy");
    assert_true(loss_create(&loss, model, &refusal));
    json_decref(model);
    double expected = (2000 + log1p(exp(-1))) / 2;
    assert_float_equal(loss.class->gradient(&loss, output, &truth, 2, CLASSES, gradient), expected,
                       1e-9);
    assert_float_equal(gradient[0], 0.5, 1e-12);
    assert_float_equal(gradient[2], -0.5, 1e-12);
    size_t correct;
    memcpy(copy, output, sizeof copy);
    assert_float_equal(loss.class->evaluate(&loss, copy, &truth, 2, CLASSES, &correct),
                       2 * expected, 1e-9);
    assert_int_equal(correct, 1);
}

/* torch.nn.functional.cross_entropy([[1, 2, 3], [0, 0.5, -1]], [2, 0], label_smoothing=0.1) and its
 * gradient, in float64. */
static void label_smoothing_is_pytorchs(void **state)
{
    (void)state;
    const real output[2 * CLASSES] = {1, 2, 3, 0, (real)0.5, -1};
    const int32_t labels[2] = {2, 0};
    const struct truth truth = {.labels = labels};
    static const double expected[2 * CLASSES] = {0.02834861991852355,  0.10569756886073216,
                                                 -0.13404618877925578, -0.30091718645462096,
                                                 0.25660802696642315,  0.04430915948819776};
    real gradient[2 * CLASSES];
    struct loss loss;
    struct refusal refusal;
    json_t *model = json_pack("{s:f}", "label_smoothing", 0.1);
    assert_true(loss_create(&loss, model, &refusal));
    json_decref(model);
    double value = loss.class->gradient(&loss, output, &truth, 2, CLASSES, gradient);
    assert_true(fabs(value - 0.8142016182238877) <= 1e-12);
    for (int i = 0; i < 2 * CLASSES; i++)
        assert_true(fabs((double)gradient[i] - expected[i]) <= 1e-12);
    /* An evaluation leaves it out. */
    size_t correct;
    real copy[CLASSES] = {1, 2, 3};
    value = loss.class->evaluate(&loss, copy, &truth, 1, CLASSES, &correct);
    assert_true(fabs(value - log(1 + exp(-1) + exp(-2))) <= 1e-12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_gradient_of_every_parameter_is_its_finite_difference),
        cmocka_unit_test(so_it_is_with_one_output_for_two_classes),
        cmocka_unit_test(binary_cross_entropy_is_its_closed_form),
        cmocka_unit_test(the_gradient_of_the_input_is_its_finite_difference),
        cmocka_unit_test(an_accumulating_sink_adds_to_what_stands_there),
        cmocka_unit_test(label_smoothing_is_pytorchs),
        cmocka_unit_test(the_loss_of_huge_outputs_is_finite_and_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
