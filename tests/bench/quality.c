/* quality.c - how many epochs each scheduler needs until what it recommends is, trained in full,
 * within 1 % of the best candidate: on synthetic learning curves (coordinator/search/curves.h), or
 * on those of real searches, recorded by tests/bench/quality_runs.
 *
 * All schedulers of the catalogue in each of their ways, on the same candidates; `none` is random
 * search with the full budget. The loss that counts is that of the recommended trial as far as it
 * was trained, on synthetic curves without noise: a recommendation that has not been trained in
 * full counts for what it is. A search that ends without reaching the mark is a miss, and its
 * epochs count as infinitely many. The synthetic curves have six decades of rates, the upper third
 * of which diverges.
 *
 * How much a halving scheduler can save depends on its rungs: with n candidates, the full budget R
 * and eta, all its rungs cost at least n R (1 + levels (1 - 1/eta)) / eta^levels of n R epochs,
 * `least` in the table. Settings: those of the papers (Li et al. 2018, figure 8 and table 1: R =
 * 81, eta = 3; Li et al. 2020, section 4.1: n = 256, eta = 4, R / r = 256), the bench of 243
 * candidates, and jobs/fashion-mnist.cfg (n = 27, R / r = 9).
 *
 * JSON lines, one a search and one a scheduler, or with --table the latter as a table.
 * usage: quality [--table] [--recorded DIR] [SEEDS]
 *   --recorded DIR  the studies DIR/1, DIR/2 ...; pbt cannot be simulated on these */
#include "common/catalogue/catalogue.h"
#include "common/study/study_file.h"
#include "coordinator/search/curves.h"
#include "tests/bench/recorded_curves.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WITHIN     1.01
#define SAMPLES    1000 /* ten batches an epoch */
#define SEEDS_MAX  1000
#define POPULATION 20 /* of pbt at most; Jaderberg et al. 2017 have 10 to 80 */

static const char study_text[] =
    "study = { name = \"quality\"; seed = 1; };\n"
    "data = { format = \"quadratic\"; };\n"
    "model = { loss = \"squared_error\"; layers = ( { type = \"dense\"; units = 1; } ); };\n"
    "train = { batch_size = 100; optimizer = \"sgd\"; };\n"
    "space = { lr = { log_uniform = [1.0e-5, 10.0]; }; };\n"
    "search = { sampler = \"random\"; unit = \"epochs\"; };\n";

/* In epochs; what halving schedulers have is min_budget and eta. */
struct setting {
    unsigned candidates, eta;
    double min_budget, max_budget;
    double quality; /* of synthetic curves: scale of what parameters besides the rate do */
};

static const struct setting synthetic[] = {{27, 3, 1, 9, 0.1},   {143, 3, 1, 81, 0.1},
                                           {243, 3, 1, 81, 0.1}, {378, 4, 1, 256, 0.1},
                                           {243, 3, 1, 81, 1},   {378, 4, 1, 256, 1}};
static const struct setting real[] = {{27, 3, 1, 9, 0},       {27, 3, 1.0 / 3, 9, 0},
                                      {27, 3, 1.0 / 9, 9, 0}, {81, 3, 1, 9, 0},
                                      {81, 3, 1.0 / 3, 9, 0}, {81, 3, 1.0 / 9, 9, 0}};

/* `none` comes first: the others are compared with it. */
static const char *const ways[][2] = {{"none"},
                                      {"sha"},
                                      {"asha"},
                                      {"asha", "search.variant=stopping"},
                                      {"hyperband"},
                                      {"hyperband", "search.asynchronous=true"},
                                      {"median"},
                                      {"pbt"},
                                      {"pbt", "search.asynchronous=true"}};

struct bench {
    const char *path;     /* of the study file */
    const char *recorded; /* NULL: synthetic curves */
    unsigned seeds;
    uint32_t trainers;
    bool table;
};

/* What is searched on with one seed. */
struct ground {
    struct curves synthetic;
    struct recorded_curves recorded; /* .snapshot NULL: the synthetic ones */
    uint64_t samples;                /* of an epoch */
};

