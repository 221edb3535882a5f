/* network.c - places the parameters of a row of layers, and runs it forwards and backwards. */
#include "worker/trainer/network.h"

#include "common/portability.h"
#include "worker/trainer/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static size_t aligned(size_t count)
{
    const size_t line = MEMORY_ALIGNMENT_BYTES / sizeof(real);
    return (count + line - 1) / line * line;
}

/* Gives a layer's tensors their places, parameters or running statistics. */
static bool tensors_place(struct network *network, struct layer *layer, bool running,
                          size_t *arena_count, struct refusal *refusal)
{
    /* BLAS counts in int; what is larger is a mistake anyway. */
    const size_t tensor_count_max = (size_t)1 << 30;
    for (size_t t = 0; t < layer->tensor_count; t++) {
        struct tensor *tensor = &layer->tensor[t];
        if (tensor->running != running)
            continue;
        if (tensor->count > tensor_count_max - *arena_count)
            return refusal_set(refusal, layer->at, "%s: %zu parameters are too many", layer->at,
                               tensor->count);
        tensor->offset = *arena_count;
        *arena_count += aligned(tensor->count);
        network->parameter_count += running ? 0 : tensor->count;
    }
    return true;
}

bool network_create(struct network *network, const json_t *model, const struct shape *input,
                    struct refusal *refusal)
{
    memset(network, 0, sizeof *network);
    const json_t *layers = json_object_get(model, "layers");
    struct layer_list list;
    network->input = *input;
    network->inputs = shape_count(input);
    network->reorders = layer_list_wants_channels_last(layers, input);
    network->input.channels_last = network->reorders;
    if (!layer_list_read(&list, layers, &network->input, refusal))
        return false;
    network->layer = list.layer;
    network->layer_count = list.count;
    network->depth = list.depth;
    bool good = true;
    for (size_t i = 0; good && i < network->layer_count; i++)
        good = tensors_place(network, &network->layer[i], false, &network->arena_count, refusal);
    network->weights_count = network->arena_count;
    for (size_t i = 0; good && i < network->layer_count; i++)
        good = tensors_place(network, &network->layer[i], true, &network->weights_count, refusal);
    if (!good) {
        network_destroy(network);
        return false;
    }
    network->outputs = network->layer[network->layer_count - 1].outputs;
    return true;
}

void network_destroy(struct network *network)
{
    free(network->layer);
    network->layer = NULL;
    network->layer_count = 0;
}

void network_initialise(const struct network *network, uint64_t seed, real *parameters)
{
    memset(parameters, 0, network->weights_count * sizeof *parameters);
    for (size_t i = 0; i < network->layer_count; i++) {
        struct random_stream random;
        random_open(&random, seed, RANDOM_INITIAL, i);
        network->layer[i].class->initialise(&network->layer[i], parameters, &random);
    }
}

double network_flops(const struct network *network)
{
    double sum = 0, flops[3];
    for (size_t i = 0; i < network->layer_count; i++) {
        network->layer[i].class->flops(&network->layer[i], flops);
        sum += flops[0] + flops[1] + (network->layer[i].source > 0 ? flops[2] : 0);
    }
    return sum;
}

/* NULL when memory ran out. */
static real *buffer(size_t count)
{
    return memory_create(count, sizeof(real));
}

static bool layer_buffers(struct activations *activations, const struct layer *layer,
                          size_t forward_rows, size_t backward_rows)
{
    size_t kept = layer->kept_fixed + layer->kept_per_sample * backward_rows;
    activations->output[layer->index] = buffer(layer->outputs * forward_rows);
    if (kept)
        activations->kept[layer->index] = buffer(kept);
    return activations->output[layer->index] && (!kept || activations->kept[layer->index]);
}

