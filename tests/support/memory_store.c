/* memory_store.c - a study in memory. */
#include "tests/support/memory_store.h"

#include <stdlib.h>
#include <string.h>

struct rows {
    struct trial_row *rows; /* [room], id == UINT32_MAX: none */
    size_t room;
};

struct store {
    memory_store_watch *watch;
    void *context;
    struct event_row *events;
    size_t event_count, event_room, committed;
    struct rows written, durable;
    bool frozen, says_finished, finished;
};

struct store *memory_store_create(memory_store_watch *watch, void *context)
{
    struct store *store = calloc(1, sizeof *store);
    *store = (struct store){.watch = watch, .context = context};
    return store;
}

void memory_store_destroy(struct store *store)
{
    if (!store)
        return;
    free(store->events);
    free(store->written.rows);
    free(store->durable.rows);
    free(store);
}

size_t memory_store_pending(const struct store *store)
{
    size_t pending = 0;
    for (size_t i = store->committed; i < store->event_count; i++)
        pending += strncmp(store->events[i].kind, "worker_", strlen("worker_")) != 0;
    return pending;
}

void memory_store_freeze(struct store *store)
{
    store->frozen = true;
}

static void copy_rows(struct rows *to, const struct rows *from)
{
    if (from->room == 0) {
        to->room = 0;
        return;
    }
    to->rows = realloc(to->rows, from->room * sizeof *to->rows);
    to->room = from->room;
    memcpy(to->rows, from->rows, from->room * sizeof *to->rows);
}

void memory_store_crash(struct store *store)
{
    store->event_count = store->committed;
    store->says_finished = store->finished;
    copy_rows(&store->written, &store->durable);
    store->frozen = false;
}

bool memory_store_finished(const struct store *store)
{
    return store->finished;
}

const struct event_row *memory_store_events(const struct store *store, size_t *count)
{
    *count = store->committed;
    return store->events;
}

const struct trial_row *memory_store_trial(const struct store *store, uint32_t trial)
{
    return trial < store->durable.room && store->durable.rows[trial].id == trial
               ? &store->durable.rows[trial]
               : NULL;
}

bool store_trial(struct store *store, const struct trial_row *row, struct error *error)
{
    (void)error;
    if (row->id >= store->written.room) {
        size_t room = 2 * (size_t)row->id + 16;
        store->written.rows = realloc(store->written.rows, room * sizeof *store->written.rows);
        for (size_t i = store->written.room; i < room; i++)
            store->written.rows[i].id = UINT32_MAX;
        store->written.room = room;
    }
    struct trial_row *kept = &store->written.rows[row->id];
    *kept = *row;
    kept->schedule = kept->params = kept->message = "";
    return true;
}

bool store_report(struct store *store, const struct report_row *row, struct error *error)
{
    (void)store;
    (void)row;
    (void)error;
    return true;
}

bool store_event(struct store *store, const struct event_row *row, struct error *error)
{
    (void)error;
    if (store->event_count == store->event_room) {
        store->event_room = store->event_room ? 2 * store->event_room : 128;
        store->events = realloc(store->events, store->event_room * sizeof *store->events);
    }
    store->events[store->event_count] = *row;
    store->events[store->event_count++].text = ""; /* borrowed; kinds are constants */
    return true;
}

bool store_set(struct store *store, const char *key, const char *value, struct error *error)
{
    (void)error;
    if (strcmp(key, "status") == 0)
        store->says_finished = strcmp(value, "finished") == 0;
    return true;
}

bool store_commit(struct store *store, struct error *error)
{
    (void)error;
    if (store->frozen)
        return true;
    if (store->watch)
        store->watch(store->context);
    if (store->frozen)
        return true;
    store->committed = store->event_count;
    store->finished = store->says_finished;
    copy_rows(&store->durable, &store->written);
    return true;
}

void store_discard(struct store *store)
{
    memory_store_crash(store);
}

bool store_replay(struct store *store,
                  bool (*each)(void *context, const struct event_row *row, struct error *error),
                  void *context, struct error *error)
{
    for (size_t i = 0; i < store->committed; i++)
        if (!each(context, &store->events[i], error))
            return false;
    return true;
}
