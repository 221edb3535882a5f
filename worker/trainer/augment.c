/* augment.c - copies an image row by row, moved and mirrored. */
#include "worker/trainer/augment.h"

#include "common/random.h"

#include <string.h>

/* Where an output row's numbers come from: column `from` of the image is the first of `count` that
 * stand from column `at` on; the other columns are 0. */
struct span {
    size_t from, at, count;
};

/* `offset` columns of the padded image are cut off before the first. */
static struct span span_place(size_t width, size_t crop, size_t offset)
{
    if (offset < crop)
        return (struct span){.at = crop - offset, .count = width - (crop - offset)};
    return (struct span){.from = offset - crop, .count = width - (offset - crop)};
}

/* Exchanges the first number of `bytes` bytes with the last, and so on. Byte by byte: numbers are
 * short, and a call for each would take longer. */
static void mirror(char *row, size_t width, size_t bytes)
{
    char *right = row + width * bytes;
    for (char *left = row; left < (right -= bytes); left += bytes)
        for (size_t i = 0; i < bytes; i++) {
            char kept = left[i];
            left[i] = right[i];
            right[i] = kept;
        }
}

void augment(const struct augmentation *augmentation, const struct dataset *dataset, uint64_t seed,
             uint64_t epoch, uint32_t sample, void *to)
{
    const size_t channels = dataset->shape[0], height = dataset->shape[1];
    const size_t width = dataset->shape[2], bytes = storage_bytes(dataset->storage);
    const size_t row_bytes = width * bytes, crop = augmentation->crop;
    const char *image = (const char *)dataset->split[SPLIT_TRAIN].features +
                        sample * dataset->feature_count * bytes;
    struct random_stream random;
    random_open(&random, seed, RANDOM_AUGMENT, epoch << 32 | sample);
    size_t top = random_below(&random, (uint32_t)(2 * crop + 1));
    size_t left = random_below(&random, (uint32_t)(2 * crop + 1));
    bool flipped = random_below(&random, 2) == 1 && augmentation->flip;
    const struct span rows = span_place(height, crop, top);
    const struct span columns = span_place(width, crop, left);

    memset(to, 0, dataset->feature_count * bytes);
    for (size_t c = 0; c < channels; c++)
        for (size_t y = 0; y < rows.count; y++) {
            char *row = (char *)to + (c * height + rows.at + y) * row_bytes;
            memcpy(row + columns.at * bytes,
                   image + (c * height + rows.from + y) * row_bytes + columns.from * bytes,
                   columns.count * bytes);
            if (flipped)
                mirror(row, width, bytes);
        }
}
