/* test_generators.c - generated data are what their formulas say, and the same for the same seed.
 */
#include "format_fixture.h"

#include <math.h>

static void spirals_lie_on_their_arms(void **state)
{
    (void)state;
    struct dataset dataset, other;
    opened(&dataset, "{'format':'spirals','samples':300,'arms':3,'turns':2,'noise':0,'test':30,"
                     "'validation':0.1}");
    assert_int_equal(dataset.class_count, 3);
    assert_int_equal(dataset.split[SPLIT_TRAIN].count, 240);
    assert_int_equal(dataset.split[SPLIT_VALIDATION].count, 30);
    assert_int_equal(dataset.split[SPLIT_TEST].count, 30);
    assert_float_equal(dataset.constant_loss, log(3), 1e-9);
    const float *x = dataset.split[SPLIT_TRAIN].features;
    for (size_t i = 0; i < 240; i++) {
        double radius = hypot((double)x[2 * i], (double)x[2 * i + 1]);
        double angle = 2 * acos(-1) * (2 * radius + dataset.split[SPLIT_TRAIN].labels[i] / 3.0);
        assert_true(radius > 0 && radius <= 1 + 1e-6);
        assert_float_equal(x[2 * i], radius * cos(angle), 1e-5);
        assert_float_equal(x[2 * i + 1], radius * sin(angle), 1e-5);
    }
    opened_in(&other,
              "{'format':'spirals','samples':300,'arms':3,'turns':2,'noise':0,'test':30,"
              "'validation':0.1}",
              "", 2);
    assert_memory_not_equal(other.split[SPLIT_TRAIN].features, x, 240 * sizeof *x);
    dataset_close(&other);
    dataset_close(&dataset);
}

static void noise_is_the_deviation_of_a_samples_angle(void **state)
{
    (void)state;
    struct dataset dataset;
    opened(&dataset, "{'format':'spirals','samples':4000,'turns':2,'noise':0.2}");
    const struct dataset_split *train = &dataset.split[SPLIT_TRAIN];
    const float *x = train->features;
    const double turn = 2 * acos(-1);
    double squares = 0;
    for (size_t i = 0; i < train->count; i++) {
        double radius = hypot((double)x[2 * i], (double)x[2 * i + 1]);
        double arm = turn * (2 * radius + train->labels[i] / 2.0);
        double off = remainder(atan2((double)x[2 * i + 1], (double)x[2 * i]) - arm, turn);
        squares += off * off;
    }
    assert_float_equal(sqrt(squares / (double)train->count), 0.2, 0.01);
    dataset_close(&dataset);
}

static void a_teacher_sets_targets_of_a_variance_that_fits(void **state)
{
    (void)state;
    struct dataset quiet, loud;
    opened(&quiet, "{'format':'teacher','samples':4000,'hidden':64}");
    opened(&loud, "{'format':'teacher','samples':4000,'hidden':64,'noise':2}");
    assert_int_equal(quiet.target_count, 1);
    assert_int_equal(quiet.feature_count, 16);
    /* E tanh(z)^2 of a standard normal z is 0.39; the draw of 64 units varies about it. */
    assert_true(quiet.constant_loss > 0.2 && quiet.constant_loss < 0.7);
    assert_float_equal(loud.constant_loss, quiet.constant_loss + 4, 0.4);
    assert_memory_equal(quiet.split[SPLIT_TRAIN].features, loud.split[SPLIT_TRAIN].features,
                        4000 * 16 * sizeof(float));
    dataset_close(&quiet);
    dataset_close(&loud);
}

/* X'X times 2 / d has the trace and the squared norm of the spectrum. */
static void the_quadratic_has_the_spectrum_that_was_asked_for(void **state)
{
    (void)state;
    enum { D = 20 };
    struct dataset dataset;
    double trace = 0, squares = 0, expected_trace = 0, expected_squares = 0;
    opened(&dataset, "{'format':'quadratic','dimensions':20,'lambda_min':0.5,'lambda_max':50}");
    const float *x = dataset.split[SPLIT_TRAIN].features;
    for (int i = 0; i < D; i++) {
        double lambda = 50 * pow(0.01, i / (D - 1.0));
        expected_trace += lambda;
        expected_squares += lambda * lambda;
        for (int j = 0; j < D; j++) {
            double entry = 0;
            for (int k = 0; k < D; k++)
                entry += 2.0 / D * (double)x[k * D + i] * (double)x[k * D + j];
            trace += i == j ? entry : 0;
            squares += entry * entry;
        }
    }
    assert_float_equal(trace, expected_trace, 1e-4 * expected_trace);
    assert_float_equal(squares, expected_squares, 1e-4 * expected_squares);
    for (int i = 1; i < SPLIT_COUNT; i++) {
        assert_int_equal(dataset.split[i].count, D);
        assert_memory_equal(dataset.split[i].features, x, D * D * sizeof *x);
    }
    dataset_close(&dataset);
}

static void settings_out_of_range_are_refused(void **state)
{
    (void)state;
    REFUSED("{'format':'spirals','samples':1}", "data", "data.samples is 1", "from 2");
    REFUSED("{'format':'spirals','arms':2.5}", "data", "data.arms is 2.5");
    REFUSED("{'format':'teacher','noise':-1}", "data", "data.noise is -1");
    REFUSED("{'format':'quadratic','lambda_max':0}", "data", "data.lambda_max is 0");
    REFUSED("{'format':'quadratic','lambda_min':2}", "data", "data.lambda_min is 2, above");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spirals_lie_on_their_arms),
        cmocka_unit_test(noise_is_the_deviation_of_a_samples_angle),
        cmocka_unit_test(a_teacher_sets_targets_of_a_variance_that_fits),
        cmocka_unit_test(the_quadratic_has_the_spectrum_that_was_asked_for),
        cmocka_unit_test(settings_out_of_range_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
