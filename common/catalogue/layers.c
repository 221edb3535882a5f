/* layers.c - the layers that `model.layers` can hold. */
#include "common/catalogue/catalogue.h"

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

/* What several layers share. */
static const char activations[] = "none relu leaky_relu tanh sigmoid gelu silu";

#define LR_MULTIPLIER_KEY                                                                          \
    {                                                                                              \
        .name = "lr_multiplier", .type = KEY_REAL, .fallback = "1.0", .low = 0, .high = 1e6,       \
        .text = "times the learning rate; 0: its parameters stay as they are"                      \
    }

/* Of layers that multiply by a matrix. */
#define WEIGHTED_KEYS                                                                              \
    {.name = "activation",                                                                         \
     .type = KEY_TEXT,                                                                             \
     .fallback = "none",                                                                           \
     .choices = activations,                                                                       \
     .text = "applied to the outputs"},                                                            \
        {.name = "bias", .type = KEY_BOOL, .fallback = "true", .text = "adds a trained constant"}, \
        {.name = "init",                                                                           \
         .type = KEY_TEXT,                                                                         \
         .fallback = "pytorch",                                                                    \
         .choices = "pytorch he_uniform he_normal xavier_uniform xavier_normal",                   \
         .text = "initial weights; pytorch: uniform within 1 / sqrt(inputs), the bias too"},       \
        LR_MULTIPLIER_KEY

static const struct catalogue_key dense_keys[] = {
    {.name = "units",
     .type = KEY_INTEGER,
     .low = 1,
     .high = 1048576,
     .text = "outputs; of the last layer: the classes"},
    WEIGHTED_KEYS,
};

#define KERNEL_KEY                                                                                 \
    {                                                                                              \
        .name = "kernel_size", .type = KEY_INTEGER, .low = 1, .high = 1024,                        \
        .text = "height and width of the window"                                                   \
    }

static const struct catalogue_key conv2d_keys[] = {
    {.name = "filters", .type = KEY_INTEGER, .low = 1, .high = 65536, .text = "output channels"},
    KERNEL_KEY,
    {.name = "stride",
     .type = KEY_INTEGER,
     .fallback = "1",
     .low = 1,
     .high = 1024,
     .text = "places from one window to the next"},
    {.name = "padding",
     .type = KEY_INTEGER,
     .fallback = "0",
     .low = 0,
     .high = 1024,
     .text = "zeros around the image"},
    {.name = "dilation",
     .type = KEY_INTEGER,
     .fallback = "1",
     .low = 1,
     .high = 1024,
     .text = "places from one number of a window to the next"},
    WEIGHTED_KEYS,
};

static const struct catalogue_key pool_keys[] = {
    KERNEL_KEY,
    {.name = "stride",
     .type = KEY_INTEGER,
     .fallback = "0",
     .low = 0,
     .high = 1024,
     .text = "places from one window to the next; 0: kernel_size"},
};

static const struct catalogue_key dropout_keys[] = {
    {.name = "p",
     .type = KEY_REAL,
     .fallback = "0.5",
     .low = 0,
     .high = 1,
     .high_open = true,
     .text = "probability of a number to be dropped"},
};

#define EPS_KEY                                                                                    \
    {                                                                                              \
        .name = "eps", .type = KEY_REAL, .fallback = "1.0e-5", .low = 0, .low_open = true,         \
        .high = 1, .text = "added to the variance"                                                 \
    }

static const struct catalogue_key layer_norm_keys[] = {EPS_KEY, LR_MULTIPLIER_KEY};

static const struct catalogue_key batch_norm_keys[] = {
    EPS_KEY,
    {.name = "momentum",
     .type = KEY_REAL,
     .fallback = "0.1",
     .low = 0,
     .high = 1,
     .text = "share of the batch in the running mean and variance, which evaluations use"},
    LR_MULTIPLIER_KEY,
};

static const struct catalogue_key residual_keys[] = {
    {.name = "layers",
     .type = KEY_LIST,
     .group = &catalogue_layer_group,
     .text = "f, from its input to its output"},
    {.name = "shortcut",
     .type = KEY_LIST,
     .fallback = "",
     .group = &catalogue_layer_group,
     .text =
         "what x goes through; left out: nothing, or a conv2d of kernel_size 1 or a dense layer "
         "without bias where f changes the shape"},
    {.name = "activation",
     .type = KEY_TEXT,
     .fallback = "none",
     .choices = activations,
     .text = "applied to the sum"},
    {.name = "lr_multiplier",
     .type = KEY_REAL,
     .fallback = "1.0",
     .low = 0,
     .high = 1e6,
     .text = "times the learning rate of the layers inside; 0: they stay as they are"},
};

