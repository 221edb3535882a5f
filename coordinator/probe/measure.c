/* measure.c - times short segments on trainers that work side by side. */
#include "coordinator/probe/measure.h"

#include "common/line_reader.h"
#include "common/median.h"
#include "common/monotonic.h"
#include "common/study_document.h"
#include "lrsweep/protocol.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS          3   /* candidates that each trainer takes up */
#define PIECE_S         0.8 /* how long the n steps are to take */
#define WARM_STEPS      4   /* before, to find n; they also bring the data into the caches */
#define DIR_BYTES       512
#define PIECE_STEPS_MIN 4
#define PIECE_STEPS_MAX 1000000
#define REPEATS         5 /* of the short segments: their median counts */
#define ENOUGH_S        20 /* then no further round begins: steps are so long that one tells enough */
/* MPI's start, in which the first trainer reads its data (DESIGN, section 1). */
#define MPI_START_S 0.4

struct bench {
    struct probe probe;
    struct line_reader reader;
    char checkpoint[DIR_BYTES + 16];
    uint32_t trial;                                 /* the candidate under way */
    uint64_t step;                                  /* of its checkpoint */
    uint64_t n;                                     /* steps of the long piece */
    uint64_t piece_end;                             /* step at which it ended */
    double fresh_s, resume_s, step_s, validation_s; /* of this round */
    double cpu_share;                               /* of the long piece's time */
    double sent_s, took_s;
    double cpu_before_s, cpu_s; /* processor time of the trainer: before this segment, and in it */
    bool busy;
};

struct measure {
    const struct measure_options *options;
    struct search *search; /* for its candidates */
    uint32_t candidates;
    struct bench *benches; /* [options->trainers] */
    char dir[DIR_BYTES];
    double silence_s;
};

/* --- one segment on every trainer at once --- */

/* Processor time that the trainer has had; NaN: the system does not tell. */
static double cpu_of(const struct bench *bench)
{
    clockid_t clock;
    struct timespec had;
    if (clock_getcpuclockid(bench->probe.child.pid, &clock) != 0 || clock_gettime(clock, &had) != 0)
        return NAN;
    return (double)had.tv_sec + 1e-9 * (double)had.tv_nsec;
}

/* The candidate with the lowest rate that is searched in the place of its own. */
static json_t *calm_params(const struct measure *measure, uint32_t trial)
{
    const struct space *space = search_space(measure->search);
    double values[SPACE_MAX];
    memcpy(values, search_trial(measure->search, trial)->values, space->count * sizeof *values);
    for (size_t i = 0; i < space->count; i++) {
        const struct parameter *parameter = &space->parameters[i];
        if (strcmp(parameter->name, "lr") != 0)
            continue;
        values[i] = parameter->low;
        for (size_t j = 0; j < parameter->count; j++)
            if (j == 0 ||
                json_number_value(json_array_get(parameter->values, j)) <
                    json_number_value(json_array_get(parameter->values, (size_t)values[i])))
                values[i] = (double)j;
    }
    return space_params(space, values);
}

static bool send_segment(const struct measure *measure, struct bench *bench, uint64_t steps,
                         bool validated, struct error *error)
{
    if (measure->options->restarts)
        bench->step = 0;
    uint64_t end = bench->step + steps;
    json_t *line =
        json_pack("{s:s, s:I, s:o, s:I, s:I, s:I, s:s?, s:s}", "op", "train", "trial",
                  (json_int_t)bench->trial, "params", calm_params(measure, bench->trial), "seed",
                  (json_int_t)search_trial(measure->search, bench->trial)->seed, "from",
                  (json_int_t)bench->step, "to", (json_int_t)(validated ? end : end + 1), "resume",
                  bench->step > 0 ? bench->checkpoint : NULL, "checkpoint", bench->checkpoint);
    if (!line)
        return error_set(error, "out of memory");
    if (!validated)
        json_object_set_new(line, "pause", json_integer((json_int_t)end));
    bench->cpu_before_s = cpu_of(bench);
    bench->sent_s = monotonic_s();
    bench->busy = true;
    return probe_send(&bench->probe, line, error);
}

