/* losses.c - the table of losses. */
#include "worker/trainer/loss.h"

#include <string.h>

static const struct loss_class *const classes[] = {
    &loss_cross_entropy,
    &loss_binary_cross_entropy,
    &loss_squared_error,
};

static const struct loss_class *class_find(const char *name)
{
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++)
        if (strcmp(classes[i]->name, name) == 0)
            return classes[i];
    return NULL;
}

bool loss_create(struct loss *loss, const json_t *model, struct refusal *refusal)
{
    struct settings settings = {
        .group = model, .entry = catalogue_find(&catalogue_groups, "model"), .at = "model"};
    const char *name;
    memset(loss, 0, sizeof *loss);
    if (!settings_text(&settings, "loss", &name, refusal))
        return false;
    loss->class = class_find(name);
    if (!loss->class)
        return refusal_set(refusal, "model.loss", "this trainer has no loss \"%s\"", name);
    const struct catalogue_entry *also = catalogue_find(&catalogue_losses, name);
    if (!settings_known(&settings, also, refusal))
        return false;
    settings.entry = also;
    return !loss->class->configure || loss->class->configure(loss, &settings, refusal);
}
