/* part_files.h - formats of text whose training, validation and test samples each have a file:
 * data.path, and data.validation_path and data.test_path if they are there. */
#ifndef LRSWEEP_WORKER_DATA_PART_FILES_H
#define LRSWEEP_WORKER_DATA_PART_FILES_H

#include "common/error.h"
#include "worker/data/format.h"

enum part { PART_TRAIN, PART_VALIDATION, PART_TEST, PART_COUNT };

bool part_files_find(const json_t *data, struct format_files *files, struct error *error);

/* The texts of the files, unpacked and NUL-terminated; NULL for a file that is not there. */
struct part_texts {
    const char *path[PART_COUNT]; /* borrowed */
    char *text[PART_COUNT];
    size_t bytes[PART_COUNT];
};

/* A text with a NUL byte in it is refused. */
bool part_texts_load(struct part_texts *texts, const struct format_files *files,
                     struct error *error);
void part_texts_free(struct part_texts *texts);

/* What the samples are called by: classes until they are numbered. */
struct label_column {
    const char **text; /* [total], borrowed from the texts */
    double *number;    /* [total] */
    size_t *row;       /* [total]: where each stands in its file */
    bool numeric;      /* all training labels are numbers */
};

bool label_column_create(struct label_column *column, size_t total, struct error *error);
void label_column_free(struct label_column *column);
void label_column_set(struct label_column *column, enum part part, size_t sample, const char *text,
                      size_t row);

/* Fills room->labels and layout->class_count: by value where all training labels are numbers,
 * otherwise by their bytes. */
bool label_column_number(const struct label_column *column, const struct part_texts *texts,
                         struct data_layout *layout, const struct data_room *room,
                         struct error *error);

/* A finite number of type float that fills the whole text. */
bool text_number(const char *text, double *value);

/* data.classes; absent: true. */
bool part_files_classes(const json_t *data);

#endif
