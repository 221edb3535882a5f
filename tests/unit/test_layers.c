/* test_layers.c - every layer forward and backward against PyTorch's numbers
 * (tests/reference/make_layers.py), and its gradients against finite differences. Built in float
 * and in double.
 *
 * In double both do the same operations in another order: 1e-12 is enough, relative to the larger
 * of the number and 1. In float a sum of some dozens of rounded products is off by a few units of
 * 6e-8, and normalisation multiplies that by a few: 1e-5. The central difference with step 1e-5 is
 * off by about its square times the third derivative, and by 1e-16 / 1e-5 of rounding: 1e-7 covers
 * both in double; float cannot resolve it. */
#include "worker/trainer/network.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

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

struct problem {
    const json_t *reference;
    char name[200];
    struct network network;
    struct activations activations;
    struct pass pass;
    real *weights;
    real *of_parameters, *of_input; /* gradients */
};

/* A network asks its first layer for no gradient of the input, so another one stands before those
 * under test: it hands the numbers on, and leaves in `captured` the gradient that it is given. */
static real *captured;

static void hand_on(const struct layer *layer, const struct pass *pass, const real *input,
                    real *output, real *kept)
{
    (void)kept;
    memcpy(output, input, pass->count * layer->inputs * sizeof *output);
}

static void capture(const struct layer *layer, const struct pass *pass, const real *input,
                    const real *output, const real *kept, real *output_gradient,
                    real *input_gradient, const struct gradient_sink *sink)
{
    (void)input;
    (void)output;
    (void)kept;
    (void)sink;
    assert_null(input_gradient);
    memcpy(captured, output_gradient, pass->count * layer->outputs * sizeof *captured);
}

static const struct layer_class layer_capture = {.name = "capture",
                                                 .initialise = layer_initialise_nothing,
                                                 .forward = hand_on,
                                                 .backward = capture};

static const struct layer *last_layer(const struct problem *problem)
{
    return &problem->network.layer[problem->network.layer_count - 1];
}

static real *last_output(const struct problem *problem)
{
    return problem->activations.output[problem->network.layer_count - 1];
}

static const char *inside(const struct problem *problem, const char *what)
{
    static char text[512];
    (void)snprintf(text, sizeof text, "%s: %.300s", problem->name, what);
    return text;
}

static double at(const json_t *array, size_t index)
{
    const json_t *value = json_array_get(array, index);
    assert_non_null(value);
    return json_number_value(value);
}

/* Where a number stands here that PyTorch has at `index` of [first][channels][places]. */
static size_t place(size_t index, size_t count, size_t first, size_t channels)
{
    size_t places = count / first / channels;
    size_t i = index / (channels * places), c = index / places % channels, p = index % places;
    return (p * channels + c) * first + i;
}

static size_t tensor_place(const struct tensor *tensor, size_t index)
{
    const struct shape *shape = &tensor->shape;
    return tensor->offset + place(index, tensor->count, tensor->transposed ? shape->size[0] : 1,
                                  shape->channels_last ? shape->size[shape->rank - 3] : 1);
}

/* The same for a number of a batch of samples. */
static size_t batch_place(const struct shape *shape, size_t index)
{
    size_t count = shape_count(shape), channels = shape->channels_last ? shape->size[0] : 1;
    return index / count * count + place(index % count, count, 1, channels);
}

static void compare(const struct problem *problem, const char *what, const real *found,
                    size_t (*where)(const struct problem *problem, const char *what, size_t index),
                    const json_t *expected, size_t count)
{
    assert_int_equal(json_array_size(expected), count);
    for (size_t i = 0; i < count; i++) {
        double value = (double)found[where(problem, what, i)], wanted = at(expected, i);
        if (!(fabs(value - wanted) <= tolerance * fmax(1, fabs(wanted))))
            fail_msg("%s %zu is %.12g, PyTorch has %.12g", inside(problem, what), i, value, wanted);
    }
}

static size_t at_output(const struct problem *problem, const char *what, size_t index)
{
    (void)what;
    return batch_place(&last_layer(problem)->output, index);
}

