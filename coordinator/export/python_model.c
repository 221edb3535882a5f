/* python_model.c - one row a layer: how PyTorch calls it. */
#include "coordinator/export/python_model.h"

#include "coordinator/export/weights_header.h"
#include "coordinator/view/figures.h"

#include <string.h>

#define NAME_BYTES  256
#define DEPTH_MOST  16
#define INDENT_STEP 4

struct writer {
    FILE *stream;
    const json_t *weights;
    bool images; /* the data are images, until a layer makes rows of them */
    bool flat;   /* here they are rows */
    int depth;
};

/* A layer in its place: "layers.3.shortcut.0". */
struct place {
    const json_t *layer;
    const char *path;
    size_t index; /* in its list */
};

static long long whole(const json_t *layer, const char *key)
{
    return json_integer_value(json_object_get(layer, key));
}

static const char *truth(const json_t *layer, const char *key)
{
    const json_t *value = json_object_get(layer, key);
    return !value || json_is_true(value) ? "True" : "False";
}

static const char *real(const json_t *layer, const char *key)
{
    static struct figure figure;
    figure = figure_exact(json_number_value(json_object_get(layer, key)));
    return figure.text;
}

static size_t size(const struct writer *writer, const struct place *place, const char *tensor,
                   size_t axis)
{
    char name[NAME_BYTES];
    (void)snprintf(name, sizeof name, "%.200s.%s", place->path, tensor);
    return weights_header_size(writer->weights, name, axis);
}

/* Begins an entry of an OrderedDict: ("0_relu", */
static void entry(const struct writer *writer, const struct place *place, const char *suffix)
{
    (void)fprintf(writer->stream, "%*s(\"%zu%s%s\", ", INDENT_STEP * writer->depth, "",
                  place->index, *suffix ? "_" : "", suffix);
}

static void flatten(struct writer *writer, const struct place *place)
{
    if (writer->flat)
        return;
    entry(writer, place, "flatten");
    (void)fputs("nn.Flatten()),\n", writer->stream);
    writer->flat = true;
}

/* --- activations --------------------------------------------------------------------------------
 */

static const char *activation_module(const char *name)
{
    static const struct {
        const char *name, *module;
    } rows[] = {{"relu", "nn.ReLU()"}, {"leaky_relu", "nn.LeakyReLU(0.01)"},
                {"tanh", "nn.Tanh()"}, {"sigmoid", "nn.Sigmoid()"},
                {"gelu", "nn.GELU()"}, {"silu", "nn.SiLU()"}};
    for (size_t i = 0; name && i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(rows[i].name, name) == 0)
            return rows[i].module;
    return NULL;
}

static void put_activation(const struct writer *writer, const struct place *place)
{
    const char *name = json_string_value(json_object_get(place->layer, "activation"));
    const char *module = activation_module(name);
    if (!module)
        return;
    entry(writer, place, name);
    (void)fprintf(writer->stream, "%s),\n", module);
}

/* --- layers -------------------------------------------------------------------------------------
 */

static void put_dense(struct writer *writer, const struct place *place)
{
    size_t inputs = size(writer, place, "weight", 1);
    flatten(writer, place);
    entry(writer, place, "");
    if (inputs > 0)
        (void)fprintf(writer->stream, "nn.Linear(%zu, ", inputs);
    else
        (void)fputs("nn.LazyLinear(", writer->stream);
    (void)fprintf(writer->stream, "%lld, bias=%s)),\n", whole(place->layer, "units"),
                  truth(place->layer, "bias"));
    put_activation(writer, place);
}

static void put_conv2d(struct writer *writer, const struct place *place)
{
    size_t inputs = size(writer, place, "weight", 1);
    entry(writer, place, "");
    if (inputs > 0)
        (void)fprintf(writer->stream, "nn.Conv2d(%zu, ", inputs);
    else
        (void)fputs("nn.LazyConv2d(", writer->stream);
    (void)fprintf(writer->stream,
                  "%lld, %lld, stride=%lld, padding=%lld, dilation=%lld, bias=%s)),\n",
                  whole(place->layer, "filters"), whole(place->layer, "kernel_size"),
                  whole(place->layer, "stride"), whole(place->layer, "padding"),
                  whole(place->layer, "dilation"), truth(place->layer, "bias"));
    put_activation(writer, place);
}

