/* losses.c - the losses that `model.loss` can name. */
#include "common/catalogue/catalogue.h"

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

static const struct catalogue_key cross_entropy_keys[] = {
    {.name = "label_smoothing",
     .type = KEY_REAL,
     .fallback = "0.0",
     .low = 0,
     .high = 1,
     .high_open = true,
     .text = "share of the target spread over all classes in training; validation leaves it out"},
};

static const struct catalogue_entry entries[] = {
    {.name = "cross_entropy",
     .text = "softmax, then the mean of -log p(class) over the batch",
     .source = "torch.nn.CrossEntropyLoss; Szegedy et al. 2016",
     .keys = cross_entropy_keys,
     .key_count = COUNT_OF(cross_entropy_keys)},
    {.name = "binary_cross_entropy",
     .text = "for two classes and one output z: the mean of log(1 + e^-z) for class 1, "
             "log(1 + e^z) for class 0, over the batch",
     .source = "torch.nn.BCEWithLogitsLoss"},
    {.name = "squared_error",
     .text =
         "the mean of (prediction - target)^2 over the batch and the outputs; R^2 stands in the "
         "place of accuracy",
     .source = "torch.nn.MSELoss"},
};

static size_t count(void)
{
    return COUNT_OF(entries);
}

static const struct catalogue_entry *entry(size_t index)
{
    return &entries[index];
}

const struct catalogue catalogue_losses = {
    .kind = "loss", .plural = "losses", .count = count, .entry = entry};
