/* main.c - lrsweep: picks the command. */
#include "common/version.h"
#include "coordinator/commands/command.h"

#include <locale.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct command *const commands[] = {&command_run,    &command_check,  &command_plan,
                                                 &command_find,   &command_status, &command_report,
                                                 &command_export, &command_doctor, &command_list};

static const char introduction[] =
    "lrsweep finds the learning rate and schedule that train a model best.\n"
    "\n"
    "usage: lrsweep COMMAND [ARGUMENT]...\n"
    "\n"
    "commands\n";

static const char notes[] =
    "\n"
    "lrsweep COMMAND --help tells more; lrsweep --version prints the version.\n"
    "\n"
    "Results go to standard output, progress and messages to standard error.\n"
    "Exit status: 0 finished; 1 failed; 2 usage or configuration error; 3 no candidate\n"
    "survived; 75 interrupted, can be resumed.\n";

static void print_introduction(FILE *stream)
{
    fputs(introduction, stream);
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        fprintf(stream, "  %-8s %s\n", commands[i]->name, commands[i]->summary);
    fputs(notes, stream);
}

void command_print_help(const struct command *command)
{
    printf("usage: lrsweep %s %s\n\n%s\n", command->name, command->arguments, command->summary);
    if (command->help[0])
        printf("\n%s", command->help);
}

int command_usage_error(const struct command *command, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "lrsweep %s: ", command->name);
    vfprintf(stderr, format, arguments);
    fprintf(stderr, "\nusage: lrsweep %s %s\nlrsweep %s --help tells more\n", command->name,
            command->arguments, command->name);
    va_end(arguments);
    return EXIT_USAGE;
}

int command_option_error(const struct command *command)
{
    fprintf(stderr, "lrsweep %s --help lists the options\n", command->name);
    return EXIT_USAGE;
}

int command_end_output(int status)
{
    bool written = fflush(stdout) == 0 && !ferror(stdout);
    if (written || status == EXIT_FAILED) /* then that was said, or is all that there is to say */
        return status;
    fputs("lrsweep: the result could not be written to standard output\n", stderr);
    return EXIT_FAILED;
}

/* getopt begins what it says of a wrong option with argv[0]. */
static int run_command(const struct command *command, int argc, char **argv)
{
    char name[64];
    (void)snprintf(name, sizeof name, "lrsweep %s", command->name);
    argv[0] = name;
    return command->run(command, argc, argv);
}

static int play(int argc, char **argv)
{
    if (argc < 2) {
        print_introduction(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        (strcmp(argv[1], "help") == 0 && argc == 2)) {
        print_introduction(stdout);
        return EXIT_OK;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("lrsweep " LRSWEEP_VERSION);
        return EXIT_OK;
    }
    bool help = strcmp(argv[1], "help") == 0;
    const char *name = argv[help ? 2 : 1];
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(name, commands[i]->name) != 0)
            continue;
        if (help) {
            command_print_help(commands[i]);
            return EXIT_OK;
        }
        return run_command(commands[i], argc - 1, argv + 1);
    }
    fprintf(stderr, "lrsweep: there is no command \"%s\"; there are:", name);
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        fprintf(stderr, " %s", commands[i]->name);
    fputs("\n", stderr);
    return EXIT_USAGE;
}

int main(int argc, char **argv)
{
    (void)signal(SIGPIPE, SIG_IGN); /* a trainer that dies before it was told everything */
    (void)signal(SIGXFSZ, SIG_IGN); /* a file that may not grow (ulimit -f) is an error of write */
    (void)setlocale(LC_CTYPE, "");  /* for the progress block; numbers keep their point */
    return command_end_output(play(argc, argv));
}
