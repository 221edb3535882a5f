/* study_reader.h - reads the study in DIR for a command that shows it, while a run may hold it. */
#ifndef LRSWEEP_COORDINATOR_COMMANDS_STUDY_READER_H
#define LRSWEEP_COORDINATOR_COMMANDS_STUDY_READER_H

#include "coordinator/commands/command.h"
#include "coordinator/study/snapshot.h"

struct study_reader {
    const char *dir;
    char holder[256]; /* of DIR, as it was looked up last: a snapshot borrows it */
};

/* Reads the study; of one whose status is "running" the snapshot tells who holds it, if anyone
 * does. NULL: it failed. */
struct snapshot *study_reader_read(struct study_reader *reader, struct error *error);

/* Says on standard error why the study could not be shown; returns EXIT_USAGE where there is none,
 * else EXIT_FAILED. */
int study_reader_failed(const struct study_reader *reader, const struct command *command,
                        const struct error *error);

#endif
