/* groups.c - the groups of a study file and their keys. */
#include "common/catalogue/catalogue.h"

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

static const struct catalogue_key study_keys[] = {
    {.name = "name", .type = KEY_NAME, .text = "what reports call it"},
    {.name = "seed",
     .type = KEY_INTEGER,
     .fallback = "1",
     .low = 0,
     .high = 9007199254740991.0, /* 2^53 - 1: exact in whatever reads the JSON */
     .text = "fixes everything that a candidate does"},
    {.name = "metric",
     .type = KEY_TEXT,
     .fallback = "val_loss",
     .choices = "val_loss val_error train_loss",
     .text = "what is minimised"},
};

static const struct catalogue_key data_keys[] = {
    {.name = "format", .type = KEY_TEXT, .names = &catalogue_formats, .text = "what the files are"},
    {.name = "validation",
     .type = KEY_SHARE,
     .fallback = "0.1",
     .low = 0,
     .high = CATALOGUE_ANY_COUNT,
     .text = "samples held out of the training set, to choose by; not used where the data have "
             "validation files"},
    {.name = "test",
     .type = KEY_SHARE,
     .fallback = "0",
     .low = 0,
     .high = CATALOGUE_ANY_COUNT,
     .text = "samples to judge the winner by, of the test files or else of the training set; 0: "
             "all of the test files"},
    {.name = "shuffled",
     .type = KEY_BOOL,
     .fallback = "false",
     .text = "samples held out are drawn, keyed by study.seed; false: they are the last ones"},
    {.name = "stratified",
     .type = KEY_BOOL,
     .fallback = "false",
     .text = "samples held out are drawn class by class, in the training set's proportions"},
};

static const struct catalogue_key model_keys[] = {
    {.name = "layers",
     .type = KEY_LIST,
     .group = &catalogue_layer_group,
     .text = "from the input to the output"},
    {.name = "loss",
     .type = KEY_TEXT,
     .fallback = "cross_entropy",
     .names = &catalogue_losses,
     .text = "what training minimises"},
};

static const struct catalogue_key train_keys[] = {
    {.name = "batch_size",
     .type = KEY_INTEGER,
     .fallback = "64",
     .low = 0,
     .high = CATALOGUE_ANY_COUNT,
     .searchable = true,
     .read_by_search = true,
     .text = "samples a step; 0: the whole training set"},
    {.name = "optimizer",
     .type = KEY_TEXT,
     .fallback = "sgd",
     .names = &catalogue_optimizers,
     .text = "how a gradient becomes a step; its own keys stand beside it"},
    {.name = "clip_norm",
     .type = KEY_REAL,
     .fallback = "0.0",
     .low = 0,
     .high = CATALOGUE_ANY_REAL,
     .searchable = true,
     .text = "longest gradient, longer ones are shortened to it; 0: any"},
    {.name = "clip_value",
     .type = KEY_REAL,
     .fallback = "0.0",
     .low = 0,
     .high = CATALOGUE_ANY_REAL,
     .searchable = true,
     .text = "largest number in a gradient, before its norm is clipped; 0: any"},
    {.name = "decay_all",
     .type = KEY_BOOL,
     .fallback = "false",
     .searchable = true,
     .text = "weight decay for biases and normalisation too, as PyTorch applies it"},
    {.name = "layer_decay",
     .type = KEY_REAL,
     .fallback = "1.0",
     .low = 0,
     .low_open = true,
     .high = 1,
     .searchable = true,
     .text = "rate of a layer over that of the next layer with parameters; 1: the same for all"},
    {.name = "random_crop",
     .type = KEY_INTEGER,
     .fallback = "0",
     .low = 0,
     .high = 65536,
     .searchable = true,
     .text = "zeros put around a training image, of which a part of its size is cut out at random"},
    {.name = "random_flip",
     .type = KEY_BOOL,
     .fallback = "false",
     .searchable = true,
     .text = "mirror a training image left to right with probability 1/2"},
    {.name = "report_every",
     .type = KEY_INTEGER,
     .fallback = "100",
     .low = 1,
     .high = CATALOGUE_ANY_COUNT,
     .text = "steps from one report to the next"},
    {.name = "validate_every",
     .type = KEY_INTEGER,
     .fallback = "0",
     .low = 0,
     .high = CATALOGUE_ANY_COUNT,
     .read_by_search = true,
     .text =
         "steps from one validation to the next; 0: an epoch; a rung's end always is validated"},
    {.name = "stop_collapsed",
     .type = KEY_BOOL,
     .fallback = "true",
     .text = "end a run that collapsed; false: only one whose loss is not finite"},
};

