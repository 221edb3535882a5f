/* findings.c - one function a subject, listed in one table. */
#include "coordinator/doctor/findings.h"

#include "common/portability.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MIB              (1024.0 * 1024.0)
#define CLOCK_SKEW_S     1.0         /* more is a problem */
#define SHM_LEAST        (64 * MIB)  /* the copy of the data, and MPI's own segments */
#define MEMORY_A_TRAINER (128 * MIB) /* available, or it is tight */
#define FILES_A_TRAINER  3           /* its pipes */
#define FILES_OF_A_RANK  64          /* the rest */

static void add(char *text, size_t bytes, const char *format, ...) PRINTF_LIKE(3, 4);

static void add(char *text, size_t bytes, const char *format, ...)
{
    va_list arguments;
    size_t length = strlen(text);
    va_start(arguments, format);
    (void)vsnprintf(text + length, bytes - length, format, arguments);
    va_end(arguments);
}

#define TELL(finding, ...)   add((finding)->text, sizeof(finding)->text, __VA_ARGS__)
#define ADVISE(finding, ...) add((finding)->remedy, sizeof(finding)->remedy, __VA_ARGS__)

static bool leads(const struct patient *patient, int rank)
{
    return patient->vitals[rank].node == rank;
}

static unsigned trainers_of(const struct patient *patient, int node)
{
    unsigned trainers = 0;
    for (int rank = node; rank < patient->ranks; rank++)
        if (patient->vitals[rank].node == node)
            trainers += patient->vitals[rank].trainers;
    return trainers;
}

static void examine_mpi(const struct patient *patient, struct finding *finding)
{
    const char *remedy;
    TELL(finding, "%s", patient->library);
    if (!setting_is_foreign(&patient->setting, patient->ranks, &remedy))
        return;
    finding->severity = FINDING_PROBLEM;
    TELL(finding, "; %s started %d processes, but MPI joined %d: it speaks another MPI's language",
         setting_launcher_name(patient->setting.launcher), patient->setting.processes,
         patient->ranks);
    ADVISE(finding, "%s", remedy);
}

static void examine_ranks(const struct patient *patient, struct finding *finding)
{
    int nodes = 0, crowded = -1;
    unsigned cores = 0, trainers = 0;
    for (int rank = 0; rank < patient->ranks; rank++) {
        const struct vitals *vitals = &patient->vitals[rank];
        trainers += vitals->trainers;
        if (!leads(patient, rank))
            continue;
        nodes++;
        cores += vitals->node_cores;
        if (trainers_of(patient, rank) > vitals->node_cores && crowded < 0)
            crowded = rank;
    }
    TELL(finding, "%d rank%s on %d node%s, started by %s; %u cores, %u trainers", patient->ranks,
         patient->ranks == 1 ? "" : "s", nodes, nodes == 1 ? "" : "s",
         patient->setting.launcher == LAUNCHER_NONE
             ? "no launcher"
             : setting_launcher_name(patient->setting.launcher),
         cores, trainers);
    if (crowded < 0)
        return;
    finding->severity = FINDING_PROBLEM;
    TELL(finding, "; %s has %u trainers on %u cores", patient->vitals[crowded].host,
         trainers_of(patient, crowded), patient->vitals[crowded].node_cores);
    ADVISE(finding, "start fewer ranks there, or one rank a node without --trainers");
}

static void examine_trainer(const struct patient *patient, struct finding *finding)
{
    const char *first = patient->vitals[0].blas;
    for (int rank = 0; rank < patient->ranks; rank++) {
        const struct vitals *vitals = &patient->vitals[rank];
        if (!leads(patient, rank))
            continue;
        if (!vitals->blas[0]) {
            finding->severity = FINDING_PROBLEM;
            TELL(finding, "%son %s the trainer cannot be started: %s", finding->text[0] ? "; " : "",
                 vitals->host, vitals->refusal);
        } else if (rank == 0) {
            TELL(finding, "%s", vitals->blas);
        } else if (strcmp(vitals->blas, first) != 0) {
            finding->severity =
                finding->severity == FINDING_SOUND ? FINDING_NOTE : finding->severity;
            TELL(finding, "; on %s %s", vitals->host, vitals->blas);
        }
    }
    if (finding->severity == FINDING_PROBLEM)
        ADVISE(finding,
               "install lrsweep at the same path on all nodes, with lrsweep-trainer beside "
               "it and its libraries");
    else if (finding->severity == FINDING_NOTE)
        ADVISE(finding,
               "kernels differ in the last digits: for the same table whoever trains what, "
               "set one for all nodes (OPENBLAS_CORETYPE=Haswell)");
}

