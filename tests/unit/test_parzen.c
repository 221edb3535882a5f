/* test_parzen.c - the density that a learning sampler works with, against its formula. */
#include "coordinator/search/samplers/kernels.h"
#include "coordinator/search/samplers/parzen.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { KERNELS = 37 }; /* no multiple of a vector's width */

static const char study[] =
    "{\"space\": {\"lr\": {\"log_uniform\": [1e-5, 10.0]}, \"batch_size\": {\"int\": [1, 12]},"
    " \"schedule\": [{\"type\": \"constant\"}, {\"type\": \"exponential\", \"gamma\":"
    " {\"uniform\": [0.5, 1.0]}}, {\"type\": \"cosine\"}]}}";

static void a_sum_of_exponentials_is_that_of_the_library(void **state)
{
    (void)state;
    for (size_t count = 0; count < 100; count++) {
        double exponent[100 + KERNELS_LANES], factor[100 + KERNELS_LANES], expected = 0;
        struct random_stream stream;
        random_open(&stream, count, RANDOM_SEARCH, 0);
        for (size_t k = 0; k < count; k++) {
            /* From 0 to where nothing is left, and beyond. */
            exponent[k] = -800 * pow(random_uniform(&stream), 4);
            factor[k] = random_uniform(&stream);
            expected += factor[k] * exp(exponent[k]);
        }
        double sum = kernels_sum(exponent, factor, count);
        assert_true(fabs(sum - expected) <= 1e-8 * expected);
    }
}

static void an_exponential_is_right_over_its_whole_range(void **state)
{
    (void)state;
    for (double x = 0; x > -720; x -= 0.0137) {
        double exponent[1 + KERNELS_LANES] = {x}, factor[1 + KERNELS_LANES] = {1};
        double sum = kernels_sum(exponent, factor, 1);
        if (x < -700 ? sum != 0 : !(fabs(sum / exp(x) - 1) < 1e-8))
            fail_msg("e^%.17g = %.17g", x, sum);
    }
}

static double normal_share(double center, double width)
{
    return 0.5 * (erf((1 - center) / width / sqrt(2)) + erf(center / width / sqrt(2)));
}

/* A kernel's density for one parameter, by the formula. */
static double kernel_density(const struct parzen *parzen, size_t index, size_t kernel, double at)
{
    size_t cell = index * parzen->room + kernel;
    double center = parzen->center[cell], width = parzen->width[cell];
    double values = (double)parzen->space->parameters[index].count;
    if (parzen->choice[index]) {
        double each = parzen->prior_weight / (double)(parzen->count + 1);
        double own = center == at ? 1 : 0;
        return isnan(center) ? 1 / values : (own + each) / (1 + each * values);
    }
    if (isnan(center))
        return 1;
    double distance = (at - center) / width;
    return exp(-0.5 * distance * distance) / (width * sqrt(2 * 3.14159265358979324)) /
           normal_share(center, width);
}

/* The mixture by the formula; single: of parameter `only`, SIZE_MAX: of all. */
static double density(const struct parzen *parzen, const double *point, size_t only)
{
    double sum = 0, total = 0;
    for (size_t k = 0; k <= parzen->count; k++) {
        bool prior = k == parzen->count;
        double product = 1;
        if (!prior && only != SIZE_MAX && isnan(parzen->center[only * parzen->room + k]))
            continue;
        for (size_t i = 0; i < parzen->space->count; i++) {
            if ((only != SIZE_MAX && only != i) || isnan(point[i]))
                continue;
            if (!prior)
                product *= kernel_density(parzen, i, k, point[i]);
            else if (parzen->choice[i])
                product /= (double)parzen->space->parameters[i].count;
        }
        double weight = prior ? parzen->prior_weight : parzen->weight[k];
        sum += weight * product;
        total += weight;
    }
    return sum / total;
}

/* Kernels at random, two at one place. */
static void fill(struct parzen *parzen, const struct space *space, bool joint)
{
    struct random_stream stream;
    double values[SPACE_MAX], point[SPACE_MAX];
    assert_true(parzen_create(parzen, space, KERNELS, 0.7));
    random_open(&stream, 1, RANDOM_SEARCH, 0);
    parzen_clear(parzen);
    for (size_t k = 0; k < KERNELS; k++) {
        for (size_t i = 0; i < space->count && k != 5; i++) /* the sixth repeats the fifth */
            values[i] = space_value(space, i, random_uniform(&stream));
        space_deactivate(space, values);
        parzen_point(parzen, values, point);
        parzen_add(parzen, point, 0.5 + random_uniform(&stream));
    }
    parzen_fit(parzen, joint);
}

static void a_density_is_that_of_its_formula(void **state)
{
    (void)state;
    struct error error;
    struct space space;
    json_t *document = json_loads(study, 0, NULL);
    assert_true(space_create(&space, document, &error));
    for (int joint = 0; joint <= 1; joint++) {
        struct parzen parzen;
        struct random_stream stream;
        fill(&parzen, &space, joint);
        random_open(&stream, 2, RANDOM_SEARCH, 0);
        for (int draw = 0; draw < 500; draw++) {
            double values[SPACE_MAX], point[SPACE_MAX];
            for (size_t i = 0; i < space.count; i++)
                values[i] = space_value(&space, i, random_uniform(&stream));
            space_deactivate(&space, values);
            parzen_point(&parzen, values, point);
            double whole = exp(parzen_log_density(&parzen, point));
            double expected = density(&parzen, point, SIZE_MAX);
            if (!(fabs(whole / expected - 1) < 2e-6))
                fail_msg("density %.10g, by the formula %.10g", whole, expected);
            for (size_t i = 0; i < space.count; i++) {
                if (isnan(point[i]))
                    continue;
                double one = exp(parzen_log_density_single(&parzen, i, point));
                assert_true(fabs(one / density(&parzen, point, i) - 1) < 2e-6);
            }
        }
        parzen_destroy(&parzen);
    }
    json_decref(document);
}

