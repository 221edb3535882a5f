/* study_document.c - typed reads from a resolved study. */
#include "common/study_document.h"

static const json_t *value_of(const json_t *document, const char *group, const char *key)
{
    return json_object_get(json_object_get(document, group), key);
}

double study_number(const json_t *document, const char *group, const char *key)
{
    return json_number_value(value_of(document, group, key));
}

long long study_integer(const json_t *document, const char *group, const char *key)
{
    return json_integer_value(value_of(document, group, key));
}

const char *study_text(const json_t *document, const char *group, const char *key)
{
    const char *text = json_string_value(value_of(document, group, key));
    return text ? text : "";
}

bool study_bool(const json_t *document, const char *group, const char *key)
{
    return json_is_true(value_of(document, group, key));
}