/* Takes one line of a trainer that is busy. */
static bool hear(struct bench *bench, const char *text, size_t length, struct error *error)
{
    json_t *line = json_loadb(text, length, 0, NULL);
    const char *op = json_string_value(json_object_get(line, "op"));
    const char *status = json_string_value(json_object_get(line, "status"));
    const char *message = json_string_value(json_object_get(line, "message"));
    json_int_t step = json_integer_value(json_object_get(line, "step"));
    bool good = true;
    if (op && strcmp(op, "done") == 0) {
        bench->took_s = monotonic_s() - bench->sent_s;
        bench->cpu_s = cpu_of(bench) - bench->cpu_before_s;
        bench->busy = false;
        bench->step = (uint64_t)step;
        if (!status || (strcmp(status, "ok") != 0 && strcmp(status, "stopped") != 0))
            good = error_set(
                error,
                "the trainer did not get through the probe (--seconds-per-epoch needs none): %s",
                message  ? message
                : status ? status
                         : "it does not say why");
    } else if (!op || strcmp(op, "report") != 0) {
        good = error_set(error, "the trainer said neither report nor done while it trained");
    }
    json_decref(line);
    return good;
}

static bool listen(struct bench *bench, struct error *error)
{
    char *text, how[CHILD_HOW_BYTES];
    size_t length;
    enum line_status status;
    child_listen(&bench->probe.child);
    while (bench->busy && (status = line_reader_next(&bench->reader, bench->probe.child.output,
                                                     &text, &length)) != LINE_NONE) {
        if (status == LINE_END) {
            child_reap(&bench->probe.child, how, sizeof how);
            return error_set(error, "the trainer was probed and %s", how);
        }
        if (status != LINE_READ)
            return error_set(error, "the trainer wrote a line of more than %d bytes",
                             LRSWEEP_LINE_MAX_BYTES);
        if (!hear(bench, text, length, error))
            return false;
    }
    return true;
}

/* Waits until every trainer has ended its segment. */
static bool await(const struct measure *measure, struct error *error)
{
    unsigned count = measure->options->trainers;
    struct pollfd *news = calloc(2 * (size_t)count + 1, sizeof *news);
    bool good = true;
    if (!news)
        return error_set(error, "out of memory");
    for (bool waiting = true; good && waiting;) {
        waiting = false;
        for (unsigned i = 0; good && i < count; i++) {
            struct bench *bench = &measure->benches[i];
            good = listen(bench, error);
            waiting = waiting || bench->busy;
            news[2 * i] = (struct pollfd){.fd = bench->busy ? bench->probe.child.output : -1,
                                          .events = POLLIN};
            news[2 * i + 1] = (struct pollfd){.fd = bench->busy ? bench->probe.child.errors : -1,
                                              .events = POLLIN};
        }
        if (good && waiting && poll(news, 2 * (nfds_t)count, (int)(1000 * measure->silence_s)) == 0)
            good = error_set(error, "a trainer said nothing for %g s (run.heartbeat_timeout)",
                             measure->silence_s);
    }
    free(news);
    return good;
}

/* --- the costs from segments --- */

static bool all(const struct measure *measure, uint64_t steps, bool validated, struct error *error)
{
    for (unsigned i = 0; i < measure->options->trainers; i++)
        if (!send_segment(measure, &measure->benches[i], steps ? steps : measure->benches[i].n,
                          validated, error))
            return false;
    return await(measure, error);
}

/* The median time of a step on its own, with a validation or without; on every trainer, into
 * `took_s`. Steps so long that noise is small beside them are taken once. */
static bool short_segments(const struct measure *measure, bool validated, struct error *error)
{
    unsigned count = measure->options->trainers;
    size_t repeats = REPEATS;
    double *times = calloc((size_t)count * REPEATS + 1, sizeof *times);
    bool good = true;
    if (!times)
        return error_set(error, "out of memory");
    for (size_t repeat = 0; good && repeat < repeats; repeat++) {
        good = all(measure, 1, validated, error);
        for (unsigned i = 0; good && i < count; i++) {
            times[i * REPEATS + repeat] = measure->benches[i].took_s;
            if (measure->benches[i].took_s > PIECE_S)
                repeats = repeat + 1;
        }
    }
    for (unsigned i = 0; good && i < count; i++)
        measure->benches[i].took_s = median(times + (size_t)i * REPEATS, repeats);
    free(times);
    return good;
}

