/* format.h - a data format: which files make a data set, what they hold, and how to unpack them.
 *
 * One row of the table in formats.c a format, one file in formats/ a row. A format finds its files
 * first (that is all the key of the shared copy needs), and only the process that makes the copy
 * measures and unpacks them. */
#ifndef LRSWEEP_WORKER_DATA_FORMAT_H
#define LRSWEEP_WORKER_DATA_FORMAT_H

#include "common/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FORMAT_FILES_MAX  8
#define FORMAT_PATH_BYTES 4096
#define SHAPE_RANK_MAX    4

enum storage {
    STORAGE_U8, /* bytes, scaled when a batch is gathered */
    STORAGE_F32
};

size_t storage_bytes(enum storage storage);

/* The files of a data set, in an order that the format knows. "": an optional file is not there. */
struct format_files {
    char path[FORMAT_FILES_MAX][FORMAT_PATH_BYTES]; /* absolute */
    size_t count;
};

/* What a study asks for. */
struct data_request {
    const json_t *data; /* the study's group; borrowed */
    uint64_t seed;
    struct format_files files; /* set by find */
};

/* What the files hold. The samples of the training files come first, then those of the validation
 * files and of the test files; a format may have none of either. */
struct data_layout {
    uint64_t train_count, validation_count, test_count;
    uint64_t feature_count;         /* numbers in a sample: the product of `shape` */
    uint32_t shape[SHAPE_RANK_MAX]; /* of a sample, e.g. {channels, height, width} */
    uint32_t shape_rank;
    uint32_t class_count;  /* set by unpack; 0 where there are targets */
    uint32_t target_count; /* numbers to predict for each sample; 0: there are classes */
    uint32_t storage;      /* enum storage */
};

/* Where unpack puts them. */
struct data_room {
    void *features;  /* [samples][feature_count] in the layout's storage */
    int32_t *labels; /* [samples], or NULL where there are targets */
    float *targets;  /* [samples][target_count], or NULL where there are classes */
};

struct data_format {
    const char *name;
    /* Names the files that `request->data` asks for. NULL: the data are generated. */
    bool (*find)(const json_t *data, struct format_files *files, struct error *error);
    /* Reads their headers. Whatever can be known to be wrong without unpacking is refused here. */
    bool (*measure)(const struct data_request *request, struct data_layout *layout,
                    struct error *error);
    /* Unpacks everything, checks it, and sets layout->class_count. Errors name path and offset, or
     * row and column. */
    bool (*unpack)(const struct data_request *request, struct data_layout *layout,
                   const struct data_room *room, struct error *error);
};

/* NULL if there is none of that name. */
const struct data_format *data_format_find(const char *name);

extern const struct data_format format_idx;
extern const struct data_format format_cifar10;
extern const struct data_format format_cifar100;
extern const struct data_format format_npy;
extern const struct data_format format_csv;
extern const struct data_format format_libsvm;
extern const struct data_format format_spirals;
extern const struct data_format format_teacher;
extern const struct data_format format_quadratic;

#endif
