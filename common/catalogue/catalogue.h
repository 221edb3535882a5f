/* catalogue.h - everything that a study file can name, with its parameters, defaults and ranges.
 *
 * One table a kind (optimizers.c, layers.c ...) and one row an entry. The study file's reader
 * checks against these tables, `lrsweep list` prints them, and the code that implements an entry
 * looks up its defaults nowhere else: the resolved study already holds them. Schedules carry their
 * entry in common/schedule, beside their formula.
 *
 * Adding a key is one row; adding an optimizer, a layer ... is one entry in its file. */
#ifndef LRSWEEP_COMMON_CATALOGUE_CATALOGUE_H
#define LRSWEEP_COMMON_CATALOGUE_CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>

struct catalogue;
struct catalogue_entry;

enum key_type {
    KEY_BOOL,
    KEY_INTEGER, /* a real without a fraction (1e3) is accepted too */
    KEY_REAL,    /* an integer is accepted too */
    KEY_SHARE,   /* a count (whole), or a fraction below 1 */
    KEY_NAME,    /* a string of letters, digits, spaces and - _ . + */
    KEY_PATH,    /* a string; a relative one starts at the folder of the file that it stands in */
    KEY_TEXT,    /* any string, or one of `choices`, or the name of an entry of `names` */
    KEY_NUMBERS, /* a list of 1 to CATALOGUE_NUMBERS_MAX reals; one alone is a list of one */
    KEY_WORDS,   /* a list of 1 to CATALOGUE_WORDS_MAX strings; one alone is a list of one */
    KEY_ANY,     /* whatever can be written */
    KEY_GROUP,   /* a group with the keys of `group` */
    KEY_LIST     /* a list of groups with the keys of `group`; one group alone is a list of one */
};

/* One key of a group of the study file. */
struct catalogue_key {
    const char *name;
    enum key_type type;
    bool low_open, high_open;
    bool searchable; /* may be given a distribution in `space` */
    /* Of a free-form group: the search itself reads it, whoever trains. */
    bool read_by_search;
    /* With `names`: keys of the entries that were not chosen are checked but left out of the
     * resolved study. Without: they are refused. */
    bool others_ignored;
    double low, high;     /* numbers: allowed range, both ends included unless open */
    const char *fallback; /* default as it would be written in the file (a string without its
                             quotes); NULL: the key is required; "": the key may be left out and is
                             then absent from the resolved study */
    const char *choices;  /* KEY_TEXT: allowed values separated by spaces, NULL: any */
    const char *text;     /* one line for `list`, the template and error messages */
    /* KEY_TEXT: the value names an entry of this catalogue, whose keys join the group that the key
     * stands in. */
    const struct catalogue *names;
    const struct catalogue_entry *group; /* KEY_GROUP, KEY_LIST: the keys inside */
    const char *needs; /* where this one is true, the key of this name beside it must not be 0 */
};

struct catalogue_entry {
    const char *name;
    const char *text;   /* one line: what it is, with its formula */
    const char *source; /* the paper or the program that it follows; NULL: none */
    const struct catalogue_key *keys;
    size_t key_count;
    /* With a trainer of the user's own: the group may be left out and may hold keys of any name,
     * which are passed on to it; of its own only those that the search reads are checked. */
    bool free_form;
    bool optional; /* a group of the study that is absent from the resolved one if not written */
};

/* A kind of thing: "optimizer", "layer" ... */
struct catalogue {
    const char *kind;   /* singular, for messages */
    const char *plural; /* what `lrsweep list` calls it */
    const char *chosen; /* how an entry is chosen, where no setting names it; NULL: one does */
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
extern const struct catalogue catalogue_exporters;
extern const struct catalogue catalogue_groups; /* the study file's groups: study, data ... */

/* One layer: the group inside every list of layers. */
extern const struct catalogue_entry catalogue_layer_group;

#define CATALOGUE_NUMBERS_MAX 16
#define CATALOGUE_WORDS_MAX   100

/* Bounds that stand for "any finite number" and "any count". */
#define CATALOGUE_ANY_REAL  1.7976931348623157e308
#define CATALOGUE_ANY_COUNT 2147483647.0

/* NULL if the catalogue has no such entry. */
const struct catalogue_entry *catalogue_find(const struct catalogue *catalogue, const char *name);

/* NULL if the entry has no such key. */
const struct catalogue_key *catalogue_key_find(const struct catalogue_entry *entry,
                                               const char *name);

/* What the key accepts, in words: "a number from 0 up and below 1", "true or false", "sgd, adam".
 */
void catalogue_key_range(const struct catalogue_key *key, char *text, size_t text_bytes);

#endif
