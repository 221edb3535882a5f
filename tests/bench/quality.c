/* quality.c - how many epochs each scheduler needs until what it recommends is, trained in full,
 * within 1 % of the best candidate, on synthetic learning curves (coordinator/search/curves.h).
 *
 * All schedulers of the catalogue, on the same candidates; `none` is random search with the full
 * budget. The curves have six decades of rates, the upper third of which diverges. The loss that
 * counts is without noise and that of the recommended trial as far as it was trained: a
 * recommendation that has not been trained in full counts for what it is. A search that ends
 * without reaching the mark is a miss, and its epochs count as infinitely many.
 *
 * JSON lines, one a search and one a scheduler, or with --table the latter as a table.
 * usage: quality [--table] [SEEDS] */
#include "common/catalogue/catalogue.h"
#include "common/study/study_file.h"
#include "coordinator/search/curves.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CANDIDATES 243
#define MAX_BUDGET 81
#define TRAINERS   9
#define WITHIN     1.01
#define SAMPLES    1000 /* ten batches an epoch */
#define SEEDS_MAX  1000

static const char study_text[] =
    "study = { name = \"quality\"; seed = 1; };\n"
    "data = { format = \"quadratic\"; };\n"
    "model = { loss = \"squared_error\"; layers = ( { type = \"dense\"; units = 1; } ); };\n"
    "train = { batch_size = 100; optimizer = \"sgd\"; };\n"
    "space = { lr = { log_uniform = [1.0e-5, 10.0]; }; };\n"
    "search = { sampler = \"random\"; candidates = 243; scheduler = \"none\";\n"
    "           max_budget = 81.0; unit = \"epochs\"; };\n";

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

/* The study for a scheduler, with its own keys' defaults. */
static struct study_file *study_for(const char *path, const struct catalogue_entry *scheduler,
                                    unsigned seed)
{
    char name[128], number[64];
    const char *settings[3] = {name, number};
    size_t count = 2, problems;
    (void)snprintf(name, sizeof name, "search.scheduler=%s", scheduler->name);
    (void)snprintf(number, sizeof number, "study.seed=%u", seed);
    if (catalogue_key_find(scheduler, "min_budget"))
        settings[count++] = "search.min_budget=1.0";
    struct study_file *file = study_file_read(path, settings, count);
    if (!file)
        fail("out of memory");
    const struct study_problem *list = study_file_problems(file, &problems);
    if (problems > 0)
        fail(list[0].text);
    return file;
}

/* The best of all candidates, each trained in full. */
static double best_loss(const json_t *document, const struct curves *curves)
{
    struct error error;
    struct search_update update;
    struct search_event event = {.kind = SEARCH_FREE, .value = NAN};
    struct search *search = search_create(document, SAMPLES, &error);
    double best = INFINITY;
    if (!search)
        fail(error.text);
    while (search_trial_count(search) < CANDIDATES && search_step(search, &event, &update))
        continue;
    for (uint32_t i = 0; i < search_trial_count(search); i++)
        best = fmin(best,
                    curves_expected(curves, search, i, search_budget_steps(search, i, MAX_BUDGET)));
    search_destroy(search);
    return best;
}

static double recommended_loss(const struct curves *curves, const struct search *search)
{
    uint32_t best;
    return search_best(search, &best)
               ? curves_expected(curves, search, best, search_trial(search, best)->step)
               : INFINITY;
}

