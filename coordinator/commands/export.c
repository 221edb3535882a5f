/* export.c - lrsweep export: a study for other programs. */
#include "coordinator/export/export.h"
#include "coordinator/commands/command.h"
#include "coordinator/commands/option_value.h"

#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

static int write_out(const struct export_request *request)
{
    char written[PATH_MAX];
    struct error error;
    switch (export_study(request, written, sizeof written, &error)) {
    case EXPORT_DONE:
        if (strcmp(written, "-") != 0)
            puts(written);
        return EXIT_OK;
    case EXPORT_WRONG:
        fprintf(stderr, "lrsweep export: %s\n", error.text);
        return EXIT_USAGE;
    default:
        fprintf(stderr, "lrsweep export: %s\n", error.text);
        return EXIT_FAILED;
    }
}

static int run(const struct command *self, int argc, char **argv)
{
    static const struct option options[] = {{"to", required_argument, NULL, 't'},
                                            {"trial", required_argument, NULL, 'i'},
                                            {"overwrite", no_argument, NULL, 'o'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    struct export_request request = {.stream = stdout, .trial = -1};
    unsigned trial;
    int option;
    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        switch (option) {
        case 't':
            request.to = optarg;
            break;
        case 'i':
            if (option_whole_number(self, "trial", optarg, 0, UINT_MAX, &trial) != EXIT_OK)
                return EXIT_USAGE;
            request.trial = trial;
            break;
        case 'o':
            request.overwrite = true;
            break;
        case 'h':
            command_print_help(self);
            return EXIT_OK;
        default:
            return command_option_error(self);
        }
    }
    if (!request.to)
        return command_usage_error(self,
                                   "--to NAME is missing; lrsweep list exporters tells the names");
    if (argc - optind < 1 || argc - optind > 2)
        return command_usage_error(self,
                                   "expected a directory and perhaps a path, found %d "
                                   "arguments",
                                   argc - optind);
    request.dir = argv[optind];
    request.path = argc - optind == 2 ? argv[optind + 1] : NULL;
    return write_out(&request);
}

const struct command command_export = {
    "export",
    "DIR --to NAME [PATH] [--trial ID] [--overwrite]",
    "writes a study for other programs: tables, TensorBoard, Optuna, PyTorch, a study file",
    "DIR is the directory of a study, finished or not; reading it does not disturb a run. What "
    "was\n"
    "written is printed. NAME, and what PATH is where it is left out:\n"
    "\n"
    "  csv          DIR/csv          folder: trials.csv and reports.csv\n"
    "  json         DIR/study.json   the whole study\n"
    "  tensorboard  DIR/tensorboard  folder: tensorboard --logdir DIR/tensorboard\n"
    "  optuna       DIR/optuna.db    optuna.load_study(study_name=None,\n"
    "                                                  storage=\"sqlite:///DIR/optuna.db\")\n"
    "  config       DIR/best.cfg     study file that trains the recommended candidate alone\n"
    "  pytorch      DIR/best.py      its model, loss, optimizer and schedule in PyTorch\n"
    "\n"
    "  --trial ID   config and pytorch: of this trial, not the recommended one: trial-ID.cfg, .py\n"
    "  --overwrite  replace what is there; in a folder only the files that are written\n"
    "\n"
    "A PATH of - is standard output, where one file is written. lrsweep list exporters tells "
    "more.\n",
    run,
};
