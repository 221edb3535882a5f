/* candidate_text.c - words a candidate's params. */
#include "coordinator/view/candidate_text.h"

#include "common/catalogue/catalogue.h"
#include "coordinator/view/figures.h"

#include <jansson.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct words {
    char text[512];
    size_t used;
};

PRINTF_LIKE(2, 3) static void add(struct words *words, const char *format, ...)
{
    size_t left = sizeof words->text - words->used;
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(words->text + words->used, left, format, arguments);
    va_end(arguments);
    if (length > 0)
        words->used += (size_t)length < left ? (size_t)length : left - 1;
}

static void add_value(struct words *words, const char *before, const char *name,
                      const json_t *value)
{
    if (json_is_number(value))
        add(words, "%s%.40s %s", before, name, figure_rate(json_number_value(value)).text);
    else if (json_is_string(value))
        add(words, "%s%.40s %.40s", before, name, json_string_value(value));
    else if (json_is_boolean(value))
        add(words, "%s%s%.40s", before, json_is_true(value) ? "" : "no ", name);
    else if (json_is_array(value))
        for (size_t i = 0; i < json_array_size(value); i++)
            add(words, "%s%.40s %s", i ? "," : before, i ? "" : name,
                figure_rate(json_number_value(json_array_get(value, i))).text);
}

static void add_warmup(struct words *words, const json_t *warmup)
{
    static const char *const units[] = {"epochs", "steps"};
    for (size_t i = 0; i < 2; i++) {
        double length = json_number_value(json_object_get(warmup, units[i]));
        if (length > 0)
            add(words, ", warm-up %s", figure_budget(length, units[i]).text);
    }
}

static void add_schedule(struct words *words, const json_t *schedule)
{
    void *members = json_object_iter((json_t *)schedule);
    for (; members; members = json_object_iter_next((json_t *)schedule, members)) {
        const char *name = json_object_iter_key(members);
        const json_t *value = json_object_iter_value(members);
        bool told = strcmp(name, "type") == 0 || strcmp(name, "warmup") == 0;
        bool fallback = json_is_number(value) && json_number_value(value) == 0;
        if (!told && !fallback)
            add_value(words, " ", name, value);
    }
    add_warmup(words, json_object_get(schedule, "warmup"));
}

static bool is_default(const struct catalogue_key *key, const json_t *value)
{
    if (!key || !key->fallback)
        return false;
    return json_is_number(value) ? json_number_value(value) == strtod(key->fallback, NULL)
                                 : json_is_true(value) == (strcmp(key->fallback, "true") == 0);
}

static void add_optimizer(struct words *words, const json_t *optimizer)
{
    const char *type = json_string_value(json_object_get(optimizer, "type"));
    const struct catalogue_entry *entry = type ? catalogue_find(&catalogue_optimizers, type) : NULL;
    const char *name;
    const json_t *value;
    add(words, ", %.40s", type ? type : "");
    json_object_foreach((json_t *)optimizer, name, value)
    {
        const struct catalogue_key *key = entry ? catalogue_key_find(entry, name) : NULL;
        if (strcmp(name, "type") != 0 && !is_default(key, value))
            add_value(words, " ", name, value);
    }
}

/* ", lr_multiplier[0] 0.37": of the layer of that number. */
static void add_multipliers(struct words *words, const char *name, const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *element = json_array_get(list, i);
        add(words, ", %s[%" JSON_INTEGER_FORMAT "] %s", name,
            json_integer_value(json_object_get(element, "layer")),
            figure_rate(json_number_value(json_object_get(element, "value"))).text);
    }
}

void candidate_text(const struct trial_row *trial, char *text, size_t text_bytes)
{
    struct words words = {.used = 0};
    json_t *params = json_loads(trial->params, 0, NULL);
    const char *name;
    json_t *value;
    add(&words, "%.40s", trial->schedule);
    add_schedule(&words, json_object_get(params, "schedule"));
    json_object_foreach(params, name, value)
    {
        if (strcmp(name, "lr") == 0 || strcmp(name, "schedule") == 0)
            continue;
        if (strcmp(name, "lr_multiplier") == 0)
            add_multipliers(&words, name, value);
        else if (strcmp(name, "optimizer") == 0)
            add_optimizer(&words, value);
        else
            add_value(&words, ", ", name, value);
    }
    json_decref(params);
    bool bare = strncmp(words.text, ", ", 2) == 0; /* it has no schedule */
    figure_clean(text, text_bytes, words.text + (bare ? 2 : 0), false);
}

void candidate_text_whole(const struct trial_row *trial, char *text, size_t text_bytes)
{
    char rest[256], rate[64] = "";
    candidate_text(trial, rest, sizeof rest);
    if (isfinite(trial->lr))
        (void)snprintf(rate, sizeof rate, "lr %s", figure_rate(trial->lr).text);
    (void)snprintf(text, text_bytes, "%s%s%s%s", rate, rate[0] && rest[0] ? ", " : "",
                   trial->schedule[0] ? "schedule " : "", rest);
}
