/* format_fixture.h - a folder of data files for the tests of formats, and opening it. */
#ifndef LRSWEEP_TESTS_FORMAT_FIXTURE_H
#define LRSWEEP_TESTS_FORMAT_FIXTURE_H

#include "worker/data/dataset.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char scene[64]; /* the folder of the test that runs */

static inline int scene_make(void **state)
{
    (void)state;
    (void)strcpy(scene, "/tmp/test-formats-XXXXXX");
    return mkdtemp(scene) ? 0 : -1;
}

static inline int scene_remove(void **state)
{
    char command[128];
    (void)state;
    (void)snprintf(command, sizeof command, "rm -rf %s", scene);
    return system(command);
}

static inline void scene_write(const char *name, const void *bytes, size_t count)
{
    char path[256];
    (void)snprintf(path, sizeof path, "%s/%s", scene, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, count, file), count);
    assert_int_equal(fclose(file), 0);
}

/* The data group: `text` is JSON with ' for ", %s in it stands for the folder. */
static inline json_t *group(const char *text, const char *folder)
{
    char json[1024];
    (void)snprintf(json, sizeof json, text, folder, folder, folder);
    for (char *c = json; *c; c++)
        if (*c == '\'')
            *c = '"';
    json_t *data = json_loads(json, 0, NULL);
    assert_non_null(data);
    return data;
}

static inline void opened_in(struct dataset *dataset, const char *text, const char *folder,
                             uint64_t seed)
{
    struct error error = {""};
    char at[DATASET_AT_BYTES];
    json_t *data = group(text, folder);
    if (!dataset_open(dataset, data, seed, at, &error))
        fail_msg("%s: %s: %s", text, at, error.text);
    json_decref(data);
}

static inline void opened(struct dataset *dataset, const char *text)
{
    opened_in(dataset, text, scene, 1);
}

/* The data are refused at `expected_at`, and the message holds each of `parts`, which NULL ends. */
static inline void refused(const char *text, const char *expected_at, const char *const *parts)
{
    struct dataset dataset;
    struct error error = {""};
    char at[DATASET_AT_BYTES];
    json_t *data = group(text, scene);
    if (dataset_open(&dataset, data, 1, at, &error))
        fail_msg("%s: was accepted, expected %s", text, parts[0]);
    if (strcmp(at, expected_at) != 0)
        fail_msg("%s: at \"%s\", expected \"%s\": %s", text, at, expected_at, error.text);
    for (; *parts; parts++)
        if (!strstr(error.text, *parts))
            fail_msg("%s: \"%s\" does not hold \"%s\"", text, error.text, *parts);
    json_decref(data);
}

#define REFUSED(text, at, ...) refused(text, at, (const char *[]){__VA_ARGS__, NULL})

#define SCENE_TEST(test) cmocka_unit_test_setup_teardown(test, scene_make, scene_remove)

#endif