static void examine_directory(const struct patient *patient, struct finding *finding)
{
    int blind = 0;
    TELL(finding, "%s", patient->dir);
    for (int rank = 0; rank < patient->ranks; rank++) {
        const struct vitals *vitals = &patient->vitals[rank];
        if (vitals->sees_dir)
            continue;
        if (++blind <= 4)
            TELL(finding, "%s%s (rank %d)", blind == 1 ? " cannot be seen or written on " : ", ",
                 vitals->host, rank);
    }
    if (blind > 4)
        TELL(finding, " and by %d more ranks", blind - 4);
    if (blind == 0) {
        TELL(finding, "%s", patient->ranks > 1 ? " is seen by all ranks" : "");
    } else if (patient->far_allowed && patient->vitals[0].sees_dir) {
        finding->severity = FINDING_NOTE;
        TELL(finding, ": checkpoints of these go over MPI");
    } else {
        finding->severity = FINDING_PROBLEM;
        ADVISE(finding, "%s",
               patient->vitals[0].sees_dir
                   ? "name a directory that all nodes share (--out DIR), or set "
                     "run.checkpoints = \"mpi\""
                   : "name a directory that rank 0 may write in (--out DIR)");
    }
}

static void examine_study(const struct patient *patient, struct finding *finding)
{
    int refused = 0;
    if (!patient->has_study) {
        finding->subject = NULL;
        return;
    }
    for (int rank = 0; rank < patient->ranks; rank++) {
        const struct vitals *vitals = &patient->vitals[rank];
        if (!leads(patient, rank) || !vitals->blas[0] || !vitals->refusal[0])
            continue;
        if (++refused <= 2)
            TELL(finding, "%srefused on %s: %s", refused > 1 ? "; " : "", vitals->host,
                 vitals->refusal);
    }
    if (refused == 0) {
        TELL(finding, "data and model are accepted on every node");
        return;
    }
    finding->severity = FINDING_PROBLEM;
    ADVISE(finding, "the data must be readable at the same path on every node");
}

static void examine_clocks(const struct patient *patient, struct finding *finding)
{
    int worst = 0, nodes = 0;
    for (int rank = 0; rank < patient->ranks; rank++) {
        if (!leads(patient, rank))
            continue;
        nodes++;
        if (fabs(patient->vitals[rank].clock_ahead_s) > fabs(patient->vitals[worst].clock_ahead_s))
            worst = rank;
    }
    if (nodes < 2) {
        finding->subject = NULL;
        return;
    }
    const struct vitals *vitals = &patient->vitals[worst];
    double ahead_s = vitals->clock_ahead_s;
    TELL(finding, "at most %.2g ms apart (%s, to %.2g ms)", 1e3 * fabs(ahead_s), vitals->host,
         1e3 * vitals->clock_error_s);
    if (fabs(ahead_s) - vitals->clock_error_s < CLOCK_SKEW_S)
        return;
    finding->severity = FINDING_PROBLEM;
    ADVISE(finding, "%s's clock is %s: let it follow a time server (chrony)", vitals->host,
           ahead_s > 0 ? "ahead" : "behind");
}

static void examine_memory(const struct patient *patient, struct finding *finding)
{
    int least_shm = 0, least = 0;
    for (int rank = 0; rank < patient->ranks; rank++) {
        if (!leads(patient, rank))
            continue;
        if (patient->vitals[rank].shm_free < patient->vitals[least_shm].shm_free)
            least_shm = rank;
        if (patient->vitals[rank].memory_free < patient->vitals[least].memory_free)
            least = rank;
    }
    const struct vitals *shm = &patient->vitals[least_shm], *memory = &patient->vitals[least];
    unsigned trainers = trainers_of(patient, least);
    TELL(finding, "%.0f MiB available on %s, %.0f MiB free in /dev/shm on %s",
         fmax(0, memory->memory_free) / MIB, memory->host, fmax(0, shm->shm_free) / MIB, shm->host);
    if (shm->shm_free < SHM_LEAST) {
        finding->severity = FINDING_PROBLEM;
        ADVISE(finding,
               "make /dev/shm larger (mount -o remount,size=50%% /dev/shm; of a container: "
               "--shm-size=1g): it holds the nodes' copy of the data and MPI's messages");
    }
    if (memory->memory_free >= 0 && memory->memory_free < trainers * MEMORY_A_TRAINER) {
        finding->severity = FINDING_PROBLEM;
        ADVISE(finding, "%sstart fewer trainers (--trainers), or ask for more memory",
               finding->remedy[0] ? "; " : "");
    }
}

