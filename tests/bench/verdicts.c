/* verdicts.c - the labelled suite of the monitor's verdicts, made by patience: every run is trained
 * to its end, whatever its losses are.
 * usage: verdicts record DIR SEED [DATA-FOLDER]   trains the runs of a seed, a file each, two at a
 *                                                 time
 *        verdicts judge DIR                       what the monitor and simpler rules make of them
 *
 * Thresholds were chosen on the runs of seeds 1 to 6; others judge them. */
#include "common/portability.h"
#include "tests/support/trace.h"

#include <cblas.h>
#include <dirent.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

enum { BUDGET = 2000, PROCESSES = 2, SEEDS_CHOSEN_ON = 6, TEXT_BYTES = 4096, PATH_BYTES = 1024 };

/* --- the runs ------------------------------------------------------------------------------------
 */

/* In JSON with ' for ". */
#define DENSE(units, f) "{'type':'dense','units':" #units ",'activation':'" f "'},"
#define NORMED(units, norm, f)                                                                     \
    "{'type':'dense','units':" #units "},{'type':'" norm "'},{'type':'" f "'},"
#define CONV(filters, kernel)                                                                      \
    "{'type':'conv2d','filters':" #filters ",'kernel_size':" #kernel ",'stride':2,"                \
    "'activation':'relu'},"
#define CLASSES "{'type':'dense','units':10}"
#define NUMBER  "{'type':'dense','units':1}"

enum source { FASHION, TEACHER, QUADRATIC };

static const struct {
    const char *name, *layers;
    enum source source;
    int batch_size;
} networks[] = {
    {"relu 32", DENSE(32, "relu") CLASSES, FASHION, 64},
    {"relu 128", DENSE(128, "relu") CLASSES, FASHION, 64},
    {"relu 3x64", DENSE(64, "relu") DENSE(64, "relu") DENSE(64, "relu") CLASSES, FASHION, 64},
    {"tanh 128", DENSE(128, "tanh") CLASSES, FASHION, 64},
    {"tanh 3x64", DENSE(64, "tanh") DENSE(64, "tanh") DENSE(64, "tanh") CLASSES, FASHION, 64},
    {"gelu 128", DENSE(128, "gelu") CLASSES, FASHION, 64},
    {"gelu 3x64", DENSE(64, "gelu") DENSE(64, "gelu") DENSE(64, "gelu") CLASSES, FASHION, 64},
    {"sigmoid 64", DENSE(64, "sigmoid") CLASSES, FASHION, 64},
    {"silu 2x64", DENSE(64, "silu") DENSE(64, "silu") CLASSES, FASHION, 64},
    {"batch norm relu 128", NORMED(128, "batch_norm", "relu") CLASSES, FASHION, 64},
    {"batch norm relu 3x64",
     NORMED(64, "batch_norm", "relu") NORMED(64, "batch_norm", "relu")
         NORMED(64, "batch_norm", "relu") CLASSES,
     FASHION, 64},
    {"layer norm gelu 2x64",
     NORMED(64, "layer_norm", "gelu") NORMED(64, "layer_norm", "gelu") CLASSES, FASHION, 64},
    {"layer norm tanh 128", NORMED(128, "layer_norm", "tanh") CLASSES, FASHION, 64},
    {"softmax", CLASSES, FASHION, 64},
    {"cnn", CONV(8, 5) CONV(16, 3) "{'type':'flatten'}," DENSE(32, "relu") CLASSES, FASHION, 16},
    {"numbers relu 32", DENSE(32, "relu") NUMBER, TEACHER, 32},
    {"numbers tanh 2x128", DENSE(128, "tanh") DENSE(128, "tanh") NUMBER, TEACHER, 32},
    {"numbers linear", NUMBER, TEACHER, 32},
    /* Wide and on the whole set at once: where catapults are seen. */
    {"catapult relu 256", DENSE(256, "relu") NUMBER, TEACHER, 500},
    {"catapult tanh 256", DENSE(256, "tanh") NUMBER, TEACHER, 500},
    {"quadratic", "{'type':'dense','units':1,'bias':false}", QUADRATIC, 0},
};

