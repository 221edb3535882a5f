/* check.c - lrsweep check: validates a study, prints it resolved, trains nothing. */
#include "common/study_document.h"
#include "common/trainer_start.h"
#include "coordinator/commands/command.h"
#include "coordinator/job/study_argument.h"
#include "coordinator/probe/probe.h"
#include "coordinator/search/search.h"
#include "coordinator/view/figures.h"
#include "coordinator/view/study_text.h"

#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

/* The steps are those of the study's own batch size. */
static void print_rungs(const struct search *search, const char *unit)
{
    size_t count = search_rung_count(search);
    bool brackets = search_rung(search, count - 1)->bracket > 0;
    for (size_t i = 0; i < count; i++) {
        const struct search_rung *rung = search_rung(search, i);
        printf("# ");
        if (brackets)
            printf("bracket %u, ", rung->bracket + 1);
        printf("rung %u: %u candidate%s, to %s", rung->level + 1, rung->quota,
               rung->quota == 1 ? "" : "s", figure_budget(rung->budget, unit).text);
        if (strcmp(unit, "steps") != 0)
            printf(" (%" PRIu64 " steps)", search_study_steps(search, rung->budget));
        puts("");
    }
}

/* What the trainer found, as comments of the study file that is printed. */
static void print_findings(const struct probe *probe, const struct search *search, const char *unit,
                           bool own)
{
    const json_t *layers = json_object_get(probe->answer, "layers");
    double train = probe_number(probe, "train_samples", 0);
    double classes = probe_number(probe, "classes", 0);
    const char *name = json_string_value(json_object_get(probe->answer, "trainer"));
    char shown[80];
    figure_clean(shown, sizeof shown, name ? name : "without a name", false);
    if (own)
        printf("# trainer: %s; %s\n", shown,
               probe_can(probe, "checkpoints")
                   ? "it leaves checkpoints"
                   : "it leaves no checkpoints: what is promoted is trained from its start again");
    if (train > 0 && own)
        printf("# data: %.0f training samples\n", train);
    else if (train > 0)
        printf("# data: %.0f training, %.0f validation and %.0f test samples of %.0f features, "
               "%.0f %s\n",
               train, probe_number(probe, "validation_samples", 0),
               probe_number(probe, "test_samples", 0), probe_number(probe, "features", 0),
               classes > 0 ? classes : probe_number(probe, "targets", 0),
               classes > 0 ? "classes" : "numbers to predict");
    for (size_t i = 0; i < json_array_size(layers); i++) {
        const json_t *layer = json_array_get(layers, i), *output = json_object_get(layer, "output");
        const char *type = json_string_value(json_object_get(layer, "type"));
        const char *at = json_string_value(json_object_get(layer, "at"));
        printf("# %s: %s, output", at ? at : "a layer", type ? type : "?");
        for (size_t j = 0; j < json_array_size(output); j++)
            printf("%s%lld", j ? " x " : " ", json_integer_value(json_array_get(output, j)));
        printf(", %lld parameters\n", json_integer_value(json_object_get(layer, "parameters")));
    }
    if (probe_number(probe, "parameters", 0) > 0)
        printf("# model: %.0f parameters, %.0f floating-point operations a sample and step, "
               "%.0f KiB of weights, %.0f KiB of activations\n",
               probe_number(probe, "parameters", 0), probe_number(probe, "flops_per_sample", 0),
               probe_number(probe, "weight_bytes", 0) / 1024,
               probe_number(probe, "activation_bytes", 0) / 1024);
    print_rungs(search, unit);
}

static int examine(const struct study_file *file, bool json)
{
    const json_t *document = study_file_document(file);
    struct probe probe;
    struct error error;
    char program[PATH_MAX], at[256];
    if (!probe_trainer_path(program, sizeof program, &error)) {
        fprintf(stderr, "lrsweep: %s\n", error.text);
        return EXIT_FAILED;
    }
    if (!probe_start(&probe, program, document, &error))
        return study_argument_not_started(file, &error);
    int status = EXIT_OK;
    if (!probe_answer(&probe, at, sizeof at, &error)) {
        study_argument_print_refusal(file, at, error.text);
        probe_end(&probe);
        return EXIT_USAGE;
    }
    double samples = probe_number(&probe, "train_samples", 0);
    struct search *search = search_create(document, samples > 0 ? (uint64_t)samples : 0, &error);
    bool keeps = probe_can(&probe, "checkpoints");
    if (!search || (!keeps && !search_without_checkpoints(search, &error))) {
        fprintf(stderr, "lrsweep: %s\n", error.text);
        status = EXIT_USAGE;
    } else if (json) {
        json_dumpf(document, stdout, JSON_INDENT(2));
        puts("");
    } else {
        print_findings(&probe, search, study_text(document, "search", "unit"),
                       trainer_is_own(document));
        study_text_print(stdout, document);
    }
    search_destroy(search);
    probe_end(&probe);
    return status;
}

static int run(const struct command *self, int argc, char **argv)
{
    static const struct option options[] = {{"set", required_argument, NULL, 's'},
                                            {"json", no_argument, NULL, 'j'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    struct study_argument argument = {0};
    bool json = false;
    int option, status = EXIT_OK;
    while (status == EXIT_OK && (option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        switch (option) {
        case 's':
            if (!study_argument_add(&argument, optarg))
                status = EXIT_FAILED;
            break;
        case 'j':
            json = true;
            break;
        case 'h':
            command_print_help(self);
            study_argument_destroy(&argument);
            return EXIT_OK;
        default:
            status = command_option_error(self);
        }
    }
    if (status == EXIT_OK && argc - optind != 1)
        status =
            command_usage_error(self, "expected one study file, found %d arguments", argc - optind);
    if (status == EXIT_OK) {
        argument.path = argv[optind];
        struct study_file *file = study_argument_read(&argument);
        status = file ? examine(file, json) : EXIT_USAGE;
        study_file_destroy(file);
    }
    study_argument_destroy(&argument);
    return status;
}

const struct command command_check = {
    "check",
    "FILE [--set PATH=VALUE]... [--json]",
    "validates a study and prints it with every default filled in; trains nothing",
    "What is printed is itself a study file. All problems are listed, not only the first; data "
    "and\n"
    "layers are checked too.\n"
    "\n"
    "  --set PATH=VALUE   change a setting, such as --set train.momentum=0.95; may be repeated\n"
    "  --json             print the resolved study as JSON\n",
    run,
};