bool activations_create(struct activations *activations, const struct network *network,
                        size_t forward_rows, size_t backward_rows, struct error *error)
{
    memset(activations, 0, sizeof *activations);
    size_t widest = 0, scratch = 0;
    activations->layer_count = network->layer_count;
    activations->input = buffer(network->inputs * forward_rows);
    if (network->reorders)
        activations->reordered = buffer(network->inputs * forward_rows);
    activations->output = calloc(network->layer_count, sizeof *activations->output);
    activations->kept = calloc(network->layer_count, sizeof *activations->kept);
    bool good = activations->input && (activations->reordered || !network->reorders) &&
                activations->output && activations->kept;
    for (size_t i = 0; good && i < network->layer_count; i++) {
        const struct layer *layer = &network->layer[i];
        widest = layer->outputs > widest ? layer->outputs : widest;
        size_t needed = layer->scratch_fixed + layer->scratch_per_sample * backward_rows;
        scratch = needed > scratch ? needed : scratch;
        good = layer_buffers(activations, layer, forward_rows, backward_rows);
    }
    for (int i = 0; good && i < 2; i++) {
        activations->gradient[i] = buffer(widest * backward_rows);
        good = activations->gradient[i] != NULL;
    }
    for (size_t i = 0; good && i < network->depth; i++) {
        activations->held[i] = buffer(widest * backward_rows);
        good = activations->held[i] != NULL;
    }
    activations->scratch = good ? buffer(scratch) : NULL;
    if (activations->scratch)
        return true;
    activations_destroy(activations);
    return error_set(error, "out of memory for the activations of %zu samples", forward_rows);
}

void activations_destroy(struct activations *activations)
{
    for (size_t i = 0; i < activations->layer_count; i++) {
        if (activations->output)
            free(activations->output[i]);
        if (activations->kept)
            free(activations->kept[i]);
    }
    free(activations->output);
    free(activations->kept);
    free(activations->input);
    free(activations->reordered);
    free(activations->gradient[0]);
    free(activations->gradient[1]);
    for (size_t i = 0; i < LAYER_DEPTH_MAX; i++)
        free(activations->held[i]);
    free(activations->scratch);
    memset(activations, 0, sizeof *activations);
}

/* [channels][places] to [places][channels], for each of `count` samples. */
MULTIVERSION static void channels_put_last(const real *restrict from, real *restrict to,
                                           size_t count, size_t channels, size_t places)
{
    for (size_t i = 0; i < count; i++, from += channels * places, to += channels * places)
        for (size_t c = 0; c < channels; c++)
            for (size_t p = 0; p < places; p++)
                to[p * channels + c] = from[c * places + p];
}

/* What a layer with this source takes. */
static const real *source_at(const struct network *network, const struct activations *activations,
                             size_t source)
{
    if (source > 0)
        return activations->output[source - 1];
    return network->reorders ? activations->reordered : activations->input;
}

real *network_forward(const struct network *network, const struct pass *pass,
                      const struct activations *activations)
{
    struct pass own = *pass;
    own.scratch = activations->scratch;
    if (network->reorders) {
        size_t channels = network->input.size[0];
        channels_put_last(activations->input, activations->reordered, pass->count, channels,
                          network->inputs / channels);
    }
    for (size_t i = 0; i < network->layer_count; i++) {
        const struct layer *layer = &network->layer[i];
        if (layer->class->project)
            own.shortcut = source_at(network, activations, layer->shortcut);
        layer->class->forward(layer, &own, source_at(network, activations, layer->source),
                              activations->output[i], pass->training ? activations->kept[i] : NULL);
    }
    return activations->output[network->layer_count - 1];
}

MULTIVERSION static void add(const real *restrict from, real *restrict to, size_t count)
{
    for (size_t i = 0; i < count; i++)
        to[i] += from[i];
}

static void exchange(real **one, real **other)
{
    real *kept = *one;
    *one = *other;
    *other = kept;
}

/* The joining layers whose branches a backward pass is in, the innermost last, and where the
 * gradient of each one's other branch waits meanwhile. */
struct branches {
    const struct layer *open[LAYER_DEPTH_MAX];
    real *held[LAYER_DEPTH_MAX];
    size_t depth;
};

/* The pass has left `layer` behind it, which left *gradient. Where a shortcut began there, the
 * list's turn comes; where a list did, the gradients of both are one. `count` numbers. */
