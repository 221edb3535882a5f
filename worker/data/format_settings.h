/* format_settings.h - numbers among a format's settings, checked against its catalogue entry. */
#ifndef LRSWEEP_WORKER_DATA_FORMAT_SETTINGS_H
#define LRSWEEP_WORKER_DATA_FORMAT_SETTINGS_H

#include "common/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* data.KEY of `format`; left out: the catalogue's default. */
bool format_number(const json_t *data, const char *format, const char *key, double *value,
                   struct error *error);
/* The same, a whole number. */
bool format_count(const json_t *data, const char *format, const char *key, uint64_t *value,
                  struct error *error);

#endif