static const struct catalogue_key warmup_keys[] = {
    {.name = "steps",
     .type = KEY_REAL,
     .fallback = "",
     .low = 0,
     .high = 1e12,
     .searchable = true,
     .text = "its length in steps; this or epochs"},
    {.name = "epochs",
     .type = KEY_REAL,
     .fallback = "",
     .low = 0,
     .high = 1e12,
     .searchable = true,
     .text = "its length in epochs; this or steps"},
    {.name = "from",
     .type = KEY_REAL,
     .fallback = "0.0",
     .low = 0,
     .high = 1,
     .searchable = true,
     .text = "share of the learning rate at step 0"},
    {.name = "shape",
     .type = KEY_TEXT,
     .fallback = "linear",
     .choices = "linear exponential constant",
     .searchable = true,
     .text = "how the rate rises: from + (1 - from) t/w; from^(1 - t/w); or at once, at the end"},
};

static const struct catalogue_entry warmup = {
    .name = "warmup",
    .text = "raises the rate before the schedule begins",
    .keys = warmup_keys,
    .key_count = COUNT_OF(warmup_keys),
};

static const struct catalogue_key schedule_keys[] = {
    {.name = "type",
     .type = KEY_TEXT,
     .names = &catalogue_schedules,
     .text = "how the rate goes on; its own keys stand beside it"},
    {.name = "warmup",
     .type = KEY_GROUP,
     .fallback = "",
     .group = &warmup,
     .text = "raises the rate before the schedule begins"},
};

static const struct catalogue_entry schedule = {
    .name = "schedule",
    .text = "one schedule",
    .keys = schedule_keys,
    .key_count = COUNT_OF(schedule_keys),
};

static const struct catalogue_key option_keys[] = {
    {.name = "type",
     .type = KEY_TEXT,
     .names = &catalogue_optimizers,
     .text = "which one; its own keys stand beside it"},
};

static const struct catalogue_entry option = {
    .name = "optimizer",
    .text = "one optimizer",
    .keys = option_keys,
    .key_count = COUNT_OF(option_keys),
};

static const struct catalogue_key multiplier_keys[] = {
    {.name = "layer",
     .type = KEY_INTEGER,
     .low = 0,
     .high = 255,
     .text = "which of model.layers, from 0"},
    {.name = "value",
     .type = KEY_REAL,
     .low = 0,
     .high = 1e6,
     .searchable = true,
     .text = "times the learning rate; 0: its parameters stay as they are"},
};

static const struct catalogue_entry multiplier = {
    .name = "lr_multiplier",
    .text = "the multiplier of one layer",
    .keys = multiplier_keys,
    .key_count = COUNT_OF(multiplier_keys),
};

static const struct catalogue_key space_keys[] = {
    {.name = "lr",
     .type = KEY_REAL,
     .low = 0,
     .low_open = true,
     .high = CATALOGUE_ANY_REAL,
     .searchable = true,
     .read_by_search = true,
     .text = "the learning rate"},
    {.name = "schedule",
     .type = KEY_LIST,
     .fallback = "( { type = \"constant\"; } )",
     .group = &schedule,
     .read_by_search = true,
     .text = "the schedules to choose among; one group alone: it is not searched"},
    {.name = "optimizer",
     .type = KEY_LIST,
     .fallback = "",
     .group = &option,
     .text = "the optimizers to choose among, or { choice = ( \"sgd\", ... ); }; their keys in "
             "train, or beside it, are those of all that have them"},
    {.name = "lr_multiplier",
     .type = KEY_LIST,
     .fallback = "",
     .group = &multiplier,
     .text = "layers whose multiplier of the rate is searched"},
};

