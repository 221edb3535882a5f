/* optimizers.c - the optimizers that `train.optimizer` can name. */
#include "common/catalogue/catalogue.h"

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

/* Rows that several optimizers have. */
#define SHARE_KEY(key, value, words)                                                               \
    {                                                                                              \
        .name = (key), .type = KEY_REAL, .fallback = (value), .low = 0, .high = 1,                 \
        .high_open = true, .searchable = true, .text = (words)                                     \
    }
#define AMOUNT_KEY(key, value, words)                                                              \
    {                                                                                              \
        .name = (key), .type = KEY_REAL, .fallback = (value), .low = 0,                            \
        .high = CATALOGUE_ANY_REAL, .searchable = true, .text = (words)                            \
    }
#define SWITCH_KEY(key, words)                                                                     \
    {                                                                                              \
        .name = (key), .type = KEY_BOOL, .fallback = "false", .searchable = true, .text = (words)  \
    }
#define EPS_KEY(value, words)                                                                      \
    {                                                                                              \
        .name = "eps", .type = KEY_REAL, .fallback = (value), .low = 0, .low_open = true,          \
        .high = CATALOGUE_ANY_REAL, .searchable = true, .text = (words)                            \
    }
#define L2_KEY                                                                                     \
    AMOUNT_KEY("weight_decay", "0.0", "L2 penalty, added to the gradient: g += weight_decay w")
#define DECOUPLED_KEY(value)                                                                       \
    AMOUNT_KEY("weight_decay", value, "decay beside the step: w -= lr weight_decay w")
#define BETA1_KEY           SHARE_KEY("beta1", "0.9", "decay of the mean of the gradients")
#define BETA2_KEY           SHARE_KEY("beta2", "0.999", "decay of the mean of their squares")
#define ROOT_EPS_KEY(value) EPS_KEY(value, "added to the root of the mean square")
#define AMSGRAD_KEY                                                                                \
    SWITCH_KEY("amsgrad", "AMSGrad (Reddi et al. 2018): the largest v so far in v's place")

static const struct catalogue_key sgd_keys[] = {
    SHARE_KEY("momentum", "0.0",
              "share of the previous step that is kept: v = momentum v + g, w -= lr v"),
    {.name = "nesterov",
     .type = KEY_BOOL,
     .fallback = "false",
     .searchable = true,
     .needs = "momentum",
     .text = "look ahead along the momentum: w -= lr (g + momentum v)"},
    L2_KEY,
};

static const struct catalogue_key adagrad_keys[] = {
    AMOUNT_KEY("lr_decay", "0.0", "lr / (1 + (t - 1) lr_decay) at step t"),
    AMOUNT_KEY("initial_accumulator_value", "0.0", "what the sum of squares starts with"),
    EPS_KEY("1.0e-10", "added to the root of the sum"),
    L2_KEY,
};

static const struct catalogue_key adadelta_keys[] = {
    SHARE_KEY("rho", "0.9", "decay of the means of the squares"),
    EPS_KEY("1.0e-6", "added to the mean squares under their roots"),
    L2_KEY,
};

static const struct catalogue_key rmsprop_keys[] = {
    SHARE_KEY("alpha", "0.99", "decay of the mean of the squares"),
    ROOT_EPS_KEY("1.0e-8"),
    SHARE_KEY("momentum", "0.0", "share of the previous step that is kept"),
    SWITCH_KEY("centered", "subtract the mean's square: divide by the deviation"),
    L2_KEY,
};

static const struct catalogue_key adam_keys[] = {
    BETA1_KEY, BETA2_KEY, ROOT_EPS_KEY("1.0e-8"), L2_KEY, AMSGRAD_KEY,
};

static const struct catalogue_key adamw_keys[] = {
    BETA1_KEY, BETA2_KEY, ROOT_EPS_KEY("1.0e-8"), DECOUPLED_KEY("0.01"), AMSGRAD_KEY,
};

static const struct catalogue_key nadam_keys[] = {
    BETA1_KEY,
    BETA2_KEY,
    ROOT_EPS_KEY("1.0e-8"),
    L2_KEY,
    AMOUNT_KEY(
        "momentum_decay", "0.004",
        "how fast the momentum mu approaches beta1: beta1 (1 - 0.96^(t momentum_decay) / 2)"),
};

static const struct catalogue_key radam_keys[] = {
    BETA1_KEY,
    BETA2_KEY,
    ROOT_EPS_KEY("1.0e-8"),
    L2_KEY,
};

