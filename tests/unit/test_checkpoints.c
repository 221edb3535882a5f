/* test_checkpoints.c - which checkpoint counts, which are removed and when, on real files. */
#include "coordinator/dispatch/checkpoints.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sys/stat.h>
#include <unistd.h>

static char dir[64];

static int setup(void **state)
{
    char path[128];
    (void)state;
    (void)snprintf(dir, sizeof dir, "/tmp/test_checkpoints.XXXXXX");
    if (!mkdtemp(dir))
        return -1;
    (void)snprintf(path, sizeof path, "%s/checkpoints", dir);
    return mkdir(path, 0700);
}

static int teardown(void **state)
{
    char command[128];
    (void)state;
    (void)snprintf(command, sizeof command, "rm -r %s", dir);
    return system(command); /* NOLINT(cert-env33-c): a path of our own */
}

static void path_of(char path[160], const char *name)
{
    (void)snprintf(path, 160, "%s/checkpoints/%s", dir, name);
}

static void leave(const char *name)
{
    char path[160];
    path_of(path, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    (void)fclose(file);
}

static bool there(const char *name)
{
    char path[160];
    path_of(path, name);
    return access(path, F_OK) == 0;
}

static void note(struct checkpoints *checkpoints, enum search_event_kind kind, uint32_t trial,
                 uint32_t attempt, uint64_t before, uint64_t step)
{
    const struct search_event event = {
        .kind = kind, .trial = trial, .attempt = attempt, .step = step};
    assert_true(checkpoints_note(checkpoints, &event, before));
}

static void the_one_before_stays_until_the_new_one_is_durable(void **state)
{
    (void)state;
    struct checkpoints checkpoints = {.dir = dir};
    leave("000007-1.safetensors");
    note(&checkpoints, SEARCH_DONE, 7, 1, 0, 300);
    checkpoints_settle(&checkpoints);
    leave("000007-2.safetensors");
    note(&checkpoints, SEARCH_DONE, 7, 2, 300, 900);
    assert_int_equal(checkpoints_kept(&checkpoints, 7), 2);
    assert_true(there("000007-1.safetensors"));
    checkpoints_settle(&checkpoints);
    assert_false(there("000007-1.safetensors"));
    assert_true(there("000007-2.safetensors"));
    checkpoints_release(&checkpoints, 7);
    assert_false(there("000007-2.safetensors"));
    checkpoints_destroy(&checkpoints);
}

static void an_attempt_that_was_lost_leaves_the_checkpoint_before_it(void **state)
{
    (void)state;
    struct checkpoints checkpoints = {.dir = dir};
    leave("000003-1.safetensors");
    note(&checkpoints, SEARCH_PAUSED, 3, 1, 0, 50);
    leave("000003-2.safetensors"); /* it died after it wrote, before it told */
    note(&checkpoints, SEARCH_LOST, 3, 2, 50, 0);
    checkpoints_settle(&checkpoints);
    assert_int_equal(checkpoints_kept(&checkpoints, 3), 1);
    assert_true(there("000003-1.safetensors"));
    assert_false(there("000003-2.safetensors"));
    note(&checkpoints, SEARCH_PAUSED, 3, 3, 50, 50); /* given back where it began */
    assert_int_equal(checkpoints_kept(&checkpoints, 3), 1);
    checkpoints_destroy(&checkpoints);
}

static void a_branch_begins_with_its_parents_checkpoint(void **state)
{
    (void)state;
    struct checkpoints checkpoints = {.dir = dir};
    struct error error;
    leave("000001-4.safetensors");
    note(&checkpoints, SEARCH_DONE, 1, 4, 0, 10);
    assert_true(checkpoints_branch(&checkpoints, 1, 200, &error));
    assert_true(checkpoints_branch(&checkpoints, 1, 200, &error));
    assert_true(there("000200-0.safetensors"));
    assert_int_equal(checkpoints_kept(&checkpoints, 200), 0);
    assert_false(checkpoints_branch(&checkpoints, 2, 201, &error));
    assert_non_null(strstr(error.text, "000002-0.safetensors"));
    checkpoints_destroy(&checkpoints);
}

static void a_sweep_leaves_what_counts_and_what_is_not_ours(void **state)
{
    (void)state;
    struct checkpoints checkpoints = {.dir = dir};
    static const char *const ours[] = {"000001-1.safetensors", "000001-3.safetensors",
                                       "000002-1.safetensors.77.tmp", "000009-2.safetensors"};
    leave("000001-2.safetensors");
    leave("notes.txt");
    leave("1-2.txt");
    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
        leave(ours[i]);
    note(&checkpoints, SEARCH_DONE, 1, 2, 0, 10);
    checkpoints_sweep(&checkpoints, true);
    assert_true(there("000001-2.safetensors"));
    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
        assert_false(there(ours[i]));
    checkpoints_sweep(&checkpoints, false);
    assert_false(there("000001-2.safetensors"));
    assert_true(there("notes.txt") && there("1-2.txt"));
    checkpoints_destroy(&checkpoints);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define FILE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        FILE_TEST(the_one_before_stays_until_the_new_one_is_durable),
        FILE_TEST(an_attempt_that_was_lost_leaves_the_checkpoint_before_it),
        FILE_TEST(a_branch_begins_with_its_parents_checkpoint),
        FILE_TEST(a_sweep_leaves_what_counts_and_what_is_not_ours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