static uint64_t validations_between(const struct measure *measure, const struct bench *bench,
                                    uint64_t from, uint64_t to)
{
    uint64_t every = (uint64_t)study_integer(measure->options->document, "train", "validate_every");
    if (every == 0)
        every = search_epoch_steps(measure->search, bench->trial);
    return every ? to / every - from / every : 0;
}

/* How many steps take PIECE_S, when `steps` took took_s. */
static uint64_t piece_steps(uint64_t steps, double took_s)
{
    double n = (double)steps * PIECE_S / took_s;
    return (uint64_t)fmin(fmax(n, PIECE_STEPS_MIN), PIECE_STEPS_MAX);
}

/* Every trainer takes up a candidate. */
static bool round_of(const struct measure *measure, uint32_t round, struct error *error)
{
    unsigned count = measure->options->trainers;
    for (unsigned i = 0; i < count; i++) {
        measure->benches[i].trial = (round * count + i) % measure->candidates;
        measure->benches[i].step = 0;
    }
    if (!all(measure, 1, false, error))
        return false;
    for (unsigned i = 0; i < count; i++)
        measure->benches[i].fresh_s = measure->benches[i].took_s;
    if (!all(measure, WARM_STEPS, false, error))
        return false;
    for (unsigned i = 0; i < count; i++) {
        struct bench *bench = &measure->benches[i];
        bench->n = piece_steps(WARM_STEPS, bench->took_s);
    }
    /* The first guess holds what a segment costs besides its steps; the second is free of that. */
    for (int pass = 0; pass < 2; pass++) {
        if (!all(measure, 0, false, error))
            return false;
        for (unsigned i = 0; pass == 0 && i < count; i++) {
            struct bench *bench = &measure->benches[i];
            bench->n = piece_steps(bench->n, bench->took_s);
        }
    }
    for (unsigned i = 0; i < count; i++) {
        measure->benches[i].step_s = measure->benches[i].took_s;
        measure->benches[i].piece_end = measure->benches[i].step;
        measure->benches[i].cpu_share = measure->benches[i].cpu_s / measure->benches[i].took_s;
    }
    if (!short_segments(measure, false, error))
        return false;
    for (unsigned i = 0; i < count; i++)
        measure->benches[i].resume_s = measure->benches[i].took_s;
    if (!short_segments(measure, true, error))
        return false;
    for (unsigned i = 0; i < count; i++) {
        struct bench *bench = &measure->benches[i];
        uint64_t to = bench->piece_end, from = to - bench->n;
        bench->validation_s = fmax(bench->took_s - bench->resume_s, 0);
        bench->step_s -= bench->resume_s + bench->validation_s * (double)validations_between(
                                                                     measure, bench, from, to);
        bench->step_s /= (double)(bench->n - 1);
        bench->fresh_s = fmax(bench->fresh_s - bench->step_s, 0);
        bench->resume_s = fmax(bench->resume_s - bench->step_s, 0);
        if (!(bench->step_s > 0))
            return error_set(error, "the probe found no time that a step takes: other programs "
                                    "disturb it; try again, or give --seconds-per-epoch");
    }
    return true;
}

static bool gather(const struct measure *measure, struct simulator_costs *costs, double *cpu_share,
                   struct error *error)
{
    double begun_s = monotonic_s(), epoch_s = 0;
    uint32_t rounds = 0;
    while (rounds < ROUNDS && (rounds == 0 || monotonic_s() - begun_s < ENOUGH_S)) {
        if (!round_of(measure, rounds++, error))
            return false;
        for (unsigned i = 0; i < measure->options->trainers; i++) {
            const struct bench *bench = &measure->benches[i];
            costs->step_s += bench->step_s;
            costs->validation_s += bench->validation_s;
            costs->fresh_s += bench->fresh_s;
            costs->resume_s += bench->resume_s;
            *cpu_share += bench->cpu_share;
            epoch_s += bench->step_s * (double)search_epoch_steps(measure->search, bench->trial);
        }
    }
    const double count = (double)rounds * measure->options->trainers;
    costs->step_s /= count;
    costs->validation_s /= count;
    costs->fresh_s /= count;
    costs->resume_s /= count;
    *cpu_share /= count;
    costs->epoch_s = measure->options->train_samples ? epoch_s / count : NAN;
    return true;
}

