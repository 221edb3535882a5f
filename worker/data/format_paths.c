/* format_paths.c - paths from settings, and spellings of a file's name. */
#include "worker/data/format_paths.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool resolve(const char *given, char path[FORMAT_PATH_BYTES], struct error *error)
{
    char *absolute = realpath(given, NULL);
    if (!absolute)
        return error_set(error, "%s: %s", given, strerror(errno));
    int length = snprintf(path, FORMAT_PATH_BYTES, "%s", absolute);
    free(absolute);
    return (length >= 0 && length < FORMAT_PATH_BYTES) ||
           error_set(error, "the path %.80s... is too long", given);
}

bool format_path(const json_t *data, const char *key, const char *what,
                 char path[FORMAT_PATH_BYTES], struct error *error)
{
    const char *given = json_string_value(json_object_get(data, key));
    if (!given || !*given)
        return error_set(error, "data.%s is missing: %s", key, what);
    return resolve(given, path, error);
}

bool format_path_optional(const json_t *data, const char *key, char path[FORMAT_PATH_BYTES],
                          struct error *error)
{
    const json_t *given = json_object_get(data, key);
    const char *text = json_string_value(given);
    *path = '\0';
    if (!given)
        return true;
    if (!text || !*text)
        return error_set(error, "data.%s is no path", key);
    return resolve(text, path, error);
}

bool format_file_optional(const char *folder, const char *name, char path[FORMAT_PATH_BYTES],
                          struct error *error)
{
    static const char *const ends[] = {"", ".gz"};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        int length = snprintf(path, FORMAT_PATH_BYTES, "%s/%s%s", folder, name, ends[i]);
        if (length < 0 || length >= FORMAT_PATH_BYTES)
            return error_set(error, "the path %.80s... is too long", folder);
        if (access(path, F_OK) == 0)
            return true;
    }
    *path = '\0';
    return true;
}

bool format_file_find(const char *folder, const char *name, char path[FORMAT_PATH_BYTES],
                      struct error *error)
{
    if (!format_file_optional(folder, name, path, error))
        return false;
    return *path || error_set(error, "%s holds no %s (nor one that ends in .gz)", folder, name);
}

bool format_path_is_folder(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}
