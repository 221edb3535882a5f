/* fuzz_study_file.c - any bytes as a study file: no crash, no leak, bounded work.
 *
 * A line that starts with `--set ` is an argument, what stands before the first of them is the
 * file. What stands behind a line `--list` is the file that search.candidates_from can name as
 * "list.csv". What is accepted must print as a study that resolves to the same document. */
#include "common/study/study_file.h"
#include "coordinator/view/study_text.h"
#include "tests/fuzz/input.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SETTINGS_MAX = 8 };

/* libconfig 1.5 forgets the string that it was reading when it meets a syntax error. */
const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
    return "leak:libconfig";
}

/* The document of a text, NULL if it was refused. */
static json_t *resolve(const void *bytes, size_t length, const char *const *settings, size_t count)
{
    char path[INPUT_PATH_BYTES];
    input_path("study.cfg", path);
    input_store("study.cfg", bytes, length);
    struct study_file *file = study_file_read(path, settings, count);
    if (!file)
        input_fail("out of memory");
    size_t problem_count;
    const struct study_problem *problems = study_file_problems(file, &problem_count);
    const json_t *document = study_file_document(file);
    if ((document == NULL) != (problem_count > 0) || (problem_count && !*problems[0].text))
        input_fail("neither a document nor problems, or both");
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
        input_fail("out of memory");
    study_text_print(stream, document);
    (void)fclose(stream);
    json_t *again = resolve(text, length, NULL, 0);
    if (!again || !json_equal(document, again))
        input_fail("a resolved study does not print as itself");
    json_decref(again);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static const char mark[] = "\n--list\n";
    const uint8_t *end = bytes + length, *list = input_find(bytes, end, mark);
    length = (size_t)(list - bytes);
    input_clear();
    if (list < end)
        input_store("list.csv", list + sizeof mark - 1, (size_t)(end - list) - sizeof mark + 1);
    char *text = malloc(length + 1);
    if (!text)
        input_fail("out of memory");
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
