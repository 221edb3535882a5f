/* study_lock.h - keeps two runs off one DIR.
 *
 * A POSIX record lock (fcntl) on DIR/study.lock: it works over NFS between hosts, and the kernel
 * (or the NFS server) gives it back when its holder dies, however it dies, so that there are no
 * stale locks to judge. The file is separate from study.db because closing any descriptor of a file
 * drops all of the process's POSIX locks on it, SQLite's too; for the same reason nothing else may
 * open study.lock in the process that holds it. The file holds "HOST PID" of its holder, for
 * messages. */
#ifndef LRSWEEP_COORDINATOR_STUDY_STUDY_LOCK_H
#define LRSWEEP_COORDINATOR_STUDY_STUDY_LOCK_H

#include "common/error.h"

#include <stddef.h>

struct study_lock;

/* NULL: another process holds it (named in the error), or it could not be made. A second call in
 * the same process is not refused: POSIX locks are per process. */
struct study_lock *study_lock_take(const char *dir, struct error *error);

/* Removes the file and gives the lock back. lock may be NULL. */
void study_lock_release(struct study_lock *lock);

/* Whether another process holds DIR's lock; `holder` becomes "process PID on HOST", where none
 * holds it of the last one, which died with it ("": not known). Where the file system does not
 * tell, it is taken to be held. Must not be called in the process that holds it. */
bool study_lock_held(const char *dir, char *holder, size_t holder_bytes);

#endif
