/* plateau.c - the rate falls when the validation loss no longer does. */
#include "common/schedule/schedules.h"

#include <math.h>

enum { FACTOR, PATIENCE, THRESHOLD, THRESHOLD_MODE, COOLDOWN, MIN_LR, KEYS };
enum { REL, ABS }; /* in the order of the choices */

static const struct catalogue_key keys[KEYS] = {
    [FACTOR] = {.name = "factor",
                .type = KEY_REAL,
                .fallback = "0.1",
                .low = 0,
                .low_open = true,
                .high = 1,
                .high_open = true,
                .searchable = true,
                .text = "what the rate is multiplied by at each fall"},
    [PATIENCE] = {.name = "patience",
                  .type = KEY_INTEGER,
                  .fallback = "10",
                  .low = 0,
                  .high = CATALOGUE_ANY_COUNT,
                  .searchable = true,
                  .text = "validations without improvement that are borne; one more is a fall"},
    [THRESHOLD] = {.name = "threshold",
                   .type = KEY_REAL,
                   .fallback = "1.0e-4",
                   .low = 0,
                   .high = CATALOGUE_ANY_REAL,
                   .searchable = true,
                   .text = "how much lower a loss must be to be an improvement"},
    [THRESHOLD_MODE] = {.name = "threshold_mode",
                        .type = KEY_TEXT,
                        .fallback = "rel",
                        .choices = "rel abs",
                        .searchable = true,
                        .text = "below best (1 - threshold), or below best - threshold"},
    [COOLDOWN] = {.name = "cooldown",
                  .type = KEY_INTEGER,
                  .fallback = "0",
                  .low = 0,
                  .high = CATALOGUE_ANY_COUNT,
                  .searchable = true,
                  .text = "validations after a fall that are not counted against the rate"},
    [MIN_LR] = {.name = "min_lr",
                .type = KEY_REAL,
                .fallback = "0.0",
                .low = 0,
                .high = CATALOGUE_ANY_REAL,
                .searchable = true,
                .text = "the lowest rate, absolute"},
};

static double factor(const struct schedule *schedule, double step)
{
    (void)schedule;
    (void)step;
    return 1.0;
}

/* The order of PyTorch's step(): a loss in the cool-down can be the best one, but never a bad one.
 * A fall of less than 1e-8 is none, as PyTorch's eps has it. */
static void observe(const struct schedule *schedule, struct schedule_state *state, double loss)
{
    const double *parameter = schedule->parameter;
    double threshold = parameter[THRESHOLD];
    bool better = parameter[THRESHOLD_MODE] == ABS ? loss < state->best - threshold
                                                   : loss < state->best * (1.0 - threshold);
    if (better)
        state->best = loss;
    state->bad = better ? 0 : state->bad + 1;
    if (state->cooldown > 0) {
        state->cooldown--;
        state->bad = 0;
    }
    if (state->bad <= parameter[PATIENCE])
        return;
    state->cooldown = parameter[COOLDOWN];
    state->bad = 0;
    double lr = schedule->base_lr * state->scale;
    double fallen = fmax(lr * parameter[FACTOR], parameter[MIN_LR]);
    if (lr - fallen > 1e-8)
        state->scale = fallen / schedule->base_lr;
}

const struct schedule_class schedule_plateau = {
    .entry = {.name = "plateau",
              .text =
                  "lr times factor each time the validation loss has not improved for more than "
                  "patience validations (one each train.validate_every)",
              .source = "torch.optim.lr_scheduler.ReduceLROnPlateau, mode min, eps 1e-8",
              .keys = keys,
              .key_count = KEYS},
    .factor = factor,
    .observe = observe,
};