static const struct {
    const char *name, *train;
} optimizers[] = {
    {"sgd", "'optimizer':'sgd'"},         {"momentum", "'optimizer':'sgd','momentum':0.9"},
    {"adam", "'optimizer':'adam'"},       {"rmsprop", "'optimizer':'rmsprop'"},
    {"adagrad", "'optimizer':'adagrad'"}, {"lion", "'optimizer':'lion'"},
};

static const char *const sources[] = {
    [FASHION] = "{'format':'idx','path':'%s','validation':5000}",
    [TEACHER] = "{'format':'teacher','samples':%s,'features':8,'hidden':4,'validation':500,"
                "'noise':0.1}",
    [QUADRATIC] = "{'format':'quadratic','dimensions':20,'lambda_min':1.0,'lambda_max':%s}",
};

/* Half of the runs keep their rate. */
static const struct {
    const char *name, *schedule;
} schedules[] = {
    {"constant", "{'type':'constant'}"},
    {"constant", "{'type':'constant'}"},
    {"warm-up", "{'type':'constant','warmup':{'steps':100,'from':0.0,'shape':'linear'}}"},
    {"cosine", "{'type':'cosine'}"},
};

/* One run between each two of these rates, drawn log-uniformly. Those of the quadratic are dense
 * around 2 / lambda_max = 0.16 and, with momentum 0.9, 0.304. */
static const double rates[] = {1e-5, 1e-3, 1e-2, 0.1, 0.3, 1, 4, 30};
static const double quadratic_rates[] = {1e-3, 0.05, 0.14, 0.17, 0.25, 0.35, 1, 4};

enum { RATES = COUNT_OF(rates) - 1, RUNS = RATES * COUNT_OF(optimizers) };

static json_t *parse(const char *text)
{
    char json[TEXT_BYTES];
    (void)snprintf(json, sizeof json, "%s", text);
    for (char *c = json; *c; c++)
        *c = *c == '\'' ? '"' : *c;
    return json_loads(json, 0, NULL);
}

static uint32_t scramble(uint32_t x)
{
    x = (x ^ (x >> 16)) * 0x7feb352dU;
    x = (x ^ (x >> 15)) * 0x846ca68bU;
    return x ^ (x >> 16);
}

static bool open_model(struct model *model, size_t network, const char *folder)
{
    char data[TEXT_BYTES / 4], text[TEXT_BYTES];
    const char *const values[] = {[FASHION] = folder,
                                  [TEACHER] = networks[network].batch_size == 500 ? "1000" : "6000",
                                  [QUADRATIC] = "12.5"};
    enum source source = networks[network].source;
    const char *hole = strstr(sources[source], "%s");
    (void)snprintf(data, sizeof data, "%.*s%s%s", (int)(hole - sources[source]), sources[source],
                   values[source], hole + 2);
    (void)snprintf(text, sizeof text,
                   "{'study':{'seed':1},'data':%s,'model':{'layers':[%s],'loss':'%s'},'train':{"
                   "'batch_size':%d},'search':{'unit':'steps','max_budget':%d}}",
                   data, networks[network].layers,
                   source == FASHION ? "cross_entropy" : "squared_error",
                   networks[network].batch_size, BUDGET);
    json_t *study = parse(text);
    struct refusal refusal;
    bool good = study && model_create(model, study, &refusal);
    if (!good)
        (void)fprintf(stderr, "%s: %s\n", networks[network].name,
                      study ? refusal.error.text : "no JSON");
    json_decref(study);
    return good;
}