static const struct catalogue_key lion_keys[] = {
    SHARE_KEY("beta1", "0.9", "share of the mean in the direction whose sign is taken"),
    SHARE_KEY("beta2", "0.99", "decay of the mean of the gradients"),
    DECOUPLED_KEY("0.0"),
};

static const struct catalogue_key lars_keys[] = {
    SHARE_KEY("momentum", "0.9", "share of the previous step that is kept"),
    AMOUNT_KEY("trust_coefficient", "0.001", "of each tensor: its step is so much of its norm"),
    L2_KEY,
};

static const struct catalogue_key lamb_keys[] = {
    BETA1_KEY,
    BETA2_KEY,
    ROOT_EPS_KEY("1.0e-6"),
    AMOUNT_KEY("weight_decay", "0.01", "added to the direction: r += weight_decay w"),
};

static const struct catalogue_entry entries[] = {
    {.name = "sgd",
     .text = "stochastic gradient descent, with momentum and Nesterov's form if asked",
     .source = "Polyak 1964; Nesterov 1983; Sutskever et al. 2013 as in torch.optim.SGD",
     .keys = sgd_keys,
     .key_count = COUNT_OF(sgd_keys)},
    {.name = "adagrad",
     .text = "each weight's step over the root of all its squared gradients: w -= lr g / (sqrt(s) "
             "+ eps)",
     .source = "Duchi et al. 2011, as in torch.optim.Adagrad",
     .keys = adagrad_keys,
     .key_count = COUNT_OF(adagrad_keys)},
    {.name = "adadelta",
     .text = "steps of the size of earlier steps: w -= lr sqrt(u + eps) / sqrt(v + eps) g; made "
             "for an lr near 1",
     .source = "Zeiler 2012, algorithm 1, as in torch.optim.Adadelta",
     .keys = adadelta_keys,
     .key_count = COUNT_OF(adadelta_keys)},
    {.name = "rmsprop",
     .text = "steps over a running root of the squared gradients: w -= lr g / (sqrt(v) + eps)",
     .source = "Tieleman and Hinton 2012; Graves 2013 if centred; as in torch.optim.RMSprop",
     .keys = rmsprop_keys,
     .key_count = COUNT_OF(rmsprop_keys)},
    {.name = "adam",
     .text = "steps scaled by running moments: w -= lr m / (sqrt(v) + eps), bias-corrected",
     .source = "Kingma and Ba 2015, algorithm 1, as in torch.optim.Adam",
     .keys = adam_keys,
     .key_count = COUNT_OF(adam_keys)},
    {.name = "adamw",
     .text = "Adam whose weight decay stands beside the step: w -= lr weight_decay w, then as adam",
     .source = "Loshchilov and Hutter 2019, algorithm 2, as in torch.optim.AdamW",
     .keys = adamw_keys,
     .key_count = COUNT_OF(adamw_keys)},
    {.name = "nadam",
     .text =
         "Adam with Nesterov's momentum: w -= lr (a g + b m) / (sqrt(v) + eps), a and b from mu",
     .source = "Dozat 2016, as in torch.optim.NAdam",
     .keys = nadam_keys,
     .key_count = COUNT_OF(nadam_keys)},
    {.name = "radam",
     .text = "Adam that goes without v until v is known well enough, and then damps it",
     .source = "Liu et al. 2020, algorithm 2, as in torch.optim.RAdam",
     .keys = radam_keys,
     .key_count = COUNT_OF(radam_keys)},
    {.name = "lion",
     .text = "steps that are signs alone: w -= lr (sign(beta1 m + (1 - beta1) g) + weight_decay w)",
     .source = "Chen et al. 2023, algorithm 2",
     .keys = lion_keys,
     .key_count = COUNT_OF(lion_keys)},
    {.name = "lars",
     .text = "momentum whose rate for each tensor is lr trust_coefficient |w| / (|g| + "
             "weight_decay |w|); lr alone for biases",
     .source = "You, Gitman and Ginsburg 2017, algorithm 1",
     .keys = lars_keys,
     .key_count = COUNT_OF(lars_keys)},
    {.name = "lamb",
     .text = "Adam's direction r, at a rate of each tensor's own: w -= lr |w| / |r| r; w -= lr r "
             "for biases",
     .source = "You et al. 2020, algorithm 2",
     .keys = lamb_keys,
     .key_count = COUNT_OF(lamb_keys)},
};

static size_t count(void)
{
    return COUNT_OF(entries);
}

static const struct catalogue_entry *entry(size_t index)
{
    return &entries[index];
}

const struct catalogue catalogue_optimizers = {
    .kind = "optimizer", .plural = "optimizers", .count = count, .entry = entry};
