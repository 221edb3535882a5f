/* find_json.c - find.json: curve and suggestions for scripts. */
#include "common/study_document.h"
#include "coordinator/find/find_result.h"
#include "coordinator/view/figures.h"

#include <math.h>

static json_t *numbers(const double *values, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        (void)json_array_append_new(array, figure_json(values[i]));
    return array;
}

static const char *status_name(enum range_status status)
{
    static const char *const names[RANGE_STATUSES] = {[RANGE_SOUND] = "sound",
                                                      [RANGE_EMPTY] = "not_finite",
                                                      [RANGE_RISING] = "rising",
                                                      [RANGE_FLAT] = "flat"};
    return names[status];
}

static json_t *suggestions(const struct range_summary *summary)
{
    json_t *object = json_object();
    for (size_t i = 0; i < RANGE_RATES; i++) {
        const struct range_interval *rate = &summary->rate[i];
        (void)json_object_set_new(object, range_rate_name((enum range_rate)i),
                                  json_pack("{s:o, s:o, s:o, s:I}", "lr", figure_json(rate->median),
                                            "lowest", figure_json(rate->low), "highest",
                                            figure_json(rate->high), "seeds",
                                            (json_int_t)rate->seeds));
    }
    return object;
}

static json_t *curves(const struct find_result *find)
{
    json_t *array = json_array();
    for (size_t i = 0; i < find->seeds; i++) {
        const struct range_result *result = &find->result[i];
        json_t *rates = json_object();
        for (size_t j = 0; j < RANGE_RATES; j++)
            (void)json_object_set_new(rates, range_rate_name((enum range_rate)j),
                                      figure_json(result->rate[j]));
        (void)json_array_append_new(
            array, json_pack("{s:I, s:s, s:o, s:o, s:o}", "seed", (json_int_t)find->seed[i],
                             "status", status_name(result->status), "suggestions", rates, "loss",
                             numbers(find->loss + i * find->steps, find->steps), "smoothed",
                             numbers(find->smoothed + i * find->steps, find->steps)));
    }
    return array;
}

json_t *find_result_json(const struct find_result *find)
{
    char advice[ERROR_TEXT_BYTES];
    const struct range_summary *summary = &find->summary;
    bool sound = summary->status == RANGE_SOUND;
    double low = NAN, high = NAN;
    find_result_advice(find, advice, sizeof advice);
    if (sound)
        find_result_bounds(find, &low, &high);
    return json_pack(
        "{s:s, s:s, s:s, s:o, s:[o, o], s:f, s:f, s:i, s:s, s:O, s:o, s:o, s:o, s:o}", "study",
        study_text(find->document, "study", "name"), "status", status_name(summary->status),
        "advice", advice, "recommended", figure_json(summary->rate[RANGE_KNEE].median), "bounds",
        figure_json(low), figure_json(high), "from", find->test.from, "to", find->test.to, "steps",
        (int)find->test.steps, "optimizer",
        json_string_value(find_result_setting(find, "optimizer")), "fixed", find->fixed,
        "suggestions", suggestions(summary), "lr", numbers(find->lr, find->steps), "smoothed",
        numbers(find->middle, find->steps), "seeds", curves(find));
}
