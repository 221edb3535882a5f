/* image.h - a window that moves over an image: the geometry that convolution and pooling share.
 *
 * Images are kept as [height][width][channels]: the numbers of neighbouring places in a row are
 * neighbours in memory, and passes over channels fill vectors. */
#ifndef LRSWEEP_WORKER_TRAINER_IMAGE_H
#define LRSWEEP_WORKER_TRAINER_IMAGE_H

#include "worker/trainer/layer.h"

struct window {
    size_t kernel, stride, padding, dilation;
    size_t channels;
    size_t height, width;               /* of the input */
    size_t output_height, output_width; /* floor((size + 2 padding - dilation (kernel - 1) - 1)
                                           / stride) + 1 */
};

/* Fills sizes from the input's shape and the kernel, stride, padding and dilation that are set;
 * refuses an input that is no image and a window that is larger than it. */
bool window_place(struct window *window, const struct shape *input, const struct settings *settings,
                  struct refusal *refusal);

/* Sets shapes, units and geometry of a layer that gives an image of `channels` channels, a place
 * for each of the window's; window_of gives the window back. */
void window_keep(const struct window *window, struct layer *layer, const struct shape *input,
                 size_t channels);
struct window window_of(const struct layer *layer);

/* The places that a row or column of the window covers: kernel positions first .. last - 1 of
 * output position `at` lie inside an input of `size`; *start is where position 0 lies, which can be
 * outside. */
void window_clip(const struct window *window, size_t at, size_t size, size_t *first, size_t *last,
                 ptrdiff_t *start);

/* columns[places][kernel][kernel][channels] from one image, 0 outside of it. */
void image_to_columns(const struct window *window, const real *image, real *columns);

/* Adds columns to the places of the image that they came from; the image is set to 0 first. */
void columns_to_image(const struct window *window, const real *columns, real *image);

#endif
