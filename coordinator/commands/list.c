/* list.c - lrsweep list: what a study file can name. */
#include "coordinator/commands/command.h"
#include "coordinator/view/catalogue_text.h"

#include <getopt.h>
#include <stdio.h>

static int run(const struct command *self, int argc, char **argv)
{
    static const struct option options[] = {{"help", no_argument, NULL, 'h'}, {0}};
    struct error error;
    int option;
    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        if (option != 'h')
            return command_option_error(self);
        command_print_help(self);
        return EXIT_OK;
    }
    if (optind == argc) {
        catalogue_text_print_kinds(stdout);
        return EXIT_OK;
    }
    if (argc - optind > 1)
        return command_usage_error(self, "expected one kind, found %d arguments", argc - optind);
    if (!catalogue_text_print(stdout, argv[optind], &error)) {
        fprintf(stderr, "lrsweep list: %s\n", error.text);
        return EXIT_USAGE;
    }
    return EXIT_OK;
}

const struct command command_list = {
    "list",
    "[WHAT]",
    "lists schedules, optimizers, samplers, schedulers, layers, losses, formats, exporters or "
    "settings",
    "Each entry with its parameters, their defaults and ranges, and its source. Without WHAT:\n"
    "what can be listed.\n",
    run,
};
