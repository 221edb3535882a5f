/* catalogue_text.c - prints the catalogues. */
#include "coordinator/view/catalogue_text.h"

#include "common/catalogue/catalogue.h"
#include "common/catalogue/nearest.h"

#include <string.h>

enum { RANGE_BYTES = 200, PATH_BYTES = 100, RANGE_COLUMNS = 48 };

static const struct catalogue *const catalogues[] = {
    &catalogue_schedules,  &catalogue_optimizers, &catalogue_samplers,
    &catalogue_schedulers, &catalogue_layers,     &catalogue_losses,
    &catalogue_formats,    &catalogue_exporters,  &catalogue_groups,
};

enum { CATALOGUE_COUNT = sizeof catalogues / sizeof catalogues[0] };

/* --- the table of parameters --------------------------------------------------------------------
 */

/* One pass measures the columns, the next prints. */
struct table {
    FILE *stream;
    bool measuring;
    size_t name_width, default_width, range_width;
};

static void widen(size_t *width, size_t length)
{
    if (*width < length)
        *width = length;
}

static const char *default_text(const struct catalogue_key *key)
{
    if (!key->fallback)
        return "required";
    return *key->fallback ? key->fallback : "-";
}

static void table_row(struct table *table, const char *prefix, const struct catalogue_key *key)
{
    char range[RANGE_BYTES], name[PATH_BYTES];
    (void)snprintf(name, sizeof name, "%s%s%s", prefix, key->name, key->searchable ? " *" : "");
    catalogue_key_range(key, range, sizeof range);
    /* A default that is a list of groups is told in the template; here it would stretch the table.
     */
    const char *fallback = key->type == KEY_LIST && key->fallback ? "-" : default_text(key);
    if (table->measuring) {
        widen(&table->name_width, strlen(name));
        widen(&table->default_width, strlen(fallback));
        if (strlen(range) <= RANGE_COLUMNS)
            widen(&table->range_width, strlen(range));
        return;
    }
    (void)fprintf(table->stream, "    %-*s  %-*s  %-*s", (int)table->name_width, name,
                  (int)table->default_width, fallback, (int)table->range_width, range);
    if (strlen(range) > table->range_width) /* what it means stands below it */
        (void)fprintf(table->stream, "\n    %*s  %*s  %*s", (int)table->name_width, "",
                      (int)table->default_width, "", (int)table->range_width, "");
    (void)fprintf(table->stream, "  %s\n", key->text);
}

/* The keys of `entry`, and those of the groups inside it: "schedule.warmup.from". Leaves out keys
 * that name an entry of `listed`, which is the list that is being printed. */
static void table_rows(struct table *table, const char *prefix, const struct catalogue_entry *entry,
                       const struct catalogue *listed)
{
    for (size_t i = 0; i < entry->key_count; i++) {
        const struct catalogue_key *key = &entry->keys[i];
        if (key->names == listed)
            continue;
        table_row(table, prefix, key);
        if (!key->group)
            continue;
        char inner[PATH_BYTES];
        (void)snprintf(inner, sizeof inner, "%s%s%s.", prefix, key->name,
                       key->type == KEY_LIST ? "[]" : "");
        table_rows(table, inner, key->group, listed);
    }
}

/* --- where a catalogue is named -----------------------------------------------------------------
 */

struct naming {
    const struct catalogue_entry *group; /* the one whose key names the catalogue; NULL: none */
    char path[PATH_BYTES];               /* of that key: "space.schedule[].type" */
};

static void find_naming(struct naming *naming, const struct catalogue *catalogue,
                        const struct catalogue_entry *group, const char *prefix)
{
    for (size_t i = 0; i < group->key_count && !naming->group; i++) {
        const struct catalogue_key *key = &group->keys[i];
        char path[PATH_BYTES];
        (void)snprintf(path, sizeof path, "%s.%s", prefix, key->name);
        if (key->names == catalogue) {
            naming->group = group;
            memcpy(naming->path, path, sizeof path);
        } else if (key->group) {
            (void)snprintf(path, sizeof path, "%s.%s%s", prefix, key->name,
                           key->type == KEY_LIST ? "[]" : "");
            find_naming(naming, catalogue, key->group, path);
        }
    }
}