static size_t at_input(const struct problem *problem, const char *what, size_t index)
{
    (void)what;
    return batch_place(&problem->network.layer[0].input, index);
}

/* PyTorch's name of a tensor inside the layer under test: "weight", "layers.0.weight". */
static void tensor_name(const struct layer *layer, const struct tensor *tensor, char name[256])
{
    int length = 0;
    for (const char *at = layer->at + strlen("model.layers[1]"); *at; at++)
        if (*at != ']' && (*at != '.' || length > 0))
            name[length++] = *at == '[' ? '.' : *at;
    (void)snprintf(name + length, 256 - (size_t)length, "%s%s", length ? "." : "", tensor->name);
}

static const struct tensor *tensor_named(const struct problem *problem, const char *name)
{
    for (size_t l = 1; l < problem->network.layer_count; l++) {
        const struct layer *layer = &problem->network.layer[l];
        for (size_t i = 0; i < layer->tensor_count; i++) {
            char found[256];
            tensor_name(layer, &layer->tensor[i], found);
            if (strcmp(found, name) == 0)
                return &layer->tensor[i];
        }
    }
    fail_msg("%s is missing", inside(problem, name));
    return NULL;
}

static size_t at_tensor(const struct problem *problem, const char *what, size_t index)
{
    return tensor_place(tensor_named(problem, what), index);
}

static void weights_read(struct problem *problem)
{
    const char *name;
    json_t *values;
    json_object_foreach(json_object_get(problem->reference, "values"), name, values)
    {
        const struct tensor *tensor = tensor_named(problem, name);
        for (size_t i = 0; i < tensor->count; i++)
            problem->weights[tensor_place(tensor, i)] = (real)at(values, i);
    }
}

static void problem_create(struct problem *problem, const json_t *reference)
{
    struct shape input = {0};
    struct refusal refusal;
    struct error error;
    const json_t *shape = json_object_get(reference, "shape");
    json_t *model = json_pack("{s:[{s:s, s:f}, O]}", "layers", "type", "dropout", "p", 0.0,
                              json_object_get(reference, "layer"));
    char *text = json_dumps(json_object_get(reference, "layer"), JSON_COMPACT);
    memset(problem, 0, sizeof *problem);
    problem->reference = reference;
    (void)snprintf(problem->name, sizeof problem->name, "%s", text);
    free(text);
    input.rank = json_array_size(shape);
    for (size_t i = 0; i < input.rank; i++)
        input.size[i] = (size_t)at(shape, i);
    if (!network_create(&problem->network, model, &input, &refusal))
        fail_msg("%s", inside(problem, refusal.error.text));
    json_decref(model);
    problem->network.layer[0].class = &layer_capture;
    size_t rows = (size_t)json_integer_value(json_object_get(reference, "rows"));
    size_t inputs = problem->network.inputs;
    assert_true(activations_create(&problem->activations, &problem->network, rows, rows, &error));
    problem->weights = calloc(problem->network.weights_count + 1, sizeof(real));
    problem->of_parameters = calloc(problem->network.arena_count + 1, sizeof(real));
    problem->of_input = calloc(rows * inputs, sizeof(real));
    problem->pass = (struct pass){.parameters = problem->weights,
                                  .running = problem->weights,
                                  .count = rows,
                                  .training = true,
                                  .seed = 1,
                                  .step = 3,
                                  .scratch = problem->activations.scratch};
    network_initialise(&problem->network, 1, problem->weights);
    weights_read(problem);
    const json_t *values = json_object_get(reference, "input");
    for (size_t i = 0; i < rows * inputs; i++)
        problem->activations.input[i] = (real)at(values, i);
}

static void problem_destroy(struct problem *problem)
{
    network_destroy(&problem->network);
    activations_destroy(&problem->activations);
    free(problem->weights);
    free(problem->of_parameters);
    free(problem->of_input);
}

