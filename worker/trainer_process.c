/* trainer_process.c - one trainer: a child process, the lines to it and from it. */
#include "worker/trainer_process.h"

#include "common/trainer_start.h"
#include "lrsweep/protocol.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void put_down(struct trainer_process *trainer)
{
    trainer->state = TRAINER_DOWN;
    trainer->holds = false;
    free(trainer->unsent);
    trainer->unsent = NULL;
    trainer->unsent_bytes = 0;
    line_reader_destroy(&trainer->reader);
}

bool trainer_process_start(struct trainer_process *trainer, const char *program,
                           const json_t *document, struct error *error)
{
    put_down(trainer);
    line_reader_create(&trainer->reader, LRSWEEP_LINE_MAX_BYTES);
    if (!trainer_start(&trainer->child, program, document, error))
        return false;
    trainer->state = TRAINER_STARTING;
    if (!trainer_process_send(trainer, trainer_hello(document), error)) {
        trainer_process_kill(trainer);
        return false;
    }
    return true;
}

void trainer_process_adopt(struct trainer_process *trainer, struct child *child)
{
    put_down(trainer);
    line_reader_create(&trainer->reader, LRSWEEP_LINE_MAX_BYTES);
    trainer->child = *child;
    *child = CHILD_NONE;
    trainer->state = TRAINER_FREE;
}

/* Sends what was kept. */
static void flush(struct trainer_process *trainer)
{
    size_t sent = 0;
    while (sent < trainer->unsent_bytes) {
        ssize_t put =
            write(trainer->child.input, trainer->unsent + sent, trainer->unsent_bytes - sent);
        if (put > 0)
            sent += (size_t)put;
        else if (put < 0 && errno == EINTR)
            continue;
        else
            break; /* full, or broken: then the end of its output tells */
    }
    trainer->unsent_bytes -= sent;
    if (trainer->unsent_bytes > 0)
        memmove(trainer->unsent, trainer->unsent + sent, trainer->unsent_bytes);
}

bool trainer_process_send(struct trainer_process *trainer, json_t *message, struct error *error)
{
    char *text = json_dumps(message, TRAINER_JSON_FLAGS);
    json_decref(message);
    size_t length = text ? strlen(text) : 0;
    char *unsent = text ? realloc(trainer->unsent, trainer->unsent_bytes + length + 1) : NULL;
    if (!unsent) {
        free(text);
        return error_set(error, "out of memory");
    }
    text[length] = '\n'; /* in the place of the terminator */
    memcpy(unsent + trainer->unsent_bytes, text, length + 1);
    free(text);
    trainer->unsent = unsent;
    trainer->unsent_bytes += length + 1;
    flush(trainer);
    return true;
}

void trainer_process_attend(struct trainer_process *trainer)
{
    if (trainer->state != TRAINER_DOWN)
        child_listen(&trainer->child);
    flush(trainer);
}

enum trainer_news trainer_process_next(struct trainer_process *trainer, struct trainer_line *line,
                                       struct error *error)
{
    char *text, how[CHILD_HOW_BYTES];
    size_t length;
    if (trainer->state == TRAINER_DOWN)
        return TRAINER_QUIET;
    switch (line_reader_next(&trainer->reader, trainer->child.output, &text, &length)) {
    case LINE_NONE:
        return TRAINER_QUIET;
    case LINE_READ:
        if (trainer_line_parse(text, length, line, error))
            return TRAINER_SAID;
        break;
    case LINE_TOO_LONG:
        error_set(error, "a line of more than %d bytes", LRSWEEP_LINE_MAX_BYTES);
        break;
    case LINE_END:
        child_reap(&trainer->child, how, sizeof how);
        error_set(error, "the trainer %s", how);
        put_down(trainer);
        return TRAINER_GONE;
    }
    trainer_process_break(trainer, error);
    return TRAINER_GONE;
}

void trainer_process_break(struct trainer_process *trainer, struct error *reason)
{
    if (trainer->state == TRAINER_DOWN)
        return;
    child_listen(&trainer->child);
    child_last_words(&trainer->child, reason->text, sizeof reason->text);
    trainer_process_kill(trainer);
}

void trainer_process_dismiss(struct trainer_process *trainer)
{
    if (trainer->state != TRAINER_DOWN && trainer->child.input >= 0) {
        close(trainer->child.input);
        trainer->child.input = -1;
    }
}

void trainer_process_finish(struct trainer_process *trainer, double seconds)
{
    if (trainer->state == TRAINER_DOWN)
        return;
    child_finish(&trainer->child, seconds);
    put_down(trainer);
}

void trainer_process_kill(struct trainer_process *trainer)
{
    if (trainer->state == TRAINER_DOWN)
        return;
    child_kill(&trainer->child);
    put_down(trainer);
}