/* Bergstra et al.: the distance to the farther neighbour, the ends and the middle among them. */
static void a_single_kernels_width_is_the_distance_to_its_farther_neighbour(void **state)
{
    (void)state;
    static const double center[] = {0.9, 0.1, 0.3, 0.3, 0.62};
    static const double width[] = {0.28, 0.2, 0.2, 0.2, 0.28};
    struct error error;
    struct space space;
    struct parzen parzen;
    json_t *document =
        json_loads("{\"space\": {\"momentum\": {\"uniform\": [0.0, 1.0]}}}", 0, NULL);
    assert_true(space_create(&space, document, &error));
    assert_true(parzen_create(&parzen, &space, 5, 1));
    parzen_clear(&parzen);
    for (size_t k = 0; k < 5; k++)
        parzen_add(&parzen, &center[k], 1);
    parzen_fit(&parzen, false);
    for (size_t k = 0; k < 5; k++)
        assert_true(fabs(parzen.width[k] - width[k]) < 1e-12);
    parzen_destroy(&parzen);
    json_decref(document);
}

/* BOHB's rule, not below half a cell of the grid that the kernels, a hundred at most, or the values
 * make. */
static void a_joint_kernels_width_goes_with_the_spread_of_all(void **state)
{
    (void)state;
    enum { MOST = 150 };
    static const struct {
        const char *space;
        size_t kernels;
        double apart; /* centres lie at 0.2 and so much above it by turns */
        double width;
    } cases[] = {
        {"{\"a\": {\"uniform\": [0, 1]}}", 10, 0.6, 1.06 * 0.3 * 0.630957344},
        {"{\"a\": {\"uniform\": [0, 1]}, \"b\": {\"uniform\": [0, 1]}}", 10, 0.6,
         1.06 * 0.3 * 0.681292069},
        {"{\"a\": {\"uniform\": [0, 1]}}", 10, 0, 0.5 / 12},
        {"{\"a\": {\"uniform\": [0, 1]}}", MOST, 0, 0.5 / 100},
        {"{\"a\": {\"int\": [1, 4]}}", MOST, 0, 0.5 / 4},
        {"{\"a\": {\"grid\": [1, 2, 3, 5, 8]}}", MOST, 0, 0.5 / 5},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct error error;
        struct space space;
        struct parzen parzen;
        json_t *parameters = json_loads(cases[i].space, 0, NULL);
        json_t *document = json_pack("{s:o}", "space", parameters);
        assert_true(space_create(&space, document, &error));
        assert_true(parzen_create(&parzen, &space, MOST, 1));
        parzen_clear(&parzen);
        for (size_t k = 0; k < cases[i].kernels; k++) {
            double at = 0.2 + (k % 2 ? cases[i].apart : 0);
            parzen_add(&parzen, (const double[]){at, at}, 1);
        }
        parzen_fit(&parzen, true);
        for (size_t k = 0; k < cases[i].kernels; k++)
            if (fabs(parzen.width[k] / cases[i].width - 1) > 1e-8)
                fail_msg("case %zu: width %.10g, not %.10g", i, parzen.width[k], cases[i].width);
        parzen_destroy(&parzen);
        json_decref(document);
    }
}

/* Others are choices: nothing lies between their values. */
static void a_grid_that_rises_or_falls_is_drawn_at_the_middles_of_its_cells(void **state)
{
    (void)state;
    static const struct {
        const char *space;
        bool ordered;
    } cases[] = {
        {"{\"a\": {\"grid\": [1, 2, 5]}}", true},
        {"{\"a\": {\"grid\": [5, 2, 1]}}", true},
        {"{\"a\": {\"grid\": [1, 5, 2]}}", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct error error;
        struct space space;
        struct parzen parzen;
        struct random_stream stream;
        json_t *document = json_pack("{s:o}", "space", json_loads(cases[i].space, 0, NULL));
        assert_true(space_create(&space, document, &error));
        assert_true(parzen_create(&parzen, &space, 1, 1));
        parzen_clear(&parzen);
        parzen_add(&parzen, (const double[]){cases[i].ordered ? 0.5 : 1}, 1);
        parzen_fit(&parzen, true);
        random_open(&stream, 1, RANDOM_SEARCH, 0);
        for (int draw = 0; draw < 100; draw++) {
            double point, cell;
            parzen_draw(&parzen, &stream, &point);
            cell = cases[i].ordered ? 3 * point - 0.5 : point;
            if (fabs(cell - round(cell)) > 1e-12 || cell < -0.1 || cell > 2.1)
                fail_msg("%s: %.17g", cases[i].space, point);
        }
        parzen_destroy(&parzen);
        json_decref(document);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sum_of_exponentials_is_that_of_the_library),
        cmocka_unit_test(an_exponential_is_right_over_its_whole_range),
        cmocka_unit_test(a_density_is_that_of_its_formula),
        cmocka_unit_test(a_single_kernels_width_is_the_distance_to_its_farther_neighbour),
        cmocka_unit_test(a_grid_that_rises_or_falls_is_drawn_at_the_middles_of_its_cells),
        cmocka_unit_test(a_joint_kernels_width_goes_with_the_spread_of_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