static void backward(struct problem *problem)
{
    const struct gradient_sink sink = {.gradient = problem->of_parameters};
    const json_t *values = json_object_get(problem->reference, "output_gradient");
    for (size_t i = 0; i < problem->pass.count * problem->network.outputs; i++)
        problem->activations.gradient[0][at_output(problem, "", i)] = (real)at(values, i);
    captured = problem->of_input;
    network_backward(&problem->network, &problem->pass, &problem->activations, &sink);
}

static json_t *reference_read(void)
{
    json_error_t error;
    json_t *reference = json_load_file(TEST_SOURCE_DIR "/reference/layers.json", 0, &error);
    if (!reference)
        fail_msg("%s", error.text);
    return reference;
}

static void each_layer_is_pytorchs(void **state)
{
    (void)state;
    json_t *reference = reference_read();
    size_t n;
    json_t *one, *values;
    const char *name;
    json_array_foreach(json_object_get(reference, "cases"), n, one)
    {
        struct problem problem;
        problem_create(&problem, one);
        const json_t *expected = json_object_get(one, precision);
        size_t rows = problem.pass.count, outputs = rows * problem.network.outputs;
        problem.pass.training = false;
        (void)network_forward(&problem.network, &problem.pass, &problem.activations);
        compare(&problem, "evaluation", last_output(&problem), at_output,
                json_object_get(expected, "evaluation"), outputs);
        problem.pass.training = true;
        (void)network_forward(&problem.network, &problem.pass, &problem.activations);
        compare(&problem, "output", last_output(&problem), at_output,
                json_object_get(expected, "output"), outputs);
        backward(&problem);
        compare(&problem, "input_gradient", problem.of_input, at_input,
                json_object_get(expected, "input_gradient"), rows * problem.network.inputs);
        json_object_foreach(json_object_get(expected, "gradients"), name, values)
            compare(&problem, name, problem.of_parameters, at_tensor, values,
                    tensor_named(&problem, name)->count);
        json_object_foreach(json_object_get(expected, "running"), name, values)
            compare(&problem, name, problem.weights, at_tensor, values,
                    tensor_named(&problem, name)->count);
        problem_destroy(&problem);
    }
    json_decref(reference);
}

#ifdef LRSWEEP_DOUBLE

/* The outputs' product with output_gradient, which is what the backward pass differentiates. */
static double product(struct problem *problem)
{
    const json_t *values = json_object_get(problem->reference, "output_gradient");
    double sum = 0;
    (void)network_forward(&problem->network, &problem->pass, &problem->activations);
    for (size_t i = 0; i < problem->pass.count * problem->network.outputs; i++)
        sum += last_output(problem)[at_output(problem, "", i)] * at(values, i);
    return sum;
}

static void check_difference(struct problem *problem, const char *what, size_t index, real *number,
                             double gradient)
{
    const double step = 1e-5, limit = 1e-7;
    real kept = *number;
    *number = kept + step;
    double above = product(problem);
    *number = kept - step;
    double below = product(problem);
    *number = kept;
    double expected = (above - below) / (2 * step);
    if (!(fabs(gradient - expected) <= limit * fmax(1, fabs(expected))))
        fail_msg("%s %zu: the gradient is %.9g, the finite difference %.9g", inside(problem, what),
                 index, gradient, expected);
}

static void check_differences(const json_t *one)
{
    struct problem problem;
    problem_create(&problem, one);
    (void)network_forward(&problem.network, &problem.pass, &problem.activations);
    backward(&problem);
    for (size_t i = 0; i < problem.pass.count * problem.network.inputs; i++) {
        const struct shape *shape = &problem.network.layer[0].input;
        real *number = problem.activations.input + i;
        check_difference(&problem, "input", i, number, problem.of_input[batch_place(shape, i)]);
    }
    for (size_t l = 1; l < problem.network.layer_count; l++) {
        const struct layer *layer = &problem.network.layer[l];
        for (size_t t = 0; t < layer->tensor_count; t++)
            for (size_t i = 0; !layer->tensor[t].running && i < layer->tensor[t].count; i++) {
                size_t offset = layer->tensor[t].offset + i;
                check_difference(&problem, layer->tensor[t].name, i, problem.weights + offset,
                                 problem.of_parameters[offset]);
            }
    }
    problem_destroy(&problem);
}

