/* format_settings.c - ranges and defaults are the catalogue's. */
#include "worker/data/format_settings.h"

#include "common/catalogue/catalogue.h"

#include <math.h>
#include <stdlib.h>

bool format_number(const json_t *data, const char *format, const char *key, double *value,
                   struct error *error)
{
    const struct catalogue_entry *entry = catalogue_find(&catalogue_formats, format);
    const struct catalogue_key *row = entry ? catalogue_key_find(entry, key) : NULL;
    const json_t *given = json_object_get(data, key);
    if (!row)
        return error_set(error, "data.%s is not a setting of the format %s", key, format);
    *value = given ? json_number_value(given) : strtod(row->fallback, NULL);
    bool inside = (row->low_open ? *value > row->low : *value >= row->low) &&
                  (row->high_open ? *value < row->high : *value <= row->high);
    if ((!given || json_is_number(given)) && isfinite(*value) && inside &&
        (row->type != KEY_INTEGER || *value == floor(*value)))
        return true;
    char range[256];
    catalogue_key_range(row, range, sizeof range);
    return error_set(error, "data.%s is %.10g, allowed is %s", key, *value, range);
}

bool format_count(const json_t *data, const char *format, const char *key, uint64_t *value,
                  struct error *error)
{
    double number;
    if (!format_number(data, format, key, &number, error))
        return false;
    *value = (uint64_t)number;
    return true;
}