static struct outcome search_with(const json_t *document, const struct curves *curves, double best)
{
    struct error error;
    struct simulator simulator;
    struct search *search = search_create(document, SAMPLES, &error);
    const struct simulator_options options = {.trainers = TRAINERS,
                                              .costs = {.epoch_s = 1, .spread = 0.05},
                                              .learning = curves_learning(curves),
                                              .wall_time_s = NAN,
                                              .seed = curves->seed};
    struct outcome outcome = {.epochs = INFINITY, .wall_s = INFINITY};
    enum simulator_news news = SIMULATOR_GOES_ON;
    if (!search || !simulator_create(&simulator, search, &options, &error))
        fail(error.text);
    while (news == SIMULATOR_GOES_ON) {
        news = simulator_step(&simulator, &error);
        if (isinf(outcome.epochs) && recommended_loss(curves, search) <= WITHIN * best) {
            outcome.epochs = simulator_total(&simulator).epochs;
            outcome.wall_s = simulator.now_s;
        }
    }
    if (news == SIMULATOR_FAILED)
        fail(error.text);
    outcome.total = simulator_total(&simulator).epochs;
    outcome.loss = recommended_loss(curves, search) / best;
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

/* All seeds of one scheduler; returns the median epochs. `reference`: those of `none`; NaN: this
 * is it. */
static double measure(const char *path, const struct catalogue_entry *scheduler, unsigned seeds,
                      bool table, double reference)
{
    double epochs[SEEDS_MAX], walls[SEEDS_MAX], losses[SEEDS_MAX], total = 0;
    unsigned reached = 0;
    for (unsigned i = 0; i < seeds; i++) {
        struct curves curves = curves_default(1000 + i);
        struct study_file *file = study_for(path, scheduler, 1 + i);
        struct study_file *plain =
            study_for(path, catalogue_find(&catalogue_schedulers, "none"), 1 + i);
        curves.diverging = 1.0 / 3;
        double best = best_loss(study_file_document(plain), &curves);
        struct outcome outcome = search_with(study_file_document(file), &curves, best);
        if (!table) {
            printf("{\"bench\": \"quality\", \"scheduler\": \"%s\", \"seed\": %u", scheduler->name,
                   1 + i);
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
        study_file_destroy(file);
        study_file_destroy(plain);
    }
    qsort(epochs, seeds, sizeof *epochs, compare);
    qsort(walls, seeds, sizeof *walls, compare);
    qsort(losses, seeds, sizeof *losses, compare);
    double median = quantile(epochs, seeds, 0.5);
    double share = median / (isnan(reference) ? median : reference);
    if (table) {
        printf("%-20s  %4u of %-4u  %10.0f  %10.0f  %10.0f  %9.3f  %9.0f  %9.0f  %10.4f\n",
               scheduler->name, reached, seeds, median, quantile(epochs, seeds, 0.25),
               quantile(epochs, seeds, 0.75), share, quantile(walls, seeds, 0.5), total,
               quantile(losses, seeds, 0.5));
        return median;
    }
    printf("{\"bench\": \"quality-median\", \"scheduler\": \"%s\", \"seeds\": %u, \"reached\": %u",
           scheduler->name, seeds, reached);
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

int main(int argc, char **argv)
{
    bool table = argc > 1 && strcmp(argv[1], "--table") == 0;
    const char *count = argc > 1 + table ? argv[1 + table] : "20";
    long seeds = strtol(count, NULL, 10);
    char path[] = "/tmp/lrsweep-quality.XXXXXX";
    if (seeds < 1 || seeds > SEEDS_MAX)
        fail("usage: quality [--table] [SEEDS]");
    int descriptor = mkstemp(path);
    FILE *stream = descriptor < 0 ? NULL : fdopen(descriptor, "w");
    if (!stream || fputs(study_text, stream) < 0 || fclose(stream) != 0)
        fail(strerror(errno));
    if (table)
        printf("%-20s  %-12s  %10s  %10s  %10s  %9s  %9s  %9s  %10s\n", "scheduler", "within 1 %",
               "epochs", "quarter", "3 quarters", "of random", "wall", "total", "loss/best");
    double reference =
        measure(path, catalogue_find(&catalogue_schedulers, "none"), (unsigned)seeds, table, NAN);
    for (size_t i = 0; i < catalogue_schedulers.count(); i++) {
        const struct catalogue_entry *entry = catalogue_schedulers.entry(i);
        if (strcmp(entry->name, "none") != 0)
            measure(path, entry, (unsigned)seeds, table, reference);
    }
    (void)unlink(path);
    return 0;
}
