/* study_fixture.h - a directory of its own for a test, and rows to fill a study with. */
#ifndef LRSWEEP_TESTS_UNIT_STUDY_FIXTURE_H
#define LRSWEEP_TESTS_UNIT_STUDY_FIXTURE_H

#ifndef _XOPEN_SOURCE
#define _XOPEN_SOURCE 700 /* nftw */
#endif

#include "coordinator/study/store.h"

#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define PATH_BYTES 512

struct fixture {
    char root[PATH_BYTES]; /* removed at the end */
    char dir[PATH_BYTES];  /* root/study: for the study, not made yet */
    json_t *document;
    struct error error;
};

static inline int fixture_begin(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    const char *parent = getenv("TMPDIR");
    (void)snprintf(fixture->root, sizeof fixture->root, "%s/lrsweep-test-XXXXXX",
                   parent && strlen(parent) < 256 ? parent : "/tmp");
    assert_non_null(mkdtemp(fixture->root));
    (void)snprintf(fixture->dir, sizeof fixture->dir, "%.400s/study", fixture->root);
    fixture->document =
        json_loads("{\"study\": {\"name\": \"digits\", \"seed\": 7, \"metric\": \"val_loss\"},"
                   " \"search\": {\"candidates\": 4, \"max_budget\": 9.0, \"unit\": \"epochs\"}}",
                   0, NULL);
    assert_non_null(fixture->document);
    *state = fixture;
    return 0;
}

static inline int fixture_remove(const char *path, const struct stat *status, int kind,
                                 struct FTW *place)
{
    (void)status;
    (void)kind;
    (void)place;
    return remove(path);
}

static inline int fixture_end(void **state)
{
    struct fixture *fixture = *state;
    (void)nftw(fixture->root, fixture_remove, 16, FTW_DEPTH | FTW_PHYS);
    json_decref(fixture->document);
    free(fixture);
    return 0;
}

/* "DIR/name", in a buffer that the caller provides. */
static inline const char *fixture_path(const struct fixture *fixture, const char *name,
                                       char path[PATH_BYTES])
{
    (void)snprintf(path, PATH_BYTES, "%.400s/%.100s", fixture->dir, name);
    return path;
}

static inline void fixture_write(const struct fixture *fixture, const char *name, const char *text)
{
    char path[PATH_BYTES];
    FILE *file = fopen(fixture_path(fixture, name, path), "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static inline bool fixture_has(const struct fixture *fixture, const char *name)
{
    char path[PATH_BYTES];
    return access(fixture_path(fixture, name, path), F_OK) == 0;
}

static inline struct store *fixture_create(struct fixture *fixture)
{
    struct store *store = store_create(fixture->dir, fixture->document, false, &fixture->error);
    if (!store)
        print_error("%s\n", fixture->error.text);
    assert_non_null(store);
    return store;
}

static inline void fixture_close(struct fixture *fixture, struct store *store)
{
    bool closed = store_close(store, &fixture->error);
    if (!closed)
        print_error("%s\n", fixture->error.text);
    assert_true(closed);
}

/* A trial that waits. */
static inline struct trial_row waiting_trial(uint32_t id)
{
    return (struct trial_row){.id = id,
                              .parent = -1,
                              .seed = 1,
                              .lr = 0.1,
                              .schedule = "constant",
                              .params = "{\"lr\":0.1,\"schedule\":{\"type\":\"constant\"}}",
                              .metric = NAN,
                              .final = NAN,
                              .started = NAN,
                              .ended = NAN,
                              .worker = -1,
                              .message = ""};
}

static inline struct report_row sound_report(uint32_t trial, uint64_t step)
{
    return (struct report_row){.trial = trial,
                               .step = step,
                               .epoch = (double)step / 1000,
                               .train_loss = 0.5,
                               .val_loss = NAN,
                               .val_accuracy = NAN,
                               .lr = 0.1,
                               .grad_norm = 1.5,
                               .update_ratio = 0.001,
                               .dead_units = 0.25,
                               .seconds = (double)step / 500};
}

/* Fails the test unless `text` contains `part`, showing both. */
static inline void assert_contains(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("\"%s\" does not contain \"%s\"", text, part);
}

#endif
