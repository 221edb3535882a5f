/* doctor.c - lrsweep doctor: what a run would find here, under the launcher in use. */
#include "common/launcher.h"
#include "common/link/clocks.h"
#include "common/link/link.h"
#include "common/study_document.h"
#include "coordinator/commands/command.h"
#include "coordinator/commands/option_value.h"
#include "coordinator/doctor/findings.h"
#include "coordinator/job/beacon.h"
#include "coordinator/job/job.h"
#include "coordinator/job/open_files.h"
#include "coordinator/job/study_argument.h"
#include "coordinator/probe/probe.h"

#include <getopt.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATIENCE_S 60 /* for all ranks together to answer */

enum { FINDINGS_MAX = 16, PATIENCE_MAX_S = 3600 };

struct doctor {
    const struct command *self;
    struct study_argument argument;
    const char *out;
    unsigned trainers, patience_s;
    bool json;
    struct study_file *file; /* rank 0 */
    char dir[PATH_MAX];      /* rank 0: the nearest that is there already */
    char beacon[BEACON_NAME_BYTES];
    struct setting setting;
    struct link *link;
};

static int read_arguments(struct doctor *doctor, int argc, char **argv, bool *done)
{
    static const struct option options[] = {{"out", required_argument, NULL, 'o'},
                                            {"set", required_argument, NULL, 's'},
                                            {"trainers", required_argument, NULL, 't'},
                                            {"patience", required_argument, NULL, 'p'},
                                            {"json", no_argument, NULL, 'j'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    int option;
    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        switch (option) {
        case 'o':
            doctor->out = optarg;
            break;
        case 's':
            if (!study_argument_add(&doctor->argument, optarg))
                return EXIT_FAILED;
            break;
        case 't':
            if (option_whole_number(doctor->self, "trainers", optarg, 1, JOB_TRAINERS_MAX,
                                    &doctor->trainers) != EXIT_OK)
                return EXIT_USAGE;
            break;
        case 'p':
            if (option_whole_number(doctor->self, "patience", optarg, 1, PATIENCE_MAX_S,
                                    &doctor->patience_s) != EXIT_OK)
                return EXIT_USAGE;
            break;
        case 'j':
            doctor->json = true;
            break;
        case 'h':
            command_print_help(doctor->self);
            *done = true;
            return EXIT_OK;
        default:
            return command_option_error(doctor->self);
        }
    }
    if (argc - optind > 1)
        return command_usage_error(doctor->self, "expected one study file, found %d arguments",
                                   argc - optind);
    doctor->argument.path = argv[optind];
    return EXIT_OK;
}

static void give_up(int signal_number)
{
    static const char text[] =
        "lrsweep doctor: not all ranks answered in time (--patience): a node "
        "cannot be reached, or one of the ranks hangs\n";
    (void)signal_number;
    ssize_t told = write(STDERR_FILENO, text, sizeof text - 1);
    (void)told;
    _exit(EXIT_FAILED);
}

/* Rank 0: reads the study, and finds the directory that a run would write to, or what is there of
 * the way to it: nothing is made. */
static int prepare(struct doctor *doctor)
{
    char name[PATH_MAX] = ".";
    if (doctor->argument.path && !(doctor->file = study_argument_read(&doctor->argument)))
        return EXIT_USAGE;
    if (doctor->out)
        (void)snprintf(name, sizeof name, "%s", doctor->out);
    else if (doctor->file)
        (void)snprintf(name, sizeof name, "results/%s",
                       study_text(study_file_document(doctor->file), "study", "name"));
    while (!realpath(name, doctor->dir) && strcmp(name, ".") != 0 && strcmp(name, "/") != 0) {
        const char *parent = dirname(name);
        memmove(name, parent, strlen(parent) + 1);
    }
    return EXIT_OK;
}

/* Rank 0's words to all. */
static json_t *share(struct doctor *doctor, int status)
{
    char *text = NULL;
    if (link_rank(doctor->link) == 0) {
        if (status == EXIT_OK && !beacon_light(doctor->dir, doctor->beacon))
            doctor->beacon[0] = '\0';
        json_t *document = doctor->file ? (json_t *)study_file_document(doctor->file) : NULL;
        json_t *words = json_pack("{s:i, s:s, s:s, s:O?}", "status", status, "dir", doctor->dir,
                                  "beacon", doctor->beacon, "document", document);
        text = json_dumps(words, JSON_COMPACT | JSON_REAL_PRECISION(17));
        json_decref(words);
    }
    char *shared = link_share(doctor->link, text ? text : "{\"status\":1}", 0);
    json_t *words = shared ? json_loads(shared, 0, NULL) : NULL;
    free(text);
    free(shared);
    return words;
}

static void examine_self(const struct doctor *doctor, const json_t *words, struct vitals *vitals)
{
    const json_t *document = json_object_get(words, "document");
    const char *dir = json_string_value(json_object_get(words, "dir"));
    const char *beacon = json_string_value(json_object_get(words, "beacon"));
    char program[PATH_MAX];
    struct error error;
    bool first = link_rank(doctor->link) == 0;
    memset(vitals, 0, sizeof *vitals);
    vitals->node = link_node(doctor->link);
    vitals->cores = link_cores(doctor->link);
    vitals->node_cores = link_node_cores(doctor->link);
    long long configured = document ? study_integer(document, "run", "trainers") : 0;
    vitals->trainers = doctor->trainers > 0 ? doctor->trainers
                       : configured > 0     ? (unsigned)configured
                                            : vitals->cores;
    vitals->sees_dir = beacon && beacon[0] && (first || beacon_seen(dir, beacon, "."));
    bool leads = vitals->node == link_rank(doctor->link);
    if (probe_trainer_path(program, sizeof program, &error))
        vitals_take(vitals, program, leads, document);
    else
        (void)snprintf(vitals->refusal, sizeof vitals->refusal, "%.250s", error.text);
}

static void compare_clocks(struct doctor *doctor, struct vitals *all, const struct vitals *mine)
{
    int rank = link_rank(doctor->link);
    if (rank > 0 && mine->node == rank)
        clocks_answer();
    for (int i = 1; all && i < link_size(doctor->link); i++) {
        if (all[i].node != i)
            continue;
        struct clock_offset offset = clocks_ask(i);
        all[i].clock_ahead_s = offset.ahead_s;
        all[i].clock_error_s = offset.error_s;
    }
}

static const char *const severities[] = {
    [FINDING_SOUND] = "sound", [FINDING_NOTE] = "note", [FINDING_PROBLEM] = "problem"};

static void print_text(const struct finding *findings, size_t count, size_t problems)
{
    static const char *const marks[] = {
        [FINDING_SOUND] = "ok", [FINDING_NOTE] = "note", [FINDING_PROBLEM] = "PROBLEM"};
    for (size_t i = 0; i < count; i++) {
        printf("%-8s %-10s %s\n", marks[findings[i].severity], findings[i].subject,
               findings[i].text);
        if (findings[i].remedy[0])
            printf("%20s-> %s\n", "", findings[i].remedy);
    }
    if (problems > 0)
        printf("%zu problem%s\n", problems, problems == 1 ? "" : "s");
    else
        puts("Nothing stands in the way of a run.");
}

static void print_json(const struct patient *patient, const struct finding *findings, size_t count,
                       size_t problems)
{
    json_t *list = json_array(), *ranks = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:s, s:s}", "subject", findings[i].subject,
                                        "severity", severities[findings[i].severity], "text",
                                        findings[i].text, "remedy", findings[i].remedy));
    for (int rank = 0; rank < patient->ranks; rank++) {
        const struct vitals *vitals = &patient->vitals[rank];
        const struct vitals *node = &patient->vitals[vitals->node];
        json_array_append_new(
            ranks, json_pack("{s:i, s:s, s:i, s:i, s:i, s:i, s:b, s:s, s:f, s:f, s:f, s:I}", "rank",
                             rank, "host", vitals->host, "node", vitals->node, "cores",
                             (int)vitals->cores, "node_cores", (int)vitals->node_cores, "trainers",
                             (int)vitals->trainers, "sees_dir", vitals->sees_dir, "blas",
                             node->blas, "clock_ahead_s", node->clock_ahead_s, "shm_free_bytes",
                             vitals->shm_free, "memory_available_bytes", vitals->memory_free,
                             "open_files", (json_int_t)vitals->files));
    }
    json_t *report =
        json_pack("{s:b, s:s, s:s, s:s, s:o, s:o}", "sound", problems == 0, "mpi", patient->library,
                  "launcher", setting_launcher_name(patient->setting.launcher), "dir", patient->dir,
                  "findings", list, "ranks", ranks);
    json_dumpf(report, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
    putchar('\n');
    json_decref(report);
}