static struct naming naming_of(const struct catalogue *catalogue)
{
    struct naming naming = {.group = NULL};
    for (size_t i = 0; i < catalogue_groups.count() && !naming.group; i++)
        find_naming(&naming, catalogue, catalogue_groups.entry(i), catalogue_groups.entry(i)->name);
    return naming;
}

/* What every entry takes besides its own keys: a schedule its warm-up. NULL: nothing. */
static const struct catalogue_entry *shared_keys(const struct naming *naming)
{
    bool is_element = strstr(naming->path, "[]") != NULL;
    return is_element && naming->group->key_count > 1 ? naming->group : NULL;
}

/* --- the lists ----------------------------------------------------------------------------------
 */

static void print_entry(struct table *table, const struct catalogue_entry *entry,
                        const struct catalogue *listed)
{
    (void)fprintf(table->stream, "\n%s - %s\n", entry->name, entry->text);
    if (entry->source)
        (void)fprintf(table->stream, "    source: %s\n", entry->source);
    table_rows(table, "", entry, listed);
}

static void print_catalogue(FILE *stream, const struct catalogue *catalogue)
{
    struct naming naming = naming_of(catalogue);
    const struct catalogue_entry *shared = naming.group ? shared_keys(&naming) : NULL;
    struct table table = {.stream = stream, .measuring = true};
    for (size_t i = 0; i < catalogue->count(); i++)
        table_rows(&table, "", catalogue->entry(i), catalogue);
    if (shared)
        table_rows(&table, "", shared, catalogue);
    table.measuring = false;

    if (catalogue->chosen)
        (void)fprintf(stream, "%s, chosen by %s\n", catalogue->plural, catalogue->chosen);
    else if (naming.group)
        (void)fprintf(stream, "%s, chosen by %s = \"NAME\"", catalogue->plural, naming.path);
    else
        (void)fprintf(stream, "%s of a study file, by group", catalogue->plural);
    if (!catalogue->chosen)
        (void)fputs("; keys, defaults, what is allowed; * can be searched\n", stream);
    for (size_t i = 0; i < catalogue->count(); i++)
        print_entry(&table, catalogue->entry(i), catalogue);
    if (shared) {
        (void)fprintf(stream, "\nevery %s also takes\n", catalogue->kind);
        table_rows(&table, "", shared, catalogue);
    }
}

bool catalogue_text_print(FILE *stream, const char *what, struct error *error)
{
    struct nearest nearest;
    char names[RANGE_BYTES] = "";
    nearest_start(&nearest, what);
    for (size_t i = 0; i < CATALOGUE_COUNT; i++) {
        const char *plural = catalogues[i]->plural;
        size_t length = strlen(names);
        if (strcmp(plural, what) == 0) {
            print_catalogue(stream, catalogues[i]);
            return true;
        }
        (void)snprintf(names + length, sizeof names - length, "%s%s", i ? ", " : "", plural);
        nearest_offer(&nearest, plural);
    }
    return error_set(error, "there is no list of \"%.60s\"%s%s%s; allowed: %s", what,
                     nearest.name ? " (did you mean \"" : "", nearest.name ? nearest.name : "",
                     nearest.name ? "\"?)" : "", names);
}

void catalogue_text_print_kinds(FILE *stream)
{
    for (size_t i = 0; i < CATALOGUE_COUNT; i++) {
        struct naming naming = naming_of(catalogues[i]);
        (void)fprintf(stream, "%-12s %s\n", catalogues[i]->plural,
                      catalogues[i]->chosen ? catalogues[i]->chosen
                      : naming.group        ? naming.path
                                            : "every group and key of a study file");
    }
}