static const struct catalogue_key search_keys[] = {
    {.name = "sampler",
     .type = KEY_TEXT,
     .fallback = "random",
     .names = &catalogue_samplers,
     .text = "where candidates come from"},
    {.name = "scheduler",
     .type = KEY_TEXT,
     .fallback = "sha",
     .names = &catalogue_schedulers,
     .others_ignored = true, /* so that `--set search.scheduler=none` is enough to compare */
     .text = "who is trained how long"},
    {.name = "max_budget",
     .type = KEY_REAL,
     .low = 0,
     .low_open = true,
     .high = 1e12,
     .text = "the full budget of a candidate, in search.unit"},
    {.name = "unit",
     .type = KEY_TEXT,
     .fallback = "epochs",
     .choices = "epochs steps",
     .text = "what budgets and the times of schedules are counted in"},
    {.name = "independent_seeds",
     .type = KEY_BOOL,
     .fallback = "false",
     .text = "each candidate has initial weights and a batch order of its own; false: all share "
             "them, so that they differ by what is searched alone"},
    {.name = "finalists",
     .type = KEY_INTEGER,
     .fallback = "0",
     .low = 0,
     .high = 1000,
     .text = "best candidates that are trained again, with fresh seeds, before one is recommended"},
    {.name = "repeats",
     .type = KEY_INTEGER,
     .fallback = "3",
     .low = 1,
     .high = 1000,
     .text = "fresh seeds for each finalist; the best mean is recommended"},
    {.name = "total_epochs",
     .type = KEY_REAL,
     .fallback = "",
     .low = 0,
     .low_open = true,
     .high = 1e12,
     .text = "end the search when all candidates together were trained so long"},
    {.name = "wall_time",
     .type = KEY_REAL,
     .fallback = "",
     .low = 0,
     .low_open = true,
     .high = 1e9,
     .text = "end the search after so many seconds, those of earlier runs included"},
    {.name = "target",
     .type = KEY_REAL,
     .fallback = "",
     .low = -CATALOGUE_ANY_REAL,
     .high = CATALOGUE_ANY_REAL,
     .text = "end the search when the metric of a candidate is so low"},
    {.name = "patience",
     .type = KEY_INTEGER,
     .fallback = "0",
     .low = 0,
     .high = 1000000,
     .text = "end the search when so many candidates in a row brought nothing better; 0: never"},
};

static const struct catalogue_key run_keys[] = {
    {.name = "trainers",
     .type = KEY_INTEGER,
     .fallback = "",
     .low = 1,
     .high = 1024,
     .text = "trainers of each rank; left out: the cores that the rank may use"},
    {.name = "retries",
     .type = KEY_INTEGER,
     .fallback = "2",
     .low = 0,
     .high = 1000,
     .text = "further attempts after a trainer crashed or hung"},
    {.name = "heartbeat_timeout",
     .type = KEY_REAL,
     .fallback = "60.0",
     .low = 0,
     .low_open = true,
     .high = 1e6,
     .text = "seconds of silence after which a trainer or a rank is given up"},
    {.name = "deadline",
     .type = KEY_TEXT,
     .fallback = "",
     .text = "end before, saving what runs: a time from the start (3h50m) or of the clock (18:30)"},
    {.name = "checkpoints",
     .type = KEY_TEXT,
     .fallback = "dir",
     .choices = "dir mpi",
     .text = "how they get to DIR: written there by all ranks, or sent to rank 0 by those on hosts "
             "that do not see it"},
};

static const struct catalogue_key trainer_keys[] = {
    {.name = "command",
     .type = KEY_WORDS,
     .fallback = "",
     .text =
         "a program that speaks the protocol, and its arguments; without a / it is looked for in "
         "PATH"},
    {.name = "script",
     .type = KEY_WORDS,
     .fallback = "",
     .text =
         "in its place, a program that prints name=value and knows no protocol, with {lr} ... for "
         "a candidate's values"},
    {.name = "directory",
     .type = KEY_PATH,
     .fallback = "./",
     .text = "its working directory; left out: the folder of the file that this stands in"},
};

#define GROUP(id, words)                                                                           \
    .name = #id, .text = (words), .keys = id##_keys, .key_count = COUNT_OF(id##_keys)

static const struct catalogue_entry entries[] = {
    {GROUP(study, "what the study is called and what it minimises")},
    {GROUP(trainer, "a program of your own that trains (include/lrsweep/protocol.h); data, model, "
                    "train and space may then hold what it understands"),
     .optional = true},
    {GROUP(data, "what is learned from"), .free_form = true},
    {GROUP(model, "the network"), .free_form = true},
    {GROUP(train, "how a candidate is trained: what all of them share"), .free_form = true},
    {GROUP(space, "what is searched; any searchable key of train can be moved here"),
     .free_form = true},
    {GROUP(search, "how it is searched")},
    {GROUP(run, "how the work is done: changes no result")},
};

static size_t count(void)
{
    return COUNT_OF(entries);
}

static const struct catalogue_entry *entry(size_t index)
{
    return &entries[index];
}

const struct catalogue catalogue_groups = {
    .kind = "group", .plural = "settings", .count = count, .entry = entry};