/* --- what it takes --- */

/* Candidates of the study, as a run would make them. */
static bool draw(struct measure *measure, struct error *error)
{
    const struct search_event event = {.kind = SEARCH_FREE, .value = NAN};
    struct search_update update;
    measure->search =
        search_create(measure->options->document, measure->options->train_samples, error);
    if (!measure->search)
        return false;
    for (unsigned i = 0; i < ROUNDS * measure->options->trainers; i++)
        if (!search_step(measure->search, &event, &update))
            return error_set(error, "out of memory");
    measure->candidates = search_trial_count(measure->search);
    return measure->candidates > 0 || error_set(error, "the search has no candidate to probe with");
}

/* The other trainers, started together as a run starts them. */
static bool start_others(const struct measure *measure, struct error *error)
{
    char at[256];
    for (unsigned i = 1; i < measure->options->trainers; i++)
        if (!probe_start(&measure->benches[i].probe, measure->options->program,
                         measure->options->document, error))
            return false;
    for (unsigned i = 1; i < measure->options->trainers; i++)
        if (!probe_answer(&measure->benches[i].probe, at, sizeof at, error))
            return false;
    return true;
}

static bool make_dir(struct measure *measure, struct error *error)
{
    const char *root = getenv("TMPDIR");
    int length = snprintf(measure->dir, sizeof measure->dir, "%s/lrsweep-plan.XXXXXX",
                          root && *root ? root : "/tmp");
    bool fits = length > 0 && (size_t)length < sizeof measure->dir;
    if (!fits || !mkdtemp(measure->dir)) {
        error_set(error, "%.200s: %s", measure->dir, fits ? strerror(errno) : "too long (TMPDIR)");
        measure->dir[0] = '\0';
        return false;
    }
    for (unsigned i = 0; i < measure->options->trainers; i++)
        (void)snprintf(measure->benches[i].checkpoint, sizeof measure->benches[i].checkpoint,
                       "%s/%u", measure->dir, i);
    return true;
}

bool measure_costs(const struct measure_options *options, struct probe *first, double first_start_s,
                   struct simulator_costs *costs, double *cpu_share, struct error *error)
{
    struct measure measure = {.options = options,
                              .benches = calloc(options->trainers, sizeof *measure.benches),
                              .silence_s =
                                  study_number(options->document, "run", "heartbeat_timeout")};
    *costs = (struct simulator_costs){.epoch_s = NAN};
    *cpu_share = 0;
    if (!measure.benches)
        return error_set(error, "out of memory");
    for (unsigned i = 0; i < options->trainers; i++) {
        measure.benches[i].probe.child = CHILD_NONE;
        line_reader_create(&measure.benches[i].reader, LRSWEEP_LINE_MAX_BYTES);
    }
    measure.benches[0].probe = *first;
    double begun_s = monotonic_s();
    bool good = draw(&measure, error) && start_others(&measure, error);
    costs->start_s = fmax(first_start_s, MPI_START_S) + monotonic_s() - begun_s;
    good = good && make_dir(&measure, error) && gather(&measure, costs, cpu_share, error);
    first->child = measure.benches[0].probe.child;
    for (unsigned i = 0; i < options->trainers; i++) {
        if (i > 0)
            probe_end(&measure.benches[i].probe);
        line_reader_destroy(&measure.benches[i].reader);
        if (measure.benches[i].checkpoint[0])
            (void)unlink(measure.benches[i].checkpoint);
    }
    if (measure.dir[0])
        (void)rmdir(measure.dir);
    free(measure.benches);
    search_destroy(measure.search);
    return good;
}
