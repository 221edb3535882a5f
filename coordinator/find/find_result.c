/* find_result.c - curves from the report table, and what they say. */
#include "coordinator/find/find_result.h"

#include "common/median.h"
#include "coordinator/study/snapshot.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const json_t *find_result_setting(const struct find_result *find, const char *key)
{
    const json_t *fixed = json_object_get(find->fixed, key);
    return fixed ? fixed : json_object_get(json_object_get(find->document, "train"), key);
}

static bool add_report(void *context, const struct report_row *row, struct error *error)
{
    struct find_result *find = context;
    (void)error;
    if (row->trial < find->seeds && row->step >= 1 && row->step <= find->steps)
        find->loss[row->trial * find->steps + row->step - 1] = row->train_loss;
    return true;
}

static bool read_seeds(struct find_result *find, const char *dir, struct error *error)
{
    struct snapshot *snapshot = snapshot_read(dir, error);
    if (!snapshot)
        return false;
    for (size_t i = 0; i < snapshot->trial_count; i++)
        if (snapshot->trials[i].id < find->seeds)
            find->seed[snapshot->trials[i].id] = snapshot->trials[i].seed;
    snapshot_destroy(snapshot);
    return true;
}

static bool find_middle(struct find_result *find)
{
    double *room = malloc((find->seeds + 1) * sizeof *room);
    if (!room)
        return false;
    for (size_t step = 0; step < find->steps; step++) {
        size_t count = 0;
        for (size_t i = 0; i < find->seeds; i++)
            if (isfinite(find->smoothed[i * find->steps + step]))
                room[count++] = find->smoothed[i * find->steps + step];
        find->middle[step] = 2 * count > find->seeds ? median(room, count) : (double)NAN;
    }
    free(room);
    return true;
}

static bool judge(struct find_result *find)
{
    bool sgd = strcmp(json_string_value(find_result_setting(find, "optimizer")), "sgd") == 0;
    double momentum = sgd ? json_number_value(find_result_setting(find, "momentum")) : 0;
    bool nesterov = sgd && json_is_true(find_result_setting(find, "nesterov"));
    for (size_t i = 0; i < find->seeds; i++) {
        const struct range_curve curve = {find->steps, find->lr, find->loss + i * find->steps,
                                          momentum, nesterov};
        if (!range_curve_read(&curve, find->smoothed + i * find->steps, &find->result[i]))
            return false;
    }
    return find_middle(find) && range_summarise(find->result, find->seeds, &find->summary);
}

static struct find_result *create(const struct range_test *test, const json_t *document)
{
    struct find_result *find = calloc(1, sizeof *find);
    if (!find)
        return NULL;
    size_t points = (size_t)test->steps * test->seeds;
    *find = (struct find_result){.test = *test,
                                 .document = document,
                                 .fixed = range_study_fixed(document),
                                 .steps = test->steps,
                                 .seeds = test->seeds,
                                 .lr = calloc(test->steps, sizeof(double)),
                                 .loss = calloc(points, sizeof(double)),
                                 .smoothed = calloc(points, sizeof(double)),
                                 .middle = calloc(test->steps, sizeof(double)),
                                 .seed = calloc(test->seeds, sizeof(uint64_t)),
                                 .result = calloc(test->seeds, sizeof(struct range_result))};
    if (find->fixed && find->lr && find->loss && find->smoothed && find->middle && find->seed &&
        find->result) {
        for (size_t step = 0; step < find->steps; step++)
            find->lr[step] = range_study_lr(test, step);
        for (size_t i = 0; i < points; i++)
            find->loss[i] = NAN;
        return find;
    }
    find_result_destroy(find);
    return NULL;
}

struct find_result *find_result_read(const char *dir, const struct range_test *test,
                                     const json_t *document, struct error *error)
{
    struct find_result *find = create(test, document);
    if (!find) {
        error_set(error, "out of memory");
        return NULL;
    }
    bool ok = read_seeds(find, dir, error) && snapshot_reports(dir, add_report, find, error) &&
              (judge(find) || error_set(error, "out of memory"));
    if (ok)
        return find;
    find_result_destroy(find);
    return NULL;
}

void find_result_destroy(struct find_result *find)
{
    if (!find)
        return;
    json_decref(find->fixed);
    free(find->lr);
    free(find->loss);
    free(find->smoothed);
    free(find->middle);
    free(find->seed);
    free(find->result);
    free(find);
}

/* To two digits, down or up: the number that is nearest to them as they are written. */
static double rounded(double rate, double (*direction)(double))
{
    char text[40];
    int exponent = (int)floor(log10(rate)) - 1;
    double digits = rate / pow(10, exponent);
    double near = nearbyint(digits); /* 0.02 may be 20.000000000000004 thousandths */
    (void)snprintf(text, sizeof text, "%.0fe%d",
                   fabs(digits - near) < 1e-9 ? near : direction(digits), exponent);
    return strtod(text, NULL);
}

void find_result_bounds(const struct find_result *find, double *low, double *high)
{
    *low = rounded(find->summary.rate[RANGE_LOW].median, floor);
    *high = rounded(find->summary.rate[RANGE_HIGH].median, ceil);
}
