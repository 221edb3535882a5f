/* settings.h - checked reads from the study and from a candidate's parameters.
 *
 * `lrsweep check` has refused a bad study long before; but a trainer can be run by hand, and what
 * it is sent is input like any other. Ranges and defaults are the catalogue's. */
#ifndef LRSWEEP_WORKER_TRAINER_SETTINGS_H
#define LRSWEEP_WORKER_TRAINER_SETTINGS_H

#include "common/catalogue/catalogue.h"
#include "common/error.h"
#include "common/portability.h"

#include <jansson.h>
#include <stdbool.h>

#define SETTING_BYTES 128

/* Why a study cannot be trained: the setting at fault ("" if none is), and a sentence. */
struct refusal {
    char at[SETTING_BYTES];
    struct error error;
};

/* Formats the sentence; always returns false. */
bool refusal_set(struct refusal *refusal, const char *at, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* One group of the study with the catalogue's entry that describes it. All borrowed. */
struct settings {
    const json_t *group;
    const struct catalogue_entry *entry;
    const char *at; /* the group's name in a refusal: "train", "model.layers[1]" */
};

/* Each reads `key` of the group, or the catalogue's default where the group does not hold it;
 * refuses a wrong type and what is out of range, and a missing key that has no default. */
bool settings_number(const struct settings *settings, const char *key, double *value,
                     struct refusal *refusal);
bool settings_count(const struct settings *settings, const char *key, size_t *value,
                    struct refusal *refusal);
bool settings_bool(const struct settings *settings, const char *key, bool *value,
                   struct refusal *refusal);
/* The text is borrowed from the group or from the catalogue. */
bool settings_text(const struct settings *settings, const char *key, const char **value,
                   struct refusal *refusal);

/* Refuses keys of the group that neither `entry` nor `also` (may be NULL) describes. */
bool settings_known(const struct settings *settings, const struct catalogue_entry *also,
                    struct refusal *refusal);

#endif
