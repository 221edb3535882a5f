/* test_catalogue.c - edit distance and nearest names, ranges in words, and every table's soundness.
 */
#include "common/catalogue/catalogue.h"
#include "common/catalogue/nearest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

static const struct catalogue *const catalogues[] = {
    &catalogue_optimizers, &catalogue_layers,     &catalogue_losses,    &catalogue_formats,
    &catalogue_samplers,   &catalogue_schedulers, &catalogue_schedules, &catalogue_groups,
};

static void the_distance_counts_single_edits(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        size_t distance;
    } cases[] = {
        {"", "", 0},
        {"", "abc", 3},
        {"abc", "", 3},
        {"momentum", "momentum", 0},
        {"Momentum", "momentum", 0},
        {"momentm", "momentum", 1},   /* a letter left out */
        {"momenttum", "momentum", 1}, /* one too many */
        {"nomentum", "momentum", 1},  /* another one */
        {"momnetum", "momentum", 1},  /* two neighbours swapped */
        {"ca", "abc", 3},             /* 2 without the restriction: no part is edited twice */
        {"kitten", "sitting", 3},
        {"batchsize", "batch_size", 1},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_int_equal(nearest_distance(cases[i].a, cases[i].b), cases[i].distance);
        assert_int_equal(nearest_distance(cases[i].b, cases[i].a), cases[i].distance);
    }
    char long_name[NEAREST_NAME_MAX_BYTES + 1];
    memset(long_name, 'a', NEAREST_NAME_MAX_BYTES);
    long_name[NEAREST_NAME_MAX_BYTES] = '\0';
    assert_true(nearest_distance(long_name, "a") == SIZE_MAX);
    long_name[NEAREST_NAME_MAX_BYTES - 1] = '\0';
    assert_int_equal(nearest_distance(long_name, "a"), NEAREST_NAME_MAX_BYTES - 2);
}

static void only_a_name_that_is_near_enough_is_suggested(void **state)
{
    (void)state;
    static const char *const names[] = {"sgd",          "adam", "momentum",   "eps",
                                        "weight_decay", "lr",   "batch_size", "unit"};
    static const struct {
        const char *wanted, *nearest;
    } cases[] = {
        {"momentm", "momentum"},
        {"adma", "adam"},
        {"SGD", "sgd"},
        {"esp", "eps"},
        {"batchsize", "batch_size"},
        {"weight-decay", "weight_decay"},
        {"lrr", "lr"},
        {"learning_rate", NULL},
        {"x", NULL},
        {"", NULL},
        {"xyz", NULL},
        {"units", "unit"},
        {"decay", NULL},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct nearest nearest;
        nearest_start(&nearest, cases[i].wanted);
        for (size_t j = 0; j < COUNT_OF(names); j++)
            nearest_offer(&nearest, names[j]);
        if (cases[i].nearest)
            assert_string_equal(nearest.name ? nearest.name : "(none)", cases[i].nearest);
        else
            assert_null(nearest.name);
    }
}

static const struct catalogue_entry things[] = {{.name = "one"}, {.name = "other"}};

static size_t things_count(void)
{
    return COUNT_OF(things);
}

static const struct catalogue_entry *thing(size_t index)
{
    return &things[index];
}

static const struct catalogue two_things = {
    .kind = "thing", .plural = "things", .count = things_count, .entry = thing};

static void a_range_is_told_in_words(void **state)
{
    (void)state;
    static const struct {
        struct catalogue_key key;
        const char *words;
    } cases[] = {
        {{.type = KEY_BOOL}, "true or false"},
        {{.type = KEY_INTEGER, .low = 2, .high = 1000}, "a whole number from 2 to 1000"},
        {{.type = KEY_INTEGER, .low = 1, .high = CATALOGUE_ANY_COUNT},
         "a whole number of at least 1"},
        {{.type = KEY_REAL, .high = 1, .high_open = true}, "a number of at least 0 and below 1"},
        {{.type = KEY_REAL, .low_open = true, .high = CATALOGUE_ANY_REAL}, "a number above 0"},
        {{.type = KEY_REAL, .low_open = true, .high = 1}, "a number above 0 and at most 1"},
        {{.type = KEY_REAL, .low = -CATALOGUE_ANY_REAL, .high = 3}, "a number at most 3"},
        {{.type = KEY_TEXT, .choices = "none relu"}, "none, relu"},
        {{.type = KEY_TEXT, .names = &two_things}, "one, other"},
        {{.type = KEY_WORDS}, "1 to 100 strings [ \"a\", \"b\", ... ]"},
        {{.type = KEY_ANY}, "anything"},
        {{.type = KEY_TEXT}, "a string"},
        {{.type = KEY_NUMBERS, .low_open = true, .high = CATALOGUE_ANY_REAL},
         "1 to 16 numbers [ a, b, ... ], each above 0"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char words[200];
        catalogue_key_range(&cases[i].key, words, sizeof words);
        assert_string_equal(words, cases[i].words);
    }
    char cut[8];
    catalogue_key_range(&cases[0].key, cut, sizeof cut);
    assert_string_equal(cut, "true or");
}

static void check_fallback(const struct catalogue_key *key)
{
    if (!key->fallback || !*key->fallback)
        return;
    char *end;
    double number = strtod(key->fallback, &end);
    switch (key->type) {
    case KEY_BOOL:
        assert_true(strcmp(key->fallback, "true") == 0 || strcmp(key->fallback, "false") == 0);
        break;
    case KEY_INTEGER:
        assert_null(strpbrk(key->fallback, ".e"));
        /* fall through */
    case KEY_REAL:
    case KEY_SHARE:
        assert_int_equal(*end, '\0');
        assert_true(number >= key->low && number <= key->high);
        break;
    case KEY_TEXT:
        if (key->names)
            assert_non_null(catalogue_find(key->names, key->fallback));
        else if (key->choices)
            assert_non_null(strstr(key->choices, key->fallback));
        break;
    default:
        break;
    }
}

static void check_entry(const struct catalogue_entry *entry)
{
    assert_true(entry->name && *entry->name && entry->text && *entry->text);
    for (size_t i = 0; i < entry->key_count; i++) {
        const struct catalogue_key *key = &entry->keys[i];
        assert_true(key->name && *key->name && key->text && *key->text);
        assert_true(key->low <= key->high);
        assert_ptr_equal(catalogue_key_find(entry, key->name), key); /* no name twice */
        assert_true((key->type == KEY_GROUP || key->type == KEY_LIST) == (key->group != NULL));
        if (key->needs)
            assert_non_null(catalogue_key_find(entry, key->needs));
        check_fallback(key);
        if (key->group)
            check_entry(key->group);
    }
}

static void every_row_of_every_table_is_sound(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(catalogues); i++) {
        assert_true(catalogues[i]->count() > 0);
        for (size_t j = 0; j < catalogues[i]->count(); j++) {
            const struct catalogue_entry *entry = catalogues[i]->entry(j);
            assert_ptr_equal(catalogue_find(catalogues[i], entry->name), entry);
            check_entry(entry);
        }
        assert_null(catalogue_find(catalogues[i], "no such thing"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_distance_counts_single_edits),
        cmocka_unit_test(only_a_name_that_is_near_enough_is_suggested),
        cmocka_unit_test(a_range_is_told_in_words),
        cmocka_unit_test(every_row_of_every_table_is_sound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
