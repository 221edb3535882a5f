/* memory_store.h - a study in memory, in the place of the one over SQLite (coordinator/study).
 *
 * It keeps what a crash would leave: what was written since the last commit is lost with it. */
#ifndef LRSWEEP_TESTS_SUPPORT_MEMORY_STORE_H
#define LRSWEEP_TESTS_SUPPORT_MEMORY_STORE_H

#include "coordinator/study/store.h"

#include <stddef.h>

/* Called for every commit before it is durable; NULL: not. */
typedef void memory_store_watch(void *context);

struct store *memory_store_create(memory_store_watch *watch, void *context);
void memory_store_destroy(struct store *store);

/* Events of the search that were written but not committed. */
size_t memory_store_pending(const struct store *store);

/* From now on nothing is kept any more: the process has died. */
void memory_store_freeze(struct store *store);

/* What was not committed is lost; it can be written again. */
void memory_store_crash(struct store *store);

/* Whether the committed status is "finished". */
bool memory_store_finished(const struct store *store);

/* The committed events, and the committed row of a trial (texts are not kept; NULL: none). */
const struct event_row *memory_store_events(const struct store *store, size_t *count);
const struct trial_row *memory_store_trial(const struct store *store, uint32_t trial);

#endif
