/* pool.c - the largest number, or the mean, of each window of each channel (torch.nn.MaxPool2d,
 * AvgPool2d without padding), and of the whole image (AdaptiveAvgPool2d(1), then flattened).
 *
 * Of equal largest numbers the first, row by row, gets the gradient, as in PyTorch; what is not a
 * number is larger than all. */
#include "common/portability.h"
#include "worker/trainer/image.h"

#include <string.h>

static bool configure(struct layer *layer, const struct settings *settings,
                      const struct shape *input, struct refusal *refusal)
{
    size_t kernel, stride;
    if (!settings_count(settings, "kernel_size", &kernel, refusal) ||
        !settings_count(settings, "stride", &stride, refusal))
        return false;
    struct window window = {.kernel = kernel, .stride = stride ? stride : kernel, .dilation = 1};
    if (!window_place(&window, input, settings, refusal))
        return false;
    window_keep(&window, layer, input, window.channels);
    return true;
}

static bool configure_max(struct layer *layer, const struct settings *settings,
                          const struct shape *input, struct refusal *refusal)
{
    bool good = configure(layer, settings, input, refusal);
    layer->kept_per_sample = layer->outputs; /* which place of its window is the largest */
    return good;
}

/* best = the larger of it and x; which = k where it is x */
static inline void larger(const real *restrict x, real *restrict best, real *restrict which,
                          size_t count, real k)
{
    for (size_t c = 0; c < count; c++) {
        bool new = x[c] > best[c] || x[c] != x[c];
        best[c] = new ? x[c] : best[c];
        which[c] = new ? k : which[c];
    }
}

static inline void larger_alone(const real *restrict x, real *restrict best, size_t count)
{
    for (size_t c = 0; c < count; c++)
        best[c] = x[c] > best[c] || x[c] != x[c] ? x[c] : best[c];
}

MULTIVERSION static void max_image(const struct window *window, const real *image, real *output,
                                   real *which)
{
    size_t channels = window->channels, row = window->width * channels;
    for (size_t y = 0; y < window->output_height; y++)
        for (size_t x = 0; x < window->output_width; x++, output += channels) {
            const real *corner = image + y * window->stride * row + x * window->stride * channels;
            memcpy(output, corner, channels * sizeof *output);
            if (which)
                memset(which, 0, channels * sizeof *which);
            for (size_t k = 1; k < window->kernel * window->kernel; k++) {
                const real *from =
                    corner + k / window->kernel * row + k % window->kernel * channels;
                if (which)
                    larger(from, output, which, channels, (real)k);
                else
                    larger_alone(from, output, channels);
            }
            which = which ? which + channels : NULL;
        }
}

static void forward_max(const struct layer *layer, const struct pass *pass, const real *input,
                        real *output, real *kept)
{
    const struct window window = window_of(layer);
    for (size_t i = 0; i < pass->count; i++)
        max_image(&window, input + i * layer->inputs, output + i * layer->outputs,
                  kept ? kept + i * layer->outputs : NULL);
}

static inline void add_where(const real *restrict gradient, const real *restrict which, real k,
                             real *restrict to, size_t count)
{
    for (size_t c = 0; c < count; c++)
        to[c] += which[c] == k ? gradient[c] : 0;
}

/* Where windows do not overlap there is nothing to add to. */
static inline void set_where(const real *restrict gradient, const real *restrict which, real k,
                             real *restrict to, size_t count)
{
    for (size_t c = 0; c < count; c++)
        to[c] = which[c] == k ? gradient[c] : 0;
}

MULTIVERSION static void max_image_gradient(const struct window *window, const real *gradient,
                                            const real *which, real *image)
{
    size_t channels = window->channels, row = window->width * channels;
    bool tiled = window->stride == window->kernel &&
                 window->output_height * window->stride == window->height &&
                 window->output_width * window->stride == window->width;
    if (!tiled)
        memset(image, 0, window->height * row * sizeof *image);
    for (size_t y = 0; y < window->output_height; y++)
        for (size_t x = 0; x < window->output_width; x++) {
            real *corner = image + y * window->stride * row + x * window->stride * channels;
            for (size_t k = 0; k < window->kernel * window->kernel; k++) {
                real *to = corner + k / window->kernel * row + k % window->kernel * channels;
                if (tiled)
                    set_where(gradient, which, (real)k, to, channels);
                else
                    add_where(gradient, which, (real)k, to, channels);
            }
            gradient += channels;
            which += channels;
        }
}

static void backward_max(const struct layer *layer, const struct pass *pass, const real *input,
                         const real *output, const real *kept, real *output_gradient,
                         real *input_gradient, const struct gradient_sink *sink)
{
    (void)input;
    (void)output;
    (void)sink;
    const struct window window = window_of(layer);
    for (size_t i = 0; input_gradient && i < pass->count; i++)
        max_image_gradient(&window, output_gradient + i * layer->outputs, kept + i * layer->outputs,
                           input_gradient + i * layer->inputs);
}

static inline void add_scaled(const real *restrict from, real *restrict to, size_t count,
                              real scale)
{
    for (size_t c = 0; c < count; c++)
        to[c] += scale * from[c];
}

