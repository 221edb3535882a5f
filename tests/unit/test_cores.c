/* test_cores.c - how the ranks of a node divide its cores, and what control groups leave them. */
#include "common/cores.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { RANKS_MAX = 6 };

/* Cores 0 to 63 suffice to tell a story. */
struct rank {
    uint64_t mask;
    double quota; /* 0: none */
    uint64_t group;
};

static void the_cores_of_a_node_are_divided_fairly(void **state)
{
    (void)state;
    static const struct {
        const char *story;
        struct rank ranks[RANKS_MAX];
        unsigned shares[RANKS_MAX]; /* ends with 0 */
    } cases[] = {
        {"one rank a node", {{0xff, 0, 0}}, {8}},
        {"one rank a core, bound", {{1, 0, 0}, {2, 0, 0}, {4, 0, 0}}, {1, 1, 1}},
        {"one rank a core, not bound", {{7, 0, 0}, {7, 0, 0}, {7, 0, 0}}, {1, 1, 1}},
        {"two sockets, two ranks on each",
         {{0x0f, 0, 0}, {0x0f, 0, 0}, {0xf0, 0, 0}, {0xf0, 0, 0}},
         {2, 2, 2, 2}},
        {"what does not divide evenly goes to the first", {{0x7f, 0, 0}, {0x7f, 0, 0}}, {4, 3}},
        {"a mask within another's", {{0x0f, 0, 0}, {0x03, 0, 0}}, {2, 2}},
        {"the same the other way round", {{0x03, 0, 0}, {0x0f, 0, 0}}, {2, 2}},
        {"masks that overlap in a chain", {{3, 0, 0}, {6, 0, 0}, {12, 0, 0}}, {1, 2, 1}},
        {"uneven masks", {{0x3f, 0, 0}, {0x40, 0, 0}}, {6, 1}},
        {"more ranks than cores", {{3, 0, 0}, {3, 0, 0}, {3, 0, 0}, {3, 0, 0}}, {1, 1, 1, 1}},
        {"two ranks bound to one core", {{1, 0, 0}, {1, 0, 0}, {6, 0, 0}}, {1, 1, 2}},
        {"no core at all", {{0, 0, 0}}, {1}},
        {"a container with 1.5 of 64 cores", {{UINT64_MAX, 1.5, 9}}, {2}},
        {"a container with two whole cores", {{UINT64_MAX, 2, 9}}, {2}},
        {"a container with a tenth of a core", {{UINT64_MAX, 0.1, 9}}, {1}},
        {"two ranks in one container of 3", {{0xff, 3, 9}, {0xff, 3, 9}}, {2, 1}},
        {"two ranks in a container of 2 each", {{0xff, 2, 8}, {0xff, 2, 9}}, {2, 2}},
        {"one rank in a container, one beside it", {{0xff, 2, 9}, {0xff, 0, 0}}, {2, 6}},
        {"four ranks in a container of 2",
         {{0xff, 2, 9}, {0xff, 2, 9}, {0xff, 2, 9}, {0xff, 2, 9}},
         {1, 1, 1, 1}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct cores_claim claims[RANKS_MAX] = {{{0}, {0, 0}}};
        unsigned shares[RANKS_MAX];
        size_t count = 0;
        for (; count < RANKS_MAX && cases[i].shares[count] > 0; count++) {
            const struct rank *rank = &cases[i].ranks[count];
            claims[count].mask[0] = rank->mask;
            claims[count].quota.cores = rank->quota > 0 ? rank->quota : (double)INFINITY;
            claims[count].quota.group = rank->group;
        }
        (void)cores_divide(claims, count, shares);
        for (size_t rank = 0; rank < count; rank++)
            if (shares[rank] != cases[i].shares[rank])
                fail_msg("%s: rank %zu gets %u cores, not %u", cases[i].story, rank, shares[rank],
                         cases[i].shares[rank]);
    }
}

/* No core is given away twice, none is left over that somebody may use, nobody gets more than his
 * mask has. */
static void no_core_is_lost_and_none_is_given_twice(void **state)
{
    (void)state;
    uint64_t draw = 88172645463325252U; /* xorshift64 (Marsaglia 2003) */
    for (int round = 0; round < 2000; round++) {
        struct cores_claim claims[RANKS_MAX] = {{{0}, {0, 0}}};
        unsigned shares[RANKS_MAX], sum = 0;
        uint64_t all = 0;
        size_t count = 1 + (size_t)round % RANKS_MAX;
        for (size_t i = 0; i < count; i++) {
            draw ^= draw << 13;
            draw ^= draw >> 7;
            draw ^= draw << 17;
            claims[i].mask[0] = (draw >> 3) | 1ULL << (16 + i); /* one core is its own */
            claims[i].quota.cores = INFINITY;
            for (size_t j = 0; j < count; j++)
                if (j != i)
                    claims[i].mask[0] &= ~(1ULL << (16 + j));
            all |= claims[i].mask[0];
        }
        unsigned told = cores_divide(claims, count, shares);
        for (size_t i = 0; i < count; i++) {
            sum += shares[i];
            assert_true(shares[i] <= (unsigned)__builtin_popcountll(claims[i].mask[0]));
        }
        assert_int_equal(sum, __builtin_popcountll(all));
        assert_int_equal(told, sum);
    }
}

static void write_file(const char *root, const char *path, const char *text)
{
    char whole[512];
    (void)snprintf(whole, sizeof whole, "%s%s", root, path);
    for (char *slash = whole + strlen(root) + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        (void)mkdir(whole, 0700);
        *slash = '/';
    }
    FILE *file = fopen(whole, "w");
    assert_non_null(file);
    (void)fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static void the_limit_of_a_control_group_is_found(void **state)
{
    (void)state;
    static const char v2[] = "30 1 0:26 / /cg rw - cgroup2 cgroup2 rw,nsdelegate\n";
    static const char v1[] = "31 1 0:27 / /acct rw - cgroup cgroup rw,cpuacct\n"
                             "32 1 0:28 / /cg rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuset\n";
    static const struct {
        const char *story, *cgroup, *mounts;
        struct {
            const char *path, *text;
        } files[4];
        double cores; /* 0: no limit */
    } cases[] = {
        {"none", "0::/\n", v2, {{"/cg/cpu.stat", ""}}, 0},
        {"no control groups", "", "", {{"/nothing", ""}}, 0},
        {"its own", "0::/a/b\n", v2, {{"/cg/a/b/cpu.max", "150000 100000\n"}}, 1.5},
        {"no limit of its own, one above",
         "0::/a/b\n",
         v2,
         {{"/cg/a/b/cpu.max", "max 100000\n"}, {"/cg/a/cpu.max", "400000 100000\n"}},
         4},
        {"a tighter one above",
         "0::/a/b\n",
         v2,
         {{"/cg/a/b/cpu.max", "800000 100000\n"}, {"/cg/a/cpu.max", "50000 100000\n"}},
         0.5},
        {"a neighbour's", "0::/a\n", v2, {{"/cg/b/cpu.max", "50000 100000\n"}}, 0},
        {"a container's, whose mount begins at its group",
         "0::/docker/c0ffee\n",
         "30 1 0:26 /docker/c0ffee /cg ro - cgroup2 cgroup2 rw\n",
         {{"/cg/cpu.max", "250000 100000\n"}},
         2.5},
        {"a container's, whose namespace begins at its group",
         "0::/\n",
         v2,
         {{"/cg/cpu.max", "250000 100000\n"}},
         2.5},
        {"of version 1",
         "3:cpuacct:/x\n2:cpuset,cpu:/job\n0::/\n",
         v1,
         {{"/cg/job/cpu.cfs_quota_us", "300000\n"}, {"/cg/job/cpu.cfs_period_us", "200000\n"}},
         1.5},
        {"of version 1, none",
         "2:cpu:/job\n",
         v1,
         {{"/cg/job/cpu.cfs_quota_us", "-1\n"}, {"/cg/job/cpu.cfs_period_us", "100000\n"}},
         0},
        {"nonsense", "0::/a\n", v2, {{"/cg/a/cpu.max", "much too much"}}, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char root[] = "/tmp/test_cores_XXXXXX", command[64];
        assert_non_null(mkdtemp(root));
        write_file(root, "/proc/self/cgroup", cases[i].cgroup);
        write_file(root, "/proc/self/mountinfo", cases[i].mounts);
        for (size_t j = 0; j < 4 && cases[i].files[j].path; j++)
            write_file(root, cases[i].files[j].path, cases[i].files[j].text);
        struct cgroup_quota quota = cgroup_quota_read(root);
        (void)snprintf(command, sizeof command, "rm -r %s", root);
        assert_int_equal(system(command), 0);
        double expected = cases[i].cores > 0 ? cases[i].cores : (double)INFINITY;
        if (quota.cores != expected || (quota.group != 0) != (cases[i].cores > 0))
            fail_msg("%s: a limit of %g cores is found, not %g", cases[i].story, quota.cores,
                     expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_cores_of_a_node_are_divided_fairly),
        cmocka_unit_test(no_core_is_lost_and_none_is_given_twice),
        cmocka_unit_test(the_limit_of_a_control_group_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
