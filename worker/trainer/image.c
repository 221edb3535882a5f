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

MULTIVERSION void image_to_columns(const struct window *window, const real *image, real *columns)
{
    size_t width = window->kernel * window->channels;
    for (size_t y = 0; y < window->output_height; y++) {
        size_t top, bottom, first, last;
        ptrdiff_t start_y, start_x;
        window_clip(window, y, window->height, &top, &bottom, &start_y);
        for (size_t x = 0; x < window->output_width; x++) {
            window_clip(window, x, window->width, &first, &last, &start_x);
            zero(columns, top * width);
            for (size_t k = top; k < bottom; k++) {
                size_t row = (size_t)(start_y + (ptrdiff_t)(k * window->dilation));
                row_out(window, image + row * window->width * window->channels, columns + k * width,
                        first, last, start_x);
            }
            zero(columns + bottom * width, (window->kernel - bottom) * width);
            columns += window->kernel * width;
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
