/* search.c - what a decision costs: 100,000 candidates on 10,000 virtual trainers, for every
 * scheduler in each of its ways and for the sampler that learns, and the same with a tenth of the
 * candidates and of the trainers to show the growth.
 *
 * A decision is a call of search_step, answered or refused; the simulator (search/simulator.h)
 * makes them, and the linker leads them through here. Memory is what the allocator gets back when
 * the search is destroyed.
 *
 * JSON lines. usage: search [CANDIDATES [TRAINERS]] */
#include "common/study/study_file.h"
#include "coordinator/search/curves.h"

#include <errno.h>
#include <malloc.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SAMPLES 1000 /* ten batches an epoch */

static const char study_text[] =
    "study = { name = \"search\"; seed = 1; };\n"
    "data = { format = \"quadratic\"; };\n"
    "model = { loss = \"squared_error\"; layers = ( { type = \"dense\"; units = 1; } ); };\n"
    "train = { batch_size = 100; optimizer = \"sgd\"; };\n"
    "space = { lr = { log_uniform = [1.0e-5, 10.0]; };\n"
    "          schedule = ( { type = \"constant\"; }, { type = \"cosine\"; } ); };\n"
    "search = { sampler = \"random\"; min_budget = 1.0; max_budget = 81.0; interval = 9.0; };\n";

static const char *const ways[][3] = {
    {"none"},
    {"sha"},
    {"asha"},
    {"asha", "search.variant=stopping"},
    {"hyperband"},
    {"hyperband", "search.asynchronous=true"},
    {"median"},
    {"pbt"},
    {"pbt", "search.asynchronous=true"},
    {"none", "search.sampler=tpe"},
    {"none", "search.sampler=tpe", "search.multivariate=false"},
    {"hyperband", "search.sampler=tpe", "search.asynchronous=true"},
};

static double spent_s, longest_s;
static unsigned long long decisions;

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Names that the linker's --wrap gives. */
bool __real_search_step(struct search *search, const struct search_event *event,
                        struct search_update *update);
bool __wrap_search_step(struct search *search, const struct search_event *event,
                        struct search_update *update);

bool __wrap_search_step(struct search *search, const struct search_event *event,
                        struct search_update *update)
{
    double start_s = now_s();
    bool fits = __real_search_step(search, event, update);
    double took_s = now_s() - start_s;
    spent_s += took_s;
    longest_s = fmax(longest_s, took_s);
    decisions++;
    return fits;
}

static void fail(const char *what)
{
    (void)fprintf(stderr, "search: %s\n", what);
    exit(1);
}

static double allocated_bytes(void)
{
    struct mallinfo2 info = mallinfo2();
    return (double)info.uordblks + (double)info.hblkhd;
}

static void measure(const char *path, const char *const *way, unsigned candidates,
                    unsigned trainers)
{
    char scheduler[64], count[64];
    const char *settings[] = {scheduler, count, way[1], way[2]};
    size_t problem_count;
    struct error error;
    struct simulator simulator;
    struct curves curves = curves_default(1);
    (void)snprintf(scheduler, sizeof scheduler, "search.scheduler=%s", way[0]);
    (void)snprintf(count, sizeof count, "search.candidates=%u", candidates);
    struct study_file *file = study_file_read(path, settings, way[2] ? 4 : way[1] ? 3 : 2);
    const struct study_problem *problems = file ? study_file_problems(file, &problem_count) : NULL;
    if (!file || problem_count > 0)
        fail(file ? problems[0].text : "out of memory");
    curves.diverging = 1.0 / 3;
    const struct simulator_options options = {.trainers = trainers,
                                              .costs = {.epoch_s = 1, .spread = 0.3},
                                              .learning = curves_learning(&curves),
                                              .wall_time_s = NAN,
                                              .seed = 1};
    struct search *search = search_create(study_file_document(file), SAMPLES, &error);
    if (!search || !simulator_create(&simulator, search, &options, &error))
        fail(error.text);
    spent_s = longest_s = 0;
    decisions = 0;
    if (!simulator_run(&simulator, &error))
        fail(error.text);
    double busy = simulator.busy_s / (simulator.now_s * trainers);
    simulator_destroy(&simulator);
    unsigned trials = search_trial_count(search);
    double before = allocated_bytes();
    search_destroy(search);
    double bytes = before - allocated_bytes();
    printf(
        "{\"bench\": \"search\", \"scheduler\": \"%s\", \"set\": \"%s%s%s\", \"candidates\": %u, "
        "\"trainers\": %u, \"trials\": %u, \"decisions\": %llu, \"us_per_decision\": %.3f, "
        "\"longest_ms\": %.3f, \"bytes_per_candidate\": %.0f, \"utilisation\": %.3f}\n",
        way[0], way[1] ? way[1] : "", way[2] ? " " : "", way[2] ? way[2] : "", candidates, trainers,
        trials, decisions, 1e6 * spent_s / (double)decisions, 1e3 * longest_s, bytes / candidates,
        busy);
    (void)fflush(stdout);
    study_file_destroy(file);
}

int main(int argc, char **argv)
{
    long candidates = argc > 1 ? strtol(argv[1], NULL, 10) : 100000;
    long trainers = argc > 2 ? strtol(argv[2], NULL, 10) : candidates / 10;
    char path[] = "/tmp/lrsweep-search.XXXXXX";
    if (candidates < 10 || candidates > 1000000 || trainers < 10)
        fail("usage: search [CANDIDATES [TRAINERS]], 10 or more of each");
    int descriptor = mkstemp(path);
    FILE *stream = descriptor < 0 ? NULL : fdopen(descriptor, "w");
    if (!stream || fputs(study_text, stream) < 0 || fclose(stream) != 0)
        fail(strerror(errno));
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++)
        for (unsigned part = 10; part > 0; part /= 10)
            measure(path, ways[i], (unsigned)candidates / part, (unsigned)trainers / part);
    (void)unlink(path);
    return 0;
}