/* One training at `lr`; the names, rate and seed of the trace are set. */
static bool train(struct trace *trace, const struct model *model, const char *optimizer,
                  const char *schedule)
{
    char text[TEXT_BYTES];
    struct trial trial;
    struct error error = {""};
    (void)snprintf(text, sizeof text, "{%s,'lr':%.6g,'schedule':%s}", optimizer, trace->lr,
                   schedule);
    json_t *params = parse(text);
    bool good = trial_create(&trial, model, params, (uint64_t)trace->seed, &error);
    json_decref(params);
    if (!good) {
        (void)fprintf(stderr, "%s\n", error.text);
        return false;
    }
    good = trace_record(trace, &trial, BUDGET);
    trial_destroy(&trial);
    return good;
}

static double advice_of(const struct trace *trace)
{
    struct monitor *monitor = trace_monitor(trace);
    if (!monitor)
        return NAN;
    (void)trace_feed(trace, monitor, 0, trace->steps);
    double factor = monitor_advice(monitor);
    monitor_destroy(monitor);
    return factor;
}

static bool run(const struct model *model, size_t network, size_t number, int seed, const char *dir)
{
    size_t optimizer = number / RATES, place = number % RATES;
    uint32_t id = (uint32_t)(((size_t)seed * 256 + network) * 256 + number);
    size_t schedule = scramble(id + 7777) % COUNT_OF(schedules);
    bool quadratic = networks[network].source == QUADRATIC;
    const double *between = (quadratic ? quadratic_rates : rates) + place;
    struct trace trace = {.seed = seed, .advised_train = NAN, .advised_val = NAN};
    (void)snprintf(trace.network, sizeof trace.network, "%s", networks[network].name);
    (void)snprintf(trace.optimizer, sizeof trace.optimizer, "%s", optimizers[optimizer].name);
    (void)snprintf(trace.schedule, sizeof trace.schedule, "%s", schedules[schedule].name);
    trace.lr = between[0] * pow(between[1] / between[0], scramble(id) / 4294967296.0);
    if (!train(&trace, model, optimizers[optimizer].train, schedules[schedule].schedule))
        return false;
    trace.advice = advice_of(&trace);
    /* A third of those that are to have another rate get it. */
    if (trace.advice != 1 && scramble(id + 99) % 3 == 0) {
        struct trace advised = {.lr = trace.lr * trace.advice, .seed = trace.seed};
        if (!train(&advised, model, optimizers[optimizer].train, schedules[schedule].schedule))
            return false;
        trace.advised_train = advised.end_train;
        trace.advised_val = advised.end_val;
        trace_free(&advised);
    }
    char path[PATH_BYTES];
    (void)snprintf(path, sizeof path, "%s/%07u.trace", dir, id);
    FILE *file = fopen(path, "w");
    bool good = file && trace_write(&trace, file);
    good = (!file || fclose(file) == 0) && good;
    if (!good)
        perror(path);
    trace_free(&trace);
    return good;
}

/* Goes through the networks for each rate and optimizer, so that even a part of it is of all kinds.
 */
static bool record_share(const char *dir, int seed, const char *folder, size_t share)
{
    struct model model[COUNT_OF(networks)];
    for (size_t network = 0; network < COUNT_OF(networks); network++)
        if (!open_model(&model[network], network, folder))
            return false;
    for (size_t i = share; i < RUNS * COUNT_OF(networks); i += PROCESSES) {
        /* Apart enough for rates and optimizers to alternate as well. */
        size_t network = i % COUNT_OF(networks), number = i / COUNT_OF(networks) * 11 % RUNS;
        /* The optimizers of quadratics are those whose bound is known. */
        bool known = networks[network].source != QUADRATIC || number < 2 * RATES;
        if (known && !run(&model[network], network, number, seed, dir))
            return false;
    }
    return true;
}

static bool record(const char *dir, int seed, const char *folder)
{
    bool good = true;
    openblas_set_num_threads(1);
    FLUSH_DENORMALS();
    for (size_t i = 0; i < PROCESSES; i++) {
        pid_t child = fork();
        if (child == 0)
            _exit(record_share(dir, seed, folder, i) ? EXIT_SUCCESS : EXIT_FAILURE);
        good = good && child > 0;
    }
    for (int status; wait(&status) > 0;)
        good = good && status == 0;
    return good;
}