static int report(const struct doctor *doctor, const struct vitals *all, const json_t *words)
{
    struct finding findings[FINDINGS_MAX];
    char library[256];
    const json_t *document = json_object_get(words, "document");
    link_library(library, sizeof library);
    const struct patient patient = {
        .vitals = all,
        .ranks = link_size(doctor->link),
        .setting = doctor->setting,
        .library = library,
        .dir = doctor->dir,
        .far_allowed = document && strcmp(study_text(document, "run", "checkpoints"), "mpi") == 0,
        .has_study = json_is_object(document),
    };
    size_t count = findings_make(&patient, findings, FINDINGS_MAX), problems = 0;
    for (size_t i = 0; i < count; i++)
        problems += findings[i].severity == FINDING_PROBLEM;
    if (doctor->json)
        print_json(&patient, findings, count, problems);
    else
        print_text(findings, count, problems);
    return command_end_output(problems > 0 ? EXIT_FAILED : EXIT_OK);
}

/* All ranks. What follows waits for all of them: the alarm bounds it. */
static int examine(struct doctor *doctor, int status)
{
    struct error error;
    bool launched = launcher_rank() >= 0;
    (void)signal(SIGALRM, give_up);
    (void)alarm(doctor->patience_s + (launcher_rank() > 0 ? 2 : 0)); /* rank 0 speaks first */
    doctor->link = link_open(launched, true, &error);
    if (!doctor->link) {
        fprintf(stderr, "lrsweep doctor: %s\n", error.text);
        return EXIT_FAILED;
    }
    bool first = link_rank(doctor->link) == 0;
    if (first && status == EXIT_OK && !doctor->dir[0])
        status = prepare(doctor); /* the launcher's hint was wrong */
    json_t *words = share(doctor, status);
    status = words ? (int)json_integer_value(json_object_get(words, "status")) : EXIT_FAILED;
    struct vitals mine, *all = first ? calloc((size_t)link_size(doctor->link), sizeof *all) : NULL;
    if (status == EXIT_OK && first && !all)
        abort(); /* the others wait in what comes next */
    if (status == EXIT_OK) {
        examine_self(doctor, words, &mine);
        link_collect(doctor->link, &mine, sizeof mine, all);
        compare_clocks(doctor, all, &mine);
    }
    if (first && doctor->beacon[0])
        beacon_put_out(doctor->dir, doctor->beacon);
    if (first)
        beacon_sweep(doctor->dir);
    if (status == EXIT_OK && first)
        status = report(doctor, all, words);
    json_decref(words);
    free(all);
    link_close(doctor->link, status);
    return status;
}