static void put_pool(struct writer *writer, const struct place *place)
{
    const char *type = json_string_value(json_object_get(place->layer, "type"));
    long long kernel = whole(place->layer, "kernel_size"), stride = whole(place->layer, "stride");
    entry(writer, place, "");
    (void)fprintf(writer->stream, "nn.%s(%lld, stride=%lld)),\n",
                  type[0] == 'm' ? "MaxPool2d" : "AvgPool2d", kernel, stride ? stride : kernel);
}

static void put_global_pool(struct writer *writer, const struct place *place)
{
    entry(writer, place, "");
    (void)fputs("nn.AdaptiveAvgPool2d(1)),\n", writer->stream);
    flatten(writer, place);
}

static void put_flatten(struct writer *writer, const struct place *place)
{
    entry(writer, place, "");
    (void)fputs("nn.Flatten()),\n", writer->stream);
    writer->flat = true;
}

static void put_dropout(struct writer *writer, const struct place *place)
{
    entry(writer, place, "");
    (void)fprintf(writer->stream, "nn.Dropout(%s)),\n", real(place->layer, "p"));
}

/* There is no lazy one: where no weights tell the shape, the reader has to. */
static void put_layer_norm(struct writer *writer, const struct place *place)
{
    entry(writer, place, "");
    (void)fputs("nn.LayerNorm([", writer->stream);
    for (size_t axis = 0; size(writer, place, "weight", axis) > 0; axis++)
        (void)fprintf(writer->stream, "%s%zu", axis ? ", " : "",
                      size(writer, place, "weight", axis));
    if (size(writer, place, "weight", 0) == 0)
        (void)fputs("...", writer->stream);
    (void)fprintf(writer->stream, "], eps=%s)),", real(place->layer, "eps"));
    (void)fputs(size(writer, place, "weight", 0) ? "\n" : "  # the shape of what comes in\n",
                writer->stream);
}

static void put_batch_norm(struct writer *writer, const struct place *place)
{
    size_t channels = size(writer, place, "weight", 0);
    const char *kind = writer->flat || !writer->images ? "1d" : "2d";
    entry(writer, place, "");
    if (channels > 0)
        (void)fprintf(writer->stream, "nn.BatchNorm%s(%zu, ", kind, channels);
    else
        (void)fprintf(writer->stream, "nn.LazyBatchNorm%s(", kind);
    (void)fprintf(writer->stream, "eps=%s, ", real(place->layer, "eps"));
    (void)fprintf(writer->stream, "momentum=%s)),\n", real(place->layer, "momentum"));
}

static void put_activation_layer(struct writer *writer, const struct place *place)
{
    const char *type = json_string_value(json_object_get(place->layer, "type"));
    entry(writer, place, "");
    (void)fprintf(writer->stream, "%s),\n", activation_module(type));
}

static void put_list(struct writer *writer, const json_t *layers, const char *path);

/* By how much the layers of a list make an image smaller. */
static long long stride_of(const json_t *layers)
{
    long long product = 1;
    size_t index;
    const json_t *layer;
    json_array_foreach(layers, index, layer)
    {
        const char *type = json_string_value(json_object_get(layer, "type"));
        bool pool = type && (strcmp(type, "max_pool") == 0 || strcmp(type, "avg_pool") == 0);
        long long stride = whole(layer, "stride");
        if (pool && stride == 0)
            stride = whole(layer, "kernel_size");
        product *= stride > 0 ? stride : 1;
    }
    return product;
}

/* The projection that is there although the study does not name it. */
static void put_projection(struct writer *writer, const struct place *place)
{
    size_t outputs = size(writer, place, "shortcut.0.weight", 0);
    size_t inputs = size(writer, place, "shortcut.0.weight", 1);
    if (outputs == 0)
        return;
    if (size(writer, place, "shortcut.0.weight", 2) > 0)
        (void)fprintf(writer->stream,
                      ", nn.Sequential(nn.Conv2d(%zu, %zu, 1, stride=%lld, bias=False))", inputs,
                      outputs, stride_of(json_object_get(place->layer, "layers")));
    else
        (void)fprintf(writer->stream, ", nn.Sequential(nn.Linear(%zu, %zu, bias=False))", inputs,
                      outputs);
}

