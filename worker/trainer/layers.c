/* layers.c - the table of layers. */
#include "worker/trainer/layer.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct layer_class *const classes[] = {
    &layer_dense,           &layer_conv2d,  &layer_max_pool,   &layer_avg_pool,
    &layer_global_avg_pool, &layer_flatten, &layer_dropout,    &layer_layer_norm,
    &layer_batch_norm,      &layer_relu,    &layer_leaky_relu, &layer_tanh,
    &layer_sigmoid,         &layer_gelu,    &layer_silu,       &layer_residual,
};

const struct layer_class *layer_class_find(const char *name)
{
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++)
        if (strcmp(classes[i]->name, name) == 0)
            return classes[i];
    return NULL;
}

size_t shape_count(const struct shape *shape)
{
    size_t count = 1;
    for (size_t i = 0; i < shape->rank; i++)
        count *= shape->size[i];
    return count;
}

bool shape_equal(const struct shape *one, const struct shape *other)
{
    bool equal = one->rank == other->rank &&
                 (one->channels_last == other->channels_last || one->size[0] == 1);
    for (size_t i = 0; equal && i < one->rank; i++)
        equal = one->size[i] == other->size[i];
    return equal;
}

void shape_text(const struct shape *shape, char *text, size_t text_bytes)
{
    size_t length = 0;
    for (size_t i = 0; i < shape->rank && length < text_bytes; i++)
        length += (size_t)snprintf(text + length, text_bytes - length, "%s%zu", i ? " x " : "",
                                   shape->size[i]);
}

void layer_alike(struct layer *layer, const struct shape *input)
{
    layer->input = layer->output = *input;
    layer->inputs = layer->outputs = shape_count(input);
    /* A channel is a unit that looks at many places. */
    layer->units = input->channels_last ? input->size[0] : layer->outputs;
}

bool layer_refuse(const struct settings *settings, struct refusal *refusal, const char *format, ...)
{
    struct error error;
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(error.text, sizeof error.text, format, arguments);
    va_end(arguments);
    return refusal_set(refusal, settings->at, "%s: %s", settings->at, error.text);
}

void layer_initialise_nothing(const struct layer *layer, real *parameters,
                              struct random_stream *random)
{
    (void)layer;
    (void)parameters;
    (void)random;
}

void layer_flops_none(const struct layer *layer, double flops[3])
{
    (void)layer;
    flops[0] = flops[1] = flops[2] = 0;
}

void layer_flops_each(const struct layer *layer, double flops[3])
{
    flops[0] = flops[2] = (double)layer->outputs;
    flops[1] = 0;
}

void gradient_ready(const struct gradient_sink *sink, size_t offset, size_t count)
{
    if (sink->ready)
        sink->ready(sink->context, offset, count);
}
