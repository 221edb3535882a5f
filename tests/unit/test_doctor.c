/* test_doctor.c - what the doctor makes of what ranks tell of themselves. */
#include "coordinator/doctor/findings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { RANKS = 3, FINDINGS_MAX = 16 };
#define GIB 1073741824.0

/* Rank 0 on n1, ranks 1 and 2 on n2; nothing is wrong. */
static struct patient healthy(struct vitals *vitals)
{
    static const struct vitals sound = {.node = 0,
                                        .host = "n1",
                                        .cores = 8,
                                        .node_cores = 8,
                                        .trainers = 8,
                                        .sees_dir = 1,
                                        .files = 4096,
                                        .shm_free = 4 * GIB,
                                        .memory_free = 16 * GIB,
                                        .blas = "OpenBLAS 0.3.21, kernel Haswell, 1 thread"};
    for (int rank = 0; rank < RANKS; rank++) {
        vitals[rank] = sound;
        if (rank == 0)
            continue;
        vitals[rank].node = 1;
        vitals[rank].cores = vitals[rank].trainers = 4;
        (void)snprintf(vitals[rank].host, sizeof vitals[rank].host, "n2");
    }
    vitals[2].blas[0] = '\0'; /* does not speak for its node */
    return (struct patient){.vitals = vitals,
                            .ranks = RANKS,
                            .setting = {LAUNCHER_SRUN, RANKS, RECOVERY_ON},
                            .library = "Open MPI v4.1.4",
                            .dir = "/home/you/results",
                            .has_study = true};
}

static const struct finding *find(const struct finding *findings, size_t count, const char *subject)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(findings[i].subject, subject) == 0)
            return &findings[i];
    return NULL;
}

static void a_sound_job_has_no_problem_and_no_remedy(void **state)
{
    (void)state;
    struct vitals vitals[RANKS];
    struct finding findings[FINDINGS_MAX];
    struct patient patient = healthy(vitals);
    size_t count = findings_make(&patient, findings, FINDINGS_MAX);
    assert_int_equal(count, 9);
    for (size_t i = 0; i < count; i++) {
        if (findings[i].severity != FINDING_SOUND || findings[i].remedy[0])
            fail_msg("%s: %s -> %s", findings[i].subject, findings[i].text, findings[i].remedy);
    }
    assert_string_equal(find(findings, count, "ranks")->text,
                        "3 ranks on 2 nodes, started by srun (SLURM); 16 cores, 16 trainers");
}

static void started_by_another_mpi(struct patient *patient, struct vitals *vitals)
{
    (void)vitals;
    patient->ranks = 1;
}

static void crowded(struct patient *patient, struct vitals *vitals)
{
    (void)patient;
    vitals[2].trainers = 5;
}

static void without_trainer(struct patient *patient, struct vitals *vitals)
{
    (void)patient;
    vitals[1].blas[0] = '\0';
    (void)strcpy(vitals[1].refusal, "/opt/lrsweep-trainer: No such file or directory");
}

static void other_kernel(struct patient *patient, struct vitals *vitals)
{
    (void)patient;
    (void)strcpy(vitals[1].blas, "OpenBLAS 0.3.21, kernel SkylakeX, 1 thread");
}

static void blind(struct patient *patient, struct vitals *vitals)
{
    (void)patient;
    vitals[2].sees_dir = 0;
}

static void blind_and_allowed(struct patient *patient, struct vitals *vitals)
{
    patient->far_allowed = true;
    vitals[2].sees_dir = 0;
}

static void first_blind(struct patient *patient, struct vitals *vitals)
{
    patient->far_allowed = true;
    vitals[0].sees_dir = 0;
}

static void refused(struct patient *patient, struct vitals *vitals)
{
    (void)patient;
    (void)strcpy(vitals[1].refusal, "data.path: /data is not there");
}

static void late(struct patient *patient, struct vitals *vitals)
{
    (void)patient;
    vitals[1].clock_ahead_s = -3;
    vitals[1].clock_error_s = 1e-4;
}

static void late_perhaps(struct patient *patient, struct vitals *vitals)
{
    (void)patient;
    vitals[1].clock_ahead_s = 1.5; /* as far as could be told over a slow network */
    vitals[1].clock_error_s = 0.6;
}

static void little_shared_memory(struct patient *patient, struct vitals *vitals)
{
    (void)patient;
    vitals[1].shm_free = 0.03 * GIB;
}

static void little_memory(struct patient *patient, struct vitals *vitals)
{
    (void)patient;
    vitals[0].memory_free = 0.5 * GIB;
}

static void few_files(struct patient *patient, struct vitals *vitals)
{
    (void)patient;
    vitals[2].files = 64;
}

static void no_recovery(struct patient *patient, struct vitals *vitals)
{
    (void)vitals;
    patient->setting.launcher = LAUNCHER_MPIRUN;
    patient->setting.recovery = RECOVERY_OFF;
}

static void mixed_fences(struct patient *patient, struct vitals *vitals)
{
    (void)vitals;
    patient->setting.launcher = LAUNCHER_SRUN;
    patient->setting.recovery = RECOVERY_UNKNOWN;
    patient->setting.mixed_fences = true;
}