struct outcome {
    double epochs; /* until within 1 %; INFINITY: never */
    double wall_s; /* in the time of an epoch */
    double total;  /* epochs of the whole search */
    double loss;   /* of the recommended one at the end, over the best */
};

static void fail(const char *what)
{
    (void)fprintf(stderr, "quality: %s\n", what);
    exit(1);
}

static struct ground open_ground(const struct bench *bench, const struct setting *setting,
                                 unsigned seed)
{
    struct ground ground = {.synthetic = curves_default(999 + seed), .samples = SAMPLES};
    ground.synthetic.diverging = 1.0 / 3;
    ground.synthetic.quality = setting->quality;
    if (bench->recorded) {
        struct error error;
        char dir[4096];
        (void)snprintf(dir, sizeof dir, "%s/%u", bench->recorded, seed);
        if (!recorded_curves_read(&ground.recorded, dir, &error))
            fail(error.text);
        ground.samples =
            strtoull(snapshot_value(ground.recorded.snapshot, "train_samples"), NULL, 10);
    }
    return ground;
}

static void close_ground(struct ground *ground)
{
    if (ground->recorded.snapshot)
        recorded_curves_destroy(&ground->recorded);
}

/* The resolved study for a scheduler; a recorded one keeps all but its `search`. */
static json_t *study_for(const struct bench *bench, const struct ground *ground,
                         const struct setting *setting, const char *const *way, unsigned seed)
{
    char text[6][64];
    const char *settings[7] = {text[0], text[1], text[2], text[3]};
    size_t count = 4, problems;
    const struct catalogue_entry *scheduler = catalogue_find(&catalogue_schedulers, way[0]);
    unsigned candidates = setting->candidates;
    if (strcmp(way[0], "pbt") == 0 && candidates > POPULATION)
        candidates = POPULATION;
    (void)snprintf(text[0], sizeof *text, "search.scheduler=%s", way[0]);
    (void)snprintf(text[1], sizeof *text, "study.seed=%u", seed);
    (void)snprintf(text[2], sizeof *text, "search.candidates=%u", candidates);
    (void)snprintf(text[3], sizeof *text, "search.max_budget=%.17g", setting->max_budget);
    (void)snprintf(text[4], sizeof *text, "search.min_budget=%.17g", setting->min_budget);
    (void)snprintf(text[5], sizeof *text, "search.eta=%u", setting->eta);
    if (catalogue_key_find(scheduler, "min_budget")) {
        settings[count++] = text[4];
        settings[count++] = text[5];
    }
    if (way[1])
        settings[count++] = way[1];
    struct study_file *file = study_file_read(bench->path, settings, count);
    if (!file)
        fail("out of memory");
    const struct study_problem *list = study_file_problems(file, &problems);
    if (problems > 0)
        fail(list[0].text);
    json_t *resolved = json_deep_copy(study_file_document(file));
    study_file_destroy(file);
    if (!ground->recorded.snapshot)
        return resolved;
    json_t *study = json_deep_copy(ground->recorded.snapshot->document);
    json_object_set(study, "search", json_object_get(resolved, "search"));
    json_decref(resolved);
    return study;
}

/* The loss that counts. */
static double loss_at(const struct ground *ground, const struct search *search, uint32_t trial,
                      uint64_t step)
{
    if (!ground->recorded.snapshot)
        return curves_expected(&ground->synthetic, search, trial, step);
    double value = recorded_curves_value(&ground->recorded, trial, step);
    return isnan(value) ? INFINITY : value;
}

/* The best of all candidates, each trained in full. */
static double best_loss(const json_t *study, const struct ground *ground,
                        const struct setting *setting)
{
    struct error error;
    struct search_update update;
    struct search_event event = {.kind = SEARCH_FREE, .value = NAN};
    if (ground->recorded.snapshot)
        return recorded_curves_best(&ground->recorded, setting->candidates);
    struct search *search = search_create(study, ground->samples, &error);
    double best = INFINITY;
    if (!search)
        fail(error.text);
    while (search_trial_count(search) < setting->candidates && search_step(search, &event, &update))
        continue;
    for (uint32_t i = 0; i < search_trial_count(search); i++)
        best = fmin(
            best, loss_at(ground, search, i, search_budget_steps(search, i, setting->max_budget)));
    search_destroy(search);
    return best;
}

