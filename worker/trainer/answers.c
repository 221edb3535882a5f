/* answers.c - builds and writes the trainer's lines. */
#include "worker/trainer/answers.h"

#include "common/file.h"

#include "common/version.h"
#include "lrsweep/protocol.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Writes the line and gives the object up. */
static bool answer(int descriptor, json_t *object)
{
    char *text = json_dumps(object, JSON_COMPACT);
    json_decref(object);
    if (!text)
        return false;
    size_t length = strlen(text);
    text[length] = '\n'; /* in place of the NUL: the line is counted from here on */
    bool good = file_write(descriptor, text, length + 1);
    free(text);
    return good;
}

static void add(json_t *object, const char *key, json_t *value)
{
    (void)json_object_set_new(object, key, value);
}

static void add_number(json_t *object, const char *key, double value)
{
    add(object, key, isfinite(value) ? json_real(value) : json_null());
}

static void add_count(json_t *object, const char *key, uint64_t value)
{
    add(object, key, json_integer((json_int_t)value));
}

/* A text that came in may not be UTF-8, and then is no JSON string. */
static json_t *text_or_null(const char *text)
{
    json_t *string = text ? json_string(text) : NULL;
    if (string || !text)
        return string ? string : json_null();
    return json_string("(a message that is not UTF-8)");
}

static json_t *started(const char *op, const json_t *trial)
{
    json_t *object = json_object();
    add(object, "op", json_string(op));
    add(object, "trial", trial ? json_incref((json_t *)trial) : json_null());
    return object;
}

static json_t *layers_describe(const struct network *network)
{
    json_t *layers = json_array();
    for (size_t i = 0; i < network->layer_count; i++) {
        const struct layer *layer = &network->layer[i];
        json_t *object = json_object(), *output = json_array();
        size_t parameters = 0;
        for (size_t j = 0; j < layer->output.rank; j++)
            (void)json_array_append_new(output, json_integer((json_int_t)layer->output.size[j]));
        for (size_t j = 0; j < layer->tensor_count; j++)
            parameters += layer->tensor[j].running ? 0 : layer->tensor[j].count;
        add(object, "at", json_string(layer->at));
        add(object, "type", json_string(layer->class->name));
        add(object, "output", output);
        add_count(object, "parameters", parameters);
        (void)json_array_append_new(layers, object);
    }
    return layers;
}

bool answer_ready(int descriptor, const struct model *model, const char *blas)
{
    const struct dataset *dataset = &model->dataset;
    const struct network *network = &model->network;
    const json_t *train = json_object_get(model->study, "train");
    size_t batch = (size_t)json_integer_value(json_object_get(train, "batch_size"));
    if (batch == 0)
        batch = dataset->split[SPLIT_TRAIN].count;
    size_t outputs = network->inputs;
    for (size_t i = 0; i < network->layer_count; i++)
        outputs += network->layer[i].outputs + network->layer[i].kept_per_sample;

    json_t *object = json_object();
    add(object, "op", json_string("ready"));
    add_count(object, "version", LRSWEEP_PROTOCOL_VERSION);
    add(object, "trainer", json_string("lrsweep-trainer " LRSWEEP_VERSION));
    add_count(object, "train_samples", dataset->split[SPLIT_TRAIN].count);
    add_count(object, "validation_samples", dataset->split[SPLIT_VALIDATION].count);
    add_count(object, "test_samples", dataset->split[SPLIT_TEST].count);
    add_count(object, "features", dataset->feature_count);
    add_count(object, "classes", dataset->class_count);
    add_count(object, "targets", dataset->target_count);
    add_number(object, "constant_loss", dataset->constant_loss);
    add_count(object, "parameters", network->parameter_count);
    add(object, "layers", layers_describe(network));
    add_number(object, "flops_per_sample", network_flops(network));
    add_count(object, "activation_bytes", outputs * batch * sizeof(real));
    add_count(object, "weight_bytes", network->parameter_count * sizeof(real));
    add(object, "blas", json_string(blas));
    return answer(descriptor, object);
}

bool answer_refused(int descriptor, const struct refusal *refusal)
{
    json_t *object = json_object();
    add(object, "op", json_string("refused"));
    add(object, "at", json_string(refusal->at));
    add(object, "message", text_or_null(refusal->error.text));
    return answer(descriptor, object);
}

bool answer_report(int descriptor, const json_t *trial, const struct training_report *report)
{
    json_t *object = started("report", trial);
    add_count(object, "step", report->step);
    add_number(object, "epoch", report->epoch);
    add_number(object, "train_loss", report->train_loss);
    add_number(object, "val_loss", report->val_loss);
    add_number(object, "val_accuracy", report->val_accuracy);
    add_number(object, "lr", report->lr);
    add_number(object, "grad_norm", report->grad_norm);
    add_number(object, "update_ratio", report->update_ratio);
    add_number(object, "dead_units", report->dead_units);
    add_number(object, "seconds", report->seconds);
    return answer(descriptor, object);
}

bool answer_done(int descriptor, const json_t *trial, uint64_t step, const char *status,
                 enum verdict verdict, const char *message)
{
    json_t *object = started("done", trial);
    add_count(object, "step", step);
    add(object, "status", json_string(status));
    add(object, "verdict",
        verdict == VERDICT_NONE ? json_null() : json_string(verdict_name(verdict)));
    add(object, "message", text_or_null(message));
    return answer(descriptor, object);
}

bool answer_tested(int descriptor, const json_t *trial, const struct evaluation *evaluation,
                   const char *message)
{
    json_t *object = started("tested", trial);
    add(object, "status", json_string(evaluation ? "ok" : "failed"));
    add_number(object, "test_loss", evaluation ? evaluation->loss : NAN);
    add_number(object, "test_accuracy", evaluation ? evaluation->accuracy : NAN);
    add(object, "message", text_or_null(message));
    return answer(descriptor, object);
}
