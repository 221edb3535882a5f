/* trainer_start.c - starting a trainer and the first line to it. */
#include "common/trainer_start.h"

#include "common/catalogue/catalogue.h"
#include "lrsweep/protocol.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool trainer_is_own(const json_t *document)
{
    return json_object_get(document, "trainer") != NULL;
}

/* One core a trainer: BLAS libraries would start threads before main could forbid it. */
static void limit_threads(bool own, const char **environment)
{
    static const char *const limits[][2] = {{"OPENBLAS_NUM_THREADS", "OPENBLAS_NUM_THREADS=1"},
                                            {"OMP_NUM_THREADS", "OMP_NUM_THREADS=1"},
                                            {"MKL_NUM_THREADS", "MKL_NUM_THREADS=1"}};
    size_t count = own ? sizeof limits / sizeof limits[0] : 1;
    for (size_t i = 0; i < count; i++)
        if (!own || !getenv(limits[i][0]))
            *environment++ = limits[i][1];
    *environment = NULL;
}

/* lrsweep-script, which runs the user's for each segment, stands beside the built-in trainer. */
static void name_adapter(const char *built_in, char *path, size_t bytes)
{
    const char *slash = strrchr(built_in, '/');
    int length = slash ? (int)(slash + 1 - built_in) : 0;
    (void)snprintf(path, bytes, "%.*slrsweep-script", length, built_in);
}

bool trainer_start(struct child *child, const char *built_in, const json_t *document,
                   struct error *error)
{
    const json_t *trainer = json_object_get(document, "trainer");
    const json_t *command = json_object_get(trainer, "command");
    const char *arguments[CATALOGUE_WORDS_MAX + 1] = {built_in};
    char adapter[PATH_MAX];
    char parent[64];
    const char *environment[5] = {parent};
    (void)snprintf(parent, sizeof parent, "LRSWEEP_TRAINER_PARENT=%ld", (long)getpid());
    limit_threads(trainer_is_own(document), environment + 1);
    for (size_t i = 0; i < json_array_size(command) && i < CATALOGUE_WORDS_MAX; i++)
        arguments[i] = json_string_value(json_array_get(command, i));
    if (json_object_get(trainer, "script")) {
        name_adapter(built_in, adapter, sizeof adapter);
        arguments[0] = adapter;
    }
    const struct child_plan plan = {
        .arguments = arguments,
        .environment = environment,
        .directory = json_string_value(json_object_get(trainer, "directory")),
    };
    return child_start(child, &plan, error);
}

/* The candidates of a list are the search's business, and may be longer than a line can be. */
json_t *trainer_hello(const json_t *document)
{
    json_t *study = json_copy((json_t *)document);
    json_t *search = json_copy(json_object_get(document, "search"));
    if (search) {
        (void)json_object_del(search, "points");
        json_object_set_new(study, "search", search);
    }
    return json_pack("{s:s, s:i, s:o}", "op", "hello", "version", LRSWEEP_PROTOCOL_VERSION, "study",
                     study);
}