static void each_gradient_is_its_finite_difference(void **state)
{
    (void)state;
    json_t *reference = reference_read();
    size_t n;
    json_t *one;
    json_array_foreach(json_object_get(reference, "cases"), n, one) check_differences(one);
    json_decref(reference);
}

#endif

static void activations_keep_what_is_not_a_number_and_end_in_their_limits(void **state)
{
    (void)state;
    static const struct {
        enum activation activation;
        double below, above; /* f(-200), f(200) */
    } cases[] = {{ACTIVATION_RELU, 0, 200}, {ACTIVATION_LEAKY_RELU, -2, 200},
                 {ACTIVATION_TANH, -1, 1},  {ACTIVATION_SIGMOID, 0, 1},
                 {ACTIVATION_GELU, 0, 200}, {ACTIVATION_SILU, 0, 200}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        real values[3] = {-200, 200, (real)NAN};
        activation_forward(cases[i].activation, values, values, 3);
        assert_true(fabs((double)values[0] - cases[i].below) <= 1e-6);
        assert_true(fabs((double)values[1] - cases[i].above) <= 1e-6);
        assert_true(isnan(values[2]));
    }
}

static void activations_are_exact_to_float_over_their_range(void **state)
{
    (void)state;
    enum { COUNT = 40001 };
    real *x = malloc(COUNT * sizeof *x), *y = malloc(COUNT * sizeof *y);
    for (int i = 0; i < COUNT; i++)
        x[i] = (real)((i - 20000) * 5e-4);
    for (enum activation a = ACTIVATION_TANH; a <= ACTIVATION_SILU; a++) {
        activation_forward(a, x, y, COUNT);
        for (int i = 0; i < COUNT; i++) {
            double z = (double)x[i];
            double expected = a == ACTIVATION_TANH      ? tanh(z)
                              : a == ACTIVATION_SIGMOID ? 1 / (1 + exp(-z))
                              : a == ACTIVATION_GELU    ? 0.5 * z * erfc(-z / sqrt(2))
                                                        : z / (1 + exp(-z));
            if (!(fabs((double)y[i] - expected) <= 3e-7 * fmax(fabs(z), fabs(expected))))
                fail_msg("activation %d of %.9g is %.9g, expected %.9g", (int)a, z, (double)y[i],
                         expected);
        }
    }
    free(x);
    free(y);
}

static void draw(struct network *network, uint64_t seed, uint64_t step, size_t layer, real *output)
{
    enum { COUNT = 4000 };
    static real input[COUNT], kept[COUNT], scratch[COUNT];
    const struct pass pass = {
        .count = 4, .training = true, .seed = seed, .step = step, .scratch = scratch};
    for (size_t i = 0; i < COUNT; i++)
        input[i] = 1;
    network->layer[layer].class->forward(&network->layer[layer], &pass, input, output, kept);
}

static void dropout_is_drawn_by_seed_step_and_layer_and_off_in_an_evaluation(void **state)
{
    (void)state;
    enum { COUNT = 4000 };
    static real first[COUNT], again[COUNT];
    struct network network;
    struct refusal refusal;
    const struct shape input = {.rank = 1, .size = {COUNT / 4}};
    json_t *model = json_pack("{s:[{s:s, s:f}, {s:s, s:f}]}", "layers", "type", "dropout", "p", 0.2,
                              "type", "dropout", "p", 0.2);
    assert_true(network_create(&network, model, &input, &refusal));
    json_decref(model);
    draw(&network, 1, 5, 0, first);
    draw(&network, 1, 5, 0, again);
    assert_memory_equal(first, again, sizeof first);
    size_t dropped = 0;
    for (size_t i = 0; i < COUNT; i++) {
        assert_true(first[i] == 0 || fabs((double)first[i] - 1.25) < 1e-6);
        dropped += first[i] == 0;
    }
    assert_true(abs((int)dropped - COUNT / 5) < 5 * 26); /* sqrt(4000 0.2 0.8) is 25.3 */
    draw(&network, 1, 5, 1, again);
    assert_memory_not_equal(first, again, sizeof first);
    draw(&network, 1, 6, 0, again);
    assert_memory_not_equal(first, again, sizeof first);
    draw(&network, 2, 5, 0, again);
    assert_memory_not_equal(first, again, sizeof first);
    const struct pass evaluation = {.count = 4, .seed = 1, .step = 5};
    network.layer[0].class->forward(&network.layer[0], &evaluation, first, again, NULL);
    assert_memory_equal(first, again, sizeof first);
    network_destroy(&network);
}

