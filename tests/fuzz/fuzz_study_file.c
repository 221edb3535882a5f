/* fuzz_study_file.c - any bytes as a study file: no crash, no leak, bounded work.
 *
 * Built with -DFUZZER it is a libFuzzer target; otherwise a program that runs the files of the
 * folders it is given, which is how the corpus is tested: clang -DFUZZER
 * -fsanitize=fuzzer,address,undefined ... && ./fuzz_study_file tests/fuzz/study_file
 *
 * A line that starts with `--set ` is an argument, what stands before the first of them is the
 * file. What is accepted must print as a study that resolves to the same document. */
#include "common/study/study_file.h"
#include "coordinator/view/study_text.h"

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SETTINGS_MAX = 8 };

/* libconfig 1.5 forgets the string that it was reading when it meets a syntax error. */
const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
    return "leak:libconfig";
}

static void fail(const char *what)
{
    (void)fprintf(stderr, "fuzz_study_file: %s\n", what);
    abort();
}

/* Makes `bytes` the content of a file of its own; the caller removes it. */
static void store(char *path, const void *bytes, size_t length)
{
    int descriptor = mkstemp(path);
    FILE *stream = descriptor < 0 ? NULL : fdopen(descriptor, "w");
    if (!stream || fwrite(bytes, 1, length, stream) != length || fclose(stream) != 0)
        fail("cannot write a temporary file");
}

/* The document of a text, NULL if it was refused. */
static json_t *resolve(const void *bytes, size_t length, const char *const *settings, size_t count)
{
    char path[] = "/tmp/fuzz_study_file.XXXXXX";
    store(path, bytes, length);
    struct study_file *file = study_file_read(path, settings, count);
    (void)unlink(path);
    if (!file)
        fail("out of memory");
    size_t problem_count;
    const struct study_problem *problems = study_file_problems(file, &problem_count);
    const json_t *document = study_file_document(file);
    if ((document == NULL) != (problem_count > 0) || (problem_count && !*problems[0].text))
        fail("neither a document nor problems, or both");
    char place[64];
    study_file_place(file, "model.layers[0].units", place, sizeof place);
    json_t *copy = document ? json_deep_copy(document) : NULL;
    study_file_destroy(file);
    return copy;
}

static void assert_prints_as_itself(const json_t *document)
{
    char *text = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&text, &length);
    if (!stream)
        fail("out of memory");
    study_text_print(stream, document);
    (void)fclose(stream);
    json_t *again = resolve(text, length, NULL, 0);
    if (!again || !json_equal(document, again))
        fail("a resolved study does not print as itself");
    json_decref(again);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    char *text = malloc(length + 1);
    if (!text)
        fail("out of memory");
    memcpy(text, bytes, length);
    text[length] = '\0';
    const char *settings[SETTINGS_MAX];
    size_t count = 0;
    char *set =
        memcmp(text, "--set ", length < 6 ? length + 1 : 6) == 0 ? text : strstr(text, "\n--set ");
    if (set)
        length = (size_t)(set - text);
    while (set && count < SETTINGS_MAX) {
        char *next = strstr(set + 1, "\n--set ");
        settings[count++] = set + strlen("--set ") + (*set == '\n');
        if (next)
            *next = '\0';
        set = next;
    }
    json_t *document = resolve(text, length, settings, count);
    if (document)
        assert_prints_as_itself(document);
    json_decref(document);
    free(text);
    return 0;
}

#ifndef FUZZER
static void run_file(const char *path)
{
    enum { BYTES_MAX = 4 << 20 };
    FILE *stream = fopen(path, "r");
    uint8_t *bytes = malloc(BYTES_MAX);
    if (!stream || !bytes)
        fail(path);
    size_t length = fread(bytes, 1, BYTES_MAX, stream);
    (void)fclose(stream);
    (void)LLVMFuzzerTestOneInput(bytes, length);
    free(bytes);
}

static size_t run_folder(const char *path)
{
    size_t count = 0;
    DIR *folder = opendir(path);
    if (!folder)
        fail(path);
    for (const struct dirent *entry; (entry = readdir(folder));) {
        char file[4096];
        if (entry->d_name[0] == '.')
            continue;
        (void)snprintf(file, sizeof file, "%s/%s", path, entry->d_name);
        run_file(file);
        count++;
    }
    (void)closedir(folder);
    return count;
}

int main(int argument_count, char **arguments)
{
    size_t count = 0;
    for (int i = 1; i < argument_count; i++)
        count += run_folder(arguments[i]);
    if (count == 0)
        fail("no inputs");
    (void)printf("%zu inputs\n", count);
    return 0;
}
#endif
