/* formats.c - the data formats that `data.format` can name. */
#include "common/catalogue/catalogue.h"

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

#define IMAGE_SCALE                                                                                \
    {                                                                                              \
        .name = "scale", .type = KEY_TEXT, .fallback = "unit", .choices = "none unit standard",    \
        .text = "unit: bytes divided by 255; standard: mean 0, deviation 1 of each channel over "  \
                "the training samples; none: 0 to 255 as they are"                                 \
    }

static const struct catalogue_key idx_keys[] = {
    {.name = "path",
     .type = KEY_PATH,
     .text = "folder of the four files, as train-images-idx3-ubyte or .gz; relative: starts at the "
             "study file's"},
    IMAGE_SCALE,
};

static const struct catalogue_key cifar10_keys[] = {
    {.name = "path",
     .type = KEY_PATH,
     .text = "folder of data_batch_1.bin to data_batch_5.bin and test_batch.bin, or .gz"},
    IMAGE_SCALE,
};

static const struct catalogue_key cifar100_keys[] = {
    {.name = "path",
     .type = KEY_PATH,
     .text = "folder of train.bin and test.bin, or .gz; the fine labels are learned"},
    IMAGE_SCALE,
};

#define CLASSES_KEY                                                                                \
    {                                                                                              \
        .name = "classes", .type = KEY_BOOL, .fallback = "true",                                   \
        .text = "true: a sample's target is its class; false: it is a number to predict"           \
    }

static const struct catalogue_key npy_keys[] = {
    {.name = "path",
     .type = KEY_PATH,
     .text = "folder of x_train.npy and y_train.npy (and x_test, y_test, x_validation, "
             "y_validation), or one .npz with these members; the first dimension counts samples"},
    {.name = "scale",
     .type = KEY_TEXT,
     .fallback = "",
     .choices = "none unit standard",
     .text = "left out: unit for bytes, none otherwise; unit: bytes divided by 255; standard: mean "
             "0, deviation 1 of each feature (or channel of images) over the training samples"},
    CLASSES_KEY,
};

#define PART_PATH_KEYS                                                                             \
    {.name = "path", .type = KEY_PATH, .text = "the training samples' file, plain or gzipped"},    \
        {.name = "validation_path",                                                                \
         .type = KEY_PATH,                                                                         \
         .fallback = "",                                                                           \
         .text = "the validation samples' file; left out: data.validation of the training set"},   \
    {                                                                                              \
        .name = "test_path", .type = KEY_PATH, .fallback = "",                                     \
        .text = "the test samples' file; left out: data.test of the training set"                  \
    }

#define FLOAT_SCALE                                                                                \
    {                                                                                              \
        .name = "scale", .type = KEY_TEXT, .fallback = "none", .choices = "none standard",         \
        .text = "none: numbers as they are; standard: mean 0, deviation 1 of each feature over "   \
                "the training samples"                                                             \
    }

static const struct catalogue_key csv_keys[] = {
    PART_PATH_KEYS,
    {.name = "target",
     .type = KEY_TEXT,
     .fallback = "",
     .text = "the target's column: its name, or its number from 1, in quotes; left out: the last"},
    CLASSES_KEY,
    {.name = "header",
     .type = KEY_BOOL,
     .fallback = "true",
     .text = "the first row holds the columns' names"},
    {.name = "separator",
     .type = KEY_TEXT,
     .fallback = "comma",
     .choices = "comma semicolon tab",
     .text = "what stands between two columns"},
    FLOAT_SCALE,
};

static const struct catalogue_key libsvm_keys[] = {
    PART_PATH_KEYS,
    CLASSES_KEY,
    FLOAT_SCALE,
};

#define SAMPLES_KEY                                                                                \
    {                                                                                              \
        .name = "samples", .type = KEY_INTEGER, .fallback = "1000", .low = 2, .high = 1e8,         \
        .text = "how many are made; validation and test samples are held out of them"              \
    }

static const struct catalogue_key spirals_keys[] = {
    SAMPLES_KEY,
    {.name = "arms",
     .type = KEY_INTEGER,
     .fallback = "2",
     .low = 2,
     .high = 1000,
     .text = "of the spiral: the classes"},
    {.name = "turns",
     .type = KEY_REAL,
     .fallback = "1.5",
     .low = 0,
     .high = 1000,
     .text = "of an arm, from the centre to its end"},
    {.name = "noise",
     .type = KEY_REAL,
     .fallback = "0.1",
     .low = 0,
     .high = 1000,
     .text = "standard deviation of a sample's angle, in radians"},
};