static void examine_files(const struct patient *patient, struct finding *finding)
{
    int least = 0, needy = -1;
    for (int rank = 0; rank < patient->ranks; rank++) {
        const struct vitals *vitals = &patient->vitals[rank];
        if (vitals->files < patient->vitals[least].files)
            least = rank;
        if (vitals->files <
            FILES_OF_A_RANK + (unsigned long long)FILES_A_TRAINER * vitals->trainers)
            needy = rank;
    }
    TELL(finding, "%llu may be open at once", patient->vitals[least].files);
    if (needy < 0)
        return;
    finding->severity = FINDING_PROBLEM;
    TELL(finding, "; rank %d on %s needs %u", needy, patient->vitals[needy].host,
         FILES_OF_A_RANK + FILES_A_TRAINER * patient->vitals[needy].trainers);
    ADVISE(finding, "raise the limit (ulimit -n; under SLURM: srun --propagate=NONE)");
}

static void examine_recovery(const struct patient *patient, struct finding *finding)
{
    static const struct {
        enum launcher launcher;
        enum recovery recovery;
        enum severity severity;
        const char *text, *remedy;
    } cases[] = {
        {LAUNCHER_NONE, RECOVERY_OFF, FINDING_SOUND, "one process: what ends it ends the run", ""},
        {LAUNCHER_MPIRUN, RECOVERY_ON, FINDING_SOUND, "on: the others go on when a rank dies", ""},
        {LAUNCHER_MPIRUN, RECOVERY_OFF, FINDING_NOTE, "off: the run ends when a rank dies",
         "on one node: mpirun --enable-recovery --mca btl vader,self"},
        {LAUNCHER_SRUN, RECOVERY_ON, FINDING_SOUND, "on: the others go on when a rank dies", ""},
        {LAUNCHER_SRUN, RECOVERY_OFF, FINDING_NOTE, "off: the run ends when a rank dies",
         "srun --kill-on-bad-exit=0"},
        {LAUNCHER_SRUN, RECOVERY_UNKNOWN, FINDING_NOTE, "not known: it is srun's business",
         "srun --kill-on-bad-exit=0, if that is not how it was started"},
        {LAUNCHER_HYDRA, RECOVERY_OFF, FINDING_NOTE, "none: MPICH ends the run when a rank dies",
         "run it again with --resume then"},
        {LAUNCHER_PMIX, RECOVERY_OFF, FINDING_NOTE, "not known", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (cases[i].launcher != patient->setting.launcher ||
            cases[i].recovery != patient->setting.recovery)
            continue;
        finding->severity = cases[i].severity;
        TELL(finding, "%s", cases[i].text);
        ADVISE(finding, "%s", cases[i].remedy);
    }
}

/* Seen with SLURM 22.05 and Open MPI 4.1.4 on three nodes: of 720 starts 20 crashed in MPI_Init,
 * with either kind of fence for both none of 1,080 and 360. */
static void examine_start(const struct patient *patient, struct finding *finding)
{
    if (!patient->setting.mixed_fences || patient->ranks == 1) {
        finding->subject = NULL;
        return;
    }
    finding->severity = FINDING_NOTE;
    TELL(finding, "srun mixes two kinds of fences: now and then a rank crashes while MPI starts");
    ADVISE(finding, "export SLURM_PMIX_FENCE=tree");
}

static const struct {
    const char *subject;
    void (*examine)(const struct patient *patient, struct finding *finding);
} checks[] = {
    {"MPI", examine_mpi},           {"ranks", examine_ranks},
    {"trainer", examine_trainer},   {"directory", examine_directory},
    {"study", examine_study},       {"clocks", examine_clocks},
    {"memory", examine_memory},     {"files", examine_files},
    {"recovery", examine_recovery}, {"start", examine_start},
};

size_t findings_make(const struct patient *patient, struct finding *findings, size_t room)
{
    size_t count = 0;
    for (size_t i = 0; i < sizeof checks / sizeof checks[0] && count < room; i++) {
        findings[count] = (struct finding){.subject = checks[i].subject};
        checks[i].examine(patient, &findings[count]);
        count += findings[count].subject != NULL;
    }
    return count;
}
