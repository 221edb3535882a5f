/* catalogue.h - everything that a study file can name, with its parameters, defaults and ranges.
 *
 * One table a kind (optimizers.c, layers.c ...) and one row an entry. The study file's reader checks
 * against these tables, `lrsweep list` prints them, and the code that implements an entry looks up
 * its defaults nowhere else: the resolved study already holds them. Schedules carry their entry in
 * common/schedule, beside their formula. */
#ifndef LRSWEEP_COMMON_CATALOGUE_CATALOGUE_H
#define LRSWEEP_COMMON_CATALOGUE_CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>

enum key_type {
    KEY_BOOL,
    KEY_INTEGER,
    KEY_REAL, /* an integer is accepted too */
    KEY_TEXT, /* any string, or one of `choices` when that is given */
    KEY_GROUP /* checked by code of its own (a layer list, a distribution ...) */
};

/* One key of a group of the study file. */
struct catalogue_key {
    const char *name;
    enum key_type type;
    const char *fallback; /* default as it would be written in the file; NULL: the key is required;
                             "": the key may be left out and is then absent from the resolved study */
    double low, high;     /* numbers: allowed range, both ends included unless open */
    bool low_open, high_open;
    const char *choices; /* KEY_TEXT: allowed values separated by spaces, NULL: any */
    bool searchable;     /* may be given a distribution instead of a value */
    const char *text;    /* one line for `list`, the template and error messages */
};

struct catalogue_entry {
    const char *name;
    const char *text;    /* one line: what it is, with its formula */
    const char *source;  /* the paper or the program that it follows */
    const struct catalogue_key *keys;
    size_t key_count;
};

/* A kind of thing: "optimizer", "layer" ... */
struct catalogue {
    const char *kind;   /* singular, for messages */
    const char *plural; /* what `lrsweep list` calls it */
    size_t (*count)(void);
    const struct catalogue_entry *(*entry)(size_t index);
};

extern const struct catalogue catalogue_optimizers;
extern const struct catalogue catalogue_layers;
extern const struct catalogue catalogue_losses;
extern const struct catalogue catalogue_formats;
extern const struct catalogue catalogue_samplers;
extern const struct catalogue catalogue_schedulers;
extern const struct catalogue catalogue_schedules; /* defined in common/schedule/schedule.c */

/* NULL if the catalogue has no such entry. */
const struct catalogue_entry *catalogue_find(const struct catalogue *catalogue, const char *name);

#endif
