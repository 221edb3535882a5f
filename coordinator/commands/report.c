/* report.c - lrsweep report: a study as a page, or as figures. */
#include "coordinator/report/report.h"
#include "coordinator/commands/study_reader.h"

#include <getopt.h>
#include <stdio.h>

static int write_report(const struct command *self, const char *dir, bool figures)
{
    struct error error;
    struct study_reader reader = {.dir = dir};
    struct snapshot *snapshot = study_reader_read(&reader, &error);
    bool written = snapshot && (figures ? report_write_figures(dir, snapshot, stdout, &error)
                                        : report_write(dir, snapshot, &error));
    snapshot_destroy(snapshot);
    if (!written)
        return study_reader_failed(&reader, self, &error);
    if (!figures)
        printf("%s/report.html\n", dir);
    return EXIT_OK;
}

static int run(const struct command *self, int argc, char **argv)
{
    static const struct option options[] = {
        {"svg", no_argument, NULL, 's'}, {"help", no_argument, NULL, 'h'}, {0}};
    bool figures = false;
    int option;
    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        switch (option) {
        case 's':
            figures = true;
            break;
        case 'h':
            command_print_help(self);
            return EXIT_OK;
        default:
            return command_option_error(self);
        }
    }
    if (argc - optind != 1)
        return command_usage_error(self, "expected one directory, found %d arguments",
                                   argc - optind);
    return write_report(self, argv[optind], figures);
}

const struct command command_report = {
    "report",
    "DIR [--svg]",
    "writes DIR/report.html: the study as a page to look at and to send",
    "The page is one file that needs no network. It is written at the end of every run too; while "
    "a\n"
    "run goes on, this command shows how it stands.\n"
    "\n"
    "  --svg    write DIR/losses.svg and DIR/rates.svg instead: the loss curves, and the metric\n"
    "           against the learning rate, for a paper; one that has nothing to draw is left "
    "out\n",
    run,
};
