/* status.c - lrsweep status: where a running or finished study stands. */
#include "coordinator/commands/command.h"
#include "coordinator/study/snapshot.h"
#include "coordinator/study/study_lock.h"
#include "coordinator/view/result.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int print(const char *dir, bool json)
{
    struct error error;
    struct snapshot *snapshot = snapshot_read(dir, &error);
    if (!snapshot) {
        fprintf(stderr, "lrsweep status: %s\n", error.text);
        return store_exists(dir) ? EXIT_FAILED : EXIT_USAGE;
    }
    char holder[256];
    snapshot->unattended = strcmp(snapshot_value(snapshot, "status"), "running") == 0 &&
                           !study_lock_held(dir, holder, sizeof holder);
    result_show(snapshot, json);
    snapshot_destroy(snapshot);
    return EXIT_OK;
}

static int run(const struct command *self, int argc, char **argv)
{
    static const struct option options[] = {
        {"json", no_argument, NULL, 'j'}, {"help", no_argument, NULL, 'h'}, {0}};
    bool json = false;
    int option;
    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        switch (option) {
        case 'j':
            json = true;
            break;
        case 'h':
            command_print_help(self);
            return EXIT_OK;
        default:
            return EXIT_USAGE;
        }
    }
    if (argc - optind != 1)
        return command_usage_error(self, "expected one directory, found %d arguments",
                                   argc - optind);
    return print(argv[optind], json);
}

const struct command command_status = {
    "status",
    "DIR [--json]",
    "tells where a running, interrupted or finished study stands",
    "DIR is the directory that `lrsweep run` writes to. Reading it does not disturb the run.\n"
    "\n"
    "  --json   print what summary.json holds, as of now\n",
    run,
};