static int run(const struct command *self, int argc, char **argv)
{
    struct doctor doctor = {.self = self, .patience_s = PATIENCE_S};
    struct error error;
    bool done = false;
    int status = read_arguments(&doctor, argc, argv, &done);
    if (status == EXIT_OK && !done) {
        setting_read(&doctor.setting);
        (void)open_files_allow(&error); /* the limit is looked at anyway */
        if (launcher_rank() <= 0)
            status = prepare(&doctor);
        if (status == EXIT_OK || launcher_rank() >= 0)
            status = examine(&doctor, status);
    }
    study_file_destroy(doctor.file);
    study_argument_destroy(&doctor.argument);
    return status;
}

const struct command command_doctor = {
    "doctor",
    "[FILE] [OPTION]...",
    "tells what a run would find here: MPI, nodes, cores, directory; problems and remedies",
    "Start it as a run would be started, alone, under mpirun or srun: it looks from every rank.\n"
    "With FILE the study's data are looked for on every node, too. Nothing is trained or made.\n"
    "\n"
    "  --out DIR            the directory that a run would write to [results/NAME with FILE,\n"
    "                       else the current one]\n"
    "  --set PATH=VALUE     change a setting of FILE; may be repeated\n"
    "  --trainers N         trainers of each rank [the cores that the rank may use]\n"
    "  --patience SECONDS   how long to wait for all ranks to answer [60]\n"
    "  --json               print what was found as JSON\n"
    "\n"
    "Exit status: 0 nothing stands in the way, 1 there are problems (or no answer), 2 wrong usage\n"
    "or study.\n",
    run,
};