static void flatten_puts_channels_first_again(void **state)
{
    (void)state;
    enum { ROWS = 2, CHANNELS = 3, PLACES = 8, COUNT = CHANNELS * PLACES };
    struct network network;
    struct activations activations;
    struct refusal refusal;
    struct error error;
    const struct shape input = {.rank = 3, .size = {CHANNELS, 2, 4}};
    /* A pool of one place wants channels last, and changes nothing. */
    json_t *model = json_pack("{s:[{s:s, s:i}, {s:s}]}", "layers", "type", "max_pool",
                              "kernel_size", 1, "type", "flatten");
    assert_true(network_create(&network, model, &input, &refusal));
    assert_true(activations_create(&activations, &network, ROWS, ROWS, &error));
    json_decref(model);
    const struct pass pass = {.count = ROWS, .training = true};
    const struct gradient_sink sink = {0};
    for (size_t i = 0; i < ROWS * COUNT; i++) {
        activations.input[i] = (real)i;
        activations.gradient[0][i] = (real)i;
    }
    const real *output = network_forward(&network, &pass, &activations);
    for (size_t i = 0; i < ROWS * COUNT; i++)
        assert_true(output[i] == (real)i);
    network_backward(&network, &pass, &activations, &sink);
    for (size_t i = 0; i < ROWS * COUNT; i++) {
        size_t at = i / COUNT * COUNT + place(i % COUNT, COUNT, 1, CHANNELS);
        assert_true(activations.gradient[1][at] == (real)i);
    }
    activations_destroy(&activations);
    network_destroy(&network);
}

static void the_first_of_equal_numbers_and_what_is_no_number_win_a_pool(void **state)
{
    (void)state;
    enum { PLACES = 8, WINDOWS = 2 };
    static const real image[PLACES] = {5, 5, 0, (real)NAN, 5, 1, 2, 3};
    static const real expected[PLACES] = {1, 0, 0, 2, 0, 0, 0, 0};
    struct network network;
    struct activations activations;
    struct refusal refusal;
    struct error error;
    const struct shape input = {.rank = 3, .size = {1, 2, 4}};
    /* Before the pool another that changes nothing: the network's input gets no gradient. */
    json_t *model = json_pack("{s:[{s:s, s:i}, {s:s, s:i}]}", "layers", "type", "max_pool",
                              "kernel_size", 1, "type", "max_pool", "kernel_size", 2);
    assert_true(network_create(&network, model, &input, &refusal));
    assert_true(activations_create(&activations, &network, 1, 1, &error));
    json_decref(model);
    const struct pass pass = {.count = 1, .training = true};
    const struct gradient_sink sink = {0};
    memcpy(activations.input, image, sizeof image);
    const real *output = network_forward(&network, &pass, &activations);
    assert_true(output[0] == 5);
    assert_true(isnan(output[1]));
    for (size_t i = 0; i < WINDOWS; i++)
        activations.gradient[0][i] = (real)(i + 1);
    network_backward(&network, &pass, &activations, &sink);
    for (size_t i = 0; i < PLACES; i++)
        assert_true(activations.gradient[1][i] == expected[i]);
    activations_destroy(&activations);
    network_destroy(&network);
}