/* --- the rules -----------------------------------------------------------------------------------
 */

/* Each returns the step after which it stops the run, 0: it does not. */

static size_t by_monitor(const struct trace *trace)
{
    struct monitor *monitor = trace_monitor(trace);
    size_t step = monitor ? trace_feed(trace, monitor, 0, trace->steps) : 0;
    monitor_destroy(monitor);
    return step;
}

static size_t by_nan(const struct trace *trace)
{
    return isfinite(trace->loss[trace->steps - 1]) ? 0 : trace->steps;
}

static double mean(const struct trace *trace, size_t end, size_t count)
{
    double sum = 0;
    for (size_t i = end - count; i < end; i++)
        sum += trace->loss[i];
    return sum / (double)count;
}

/* Means of ten losses against the best such mean. */
static size_t by_best(const struct trace *trace, double times)
{
    double best = INFINITY;
    for (size_t step = 10; step <= trace->steps; step += 10) {
        double now = mean(trace, step, 10);
        if (!(now <= times * best))
            return step;
        best = now < best ? now : best;
    }
    return by_nan(trace);
}

static size_t by_4_times_best(const struct trace *trace)
{
    return by_best(trace, 4);
}

static size_t by_10_times_best(const struct trace *trace)
{
    return by_best(trace, 10);
}

/* The mean loss of 200 steps at 0.97 of the constant predictor's, and 98 % of a layer's units dead.
 */
static size_t by_two_signals(const struct trace *trace)
{
    for (size_t step = 200; step <= trace->steps; step += MONITOR_CHECK_STEPS)
        for (size_t i = 0; i < trace->layers; i++)
            if (trace->check[step / MONITOR_CHECK_STEPS].shares[i].same >= 0.98 &&
                mean(trace, step, 200) >= 0.97 * trace->constant_loss)
                return step;
    return by_nan(trace);
}

static const struct {
    const char *name;
    size_t (*stop)(const struct trace *trace);
} rules[] = {
    {"monitor", by_monitor},
    {"not finite", by_nan},
    {"4 times the best", by_4_times_best},
    {"10 times the best", by_10_times_best},
    {"two signals", by_two_signals},
};

/* --- the figures ---------------------------------------------------------------------------------
 */

struct suite {
    struct trace *trace;
    size_t count;
};

