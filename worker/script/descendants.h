/* descendants.h - everything that this process started, and what that started in turn. */
#ifndef LRSWEEP_WORKER_SCRIPT_DESCENDANTS_H
#define LRSWEEP_WORKER_SCRIPT_DESCENDANTS_H

/* From now on a descendant whose own parent ended is this process's child: none gets out of sight.
 */
void descendants_adopt(void);

/* Kills all of them and reaps them; waits a moment at most for those that do not end at once. */
void descendants_kill(void);

#endif
