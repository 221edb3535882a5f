/* part_range.c - the range test beside the study: what lrsweep find left in DIR. */
#include "coordinator/report/parts.h"

#include <stdio.h>
#include <sys/stat.h>

#define FILE_NAME  "find.json"
#define MOST_BYTES 8e6 /* 10,000 steps of 64 seeds are more: then there is no curve */

static const char *const kept[] = {"status",      "advice", "recommended", "bounds",
                                   "suggestions", "lr",     "smoothed",    "seeds"};

/* The file may be of any origin: what is not there or not of its kind is left out by the page. */
json_t *report_part_range(const struct report_source *source, struct error *error)
{
    char path[4096];
    struct stat file;
    (void)error;
    int length = snprintf(path, sizeof path, "%s/%s", source->snapshot->dir, FILE_NAME);
    if (length < 0 || (size_t)length >= sizeof path || stat(path, &file) != 0 ||
        !S_ISREG(file.st_mode) || (double)file.st_size > MOST_BYTES)
        return json_null();
    json_t *found = json_load_file(path, 0, NULL), *range = json_object();
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
        json_t *value = json_object_get(found, kept[i]);
        if (value)
            (void)json_object_set(range, kept[i], value);
    }
    json_decref(found);
    if (json_object_size(range) > 0)
        return range;
    json_decref(range);
    return json_null();
}
