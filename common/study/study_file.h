/* study_file.h - reads a study file (libconfig), checks all of it, and resolves it.
 *
 * The result is the resolved study: a JSON document in the study file's own structure with every
 * default filled in. It is what `lrsweep check` prints, what the study's database keeps, what ranks
 * broadcast and what a trainer is given; nothing else reads libconfig. Its shape is documented in
 * study_document.h.
 *
 * - `@include "PATH"` on a line of its own: PATH starts at the folder of the file that includes.
 * - `--set PATH=VALUE`: PATH is a setting such as train.momentum or model.layers[0].units, VALUE
 * what a study file would hold, where a word needs no quotes. It replaces what is there, whatever
 * its type, or adds to it; groups on the way are made. An index one past the end of a list appends.
 *   An empty VALUE takes the setting away.
 * - A relative data.path starts at the folder of the file that it stands in; with --set, at the
 *   current directory. It is absolute in the resolved study.
 * - A study file is bounded (study_source.h), so that a hostile one costs little. */
#ifndef LRSWEEP_COMMON_STUDY_STUDY_FILE_H
#define LRSWEEP_COMMON_STUDY_STUDY_FILE_H

#include "common/study/study_problems.h"

#include <jansson.h>
#include <stddef.h>

struct study_file;

/* Reads and checks `path` with the `--set PATH=VALUE` texts applied on top. Always returns an
 * object (NULL only when memory ran out); ask study_file_problems whether it can be used. */
struct study_file *study_file_read(const char *path, const char *const *settings,
                                   size_t setting_count);
void study_file_destroy(struct study_file *file);

/* All problems, in the order of the file; *count is 0 when the study is sound. */
const struct study_problem *study_file_problems(const struct study_file *file, size_t *count);

/* The resolved study; borrowed. NULL when there are problems. */
const json_t *study_file_document(const struct study_file *file);

/* "FILE:LINE" (or "--set PATH=VALUE") of a setting such as "model.layers[1].units", or of the
 * nearest group around it that the file holds: to give a trainer's refusal its place. */
void study_file_place(const struct study_file *file, const char *setting, char *text,
                      size_t text_bytes);

#endif