static void branches_leave(struct branches *branches, const struct layer *layer, real **gradient,
                           size_t count)
{
    while (branches->depth > 0) {
        size_t top = branches->depth - 1;
        const struct layer *join = branches->open[top];
        if (layer->index == join->branch)
            exchange(gradient, &branches->held[top]);
        if (layer->index != join->first)
            return;
        /* The network's input needs no gradient. */
        if (layer->source > 0)
            add(branches->held[top], *gradient, count);
        branches->depth--;
    }
}

void network_backward(const struct network *network, const struct pass *pass,
                      const struct activations *activations, const struct gradient_sink *sink)
{
    struct pass own = *pass;
    own.scratch = activations->scratch;
    real *of_output = activations->gradient[0], *of_input = activations->gradient[1];
    struct branches branches = {.depth = 0};
    memcpy(branches.held, activations->held, sizeof branches.held);
    for (size_t i = network->layer_count; i-- > 0;) {
        const struct layer *layer = &network->layer[i];
        layer->class->backward(layer, &own, source_at(network, activations, layer->source),
                               activations->output[i], activations->kept[i], of_output,
                               layer->source > 0 ? of_input : NULL, sink);
        exchange(&of_output, &of_input);
        if (layer->class->project) {
            branches.open[branches.depth] = layer;
            exchange(&of_input, &branches.held[branches.depth++]);
        } else {
            branches_leave(&branches, layer, &of_output, pass->count * layer->inputs);
        }
    }
}

static bool watched(const struct network *network, size_t layer)
{
    return layer + 1 < network->layer_count && network->layer[layer].activation != ACTIVATION_NONE;
}

size_t network_watched_layers(const struct network *network)
{
    size_t count = 0;
    for (size_t i = 0; i < network->layer_count; i++)
        count += watched(network, i);
    return count;
}

/* The lowest and the highest number of each column of the matrix, whose rows are `stride` apart. */
MULTIVERSION static void columns_bound(const real *restrict matrix, size_t rows, size_t stride,
                                       size_t columns, real *restrict low, real *restrict high)
{
    for (size_t i = 0; i < rows; i++, matrix += stride)
        for (size_t j = 0; j < columns; j++) {
            low[j] = matrix[j] < low[j] ? matrix[j] : low[j];
            high[j] = matrix[j] > high[j] ? matrix[j] : high[j];
        }
}

/* How far the outputs of a layer's units range over the samples. */
struct ranges {
    size_t same, near; /* units with a range of 0, and of at most UNIT_NEAR */
    double widest;
};

static struct ranges layer_ranges(const struct layer *layer, const real *output, size_t count)
{
    enum { BLOCK = 256 };
    struct ranges ranges = {0};
    size_t columns = layer->units, rows = count * (layer->outputs / columns);
    rows = rows < NETWORK_WATCHED_ROWS ? rows : NETWORK_WATCHED_ROWS;
    for (size_t first = 0; first < columns; first += BLOCK) {
        real low[BLOCK], high[BLOCK];
        size_t width = columns - first < BLOCK ? columns - first : BLOCK;
        /* From the first row, so that a column that begins with what is not a number stays so. */
        memcpy(low, output + first, width * sizeof *low);
        memcpy(high, output + first, width * sizeof *high);
        columns_bound(output + first, rows, columns, width, low, high);
        for (size_t j = 0; j < width; j++) {
            double range = (double)high[j] - (double)low[j];
            ranges.same += range == 0;
            ranges.near += range <= UNIT_NEAR;
            ranges.widest = range <= ranges.widest ? ranges.widest : range;
        }
    }
    return ranges;
}

double network_watch(const struct network *network, const struct activations *activations,
                     size_t count, struct unit_shares *shares, double *same)
{
    size_t all_same = 0, units = 0, last = network->layer_count - 1;
    for (size_t i = 0; i < last; i++) {
        const struct layer *layer = &network->layer[i];
        if (!watched(network, i))
            continue;
        struct ranges ranges = layer_ranges(layer, activations->output[i], count);
        *shares++ = (struct unit_shares){.same = (double)ranges.same / (double)layer->units,
                                         .near = (double)ranges.near / (double)layer->units};
        all_same += ranges.same;
        units += layer->units;
    }
    *same = units ? (double)all_same / (double)units : NAN;
    return layer_ranges(&network->layer[last], activations->output[last], count).widest;
}