static const struct catalogue_key teacher_keys[] = {
    SAMPLES_KEY,
    {.name = "features",
     .type = KEY_INTEGER,
     .fallback = "16",
     .low = 1,
     .high = 1048576,
     .text = "numbers in a sample"},
    {.name = "hidden",
     .type = KEY_INTEGER,
     .fallback = "8",
     .low = 1,
     .high = 1048576,
     .text = "hidden units of the teacher"},
    {.name = "noise",
     .type = KEY_REAL,
     .fallback = "0.0",
     .low = 0,
     .high = 1e6,
     .text = "standard deviation of what is added to a target"},
};

static const struct catalogue_key quadratic_keys[] = {
    {.name = "dimensions",
     .type = KEY_INTEGER,
     .fallback = "10",
     .low = 1,
     .high = 10000,
     .text = "of the parameters; as many samples, which train, validate and test"},
    {.name = "lambda_min",
     .type = KEY_REAL,
     .fallback = "0.1",
     .low = 0,
     .low_open = true,
     .high = 1e12,
     .text = "smallest eigenvalue of the loss's Hessian"},
    {.name = "lambda_max",
     .type = KEY_REAL,
     .fallback = "1.0",
     .low = 0,
     .low_open = true,
     .high = 1e12,
     .text = "largest eigenvalue; between them they are spaced evenly on a log scale"},
};

static const struct catalogue_entry entries[] = {
    {.name = "idx",
     .text = "images and labels of the MNIST family",
     .source = "LeCun, Cortes and Burges, the MNIST database: the IDX file format",
     .keys = idx_keys,
     .key_count = COUNT_OF(idx_keys)},
    {.name = "cifar10",
     .text = "32 x 32 colour images of 10 classes, the binary version",
     .source = "Krizhevsky, Learning multiple layers of features from tiny images, 2009",
     .keys = cifar10_keys,
     .key_count = COUNT_OF(cifar10_keys)},
    {.name = "cifar100",
     .text = "32 x 32 colour images of 100 classes, the binary version",
     .source = "Krizhevsky, Learning multiple layers of features from tiny images, 2009",
     .keys = cifar100_keys,
     .key_count = COUNT_OF(cifar100_keys)},
    {.name = "npy",
     .text = "NumPy's arrays of integers and floats, in C or Fortran order",
     .source = "numpy.lib.format",
     .keys = npy_keys,
     .key_count = COUNT_OF(npy_keys)},
    {.name = "csv",
     .text = "a table as text; features are numbers, classes numbers or words; nothing may be "
             "missing",
     .source = "RFC 4180",
     .keys = csv_keys,
     .key_count = COUNT_OF(csv_keys)},
    {.name = "libsvm",
     .text = "sparse samples as text: LABEL INDEX:VALUE ..., what is not written is 0",
     .source = "Chang and Lin, LIBSVM",
     .keys = libsvm_keys,
     .key_count = COUNT_OF(libsvm_keys)},
    {.name = "spirals",
     .text = "generated: points of the plane, a class on each arm of a spiral",
     .source = "Lang and Witbrock, Learning to tell two spirals apart, 1988",
     .keys = spirals_keys,
     .key_count = COUNT_OF(spirals_keys)},
    {.name = "teacher",
     .text = "generated: the outputs of a random network, sum of v tanh(w x) + noise, to predict",
     .source = "Seung, Sompolinsky and Tishby, Statistical mechanics of learning from examples, "
               "1992",
     .keys = teacher_keys,
     .key_count = COUNT_OF(teacher_keys)},
    {.name = "quadratic",
     .text = "generated: least squares of a known spectrum, for one dense unit without bias and "
             "batch_size = 0: rates below 2 / lambda_max converge, with momentum below "
             "2 (1 + momentum) / lambda_max",
     .source = "Polyak, Some methods of speeding up the convergence of iteration methods, 1964",
     .keys = quadratic_keys,
     .key_count = COUNT_OF(quadratic_keys)},
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
