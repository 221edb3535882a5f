/* study_argument.c - the study file and --set options, as several commands take them. */
#include "coordinator/job/study_argument.h"

#include "common/trainer_start.h"
#include "coordinator/exit_status.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool study_argument_add(struct study_argument *argument, const char *setting)
{
    const char **settings =
        realloc(argument->settings, (argument->setting_count + 1) * sizeof *settings);
    if (!settings) {
        fputs("lrsweep: out of memory\n", stderr);
        return false;
    }
    settings[argument->setting_count++] = setting;
    argument->settings = settings;
    return true;
}

void study_argument_destroy(struct study_argument *argument)
{
    free(argument->settings);
}

struct study_file *study_argument_read(const struct study_argument *argument)
{
    size_t count = 0;
    struct study_file *file =
        study_file_read(argument->path, argument->settings, argument->setting_count);
    if (!file) {
        fputs("lrsweep: out of memory\n", stderr);
        return NULL;
    }
    const struct study_problem *problems = study_file_problems(file, &count);
    for (size_t i = 0; i < count; i++)
        fprintf(stderr, "%s\n", problems[i].text);
    if (count == 0)
        return file;
    fprintf(stderr, "lrsweep: %zu problem%s in the study; nothing was started\n", count,
            count == 1 ? "" : "s");
    study_file_destroy(file);
    return NULL;
}

void study_argument_print_refusal(const struct study_file *file, const char *at,
                                  const char *message)
{
    char place[1024];
    study_file_place(file, at, place, sizeof place);
    bool named = strncmp(message, at, strlen(at)) == 0; /* or there is nothing to name */
    fprintf(stderr, "%s: %s%s%s\n", place, named ? "" : at, named ? "" : ": ", message);
    fputs("lrsweep: 1 problem in the study; nothing was started\n", stderr);
}

int study_argument_not_started(const struct study_file *file, const struct error *error)
{
    if (trainer_is_own(study_file_document(file))) {
        study_argument_print_refusal(file, "trainer", error->text);
        return EXIT_USAGE;
    }
    fprintf(stderr, "lrsweep: %s\n", error->text);
    return EXIT_FAILED;
}
