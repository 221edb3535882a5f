/* formats.c - the data formats that `data.format` can name. */
#include "common/catalogue/catalogue.h"

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

static const struct catalogue_key idx_keys[] = {
    {.name = "path",
     .type = KEY_PATH,
     .text = "folder of the four files, as train-images-idx3-ubyte or .gz; relative: starts at the "
             "study file's"},
    {.name = "scale",
     .type = KEY_TEXT,
     .fallback = "unit",
     .choices = "none unit",
     .text = "unit: bytes divided by 255; none: 0 to 255 as they are"},
};

static const struct catalogue_entry entries[] = {
    {.name = "idx",
     .text = "images and labels of the MNIST family",
     .source = "LeCun, Cortes and Burges, the MNIST database: the IDX file format",
     .keys = idx_keys,
     .key_count = COUNT_OF(idx_keys)},
};

static size_t count(void)
{
    return COUNT_OF(entries);
}

static const struct catalogue_entry *entry(size_t index)
{
    return &entries[index];
}

const struct catalogue catalogue_formats = {
    .kind = "data format", .plural = "formats", .count = count, .entry = entry};