static double recommended_loss(const struct ground *ground, const struct search *search)
{
    uint32_t best;
    return search_best(search, &best)
               ? loss_at(ground, search, best, search_trial(search, best)->step)
               : INFINITY;
}

static struct outcome search_with(const struct bench *bench, const json_t *study,
                                  const struct ground *ground, double best)
{
    struct error error;
    struct simulator simulator;
    struct search *search = search_create(study, ground->samples, &error);
    const struct simulator_options options = {
        .trainers = bench->trainers,
        .costs = {.epoch_s = 1, .spread = bench->recorded ? 0 : 0.05},
        .learning = ground->recorded.snapshot ? recorded_curves_learning(&ground->recorded)
                                              : curves_learning(&ground->synthetic),
        .wall_time_s = NAN,
        .seed = ground->synthetic.seed};
    struct outcome outcome = {.epochs = INFINITY, .wall_s = INFINITY};
    enum simulator_news news = SIMULATOR_GOES_ON;
    if (!search || !simulator_create(&simulator, search, &options, &error))
        fail(error.text);
    while (news == SIMULATOR_GOES_ON) {
        news = simulator_step(&simulator, &error);
        if (isinf(outcome.epochs) && recommended_loss(ground, search) <= WITHIN * best) {
            outcome.epochs = simulator_total(&simulator).epochs;
            outcome.wall_s = simulator.now_s;
        }
    }
    if (news == SIMULATOR_FAILED)
        fail(error.text);
    outcome.total = simulator_total(&simulator).epochs;
    outcome.loss = recommended_loss(ground, search) / best;
    simulator_destroy(&simulator);
    search_destroy(search);
    return outcome;
}

static int compare(const void *a, const void *b)
{
    double one = *(const double *)a, other = *(const double *)b;
    return (one > other) - (one < other);
}

/* The value below which `share` of them are, by the nearest rank. */
static double quantile(const double *sorted, unsigned count, double share)
{
    unsigned rank = (unsigned)ceil(share * count);
    return sorted[rank > 0 ? rank - 1 : 0];
}

static void print_number(const char *key, double value)
{
    if (isfinite(value))
        printf(", \"%s\": %.6g", key, value);
    else
        printf(", \"%s\": null", key);
}

static void print_setting(const struct setting *setting, const char *const *way)
{
    printf("\"scheduler\": \"%s\", \"set\": \"%s\", \"candidates\": %u, \"eta\": %u", way[0],
           way[1] ? way[1] : "", setting->candidates, setting->eta);
    print_number("min_budget", setting->min_budget);
    print_number("max_budget", setting->max_budget);
}

/* All seeds of one way; returns the median epochs. `reference`: those of `none`; NaN: this is it.
 */
