/* exporters.c - what `lrsweep export DIR --to NAME` can write. */
#include "common/catalogue/catalogue.h"

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

static const struct catalogue_entry entries[] = {
    {.name = "csv",
     .text = "a folder with trials.csv, a row a trial, and reports.csv, a row a report",
     .source = "RFC 4180"},
    {.name = "json",
     .text = "one file with the whole study: its settings, summary, trials with their reports, "
             "events",
     .source = "RFC 8259"},
    {.name = "tensorboard",
     .text = "a folder of event files, one run a trial: scalars, hyperparameters, why it ended",
     .source = "TensorBoard's TFRecord and event.proto; its hparams and text plugins"},
    {.name = "optuna",
     .text = "an SQLite storage that optuna.load_study opens: parameters, distributions, states, "
             "intermediate values",
     .source = "Optuna's RDBStorage, schema version 12 (Optuna 3.0 and later)"},
    {.name = "config",
     .text = "a study file that trains one candidate, the recommended one if no --trial is named"},
    {.name = "pytorch",
     .text = "Python code with model, loss, optimizer and schedule of one candidate",
     .source = "torch.nn, torch.optim, torch.optim.lr_scheduler.LambdaLR"},
};

static size_t count(void)
{
    return COUNT_OF(entries);
}

static const struct catalogue_entry *entry(size_t index)
{
    return &entries[index];
}

const struct catalogue catalogue_exporters = {.kind = "exporter",
                                              .plural = "exporters",
                                              .chosen = "lrsweep export DIR --to NAME",
                                              .count = count,
                                              .entry = entry};
