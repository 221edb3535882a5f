/* report.c - how long a report takes to write, and how large it is; also makes up studies for
 * tests.
 *
 * JSON lines. usage: report DIR [TRIALS [REPORTS [KIND]]]; DIR is made with a study of that many
 * trials, each with REPORTS reports in its first rung, and of that kind (made_study.h), unless it
 * holds one; then its report.html is written. Without more: 10,000 trials, 10 reports, sound. */
#include "coordinator/report/report.h"
#include "tests/support/made_study.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static int give_up(const char *what, const struct error *error)
{
    (void)fprintf(stderr, "report: %s: %s\n", what, error->text);
    return 1;
}

int main(int count, char **arguments)
{
    struct error error;
    if (count < 2) {
        (void)fprintf(stderr, "usage: %s DIR [TRIALS [REPORTS [KIND]]]\n", arguments[0]);
        return 2;
    }
    const char *dir = arguments[1];
    uint32_t trials = count > 2 ? (uint32_t)strtoul(arguments[2], NULL, 10) : 10000;
    uint32_t reports = count > 3 ? (uint32_t)strtoul(arguments[3], NULL, 10) : 10;
    enum made_study_kind kind = made_study_kind_of(count > 4 ? arguments[4] : "sound");
    if (kind == MADE_STUDIES) {
        (void)fprintf(stderr, "report: there is no study of the kind \"%s\"\n", arguments[4]);
        return 2;
    }
    if (!store_exists(dir) && !made_study_write(dir, kind, trials, reports, &error))
        return give_up(dir, &error);
    double begun_s = now_s();
    struct snapshot *snapshot = snapshot_read(dir, &error);
    if (!snapshot)
        return give_up(dir, &error);
    double read_s = now_s();
    if (!report_write(dir, snapshot, &error))
        return give_up(dir, &error);
    double written_s = now_s();
    char path[4096];
    struct stat file = {0};
    (void)snprintf(path, sizeof path, "%s/report.html", dir);
    (void)stat(path, &file);
    printf("{\"bench\":\"report\",\"trials\":%zu,\"reports_each\":%u,\"seconds\":%.3f,"
           "\"of_them_reading\":%.3f,\"bytes\":%lld}\n",
           snapshot->trial_count, reports, written_s - begun_s, read_s - begun_s,
           (long long)file.st_size);
    snapshot_destroy(snapshot);
    return 0;
}
