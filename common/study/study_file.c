/* study_file.c - from a path and --set texts to the resolved study. */
#include "common/study/study_file.h"

#include "common/study/study_checks.h"
#include "common/study/study_list.h"
#include "common/study/study_optimizers.h"
#include "common/study/study_parse.h"
#include "common/study/study_resolve.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

struct study_file {
    struct study_source source;
    char *path;
    char **settings; /* copies of the PATH=VALUE texts, which places borrow */
    size_t setting_count;
    struct study_list *list; /* of candidates, which places borrow from; NULL: none */
    struct study_node *root;
    struct study_problems problems;
    json_t *document;
};

static bool copy_arguments(struct study_file *file, const char *path, const char *const *settings,
                           size_t setting_count)
{
    file->path = strdup(path);
    file->settings = calloc(setting_count + 1, sizeof *file->settings);
    if (!file->path || !file->settings)
        return false;
    for (; file->setting_count < setting_count; file->setting_count++) {
        file->settings[file->setting_count] = strdup(settings[file->setting_count]);
        if (!file->settings[file->setting_count])
            return false;
    }
    return true;
}

static void read_tree(struct study_file *file)
{
    if (!study_source_read(&file->source, file->path, &file->problems))
        return;
    file->root = study_parse(&file->source, &file->problems);
    if (!file->root)
        return;
    file->root->place = (struct study_place){.file = file->path};
    for (size_t i = 0; i < file->setting_count; i++) {
        struct study_place place = {
            .file = file->path,
            .order = (size_t)UINT_MAX + i, /* after every line */
            .setting = file->settings[i],
        };
        study_parse_setting(file->root, &place, &file->problems);
    }
}

static void resolve(struct study_file *file)
{
    file->list = study_list_read(file->root, &file->problems);
    if (!study_node_member(file->root, "trainer")) /* whose optimizers they may be */
        study_optimizers_gather(file->root, &file->problems);
    json_t *document = study_resolve(file->root, &file->problems);
    if (!document) {
        file->problems.out_of_memory = true;
        return;
    }
    study_checks_run(document, file->root, &file->problems);
    if (file->list && !study_problems_any(&file->problems))
        study_list_place(file->list, document, &file->problems);
    if (study_problems_any(&file->problems))
        json_decref(document);
    else
        file->document = document;
}

struct study_file *study_file_read(const char *path, const char *const *settings,
                                   size_t setting_count)
{
    struct study_file *file = calloc(1, sizeof *file);
    if (!file)
        return NULL;
    if (!copy_arguments(file, path, settings, setting_count)) {
        study_file_destroy(file);
        return NULL;
    }
    read_tree(file);
    if (file->root)
        resolve(file);
    if (file->problems.out_of_memory) {
        study_file_destroy(file);
        return NULL;
    }
    study_problems_finish(&file->problems);
    return file;
}

void study_file_destroy(struct study_file *file)
{
    if (!file)
        return;
    json_decref(file->document);
    study_node_destroy(file->root);
    study_list_destroy(file->list);
    study_problems_destroy(&file->problems);
    study_source_destroy(&file->source);
    for (size_t i = 0; i < file->setting_count; i++)
        free(file->settings[i]);
    free(file->settings);
    free(file->path);
    free(file);
}

const struct study_problem *study_file_problems(const struct study_file *file, size_t *count)
{
    *count = file->problems.count;
    return file->problems.list;
}

const json_t *study_file_document(const struct study_file *file)
{
    return file->document;
}

void study_file_place(const struct study_file *file, const char *setting, char *text,
                      size_t text_bytes)
{
    struct study_place place = {.file = file->path};
    if (file->root)
        place = *study_checks_place(file->root, setting);
    study_place_text(&place, text, text_bytes);
}
