/* findings.h - what the doctor makes of what the ranks told: sound, worth knowing, or a problem
 * with its remedy. Knows no MPI and no files. */
#ifndef LRSWEEP_COORDINATOR_DOCTOR_FINDINGS_H
#define LRSWEEP_COORDINATOR_DOCTOR_FINDINGS_H

#include "coordinator/doctor/vitals.h"
#include "coordinator/job/setting.h"

#include <stdbool.h>
#include <stddef.h>

/* What is known of the job. */
struct patient {
    const struct vitals *vitals; /* [ranks] */
    int ranks;
    struct setting setting;
    const char *library; /* MPI's own words */
    const char *dir;     /* that was looked for */
    bool far_allowed;    /* run.checkpoints = "mpi" */
    bool has_study;
};

enum severity { FINDING_SOUND, FINDING_NOTE, FINDING_PROBLEM };

struct finding {
    const char *subject; /* "MPI", "directory" ... */
    enum severity severity;
    char text[512];
    char remedy[384]; /* "": none is needed */
};

/* Every check, in the order in which they are told. Fills at most `room` findings and returns how
 * many there are. */
size_t findings_make(const struct patient *patient, struct finding *findings, size_t room);

#endif
