/* image.c - windows over images, unrolled into matrices and back. */
#include "worker/trainer/image.h"

#include "common/portability.h"

#include <string.h>

static bool output_size(const struct window *window, size_t size, size_t *output)
{
    size_t reach = window->dilation * (window->kernel - 1) + 1;
    size_t padded = size + 2 * window->padding;
    if (padded < reach)
        return false;
    *output = (padded - reach) / window->stride + 1;
    return true;
}

bool window_place(struct window *window, const struct shape *input, const struct settings *settings,
                  struct refusal *refusal)
{
    if (input->rank != 3)
        return layer_refuse(settings, refusal,
                            "its input is a row of %zu numbers, not an image of channels, height "
                            "and width",
                            shape_count(input));
    window->channels = input->size[0];
    window->height = input->size[1];
    window->width = input->size[2];
    if (output_size(window, window->height, &window->output_height) &&
        output_size(window, window->width, &window->output_width))
        return true;
    return layer_refuse(
        settings, refusal, "its window of %zu x %zu places does not fit into an input of %zu x %zu",
        window->dilation * (window->kernel - 1) + 1, window->dilation * (window->kernel - 1) + 1,
        window->height + 2 * window->padding, window->width + 2 * window->padding);
}

enum { KERNEL, STRIDE, PADDING, DILATION };

void window_keep(const struct window *window, struct layer *layer, const struct shape *input,
                 size_t channels)
{
    layer_alike(layer, input);
    layer->geometry[KERNEL] = window->kernel;
    layer->geometry[STRIDE] = window->stride;
    layer->geometry[PADDING] = window->padding;
    layer->geometry[DILATION] = window->dilation;
    layer->output = (struct shape){.rank = 3,
                                   .size = {channels, window->output_height, window->output_width},
                                   .channels_last = true};
    layer->outputs = shape_count(&layer->output);
    layer->units = channels;
}

struct window window_of(const struct layer *layer)
{
    return (struct window){.kernel = layer->geometry[KERNEL],
                           .stride = layer->geometry[STRIDE],
                           .padding = layer->geometry[PADDING],
                           .dilation = layer->geometry[DILATION],
                           .channels = layer->input.size[0],
                           .height = layer->input.size[1],
                           .width = layer->input.size[2],
                           .output_height = layer->output.size[1],
                           .output_width = layer->output.size[2]};
}

void window_clip(const struct window *window, size_t at, size_t size, size_t *first, size_t *last,
                 ptrdiff_t *start)
{
    ptrdiff_t step = (ptrdiff_t)window->dilation;
    *start = (ptrdiff_t)(at * window->stride) - (ptrdiff_t)window->padding;
    *first = *start < 0 ? (size_t)((-*start + step - 1) / step) : 0;
    *first = *first < window->kernel ? *first : window->kernel;
    *last = *start < (ptrdiff_t)size ? (size_t)(((ptrdiff_t)size - *start + step - 1) / step) : 0;
    *last = *last < window->kernel ? *last : window->kernel;
    *last = *last > *first ? *last : *first;
}

/* A loop and no memcpy: a part of a row is a few numbers long. */
static inline void copy(const real *restrict from, real *restrict to, size_t count)
{
    for (size_t i = 0; i < count; i++)
        to[i] = from[i];
}

static inline void zero(real *to, size_t count)
{
    for (size_t i = 0; i < count; i++)
        to[i] = 0;
}

static inline void add(const real *restrict from, real *restrict to, size_t count)
{
    for (size_t i = 0; i < count; i++)
        to[i] += from[i];
}

/* One row of the window: kernel positions first .. last - 1 are inside. */
static inline void row_out(const struct window *window, const real *row, real *columns,
                           size_t first, size_t last, ptrdiff_t start)
{
    size_t channels = window->channels, step = window->dilation * channels;
    const real *from = row + (start + (ptrdiff_t)(first * window->dilation)) * (ptrdiff_t)channels;
    zero(columns, first * channels);
    if (window->dilation == 1)
        copy(from, columns + first * channels, (last - first) * channels);
    else
        for (size_t k = first; k < last; k++, from += step)
            copy(from, columns + k * channels, channels);
    zero(columns + last * channels, (window->kernel - last) * channels);
}

enum { LANE = 16 };

/* to[i][0 .. run - 1] = from[i][0 .. run - 1]. Runs of three numbers (one channel, a window of
 * three) and of whole vectors are what most layers have. */