static bool suite_read(struct suite *suite, const char *dir)
{
    size_t room = 4 * COUNT_OF(networks) * RUNS;
    struct dirent **entry;
    int found = scandir(dir, &entry, NULL, alphasort);
    suite->trace = calloc(room, sizeof *suite->trace);
    suite->count = 0;
    for (int i = 0; i < found; i++) {
        char path[PATH_BYTES];
        (void)snprintf(path, sizeof path, "%s/%s", dir, entry[i]->d_name);
        FILE *file =
            strstr(entry[i]->d_name, ".trace") && suite->count < room ? fopen(path, "r") : NULL;
        if (file && trace_read(&suite->trace[suite->count], file))
            suite->count++;
        else if (file)
            (void)fprintf(stderr, "%s is no trace\n", path);
        if (file)
            (void)fclose(file);
        free(entry[i]);
    }
    if (found >= 0)
        free(entry);
    return suite->count > 0;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* One line for the runs that the thresholds were chosen on, or for the others, and, unless it is
 * NULL, of one network. */
static void judge(const struct suite *suite, size_t rule, bool chosen, const char *network)
{
    size_t runs = 0, lost = 0, found = 0, wrong = 0, early = 0;
    double trained = 0, budget = 0;
    double *at = calloc(suite->count + 1, sizeof *at); /* where lost runs end, in budgets */
    if (!at)
        return;
    for (size_t i = 0; i < suite->count; i++) {
        const struct trace *trace = &suite->trace[i];
        if ((trace->seed <= SEEDS_CHOSEN_ON) != chosen ||
            (network && strcmp(network, trace->network) != 0))
            continue;
        bool bad = trace_lost(trace);
        size_t stop = rules[rule].stop(trace);
        runs++;
        budget += (double)trace->budget;
        trained += (double)(stop ? stop : trace->budget);
        wrong += stop && !bad;
        if (stop && !bad && rule == 0)
            (void)fprintf(stderr, "false stop: %s %s %s lr %g seed %d at step %zu\n",
                          trace->network, trace->optimizer, trace->schedule, trace->lr, trace->seed,
                          stop);
        if (!bad)
            continue;
        found += stop > 0;
        at[lost++] = stop ? (double)stop / (double)trace->budget : 1;
        early += at[lost - 1] <= 0.03;
    }
    qsort(at, lost, sizeof *at, by_size);
    printf(
        "{\"bench\":\"verdicts\",\"rule\":\"%s\",\"seeds\":\"%s\",\"network\":\"%s\",\"runs\":%zu,"
        "\"lost\":%zu,\"stopped\":%zu,\"false_stops\":%zu,\"stopped_within_3_percent\":%zu,"
        "\"median_stop\":%.4f,\"steps_saved\":%.3f}\n",
        rules[rule].name, chosen ? "1-6" : "7-", network ? network : "all", runs, lost, found,
        wrong, early, lost ? at[lost / 2] : NAN, runs ? 1 - trained / budget : NAN);
    free(at);
}

/* For each verdict: how often the run at the advised rate ended better. */
static void judge_advice(const struct suite *suite)
{
    struct {
        size_t runs, tried, better, lost;
    } of[VERDICTS] = {{0}};
    for (size_t i = 0; i < suite->count; i++) {
        const struct trace *trace = &suite->trace[i];
        char text[TEXT_BYTES];
        struct monitor *monitor = trace_monitor(trace);
        if (!monitor)
            return;
        (void)trace_feed(trace, monitor, 0, trace->steps);
        enum verdict verdict = monitor_explain(monitor, trace->lr, text, sizeof text);
        bool tried = isfinite(trace->advised_train) || isfinite(trace->advised_val);
        of[verdict].runs++;
        of[verdict].lost += trace_lost(trace);
        of[verdict].tried += tried;
        of[verdict].better += tried && !(trace->advised_train >= trace->end_train);
        monitor_destroy(monitor);
    }
    for (int i = VERDICT_HEALTHY; i < VERDICTS; i++)
        printf("{\"bench\":\"advice\",\"verdict\":\"%s\",\"runs\":%zu,\"lost\":%zu,\"advice_"
               "tried\":%zu,"
               "\"better\":%zu}\n",
               verdict_name((enum verdict)i), of[i].runs, of[i].lost, of[i].tried, of[i].better);
}

static bool judge_all(const char *dir)
{
    struct suite suite;
    if (!suite_read(&suite, dir)) {
        (void)fprintf(stderr, "%s holds no traces\n", dir);
        return false;
    }
    for (size_t rule = 0; rule < COUNT_OF(rules); rule++) {
        judge(&suite, rule, true, NULL);
        judge(&suite, rule, false, NULL);
    }
    for (size_t network = 0; network < COUNT_OF(networks); network++)
        judge(&suite, 0, false, networks[network].name);
    judge_advice(&suite);
    for (size_t i = 0; i < suite.count; i++)
        trace_free(&suite.trace[i]);
    free(suite.trace);
    return true;
}

int main(int argument_count, char **arguments)
{
    const char *folder = argument_count > 4 ? arguments[4] : "/usr/share/datasets/fashion-mnist";
    bool good = false;
    if (argument_count > 3 && strcmp(arguments[1], "record") == 0)
        good = record(arguments[2], (int)strtol(arguments[3], NULL, 10), folder);
    else if (argument_count == 3 && strcmp(arguments[1], "judge") == 0)
        good = judge_all(arguments[2]);
    else
        (void)fprintf(stderr,
                      "usage: verdicts record DIR SEED [DATA-FOLDER] | verdicts judge DIR\n");
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