static const struct catalogue_entry entries[] = {
    {.name = "dense",
     .text = "every output from every input: y = activation(W x + b)",
     .source = "torch.nn.Linear; He et al. 2015; Glorot and Bengio 2010",
     .keys = dense_keys,
     .key_count = COUNT_OF(dense_keys)},
    {.name = "conv2d",
     .text = "y = activation(filters * x + bias), a window of the image for each output",
     .source = "torch.nn.Conv2d",
     .keys = conv2d_keys,
     .key_count = COUNT_OF(conv2d_keys)},
    {.name = "max_pool",
     .text = "the largest number of each window, channel by channel",
     .source = "torch.nn.MaxPool2d",
     .keys = pool_keys,
     .key_count = COUNT_OF(pool_keys)},
    {.name = "avg_pool",
     .text = "the mean of each window, channel by channel",
     .source = "torch.nn.AvgPool2d",
     .keys = pool_keys,
     .key_count = COUNT_OF(pool_keys)},
    {.name = "global_avg_pool",
     .text = "the mean of each channel",
     .source = "torch.nn.AdaptiveAvgPool2d; Lin et al. 2013"},
    {.name = "flatten",
     .text = "an image as one row of numbers, channels first",
     .source = "torch.nn.Flatten"},
    {.name = "dropout",
     .text = "in training y = 0 with probability p, else x / (1 - p)",
     .source = "torch.nn.Dropout; Srivastava et al. 2014",
     .keys = dropout_keys,
     .key_count = COUNT_OF(dropout_keys)},
    {.name = "layer_norm",
     .text = "y = weight (x - mean) / sqrt(variance + eps) + bias, over a sample's numbers",
     .source = "torch.nn.LayerNorm; Ba et al. 2016",
     .keys = layer_norm_keys,
     .key_count = COUNT_OF(layer_norm_keys)},
    {.name = "batch_norm",
     .text =
         "y = weight (x - mean) / sqrt(variance + eps) + bias, over a channel's numbers in a batch",
     .source = "torch.nn.BatchNorm1d and 2d; Ioffe and Szegedy 2015",
     .keys = batch_norm_keys,
     .key_count = COUNT_OF(batch_norm_keys)},
    {.name = "residual",
     .text = "y = activation(f(x) + x), f a list of layers",
     .source = "He et al. 2016; torchvision's BasicBlock, whose downsample is the shortcut",
     .keys = residual_keys,
     .key_count = COUNT_OF(residual_keys)},
    {.name = "relu", .text = "y = x above 0, else 0", .source = "torch.nn.ReLU"},
    {.name = "leaky_relu",
     .text = "y = x above 0, else 0.01 x",
     .source = "torch.nn.LeakyReLU; Maas et al. 2013"},
    {.name = "tanh", .text = "y = tanh x", .source = "torch.nn.Tanh"},
    {.name = "sigmoid", .text = "y = 1 / (1 + e^-x)", .source = "torch.nn.Sigmoid"},
    {.name = "gelu",
     .text = "y = x Phi(x), Phi: the normal distribution's",
     .source = "torch.nn.GELU; Hendrycks and Gimpel 2016"},
    {.name = "silu",
     .text = "y = x / (1 + e^-x)",
     .source = "torch.nn.SiLU; Ramachandran et al. 2017"},
};

static size_t count(void)
{
    return COUNT_OF(entries);
}

static const struct catalogue_entry *entry(size_t index)
{
    return &entries[index];
}

const struct catalogue catalogue_layers = {
    .kind = "layer", .plural = "layers", .count = count, .entry = entry};

static const struct catalogue_key group_keys[] = {
    {.name = "type", .type = KEY_TEXT, .names = &catalogue_layers, .text = "what the layer does"},
};

const struct catalogue_entry catalogue_layer_group = {
    .name = "layer", .text = "one layer", .keys = group_keys, .key_count = COUNT_OF(group_keys)};
