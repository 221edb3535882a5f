/* python_optimizer.c - one row an optimizer: its class. Its arguments have PyTorch's names already,
 * but for the two betas, which PyTorch has as a pair. */
#include "coordinator/export/python_optimizer.h"

#include "common/catalogue/catalogue.h"
#include "coordinator/view/figures.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name, *class; /* NULL: torch.optim has none */
} classes[] = {
    {"sgd", "SGD"},   {"adagrad", "Adagrad"}, {"adadelta", "Adadelta"}, {"rmsprop", "RMSprop"},
    {"adam", "Adam"}, {"adamw", "AdamW"},     {"nadam", "NAdam"},       {"radam", "RAdam"},
    {"lion", NULL},   {"lars", NULL},         {"lamb", NULL},
};

static const char *class_of(const char *name)
{
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++)
        if (strcmp(classes[i].name, name) == 0)
            return classes[i].class;
    return NULL;
}

static double number(const json_t *train, const char *key)
{
    return json_number_value(json_object_get(train, key));
}

static void print_value(FILE *stream, const json_t *value)
{
    if (json_is_boolean(value))
        (void)fputs(json_is_true(value) ? "True" : "False", stream);
    else if (json_is_integer(value))
        (void)fprintf(stream, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else
        (void)fputs(figure_exact(json_number_value(value)).text, stream);
}

static void print_arguments(FILE *stream, const struct catalogue_entry *entry, const json_t *train)
{
    for (size_t i = 0; i < entry->key_count; i++) {
        const char *key = entry->keys[i].name;
        const json_t *value = json_object_get(train, key);
        if (!value || strcmp(key, "beta2") == 0)
            continue;
        if (strcmp(key, "beta1") == 0) {
            (void)fprintf(stream, ", betas=(%s, ", figure_exact(number(train, "beta1")).text);
            (void)fprintf(stream, "%s)", figure_exact(number(train, "beta2")).text);
            continue;
        }
        (void)fprintf(stream, ", %s=", key);
        print_value(stream, value);
    }
}

/* --- groups -------------------------------------------------------------------------------------
 */

/* Prints the multipliers of the layers of a list that are not 1; returns how many. */
static size_t print_multipliers(FILE *stream, const json_t *layers, const char *path, int depth)
{
    size_t count = 0, index;
    const json_t *layer;
    char name[256];
    json_array_foreach(layers, index, layer)
    {
        const json_t *value = json_object_get(layer, "lr_multiplier");
        (void)snprintf(name, sizeof name, "%.200s.%zu", path, index);
        if (json_is_number(value) && json_number_value(value) != 1) {
            (void)fprintf(stream, "(\"%s\", %s), ", name,
                          figure_exact(json_number_value(value)).text);
            count++;
        }
        static const char *const lists[] = {"layers", "shortcut"};
        for (size_t i = 0; depth > 0 && i < 2; i++) {
            char inner[256];
            (void)snprintf(inner, sizeof inner, "%.200s.%s", name, lists[i]);
            count += print_multipliers(stream, json_object_get(layer, lists[i]), inner, depth - 1);
        }
    }
    return count;
}

/* Those that the study searches. */
static size_t print_searched(FILE *stream, const json_t *list)
{
    size_t index;
    const json_t *element;
    json_array_foreach(list, index, element)
    {
        (void)fprintf(stream, "(\"layers.%" JSON_INTEGER_FORMAT "\", %s), ",
                      json_integer_value(json_object_get(element, "layer")),
                      figure_exact(number(element, "value")).text);
    }
    return json_array_size(list);
}

static const char groups_code[] =
    "# Rates that differ from layer to layer, and weight decay for matrices alone.\n"
    "groups, decay = [], 1.0\n"
    "for name, module in reversed(list(model.named_modules())):\n"
    "    parameters = list(module.parameters(recurse=False))\n"
    "    norm = isinstance(module, (nn.LayerNorm, nn.BatchNorm1d, nn.BatchNorm2d))\n"
    "    rate = LR * decay\n"
    "    for layer, multiplier in MULTIPLIERS:\n"
    "        if (name + \".\").startswith(layer + \".\"):\n"
    "            rate *= multiplier\n"
    "    for parameter in parameters:\n"
    "        decays = DECAY_ALL or (parameter.dim() > 1 and not norm)\n"
    "        groups.append({\"params\": [parameter], \"lr\": rate,\n"
    "                       \"weight_decay\": WEIGHT_DECAY if decays else 0.0})\n"
    "    if parameters:\n"
    "        decay *= LAYER_DECAY\n";

/* Whether all parameters are treated alike, as PyTorch does by itself. Prints what is not. */
static bool print_groups(FILE *stream, const json_t *study)
{
    const json_t *train = json_object_get(study, "train");
    const json_t *layers = json_object_get(json_object_get(study, "model"), "layers");
    const json_t *searched = json_object_get(json_object_get(study, "space"), "lr_multiplier");
    double layer_decay = number(train, "layer_decay"), weight_decay = number(train, "weight_decay");
    bool decay_all = json_is_true(json_object_get(train, "decay_all"));
    char *text = NULL;
    size_t length = 0;
    FILE *memory = open_memstream(&text, &length);
    if (!memory)
        return false;
    size_t count = print_multipliers(memory, layers, "layers", 16);
    count += print_searched(memory, searched);
    bool differ = fclose(memory) == 0 && (count > 0 || (layer_decay != 1 && layer_decay > 0) ||
                                          (weight_decay > 0 && !decay_all));
    if (differ) {
        (void)fprintf(stream, "MULTIPLIERS = [%s]\n", text);
        (void)fputs("LAYER_DECAY, WEIGHT_DECAY, ", stream);
        (void)fprintf(stream, "DECAY_ALL = %s, ", figure_exact(layer_decay).text);
        (void)fprintf(stream, "%s, %s\n", figure_exact(weight_decay).text,
                      decay_all ? "True" : "False");
        (void)fputs(groups_code, stream);
    }
    free(text);
    return differ;
}

void python_optimizer_print(FILE *stream, const json_t *study)
{
    const json_t *train = json_object_get(study, "train");
    const char *name = json_string_value(json_object_get(train, "optimizer"));
    const struct catalogue_entry *entry = name ? catalogue_find(&catalogue_optimizers, name) : NULL;
    if (!entry)
        return;
    const char *class = class_of(name);
    const char *parameters = print_groups(stream, study) ? "groups" : "model.parameters()";
    if (class)
        (void)fprintf(stream, "optimizer = torch.optim.%s(%s, lr=LR", class, parameters);
    else
        (void)fprintf(stream, "# torch.optim has no %s: import one.\noptimizer = %s(%s, lr=LR",
                      name, name, parameters);
    print_arguments(stream, entry, train);
    (void)fputs(")\n", stream);
}