static void put_residual(struct writer *writer, const struct place *place)
{
    char path[NAME_BYTES];
    const json_t *shortcut = json_object_get(place->layer, "shortcut");
    const char *module =
        activation_module(json_string_value(json_object_get(place->layer, "activation")));
    bool flat = writer->flat;
    entry(writer, place, "");
    (void)fputs("Residual(", writer->stream);
    (void)snprintf(path, sizeof path, "%.200s.layers", place->path);
    put_list(writer, json_object_get(place->layer, "layers"), path);
    if (json_array_size(shortcut) > 0) {
        writer->flat = flat;
        (void)fputs(", ", writer->stream);
        (void)snprintf(path, sizeof path, "%.200s.shortcut", place->path);
        put_list(writer, shortcut, path);
    } else {
        put_projection(writer, place);
    }
    (void)fprintf(writer->stream, "%s%s)),\n", module ? ", activation=" : "", module ? module : "");
}

static void put_layer(struct writer *writer, const struct place *place)
{
    static const struct {
        const char *type;
        void (*put)(struct writer *writer, const struct place *place);
    } rows[] = {{"dense", put_dense},
                {"conv2d", put_conv2d},
                {"max_pool", put_pool},
                {"avg_pool", put_pool},
                {"global_avg_pool", put_global_pool},
                {"flatten", put_flatten},
                {"dropout", put_dropout},
                {"layer_norm", put_layer_norm},
                {"batch_norm", put_batch_norm},
                {"residual", put_residual}};
    const char *type = json_string_value(json_object_get(place->layer, "type"));
    if (activation_module(type)) {
        put_activation_layer(writer, place);
        return;
    }
    for (size_t i = 0; type && i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(rows[i].type, type) == 0)
            rows[i].put(writer, place);
}

static void put_list(struct writer *writer, const json_t *layers, const char *path)
{
    size_t index;
    const json_t *layer;
    if (writer->depth >= DEPTH_MOST)
        return;
    (void)fputs("nn.Sequential(OrderedDict([\n", writer->stream);
    writer->depth++;
    json_array_foreach(layers, index, layer)
    {
        char name[NAME_BYTES];
        (void)snprintf(name, sizeof name, "%.200s.%zu", path, index);
        const struct place place = {layer, name, index};
        put_layer(writer, &place);
    }
    writer->depth--;
    (void)fprintf(writer->stream, "%*s]))", INDENT_STEP * writer->depth, "");
}

/* Whether a layer of this type stands anywhere in the list. */
static bool has_type(const json_t *layers, const char *type, int depth)
{
    size_t index;
    const json_t *layer;
    bool found = false;
    json_array_foreach(layers, index, layer)
    {
        const char *own = json_string_value(json_object_get(layer, "type"));
        found =
            found || (own && strcmp(own, type) == 0) ||
            (depth < DEPTH_MOST && (has_type(json_object_get(layer, "layers"), type, depth + 1) ||
                                    has_type(json_object_get(layer, "shortcut"), type, depth + 1)));
    }
    return found;
}

static const char residual_class[] =
    "class Residual(nn.Module):\n"
    "    \"\"\"activation(layers(x) + shortcut(x))\"\"\"\n"
    "    def __init__(self, layers, shortcut=None, activation=None):\n"
    "        super().__init__()\n"
    "        self.layers, self.shortcut, self.activation = layers, shortcut, activation\n"
    "    def forward(self, x):\n"
    "        y = self.layers(x) + (self.shortcut(x) if self.shortcut else x)\n"
    "        return self.activation(y) if self.activation else y\n"
    "\n";

void python_model_print(FILE *stream, const json_t *study, const json_t *weights)
{
    static const char *const image_layers[] = {"conv2d", "max_pool", "avg_pool", "global_avg_pool"};
    const json_t *layers = json_object_get(json_object_get(study, "model"), "layers");
    struct writer writer = {.stream = stream, .weights = weights};
    for (size_t i = 0; i < sizeof image_layers / sizeof image_layers[0]; i++)
        writer.images = writer.images || has_type(layers, image_layers[i], 0);
    if (has_type(layers, "residual", 0))
        (void)fputs(residual_class, stream);
    (void)fputs("model = nn.Sequential(OrderedDict(layers=", stream);
    put_list(&writer, layers, "layers");
    (void)fputs("))\n", stream);
}

bool python_model_lazy(const json_t *study, const json_t *weights)
{
    static const char *const sized[] = {"dense", "conv2d", "batch_norm"};
    const json_t *layers = json_object_get(json_object_get(study, "model"), "layers");
    bool any = false;
    for (size_t i = 0; i < sizeof sized / sizeof sized[0]; i++)
        any = any || has_type(layers, sized[i], 0);
    return any && !weights;
}