static double measure(const struct bench *bench, const struct setting *setting,
                      const char *const *way, double reference)
{
    double epochs[SEEDS_MAX], walls[SEEDS_MAX], losses[SEEDS_MAX], total = 0;
    unsigned seeds = bench->seeds, reached = 0;
    for (unsigned i = 0; i < seeds; i++) {
        struct ground ground = open_ground(bench, setting, 1 + i);
        json_t *study = study_for(bench, &ground, setting, way, 1 + i);
        json_t *plain = study_for(bench, &ground, setting, ways[0], 1 + i);
        double best = best_loss(plain, &ground, setting);
        struct outcome outcome = search_with(bench, study, &ground, best);
        if (!bench->table) {
            printf("{\"bench\": \"quality\", \"seed\": %u, ", 1 + i);
            print_setting(setting, way);
            print_number("best_loss", best);
            print_number("epochs_within", outcome.epochs);
            print_number("epochs_total", outcome.total);
            print_number("loss_over_best", outcome.loss);
            puts("}");
        }
        epochs[i] = outcome.epochs;
        walls[i] = outcome.wall_s;
        losses[i] = outcome.loss;
        total += outcome.total / seeds;
        reached += isfinite(outcome.epochs);
        json_decref(study);
        json_decref(plain);
        close_ground(&ground);
    }
    qsort(epochs, seeds, sizeof *epochs, compare);
    qsort(walls, seeds, sizeof *walls, compare);
    qsort(losses, seeds, sizeof *losses, compare);
    double median = quantile(epochs, seeds, 0.5);
    double share = median / (isnan(reference) ? median : reference);
    if (bench->table) {
        printf("%-9s %-17s  %4u of %-4u  %8.1f  %8.1f  %8.1f  %9.3f  %8.1f  %8.1f  %9.4f\n", way[0],
               way[1] ? way[1] + strlen("search.") : "", reached, seeds, median,
               quantile(epochs, seeds, 0.25), quantile(epochs, seeds, 0.75), share,
               quantile(walls, seeds, 0.5), total, quantile(losses, seeds, 0.5));
        return median;
    }
    printf("{\"bench\": \"quality-median\", ");
    print_setting(setting, way);
    printf(", \"seeds\": %u, \"reached\": %u", seeds, reached);
    print_number("epochs_within", median);
    print_number("quarter", quantile(epochs, seeds, 0.25));
    print_number("three_quarters", quantile(epochs, seeds, 0.75));
    print_number("share_of_random", share);
    print_number("wall", quantile(walls, seeds, 0.5));
    print_number("epochs_total", total);
    print_number("loss_over_best", quantile(losses, seeds, 0.5));
    puts("}");
    return median;
}

static void measure_all(const struct bench *bench, const struct setting *setting)
{
    double reference = NAN, least = 1;
    for (double budget = setting->max_budget;
         budget / setting->eta >= setting->min_budget * (1 - 1e-9); budget /= setting->eta)
        least = least / setting->eta;
    double levels = round(-log(least) / log(setting->eta));
    least *= 1 + levels * (1 - 1.0 / setting->eta);
    if (bench->table)
        printf(
            "\n%u candidates%s, eta %u, budgets from %.3g to %g epochs: %g epochs in full, least "
            "%.3f\n%-27s  %-12s  %8s  %8s  %8s  %9s  %8s  %8s  %9s\n",
            setting->candidates, setting->quality > 0.1 ? ", few of them good" : "", setting->eta,
            setting->min_budget, setting->max_budget, setting->candidates * setting->max_budget,
            least, "scheduler", "within 1 %", "epochs", "quarter", "3 quart.", "of random", "wall",
            "total", "loss/best");
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        if (bench->recorded && strcmp(ways[i][0], "pbt") == 0)
            continue;
        double median = measure(bench, setting, ways[i], reference);
        if (i == 0)
            reference = median;
    }
}

int main(int argc, char **argv)
{
    struct bench bench = {.seeds = 20, .trainers = 9};
    char path[] = "/tmp/lrsweep-quality.XXXXXX";
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--table") == 0)
            bench.table = true;
        else if (strcmp(argv[i], "--recorded") == 0 && i + 1 < argc)
            bench.recorded = argv[++i];
        else
            bench.seeds = (unsigned)strtoul(argv[i], NULL, 10);
    }
    if (bench.seeds < 1 || bench.seeds > SEEDS_MAX)
        fail("usage: quality [--table] [--recorded DIR] [SEEDS]");
    int descriptor = mkstemp(path);
    FILE *stream = descriptor < 0 ? NULL : fdopen(descriptor, "w");
    if (!stream || fputs(study_text, stream) < 0 || fclose(stream) != 0)
        fail(strerror(errno));
    bench.path = path;
    bench.trainers = bench.recorded ? 2 : 9;
    const struct setting *settings = bench.recorded ? real : synthetic;
    size_t count = bench.recorded ? sizeof real / sizeof *real : sizeof synthetic / sizeof *real;
    for (size_t i = 0; i < count; i++)
        measure_all(&bench, &settings[i]);
    (void)unlink(path);
    return 0;
}