static void what_does_not_fit_is_refused_at_its_layer(void **state)
{
    (void)state;
    static const struct {
        const char *layers;
        const char *at, *part;
        size_t rank;
    } cases[] = {
        {"[{\"type\":\"dense\",\"units\":4},{\"type\":\"conv2d\",\"filters\":2,"
         "\"kernel_size\":3}]",
         "model.layers[1]", "a row of 4 numbers", 1},
        {"[{\"type\":\"max_pool\",\"kernel_size\":2}]", "model.layers[0]", "a row of 60 numbers",
         1},
        {"[{\"type\":\"global_avg_pool\"}]", "model.layers[0]", "a row of 60 numbers", 1},
        {"[{\"type\":\"conv2d\",\"filters\":2,\"kernel_size\":3,\"dilation\":2}]",
         "model.layers[0]", "5 x 5 places does not fit into an input of 4 x 5", 3},
        {"[{\"type\":\"avg_pool\",\"kernel_size\":2},{\"type\":\"avg_pool\",\"kernel_size\":3}]",
         "model.layers[1]", "does not fit into an input of 2 x 2", 3},
        {"[{\"type\":\"conv2d\",\"filters\":2,\"kernel_size\":3},{\"type\":\"dense\","
         "\"units\":3}]",
         "model.layers[1]", "flatten", 3},
        {"[{\"type\":\"conv2d\",\"filters\":2}]", "model.layers[0].kernel_size", "missing", 3},
        {"[{\"type\":\"dropout\",\"p\":1}]", "model.layers[0].p", "below 1", 3},
        {"[{\"type\":\"tanh\",\"units\":3}]", "model.layers[0].units", "not a setting", 3},
        {"[{\"type\":\"residual\"}]", "model.layers[0].layers", "not a list", 3},
        {"[{\"type\":\"residual\",\"layers\":[]}]", "model.layers[0].layers", "not a list", 3},
        {"[{\"type\":\"residual\",\"layers\":[{\"type\":\"relu\"}],\"shortcut\":[]}]",
         "model.layers[0].shortcut", "not a list", 3},
        {"[{\"type\":\"residual\",\"layers\":[{\"type\":\"relu\"}],\"units\":3}]",
         "model.layers[0].units", "not a setting", 3},
        {"[{\"type\":\"residual\",\"layers\":[{\"type\":\"relu\"},{\"type\":\"residual\","
         "\"layers\":[{\"type\":\"max_pool\",\"kernel_size\":7}]}]}]",
         "model.layers[0].layers[1].layers[0]", "does not fit into an input of 4 x 5", 3},
        {"[{\"type\":\"dense\",\"units\":4},{\"type\":\"residual\",\"layers\":[{\"type\":"
         "\"dense\",\"units\":4}],\"shortcut\":[{\"type\":\"dense\",\"units\":5}]}]",
         "model.layers[1]", "its layers give 4, its shortcut 5", 1},
        {"[{\"type\":\"residual\",\"layers\":[{\"type\":\"conv2d\",\"filters\":2,"
         "\"kernel_size\":2}]}]",
         "model.layers[0]", "its layers make 2 x 3 x 4 of 3 x 4 x 5", 3},
        {"[{\"type\":\"residual\",\"layers\":[{\"type\":\"conv2d\",\"filters\":2,"
         "\"kernel_size\":3},{\"type\":\"flatten\"}]}]",
         "model.layers[0]", "its layers make 12 of 3 x 4 x 5", 3},
        {"[{\"type\":\"residual\",\"layers\":[{\"type\":\"dense\",\"units\":2}],\"shortcut\":["
         "{\"type\":\"conv2d\",\"filters\":2,\"kernel_size\":3}]}]",
         "model.layers[0].shortcut[0]", "flatten", 3},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct network network;
        struct refusal refusal = {0};
        struct shape input = {.rank = cases[i].rank, .size = {60}};
        if (input.rank == 3)
            input = (struct shape){.rank = 3, .size = {3, 4, 5}};
        json_t *model = json_pack("{s:o}", "layers", json_loads(cases[i].layers, 0, NULL));
        assert_false(network_create(&network, model, &input, &refusal));
        json_decref(model);
        assert_string_equal(refusal.at, cases[i].at);
        if (!strstr(refusal.error.text, cases[i].at) || !strstr(refusal.error.text, cases[i].part))
            fail_msg("\"%s\" does not say \"%s\"", refusal.error.text, cases[i].part);
    }
}

