/* commands.h - the lines that a trainer is sent: waited for when it is idle, looked at while it
 * trains. */
#ifndef LRSWEEP_WORKER_TRAINER_COMMANDS_H
#define LRSWEEP_WORKER_TRAINER_COMMANDS_H

#include <stdbool.h>
#include <stddef.h>

struct commands;

enum command_status {
    COMMAND_LINE,     /* *line is one, without its newline; the caller frees it */
    COMMAND_TOO_LONG, /* a line passed the limit; it was skipped */
    COMMAND_END       /* the end of the input, or it cannot be read */
};

/* Reads from a descriptor, which may be blocking or not. NULL when memory ran out. */
struct commands *commands_create(int descriptor, size_t line_max_bytes);
void commands_destroy(struct commands *commands);

/* The next line, waiting for it. A last line without a newline counts. */
enum command_status commands_next(struct commands *commands, char **line);

/* Takes in what has arrived, without waiting, and shows each line that was not shown before to
 * `wanted` in the order of arrival. A line that it wants is dropped from the queue and ends the
 * look: returns true. Lines that stay are handed out by commands_next later. */
bool commands_look(struct commands *commands, bool (*wanted)(void *context, const char *line),
                   void *context);

/* Whether the end of the input was seen (lines before it may still be queued). */
bool commands_ended(const struct commands *commands);

#endif
