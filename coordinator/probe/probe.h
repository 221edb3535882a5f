/* probe.h - asks a trainer whether it accepts the study.
 *
 * The engine that trains is the only judge of data and layers; `check` and `run` ask it before
 * anything is made. `run` starts the probe before MPI, so that reading the data and starting MPI
 * overlap, and hands the trainer on to rank 0's worker. */
#ifndef LRSWEEP_COORDINATOR_PROBE_PROBE_H
#define LRSWEEP_COORDINATOR_PROBE_PROBE_H

#include "common/child.h"
#include "common/error.h"

#include <jansson.h>
#include <stddef.h>

struct probe {
    struct child child;
    json_t *answer;   /* "ready" */
    double silence_s; /* for which a program of the user's may say nothing; INFINITY: for ever */
};

/* The path of lrsweep-trainer, the built-in one: beside this program. */
bool probe_trainer_path(char *path, size_t bytes, struct error *error);

/* Sends one object as a line and releases it; waits while the pipe is full, `silence_s` at most. A
 * trainer that is gone or does not listen is no error here. */
bool probe_send(struct probe *probe, json_t *message, struct error *error);

/* Starts the study's trainer, `program` if it names none, and says hello. */
bool probe_start(struct probe *probe, const char *program, const json_t *document,
                 struct error *error);

/* Waits for the answer. False: refused (then `at` names the setting at fault, "" if none) or
 * broken. */
bool probe_answer(struct probe *probe, char *at, size_t at_bytes, struct error *error);

/* A number of the answer, `fallback` where it is not told. */
double probe_number(const struct probe *probe, const char *key, double fallback);

/* Whether the trainer can do what `key` names ("checkpoints", "tests"): unless it says no. */
bool probe_can(const struct probe *probe, const char *key);

/* Ends the trainer, if nobody took it over, and releases the answer. */
void probe_end(struct probe *probe);

#endif
