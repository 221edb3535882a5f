/* trainer_start.c - starting a trainer and the first line to it. */
#include "common/trainer_start.h"

#include "lrsweep/protocol.h"

#include <stdio.h>
#include <unistd.h>

bool trainer_start(struct child *child, const char *program, struct error *error)
{
    char parent[64];
    (void)snprintf(parent, sizeof parent, "LRSWEEP_TRAINER_PARENT=%ld", (long)getpid());
    const char *const arguments[] = {program, NULL};
    /* One core a trainer: OpenBLAS would start threads before main could forbid it. */
    const char *const environment[] = {parent, "OPENBLAS_NUM_THREADS=1", NULL};
    return child_start(child, arguments, environment, error);
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
