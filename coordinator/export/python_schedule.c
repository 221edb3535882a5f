/* python_schedule.c - one row a schedule: its formula in Python, that of common/schedule. `t` is
 * the step from the warm-up's end, LR the base rate. */
#include "coordinator/export/python_schedule.h"

#include "coordinator/view/figures.h"

#include <string.h>

double python_schedule_parameter(const struct schedule *schedule, const char *key)
{
    const struct catalogue_entry *entry = &schedule->class->entry;
    for (size_t i = 0; i < entry->key_count; i++)
        if (strcmp(entry->keys[i].name, key) == 0)
            return schedule->parameter[i];
    return 0;
}

/* What names in a formula stand for: its parameters under their own names, and a few more. */
static double lookup(const struct schedule *schedule, const char *name)
{
    if (strcmp(name, "steps_per_unit") == 0)
        return schedule->steps_per_unit;
    double value = python_schedule_parameter(schedule, name);
    if (strcmp(name, "timescale") == 0 && value == 0)
        return schedule->warmup_steps > 0 ? schedule->warmup_steps : schedule->steps_per_unit;
    if (strcmp(name, "step_down") == 0 && value == 0)
        return python_schedule_parameter(schedule, "step_up");
    return value;
}

/* Each line of `code` is printed; `names`, separated by spaces, become variables before it. */
struct formula {
    const char *type, *names, *code;
};

static const struct formula formulas[] = {
    {"constant", "", "    return LR\n"},
    {"plateau", "", "    return LR\n"},
    {"step", "every gamma", "    return LR * gamma ** math.floor(t / every * (1 + 1e-14))\n"},
    {"multi_step", "gamma",
     "    return LR * gamma ** sum(t * (1 + 1e-14) >= milestone for milestone in milestones)\n"},
    {"exponential", "gamma steps_per_unit", "    return LR * gamma ** (t / steps_per_unit)\n"},
    {"linear", "start_factor end_factor total",
     "    return LR * (start_factor + (end_factor - start_factor) * min(t, total) / total)\n"},
    {"polynomial", "total power", "    return LR * (1 - min(t, total) / total) ** power\n"},
    {"inverse_sqrt", "timescale", "    return LR * math.sqrt(timescale / (timescale + t))\n"},
    {"wsd", "total pct_decay eta_min shape",
     "    decay = total * pct_decay\n"
     "    x = min(max(t - (total - decay), 0) / decay, 1)\n"
     "    left = (1 - math.sqrt(x), 1 - x, (1 + math.cos(math.pi * x)) / 2)[int(shape)]\n"
     "    return eta_min + (LR - eta_min) * left\n"},
    {"cosine", "period eta_min",
     "    return eta_min + (LR - eta_min) * (1 + math.cos(math.pi * t / period)) / 2\n"},
    {"cosine_restarts", "period t_mult eta_min",
     "    waves = t / period * (1 + 1e-14)\n"
     "    if t_mult == 1:\n"
     "        u = max(t / period - math.floor(waves), 0)\n"
     "    else:\n"
     "        growth = t_mult - 1\n"
     "        n = math.floor(math.log1p(waves * growth) / math.log1p(growth) * (1 + 1e-14))\n"
     "        u = max((t / period - (t_mult ** n - 1) / growth) / t_mult ** n, 0)\n"
     "    return eta_min + (LR - eta_min) * (1 + math.cos(math.pi * u)) / 2\n"},
    {"one_cycle", "total pct_start div_factor final_div_factor anneal three_phase",
     "    rise, first = pct_start * total, 1 / div_factor\n"
     "    last = first / final_div_factor\n"
     "    phases = [(first, 1, rise - 1)]\n"
     "    if three_phase:\n"
     "        phases.append((1, first, 2 * rise - 2))\n"
     "    phases.append((first if three_phase else 1, last, total - 1))\n"
     "    begin = 0\n"
     "    for start, end, until in phases:\n"
     "        if t <= until and until > begin:\n"
     "            share = (t - begin) / (until - begin)\n"
     "            if anneal == 1:\n"
     "                return LR * (start + (end - start) * share)\n"
     "            return LR * (end + (start - end) / 2 * (1 + math.cos(math.pi * share)))\n"
     "        begin = until\n"
     "    return LR * last\n"},
    {"cyclic", "step_up step_down div_factor mode gamma steps_per_unit",
     "    ratio = step_up / (step_up + step_down)\n"
     "    cycle = math.floor(t / (step_up + step_down))\n"
     "    x = t / (step_up + step_down) - cycle\n"
     "    height = x / ratio if x <= ratio else (x - 1) / (ratio - 1)\n"
     "    height *= (1, 0.5 ** cycle, gamma ** (t / steps_per_unit))[int(mode)]\n"
     "    return LR * (1 / div_factor + (1 - 1 / div_factor) * height)\n"},
};

static void print_names(FILE *stream, const struct schedule *schedule, const char *names)
{
    while (*names) {
        char name[32];
        size_t length = strcspn(names, " ");
        (void)snprintf(name, sizeof name, "%.*s", (int)length, names);
        (void)fprintf(stream, "    %s = %s\n", name, figure_exact(lookup(schedule, name)).text);
        names += length + (names[length] == ' ');
    }
}

static void print_milestones(FILE *stream, const struct schedule *schedule)
{
    size_t count = (size_t)python_schedule_parameter(schedule, "milestones");
    (void)fputs("    milestones = [", stream);
    for (size_t i = 0; i < count; i++)
        (void)fprintf(stream, "%s%s", i ? ", " : "", figure_exact(schedule->list[i]).text);
    (void)fputs("]  # in steps\n", stream);
}

static void print_warmup(FILE *stream, const struct schedule *schedule)
{
    static const char *const shapes[] = {
        [WARMUP_LINEAR] = "warmup_from + (1 - warmup_from) * step / warmup",
        [WARMUP_EXPONENTIAL] = "warmup_from ** (1 - step / warmup)",
        [WARMUP_CONSTANT] = "warmup_from"};
    (void)fprintf(stream, "    warmup, warmup_from = %s, %s\n",
                  figure_exact(schedule->warmup_steps).text,
                  figure_exact(schedule->warmup_from).text);
    (void)fprintf(stream,
                  "    if step < warmup:\n        return LR * (%s)\n    t = step - warmup\n",
                  shapes[schedule->warmup_shape]);
}

void python_schedule_print(FILE *stream, const struct schedule *schedule)
{
    const char *type = schedule->class->entry.name;
    (void)fprintf(stream,
                  "LR = %s\n\n\ndef learning_rate(step):\n    \"\"\"The rate of a step, the first "
                  "of which is 0 (%s).\"\"\"\n",
                  figure_exact(schedule->base_lr).text, type);
    if (schedule->warmup_steps > 0)
        print_warmup(stream, schedule);
    else
        (void)fputs("    t = step\n", stream);
    if (strcmp(type, "multi_step") == 0)
        print_milestones(stream, schedule);
    for (size_t i = 0; i < sizeof formulas / sizeof formulas[0]; i++)
        if (strcmp(formulas[i].type, type) == 0) {
            print_names(stream, schedule, formulas[i].names);
            (void)fputs(formulas[i].code, stream);
        }
}
