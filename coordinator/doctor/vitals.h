/* vitals.h - what a rank finds out about the place that it runs in. */
#ifndef LRSWEEP_COORDINATOR_DOCTOR_VITALS_H
#define LRSWEEP_COORDINATOR_DOCTOR_VITALS_H

#include <jansson.h>
#include <stdbool.h>

/* Sent as it is. Sizes in bytes; negative: not known. */
struct vitals {
    char host[64];
    int node; /* lowest rank of its node; the fields below `files` are its only */
    unsigned cores, node_cores, trainers;
    int sees_dir;
    unsigned long long files; /* that it may open at most */
    double shm_free, memory_free;
    double clock_ahead_s, clock_error_s; /* filled on rank 0 */
    char blas[64];                       /* as the trainer tells it; "": it could not be started */
    char refusal[256];                   /* why the trainer would not start, or refuses the study */
};

/* Fills all but node, cores, trainers and clocks. leads: it speaks for its node, and tries a
 * trainer. document NULL: no study. */
void vitals_take(struct vitals *vitals, const char *program, bool leads, const json_t *document);

#endif
