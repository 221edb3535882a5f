/* losses.c - which workers were lost, for the events and the `study` table. */
#include "coordinator/dispatch/losses.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOLD_MAX 1000 /* a host that comes and goes for days is not to fill the study */

static const char event_lost[] = "worker_lost", event_back[] = "worker_back";

static bool write_event(struct record *record, const char *kind, int rank, const char *text,
                        struct error *error)
{
    const struct event_row row = {
        .kind = kind, .worker = rank, .trainer = -1, .value = NAN, .text = text};
    record->dirty = true;
    return store_event(record->store, &row, error);
}

static bool write_losses(struct record *record, struct error *error)
{
    char count[16];
    char *text = json_dumps(record->losses, JSON_COMPACT | JSON_REAL_PRECISION(17));
    (void)snprintf(count, sizeof count, "%u", record->workers_lost);
    bool written = text ? record_set(record, "workers_lost", count, error) &&
                              record_set(record, "losses", text, error)
                        : error_set(error, "out of memory");
    free(text);
    return written;
}

bool losses_take_up(struct record *record, const char *earlier, struct error *error)
{
    json_decref(record->losses);
    record->losses = earlier && *earlier ? json_loads(earlier, 0, NULL) : json_array();
    return json_is_array(record->losses) || error_set(error, "the study's losses are not a list");
}

bool losses_add(struct record *record, const struct loss *loss, const char *text,
                struct error *error)
{
    record->workers_lost++;
    if (json_array_size(record->losses) < TOLD_MAX)
        json_array_append_new(record->losses,
                              json_pack("{s:i, s:s, s:I, s:I, s:f, s:n}", "rank", loss->rank,
                                        "host", loss->host, "trainers", (json_int_t)loss->trainers,
                                        "attempts", (json_int_t)loss->attempts, "time",
                                        record_unix_time(), "back"));
    return write_event(record, event_lost, loss->rank, text, error) && write_losses(record, error);
}

bool losses_return(struct record *record, int rank, const char *text, struct error *error)
{
    for (size_t i = json_array_size(record->losses); i-- > 0;) {
        json_t *loss = json_array_get(record->losses, i);
        if (json_integer_value(json_object_get(loss, "rank")) != rank)
            continue;
        json_object_set_new(loss, "back", json_real(record_unix_time()));
        break;
    }
    return write_event(record, event_back, rank, text, error) && write_losses(record, error);
}

bool losses_replay(struct record *record, const struct event_row *row)
{
    bool lost = strcmp(row->kind, event_lost) == 0;
    record->workers_lost += lost;
    return lost || strcmp(row->kind, event_back) == 0;
}
