/* cgroup.c - reads the limits of processor time of this process's control groups. */
#include "common/cgroup.h"

#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { FIELD_BYTES = 1024 };

/* Where a version keeps its limit. */
struct version {
    const char *type; /* of its file system */
    const char
        *controller;    /* among the mount's options and in /proc/self/cgroup; "": all are one */
    const char *quota;  /* file: "QUOTA PERIOD", or QUOTA alone */
    const char *period; /* file; NULL: it stands beside the quota */
};

static const struct version versions[] = {
    {"cgroup2", "", "cpu.max", NULL},
    {"cgroup", "cpu", "cpu.cfs_quota_us", "cpu.cfs_period_us"},
};

/* Whether `name` is one of a list with commas. */
static bool lists(const char *list, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = list; at; at = strchr(at, ',')) {
        at += *at == ',';
        if (strncmp(at, name, length) == 0 && (at[length] == ',' || at[length] == '\0'))
            return true;
    }
    return false;
}

static FILE *open_below(const char *root, const char *path)
{
    char whole[PATH_MAX];
    int length = snprintf(whole, sizeof whole, "%s%s", root, path);
    return length > 0 && (size_t)length < sizeof whole ? fopen(whole, "re") : NULL;
}

/* Up to two numbers of a file; "max" is a negative one. Returns how many there were. */
static int read_numbers(const char *directory, const char *name, double numbers[2])
{
    char path[PATH_MAX], words[2][64];
    int length = snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = length > 0 && (size_t)length < sizeof path ? fopen(path, "re") : NULL;
    if (!file)
        return 0;
    int count = fscanf(file, "%63s %63s", words[0], words[1]);
    (void)fclose(file);
    for (int i = 0; i < count; i++) {
        char *end;
        numbers[i] = strtod(words[i], &end);
        if (end == words[i])
            numbers[i] = -1;
    }
    return count;
}

/* The limit of the group that is this directory, if it is tighter than `quota`. */
static void look(const struct version *version, const char *directory, struct cgroup_quota *quota)
{
    double numbers[2], period[2];
    struct stat status;
    int count = read_numbers(directory, version->quota, numbers);
    if (version->period && count == 1 && read_numbers(directory, version->period, period) == 1) {
        numbers[1] = period[0];
        count = 2;
    }
    if (count != 2 || numbers[0] <= 0 || numbers[1] <= 0 || stat(directory, &status) != 0)
        return;
    if (numbers[0] / numbers[1] < quota->cores)
        *quota = (struct cgroup_quota){numbers[0] / numbers[1],
                                       (uint64_t)status.st_ino ^ (uint64_t)status.st_dev << 40};
}

/* The group of this process as /proc/self/cgroup names it: "ID:CONTROLLERS:PATH". */
static bool find_group(const struct version *version, const char *root, char path[FIELD_BYTES])
{
    char line[2 * FIELD_BYTES], controllers[FIELD_BYTES];
    FILE *file = open_below(root, "/proc/self/cgroup");
    bool found = false;
    while (file && !found && fgets(line, sizeof line, file)) {
        char *first = strchr(line, ':'), *second = first ? strchr(first + 1, ':') : NULL;
        if (!second)
            continue;
        (void)snprintf(controllers, sizeof controllers, "%.*s", (int)(second - first - 1),
                       first + 1);
        found = version->controller[0] ? lists(controllers, version->controller) : !controllers[0];
        (void)snprintf(path, FIELD_BYTES, "%.*s", (int)strcspn(second + 1, "\n"), second + 1);
    }
    if (file)
        (void)fclose(file);
    return found;
}

/* Where it is mounted, and which group the mount shows as its top (proc(5), mountinfo). */
static bool find_mount(const struct version *version, const char *root, char top[FIELD_BYTES],
                       char point[FIELD_BYTES])
{
    char line[4 * FIELD_BYTES], type[64], options[FIELD_BYTES];
    FILE *file = open_below(root, "/proc/self/mountinfo");
    bool found = false;
    while (file && !found && fgets(line, sizeof line, file)) {
        const char *rest = strstr(line, " - ");
        found = rest && sscanf(line, "%*s %*s %*s %1023s %1023s", top, point) == 2 &&
                sscanf(rest, " - %63s %*s %1023s", type, options) == 2 &&
                strcmp(type, version->type) == 0 &&
                (!version->controller[0] || lists(options, version->controller));
    }
    if (file)
        (void)fclose(file);
    return found;
}

struct cgroup_quota cgroup_quota_read(const char *root)
{
    struct cgroup_quota quota = {.cores = INFINITY};
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
        char group[FIELD_BYTES], top[FIELD_BYTES], point[FIELD_BYTES], path[PATH_MAX];
        if (!find_group(&versions[i], root, group) || !find_mount(&versions[i], root, top, point))
            continue;
        /* In a container the mount may show only the part of the tree from its own group down. */
        size_t skipped = strcmp(top, "/") == 0 ? 0 : strlen(top);
        bool below = strncmp(group, top, skipped) == 0 && !strstr(group, "/..");
        int length =
            snprintf(path, sizeof path, "%s%s%s", root, point, below ? group + skipped : "");
        size_t least = strlen(root) + strlen(point);
        if (length < 0 || (size_t)length >= sizeof path)
            continue;
        for (;;) {
            look(&versions[i], path, &quota);
            char *slash = strrchr(path, '/');
            if (strlen(path) <= least || !slash)
                break;
            *slash = '\0';
        }
    }
    return quota;
}