/* The output from the image, or with `back` the image from the output. */
MULTIVERSION static void average_image(const struct window *window, real *image, real *output,
                                       bool back)
{
    size_t channels = window->channels, row = window->width * channels;
    size_t area = window->kernel * window->kernel;
    real share = 1 / (real)area;
    if (back)
        memset(image, 0, window->height * row * sizeof *image);
    for (size_t y = 0; y < window->output_height; y++)
        for (size_t x = 0; x < window->output_width; x++, output += channels) {
            real *corner = image + y * window->stride * row + x * window->stride * channels;
            if (!back)
                memset(output, 0, channels * sizeof *output);
            for (size_t k = 0; k < area; k++) {
                real *at = corner + k / window->kernel * row + k % window->kernel * channels;
                add_scaled(back ? output : at, back ? at : output, channels, share);
            }
        }
}

static void forward_average(const struct layer *layer, const struct pass *pass, const real *input,
                            real *output, real *kept)
{
    (void)kept;
    const struct window window = window_of(layer);
    for (size_t i = 0; i < pass->count; i++)
        average_image(&window, (real *)input + i * layer->inputs, output + i * layer->outputs,
                      false);
}

static void backward_average(const struct layer *layer, const struct pass *pass, const real *input,
                             const real *output, const real *kept, real *output_gradient,
                             real *input_gradient, const struct gradient_sink *sink)
{
    (void)input;
    (void)output;
    (void)kept;
    (void)sink;
    const struct window window = window_of(layer);
    for (size_t i = 0; input_gradient && i < pass->count; i++)
        average_image(&window, input_gradient + i * layer->inputs,
                      output_gradient + i * layer->outputs, true);
}

static bool configure_global(struct layer *layer, const struct settings *settings,
                             const struct shape *input, struct refusal *refusal)
{
    struct window window = {.kernel = 1, .stride = 1, .dilation = 1};
    if (!window_place(&window, input, settings, refusal))
        return false;
    layer_alike(layer, input);
    layer->output = (struct shape){.rank = 1, .size = {window.channels}};
    layer->outputs = layer->units = window.channels;
    return true;
}

MULTIVERSION static void mean_places(const real *restrict image, real *restrict output,
                                     size_t places, size_t channels)
{
    for (size_t p = 0; p < places; p++, image += channels)
        for (size_t c = 0; c < channels; c++)
            output[c] += image[c];
    real share = 1 / (real)places;
    for (size_t c = 0; c < channels; c++)
        output[c] *= share;
}

MULTIVERSION static void spread(const real *restrict gradient, real *restrict image, size_t places,
                                size_t channels)
{
    real share = 1 / (real)places;
    for (size_t p = 0; p < places; p++, image += channels)
        for (size_t c = 0; c < channels; c++)
            image[c] = share * gradient[c];
}

static void forward_global(const struct layer *layer, const struct pass *pass, const real *input,
                           real *output, real *kept)
{
    (void)kept;
    size_t channels = layer->outputs;
    memset(output, 0, pass->count * channels * sizeof *output);
    for (size_t i = 0; i < pass->count; i++)
        mean_places(input + i * layer->inputs, output + i * channels, layer->inputs / channels,
                    channels);
}

static void backward_global(const struct layer *layer, const struct pass *pass, const real *input,
                            const real *output, const real *kept, real *output_gradient,
                            real *input_gradient, const struct gradient_sink *sink)
{
    (void)input;
    (void)output;
    (void)kept;
    (void)sink;
    size_t channels = layer->outputs;
    for (size_t i = 0; input_gradient && i < pass->count; i++)
        spread(output_gradient + i * channels, input_gradient + i * layer->inputs,
               layer->inputs / channels, channels);
}

/* A comparison or an addition for each number of each window. */
static void flops(const struct layer *layer, double flops[3])
{
    const struct window window = window_of(layer);
    flops[0] = flops[2] = (double)layer->outputs * (double)(window.kernel * window.kernel);
    flops[1] = 0;
}

static void flops_global(const struct layer *layer, double flops[3])
{
    flops[0] = flops[2] = (double)layer->inputs;
    flops[1] = 0;
}

const struct layer_class layer_max_pool = {.name = "max_pool",
                                           .order = IMAGE_ORDER_LAST,
                                           .configure = configure_max,
                                           .initialise = layer_initialise_nothing,
                                           .forward = forward_max,
                                           .backward = backward_max,
                                           .flops = flops};

const struct layer_class layer_avg_pool = {.name = "avg_pool",
                                           .order = IMAGE_ORDER_LAST,
                                           .configure = configure,
                                           .initialise = layer_initialise_nothing,
                                           .forward = forward_average,
                                           .backward = backward_average,
                                           .flops = flops};

const struct layer_class layer_global_avg_pool = {.name = "global_avg_pool",
                                                  .order = IMAGE_ORDER_LAST,
                                                  .configure = configure_global,
                                                  .initialise = layer_initialise_nothing,
                                                  .forward = forward_global,
                                                  .backward = backward_global,
                                                  .flops = flops_global};
