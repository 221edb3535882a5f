/* study_document.h - the resolved study's shape.
 *
 *   {"study":  {"name": "fashion-mnist", "seed": 1, "metric": "val_loss"},
 *    "data":   {"format": "idx", "path": "/usr/share/datasets/fashion-mnist", "scale": "unit",
 *               "validation": 10000, "test": 0, "shuffled": false, "stratified": false},
 *    "model":  {"layers": [{"type": "dense", "units": 128, "activation": "relu", "bias": true,
 *                           "init": "pytorch"}, ...],
 *               "loss": "cross_entropy"},
 *    "train":  {"batch_size": 64, "optimizer": "sgd", "momentum": 0.9, "nesterov": false,
 *               "weight_decay": 0.0, "clip_norm": 0.0, "report_every": 100, "validate_every": 0,
 *               "stop_collapsed": true},
 *    "space":  {"lr": {"log_uniform": [1e-5, 10.0]},
 *               "schedule": [{"type": "constant"},
 *                            {"type": "step", "every": 3.0, "gamma": {"uniform": [0.1, 0.9]}},
 *                            {"type": "cosine", "period": 0.0, "eta_min": 0.0,
 *                             "warmup": {"epochs": 1.0, "from": 0.0, "shape": "linear"}}],
 *               "optimizer": [{"type": "sgd", "momentum": {"choice": [0.0, 0.9]}, ...},
 *                             {"type": "adam", "beta1": 0.9, ...}],
 *               "batch_size": {"choice": [32, 64]}},
 *    "search": {"sampler": "random", "candidates": 27, "scheduler": "sha", "eta": 3,
 *               "min_budget": 1.0, "max_budget": 9.0, "unit": "epochs",
 *               "independent_seeds": false, "finalists": 0, "repeats": 3, "patience": 0},
 *    "run":    {"trainers": 2, "retries": 2, "heartbeat_timeout": 60.0}}
 *
 * - `train` holds the keys of train itself and those of the chosen optimizer, no others; in the
 * same way `data` those of the format, `search` those of the sampler and of the scheduler (eta and
 *   min_budget, say, are sha's), a layer and a schedule those of their type. The order is the
 * catalogue's.
 * - A parameter that is searched stands in `space`; `train` still holds its default.
 * - A real key is always a JSON real, a whole-number key an integer. validation and test are an
 * integer (a count) or a real (a fraction below 1). data.path is absolute.
 * - data.target, scale, validation_path and test_path are there only if the file has them (scale:
 *   or the format a default). Data with targets in place of classes: "val_accuracy" is R^2,
 *   "val_error" 1 - R^2.
 * - search.candidates is always there: for a grid it is the number of combinations, for Hyperband,
 * if the file has none, what one pass over its brackets takes.
 * - search.points is there only for the sampler list: for each candidate a list of numbers, one a
 *   parameter of the space (common/space.h), null for one that it does not have.
 * - search.total_epochs, wall_time and target are there only if the file has them.
 * - `space.optimizer` is there only if optimizers are searched, and then a list, each with all of
 * its keys: what `train` or `space` said of them has been put inside. `train` holds the default
 *   optimizer's then, which nobody is trained with.
 * - `space.lr` is always there; `space.schedule` is always a list, of one at least. A distribution
 * is an object with one member: uniform, log_uniform, int (two bounds), choice (a list), grid (a
 * list of numbers). Everything else is a constant.
 * - space.lr_multiplier is there only if the file has it: [{"layer": 0, "value": {"log_uniform":
 *   [0.1, 10.0]}}, ...], and in a candidate [{"layer": 0, "value": 0.37}, ...]. It takes the place
 * of the multiplier of that one of model.layers, in which the default still stands.
 * - `trainer` is there only if the file has it: {"command": [...]} or {"script": [...]}, and its
 *   absolute "directory". `data`, `model`, `train` and `space` then hold what the file says, and of
 *   defaults train.batch_size and train.validate_every alone: space.lr and space.schedule may be
 *   missing, and space.optimizer may be a plain choice.
 * - 0 stands for "the default that depends on the data": validate_every (an epoch's steps), period
 *   (the full budget), batch_size (the whole set), test (what the format has).
 * - `run` changes no result; run.trainers is there only if the file has it. */
#ifndef LRSWEEP_COMMON_STUDY_DOCUMENT_H
#define LRSWEEP_COMMON_STUDY_DOCUMENT_H

#include <jansson.h>
#include <stdbool.h>

/* Typed reads of "group.key" from a document that has been checked: the key is there. */
double study_number(const json_t *document, const char *group, const char *key);
long long study_integer(const json_t *document, const char *group, const char *key);
const char *study_text(const json_t *document, const char *group, const char *key);
bool study_bool(const json_t *document, const char *group, const char *key);

#endif