static json_t *nested(int depth)
{
    json_t *layer = json_pack("{s:s}", "type", "relu");
    for (int i = 0; i < depth; i++)
        layer = json_pack("{s:s, s:[o]}", "type", "residual", "layers", layer);
    return json_pack("{s:[o]}", "layers", layer);
}

static void lists_inside_lists_have_an_end(void **state)
{
    (void)state;
    struct network network;
    struct refusal refusal = {0};
    const struct shape input = {.rank = 1, .size = {4}};
    json_t *model = nested(LAYER_DEPTH_MAX);
    assert_true(network_create(&network, model, &input, &refusal));
    assert_int_equal(network.layer_count, LAYER_DEPTH_MAX + 1);
    assert_int_equal(network.depth, LAYER_DEPTH_MAX);
    network_destroy(&network);
    json_decref(model);
    model = nested(LAYER_DEPTH_MAX + 1);
    assert_false(network_create(&network, model, &input, &refusal));
    assert_non_null(strstr(refusal.error.text, "inside more than 8 lists"));
    json_decref(model);
}

/* The layer that is added by itself has the stride that the sizes ask for: 7 to 4 is 2. */
static void a_projection_is_added_only_where_shapes_differ(void **state)
{
    (void)state;
    static const struct {
        const char *layers;
        const char *type; /* NULL: none */
        size_t output;
    } cases[] = {
        {"{\"type\":\"conv2d\",\"filters\":3,\"kernel_size\":3,\"padding\":1}", NULL, 105},
        {"{\"type\":\"conv2d\",\"filters\":4,\"kernel_size\":3,\"padding\":1}", "conv2d", 140},
        {"{\"type\":\"conv2d\",\"filters\":3,\"kernel_size\":3,\"padding\":1,\"stride\":2}",
         "conv2d", 36},
        {"{\"type\":\"conv2d\",\"filters\":3,\"kernel_size\":5}", NULL, 0},
        {"{\"type\":\"conv2d\",\"filters\":3,\"kernel_size\":5,\"stride\":4}", "conv2d", 3},
    };
    const struct shape input = {.rank = 3, .size = {3, 7, 5}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct network network;
        struct refusal refusal = {0};
        json_t *model = json_pack("{s:[{s:s, s:[o]}]}", "layers", "type", "residual", "layers",
                                  json_loads(cases[i].layers, 0, NULL));
        assert_int_equal(network_create(&network, model, &input, &refusal), cases[i].output > 0);
        json_decref(model);
        if (cases[i].output == 0)
            continue;
        assert_int_equal(network.layer_count, cases[i].type ? 3 : 2);
        assert_int_equal(network.outputs, cases[i].output);
        if (cases[i].type) {
            assert_string_equal(network.layer[1].class->name, cases[i].type);
            assert_string_equal(network.layer[1].at, "model.layers[0].shortcut[0]");
            assert_int_equal(network.layer[1].tensor_count, 1);
        }
        network_destroy(&network);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_layer_is_pytorchs),
#ifdef LRSWEEP_DOUBLE
        cmocka_unit_test(each_gradient_is_its_finite_difference),
#endif
        cmocka_unit_test(activations_keep_what_is_not_a_number_and_end_in_their_limits),
        cmocka_unit_test(dropout_is_drawn_by_seed_step_and_layer_and_off_in_an_evaluation),
        cmocka_unit_test(flatten_puts_channels_first_again),
        cmocka_unit_test(the_first_of_equal_numbers_and_what_is_no_number_win_a_pool),
        cmocka_unit_test(what_does_not_fit_is_refused_at_its_layer),
        cmocka_unit_test(lists_inside_lists_have_an_end),
        cmocka_unit_test(a_projection_is_added_only_where_shapes_differ),
        cmocka_unit_test(activations_are_exact_to_float_over_their_range),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