static void each_trouble_is_found_and_has_its_remedy(void **state)
{
    (void)state;
    static const struct {
        void (*ail)(struct patient *patient, struct vitals *vitals);
        const char *subject;
        enum severity severity;
        const char *text, *remedy;
    } cases[] = {
        {started_by_another_mpi, "MPI", FINDING_PROBLEM, "started 3 processes, but MPI joined 1",
         "--mpi=pmix"},
        {crowded, "ranks", FINDING_PROBLEM, "n2 has 9 trainers on 8 cores", "--trainers"},
        {without_trainer, "trainer", FINDING_PROBLEM, "on n2 the trainer cannot be started: /opt",
         "same path"},
        {other_kernel, "trainer", FINDING_NOTE, "on n2 OpenBLAS 0.3.21, kernel SkylakeX",
         "OPENBLAS_CORETYPE"},
        {blind, "directory", FINDING_PROBLEM, "cannot be seen or written on n2 (rank 2)",
         "run.checkpoints"},
        {blind_and_allowed, "directory", FINDING_NOTE, "go over MPI", ""},
        {first_blind, "directory", FINDING_PROBLEM, "on n1 (rank 0)", "rank 0 may write"},
        {refused, "study", FINDING_PROBLEM, "refused on n2: data.path", "same path"},
        {late, "clocks", FINDING_PROBLEM, "3e+03 ms apart (n2", "behind"},
        {late_perhaps, "clocks", FINDING_SOUND, "1.5e+03 ms apart (n2, to 6e+02 ms)", ""},
        {little_shared_memory, "memory", FINDING_PROBLEM, "31 MiB free in /dev/shm on n2",
         "--shm-size"},
        {little_memory, "memory", FINDING_PROBLEM, "512 MiB available on n1", "fewer trainers"},
        {few_files, "files", FINDING_PROBLEM, "rank 2 on n2 needs 76", "ulimit -n"},
        {no_recovery, "recovery", FINDING_NOTE, "off", "--enable-recovery"},
        {mixed_fences, "start", FINDING_NOTE, "two kinds of fences", "SLURM_PMIX_FENCE=tree"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct vitals vitals[RANKS];
        struct finding findings[FINDINGS_MAX];
        struct patient patient = healthy(vitals);
        cases[i].ail(&patient, vitals);
        size_t count = findings_make(&patient, findings, FINDINGS_MAX);
        const struct finding *found = find(findings, count, cases[i].subject);
        assert_non_null(found);
        if (found->severity != cases[i].severity || !strstr(found->text, cases[i].text) ||
            !strstr(found->remedy, cases[i].remedy))
            fail_msg("case %zu, %s: %d \"%s\" -> \"%s\"", i, found->subject, (int)found->severity,
                     found->text, found->remedy);
        for (size_t j = 0; j < count; j++)
            if (&findings[j] != found && findings[j].severity == FINDING_PROBLEM &&
                cases[i].ail != started_by_another_mpi)
                fail_msg("case %zu: %s is a problem, too", i, findings[j].subject);
    }
}

static void the_launcher_is_told_by_what_it_leaves_in_the_environment(void **state)
{
    (void)state;
    static const struct {
        const char *variables[4];
        enum launcher launcher;
        int processes;
        enum recovery recovery;
        bool mixed_fences;
    } cases[] = {
        {{NULL}, LAUNCHER_NONE, 0, RECOVERY_OFF, false},
        {{"OMPI_COMM_WORLD_RANK=1", "OMPI_COMM_WORLD_SIZE=4", "PMIX_RANK=1"},
         LAUNCHER_MPIRUN,
         4,
         RECOVERY_OFF,
         false},
        {{"OMPI_COMM_WORLD_RANK=1", "OMPI_COMM_WORLD_SIZE=4", "OMPI_MCA_orte_enable_recovery=1"},
         LAUNCHER_MPIRUN,
         4,
         RECOVERY_ON,
         false},
        {{"SLURM_STEP_ID=0", "SLURM_STEP_NUM_TASKS=3", "PMIX_RANK=1"},
         LAUNCHER_SRUN,
         3,
         RECOVERY_UNKNOWN,
         true},
        {{"SLURM_STEP_ID=0", "SLURM_KILL_BAD_EXIT=0", "SLURM_PMIX_FENCE=tree"},
         LAUNCHER_SRUN,
         0,
         RECOVERY_ON,
         false},
        {{"SLURM_STEP_ID=0", "SLURM_PMIX_FENCE=mixed"}, LAUNCHER_SRUN, 0, RECOVERY_UNKNOWN, true},
        {{"SLURM_JOB_ID=7"}, LAUNCHER_NONE, 0, RECOVERY_OFF, false},
        {{"PMI_RANK=0", "PMI_SIZE=2"}, LAUNCHER_HYDRA, 2, RECOVERY_OFF, false},
        {{"PMIX_RANK=0"}, LAUNCHER_PMIX, 0, RECOVERY_OFF, false},
    };
    const char *output = getenv("CMOCKA_MESSAGE_OUTPUT");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct setting setting;
        const char *remedy;
        assert_int_equal(clearenv(), 0);
        for (size_t j = 0; j < 4 && cases[i].variables[j]; j++)
            assert_int_equal(putenv((char *)cases[i].variables[j]), 0);
        setting_read(&setting);
        assert_int_equal(setting.launcher, cases[i].launcher);
        assert_int_equal(setting.processes, cases[i].processes);
        assert_int_equal(setting.recovery, cases[i].recovery);
        assert_int_equal(setting.mixed_fences, cases[i].mixed_fences);
        assert_int_equal(setting_is_foreign(&setting, 1, &remedy), cases[i].processes > 1);
    }
    if (output) /* or the result of this test is told in another form than the others */
        assert_int_equal(setenv("CMOCKA_MESSAGE_OUTPUT", output, 1), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sound_job_has_no_problem_and_no_remedy),
        cmocka_unit_test(each_trouble_is_found_and_has_its_remedy),
        cmocka_unit_test(the_launcher_is_told_by_what_it_leaves_in_the_environment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
