/* study_reader.c - a snapshot, and who holds the study. */
#include "coordinator/commands/study_reader.h"

#include "coordinator/study/study_lock.h"

#include <stdio.h>
#include <string.h>

struct snapshot *study_reader_read(struct study_reader *reader, struct error *error)
{
    /* Asked before the study is read: what the run writes before it gives the lock back is then in
     * the snapshot, and a run that ends in between is not taken for one that died. */
    bool held = study_lock_held(reader->dir, reader->holder, sizeof reader->holder);
    struct snapshot *snapshot = snapshot_read(reader->dir, error);
    if (snapshot && strcmp(snapshot_value(snapshot, "status"), "running") == 0) {
        snapshot->unattended = !held;
        snapshot->holder = reader->holder;
    }
    return snapshot;
}

int study_reader_failed(const struct study_reader *reader, const struct command *command,
                        const struct error *error)
{
    fprintf(stderr, "lrsweep %s: %s\n", command->name, error->text);
    return store_exists(reader->dir) ? EXIT_FAILED : EXIT_USAGE;
}