static inline void copy_runs(const real *restrict from, size_t from_step, real *restrict to,
                             size_t to_step, size_t count, size_t run)
{
    if (run == 3) {
        for (size_t i = 0; i < count; i++, from += from_step, to += to_step) {
            to[0] = from[0];
            to[1] = from[1];
            to[2] = from[2];
        }
    } else if (run % LANE == 0) {
        for (size_t i = 0; i < count; i++, from += from_step, to += to_step)
            for (size_t j = 0; j < run; j += LANE)
                memcpy(to + j, from + j, LANE * sizeof *to);
    } else {
        for (size_t i = 0; i < count; i++, from += from_step, to += to_step)
            copy(from, to, run);
    }
}

/* The output positions from *first to *last - 1 have all of their window inside. */
static void window_inside(const struct window *window, size_t size, size_t outputs, size_t *first,
                          size_t *last)
{
    size_t reach = window->dilation * (window->kernel - 1) + 1;
    *first = (window->padding + window->stride - 1) / window->stride;
    *last =
        size + window->padding >= reach ? (size + window->padding - reach) / window->stride + 1 : 0;
    *last = *last < outputs ? *last : outputs;
    *first = *first < *last ? *first : *last;
}

/* One row of the windows at output positions first_x .. last_x - 1, which can lie half outside. */
static inline void edge_out(const struct window *window, const real *row, real *columns,
                            size_t first_x, size_t last_x)
{
    size_t depth = window->kernel * window->kernel * window->channels, first, last;
    ptrdiff_t start;
    for (size_t x = first_x; x < last_x; x++) {
        window_clip(window, x, window->width, &first, &last, &start);
        row_out(window, row, columns + x * depth, first, last, start);
    }
}

MULTIVERSION void image_to_columns(const struct window *window, const real *image, real *columns)
{
    size_t kernel = window->kernel, channels = window->channels, width = kernel * channels;
    size_t depth = kernel * width, step = window->stride * channels, inside, outside;
    window_inside(window, window->width, window->output_width, &inside, &outside);
    if (window->dilation != 1)
        inside = outside = window->output_width;
    for (size_t y = 0; y < window->output_height; y++, columns += window->output_width * depth) {
        size_t top, bottom;
        ptrdiff_t start_y;
        window_clip(window, y, window->height, &top, &bottom, &start_y);
        for (size_t k = 0; k < kernel; k++) {
            real *to = columns + k * width;
            if (k < top || k >= bottom) {
                for (size_t x = 0; x < window->output_width; x++)
                    zero(to + x * depth, width);
                continue;
            }
            size_t at = (size_t)(start_y + (ptrdiff_t)(k * window->dilation));
            const real *row = image + at * window->width * channels;
            edge_out(window, row, to, 0, inside);
            if (inside < outside)
                copy_runs(row + inside * step - window->padding * channels, step,
                          to + inside * depth, depth, outside - inside, width);
            edge_out(window, row, to, outside, window->output_width);
        }
    }
}

static inline void row_in(const struct window *window, const real *columns, real *row, size_t first,
                          size_t last, ptrdiff_t start)
{
    size_t channels = window->channels, step = window->dilation * channels;
    real *to = row + (start + (ptrdiff_t)(first * window->dilation)) * (ptrdiff_t)channels;
    if (window->dilation == 1)
        add(columns + first * channels, to, (last - first) * channels);
    else
        for (size_t k = first; k < last; k++, to += step)
            add(columns + k * channels, to, channels);
}

MULTIVERSION void columns_to_image(const struct window *window, const real *columns, real *image)
{
    size_t width = window->kernel * window->channels;
    memset(image, 0, window->height * window->width * window->channels * sizeof *image);
    for (size_t y = 0; y < window->output_height; y++) {
        size_t top, bottom, first, last;
        ptrdiff_t start_y, start_x;
        window_clip(window, y, window->height, &top, &bottom, &start_y);
        for (size_t x = 0; x < window->output_width; x++) {
            window_clip(window, x, window->width, &first, &last, &start_x);
            for (size_t k = top; k < bottom; k++) {
                size_t row = (size_t)(start_y + (ptrdiff_t)(k * window->dilation));
                row_in(window, columns + k * width, image + row * window->width * window->channels,
                       first, last, start_x);
            }
            columns += window->kernel * width;
        }
    }
}
