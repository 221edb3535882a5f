/* vitals.c - memory, limits and the trainer of the place that a rank runs in. */
#include "coordinator/doctor/vitals.h"

#include "common/line_reader.h"
#include "coordinator/probe/probe.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { TRAINER_PATIENCE_MS = 10000, LINE_BYTES = 256, FINISH_S = 2 };

/* MemAvailable (proc(5)). */
static double memory_free(void)
{
    FILE *file = fopen("/proc/meminfo", "re");
    static const char name[] = "MemAvailable:";
    char line[LINE_BYTES];
    double kib = -1;
    while (file && kib < 0 && fgets(line, sizeof line, file))
        if (strncmp(line, name, sizeof name - 1) == 0)
            kib = strtod(line + sizeof name - 1, NULL);
    if (file)
        (void)fclose(file);
    return kib < 0 ? -1 : 1024 * kib;
}

static double shm_free(void)
{
    struct statvfs status;
    return statvfs("/dev/shm", &status) == 0 ? (double)status.f_bavail * (double)status.f_frsize
                                             : -1;
}

/* What the trainer prints of its kernels: the second line of --version. */
static void ask_for_kernel(struct vitals *vitals, const char *program)
{
    const char *const arguments[] = {program, "--version", NULL};
    const char *const environment[] = {"OPENBLAS_NUM_THREADS=1", NULL};
    const struct child_plan plan = {.arguments = arguments, .environment = environment};
    struct child child;
    struct line_reader reader;
    struct error error;
    char *text, how[CHILD_HOW_BYTES];
    size_t length;
    enum line_status status = LINE_NONE;
    if (!child_start(&child, &plan, &error)) {
        (void)snprintf(vitals->refusal, sizeof vitals->refusal, "%.250s", error.text);
        return;
    }
    line_reader_create(&reader, LINE_BYTES);
    for (int line = 0; line < 2;) {
        status = line_reader_next(&reader, child.output, &text, &length);
        struct pollfd news = {.fd = child.output, .events = POLLIN};
        if (status == LINE_READ && ++line == 2)
            (void)snprintf(vitals->blas, sizeof vitals->blas, "%.*s", (int)length, text);
        else if (status != LINE_READ &&
                 (status != LINE_NONE || poll(&news, 1, TRAINER_PATIENCE_MS) <= 0))
            break;
    }
    if (status == LINE_END && !vitals->blas[0]) {
        child_reap(&child, how, sizeof how);
        (void)snprintf(vitals->refusal, sizeof vitals->refusal, "the trainer %.240s", how);
    }
    line_reader_destroy(&reader);
    child_finish(&child, FINISH_S);
}

static void ask_for_study(struct vitals *vitals, const char *program, const json_t *document)
{
    struct probe probe = {.child = CHILD_NONE};
    struct error error;
    char at[128] = "";
    if (!probe_start(&probe, program, document, &error) ||
        !probe_answer(&probe, at, sizeof at, &error))
        (void)snprintf(vitals->refusal, sizeof vitals->refusal, "%s%s%.*s", at, at[0] ? ": " : "",
                       120, error.text);
    probe_end(&probe);
}

void vitals_take(struct vitals *vitals, const char *program, bool leads, const json_t *document)
{
    struct rlimit files = {.rlim_cur = 0};
    (void)gethostname(vitals->host, sizeof vitals->host - 1);
    (void)getrlimit(RLIMIT_NOFILE, &files);
    vitals->files = (unsigned long long)files.rlim_cur;
    vitals->shm_free = shm_free();
    vitals->memory_free = memory_free();
    if (!leads)
        return;
    ask_for_kernel(vitals, program);
    if (document && vitals->blas[0])
        ask_for_study(vitals, program, document);
}
