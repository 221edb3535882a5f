/* input.c - files for fuzzers, and the program that runs a corpus. */
#include "tests/fuzz/input.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[64];

void input_fail(const char *what)
{
    (void)fprintf(stderr, "fuzzer: %s\n", what);
    abort();
}

void input_check_printable(const char *text)
{
    for (; *text; text++)
        if (((unsigned char)*text < ' ' && *text != '\n') || *text == 0x7f)
            input_fail("a control character is printed");
}

static void folder_remove(void)
{
    input_clear();
    (void)rmdir(folder);
}

const char *input_folder(void)
{
    static const char *const places[] = {"/dev/shm", "/tmp"};
    for (size_t i = 0; !*folder && i < sizeof places / sizeof places[0]; i++) {
        (void)snprintf(folder, sizeof folder, "%s/lrsweep-fuzz-XXXXXX", places[i]);
        if (!mkdtemp(folder))
            *folder = '\0';
        else if (atexit(folder_remove) != 0)
            input_fail("no memory");
    }
    if (!*folder)
        input_fail("cannot make a temporary folder");
    return folder;
}

void input_path(const char *name, char path[INPUT_PATH_BYTES])
{
    (void)snprintf(path, INPUT_PATH_BYTES, "%s/%.150s", input_folder(), name);
}

void input_store(const char *name, const void *bytes, size_t length)
{
    char path[INPUT_PATH_BYTES];
    input_path(name, path);
    FILE *stream = fopen(path, "w");
    if (!stream || fwrite(bytes, 1, length, stream) != length || fclose(stream) != 0)
        input_fail("cannot write a temporary file");
}

static void clear(const char *path)
{
    DIR *list = opendir(path);
    if (!list)
        input_fail("cannot read the temporary folder");
    for (const struct dirent *entry; (entry = readdir(list));) {
        char inner[2 * INPUT_PATH_BYTES];
        (void)snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
        if (entry->d_name[0] == '.' || unlink(inner) == 0)
            continue;
        clear(inner);
        (void)rmdir(inner);
    }
    (void)closedir(list);
}

void input_clear(void)
{
    clear(input_folder());
}

const uint8_t *input_find(const uint8_t *at, const uint8_t *end, const char *mark)
{
    size_t length = strlen(mark);
    for (; (size_t)(end - at) >= length; at++)
        if (memcmp(at, mark, length) == 0)
            return at;
    return end;
}

#ifndef FUZZER
static void run_file(const char *path)
{
    enum { BYTES_MAX = 4 << 20 };
    FILE *stream = fopen(path, "r");
    uint8_t *room = malloc(BYTES_MAX);
    if (!stream || !room)
        input_fail(path);
    size_t length = fread(room, 1, BYTES_MAX, stream);
    (void)fclose(stream);
    /* Exactly as long as the input, so that a read beyond it is seen. */
    uint8_t *bytes = malloc(length ? length : 1);
    if (!bytes)
        input_fail(path);
    memcpy(bytes, room, length);
    free(room);
    (void)LLVMFuzzerTestOneInput(bytes, length);
    free(bytes);
}

static size_t run_folder(const char *path)
{
    size_t count = 0;
    DIR *list = opendir(path);
    if (!list)
        input_fail(path);
    for (const struct dirent *entry; (entry = readdir(list));) {
        char file[4096];
        if (entry->d_name[0] == '.')
            continue;
        (void)snprintf(file, sizeof file, "%s/%s", path, entry->d_name);
        run_file(file);
        count++;
    }
    (void)closedir(list);
    return count;
}

int main(int argument_count, char **arguments)
{
    size_t count = 0;
    for (int i = 1; i < argument_count; i++)
        count += run_folder(arguments[i]);
    if (count == 0)
        input_fail("no inputs");
    (void)printf("%zu inputs\n", count);
    return 0;
}
#endif
