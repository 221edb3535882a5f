/* test_regression.c - squared error and R^2 on generated data; where gradient descent stops to
 * converge is where theory says. */
#include "worker/trainer/evaluate.h"
#include "worker/trainer/model.h"
#include "worker/trainer/training.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static json_t *study_parse(const char *text)
{
    char json[2048];
    (void)snprintf(json, sizeof json, "%s", text);
    for (char *c = json; *c; c++)
        if (*c == '\'')
            *c = '"';
    json_t *study = json_loads(json, 0, NULL);
    assert_non_null(study);
    return study;
}

static void model_make(struct model *model, const char *text)
{
    struct refusal refusal;
    json_t *study = study_parse(text);
    if (!model_create(model, study, &refusal))
        fail_msg("%s: %s", refusal.at, refusal.error.text);
    json_decref(study);
}

static void report_drop(void *context, const struct training_report *report)
{
    (void)context;
    (void)report;
}

static bool interrupted_never(void *context)
{
    (void)context;
    return false;
}

/* Trains `steps` steps at the rate; returns how that ended, and the training set's loss. */
static enum training_end train(const struct model *model, double lr, uint64_t steps,
                               enum verdict *verdict, struct evaluation *end)
{
    struct trial trial;
    struct error error;
    char text[ERROR_TEXT_BYTES];
    json_t *params = json_pack("{s:f}", "lr", lr);
    if (!trial_create(&trial, model, params, 1, &error))
        fail_msg("%s", error.text);
    json_decref(params);
    const struct training_watch watch = {.report = report_drop, .interrupted = interrupted_never};
    enum training_end state = training_run(&trial, steps, &watch);
    *verdict = monitor_explain(trial.monitor, lr, text, sizeof text);
    *end = evaluate(&model->network, &model->loss, trial.weights, &trial.activations,
                    &model->dataset, SPLIT_VALIDATION);
    trial_destroy(&trial);
    return state;
}

static void gradient_descent_converges_just_below_its_bound_and_diverges_above(void **state)
{
    (void)state;
    static const int dimensions[] = {2, 3, 10, 50, 200};
    static const double momenta[] = {0, 0.5, 0.9};
    const double largest = 12.5;
    for (size_t i = 0; i < sizeof dimensions / sizeof dimensions[0]; i++) {
        for (size_t j = 0; j < sizeof momenta / sizeof momenta[0]; j++) {
            char text[1024];
            struct model model;
            (void)snprintf(text, sizeof text,
                           "{'study':{'seed':7},'data':{'format':'quadratic','dimensions':%d,"
                           "'lambda_min':1.0,'lambda_max':%g},'model':{'layers':[{'type':'dense',"
                           "'units':1,'bias':false}],'loss':'squared_error'},'train':{"
                           "'batch_size':0,'momentum':%g},'search':{'unit':'steps',"
                           "'max_budget':100}}",
                           dimensions[i], largest, momenta[j]);
            model_make(&model, text);
            double bound = 2 * (1 + momenta[j]) / largest;
            struct evaluation below, above;
            enum verdict verdict;
            assert_int_equal(train(&model, 0.99 * bound, 2000, &verdict, &below), TRAINING_REACHED);
            assert_false(verdict_ends(verdict));
            assert_true(below.loss < 1e-8 * model.dataset.constant_loss);
            assert_true(below.accuracy > 0.999999);
            assert_int_equal(train(&model, 1.01 * bound, 20000, &verdict, &above), TRAINING_LOST);
            assert_int_equal(verdict, VERDICT_DIVERGED);
            model_destroy(&model);
        }
    }
}

static const char teacher_study[] =
    "{'study':{'seed':3},'data':{'format':'teacher','samples':3000,'features':4,'hidden':3,"
    "'validation':500,'noise':0.1},'model':{'layers':[{'type':'dense','units':32,"
    "'activation':'relu'},{'type':'dense','units':1}],'loss':'squared_error'},'train':{"
    "'batch_size':50,'momentum':0.9},'search':{'unit':'epochs','max_budget':20}}";

static void a_student_explains_most_of_its_teacher(void **state)
{
    (void)state;
    struct model model;
    struct evaluation end;
    enum verdict verdict;
    model_make(&model, teacher_study);
    assert_int_equal(train(&model, 0.02, 1000, &verdict, &end), TRAINING_REACHED);
    double variance = model.dataset.split[SPLIT_VALIDATION].variance;
    assert_float_equal(end.accuracy, 1 - end.loss / variance, 1e-12);
    assert_true(end.accuracy > 0.9 * (1 - 0.01 / variance)); /* the noise explains nothing */
    assert_true(end.loss > 0.008);                           /* and cannot be learned */
    model_destroy(&model);
}

static void a_loss_that_does_not_fit_the_data_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *change, *at, *part;
    } cases[] = {
        {"{'model':{'layers':[{'type':'dense','units':1}],'loss':'cross_entropy'}}", "model.loss",
         "is for classes; the data have numbers"},
        {"{'model':{'layers':[{'type':'dense','units':2}],'loss':'squared_error'}}",
         "model.layers[0].units", "2 outputs, the data have 1 numbers"},
        {"{'data':{'format':'spirals','validation':10}}", "model.loss",
         "is for numbers to predict; the data have classes"},
        {"{'model':{'layers':[{'type':'dense','units':1}],'loss':'binary_cross_entropy'}}",
         "model.loss", "is for classes; the data have numbers"},
        {"{'data':{'format':'spirals','arms':3,'validation':10},'model':{'layers':[{'type':'dense',"
         "'units':1}],'loss':'binary_cross_entropy'}}",
         "model.loss", "is for 2 classes; the data have 3"},
        {"{'data':{'format':'spirals','validation':10},'model':{'layers':[{'type':'dense',"
         "'units':2}],'loss':'binary_cross_entropy'}}",
         "model.layers[0].units", "2 outputs, the loss \"binary_cross_entropy\" wants 1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct model model;
        struct refusal refusal;
        json_t *study = study_parse(teacher_study), *change = study_parse(cases[i].change);
        (void)json_object_update(study, change);
        assert_false(model_create(&model, study, &refusal));
        assert_string_equal(refusal.at, cases[i].at);
        assert_non_null(strstr(refusal.error.text, cases[i].part));
        json_decref(change);
        json_decref(study);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradient_descent_converges_just_below_its_bound_and_diverges_above),
        cmocka_unit_test(a_student_explains_most_of_its_teacher),
        cmocka_unit_test(a_loss_that_does_not_fit_the_data_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
