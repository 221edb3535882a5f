/* commands.c - a queue of lines in front of a descriptor. */
#include "worker/trainer/commands.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { READ_BYTES = 65536 };

struct command {
    struct command *next;
    enum command_status status; /* COMMAND_LINE or COMMAND_TOO_LONG */
    bool shown;
    char *line;
};

struct commands {
    int descriptor;
    size_t line_max_bytes;
    struct command *first, *last;
    char *partial; /* the line that is arriving */
    size_t partial_bytes, partial_room;
    bool skipping; /* the line that is arriving is too long: up to its newline nothing is kept */
    bool ended;
};

struct commands *commands_create(int descriptor, size_t line_max_bytes)
{
    struct commands *commands = calloc(1, sizeof *commands);
    if (commands) {
        commands->descriptor = descriptor;
        commands->line_max_bytes = line_max_bytes;
    }
    return commands;
}

static void command_free(struct command *command)
{
    free(command->line);
    free(command);
}

void commands_destroy(struct commands *commands)
{
    while (commands && commands->first) {
        struct command *next = commands->first->next;
        command_free(commands->first);
        commands->first = next;
    }
    if (commands)
        free(commands->partial);
    free(commands);
}

/* Puts the partial line into the queue. A line that there is no memory for counts as too long. */
static void line_finish(struct commands *commands)
{
    struct command *command = calloc(1, sizeof *command);
    if (!command) {
        commands->ended = true; /* nothing that follows could be trusted */
        return;
    }
    command->status = commands->skipping ? COMMAND_TOO_LONG : COMMAND_LINE;
    if (!commands->skipping)
        command->line =
            strndup(commands->partial ? commands->partial : "", commands->partial_bytes);
    if (!command->line)
        command->status = COMMAND_TOO_LONG;
    if (commands->last)
        commands->last->next = command;
    else
        commands->first = command;
    commands->last = command;
    commands->partial_bytes = 0;
    commands->skipping = false;
}

static void partial_add(struct commands *commands, const char *bytes, size_t count)
{
    size_t needed = commands->partial_bytes + count;
    if (commands->skipping || needed >= commands->line_max_bytes) {
        commands->skipping = true;
        return;
    }
    if (needed > commands->partial_room) {
        size_t room = 2 * needed;
        char *grown = realloc(commands->partial, room);
        if (!grown) {
            commands->skipping = true;
            return;
        }
        commands->partial = grown;
        commands->partial_room = room;
    }
    if (count)
        memcpy(commands->partial + commands->partial_bytes, bytes, count);
    commands->partial_bytes = needed;
}

/* Takes in what one read gives. wait: block until there is something. Returns whether there was. */
static bool take_in(struct commands *commands, bool wait)
{
    char bytes[READ_BYTES];
    struct pollfd ready = {.fd = commands->descriptor, .events = POLLIN};
    if (commands->ended)
        return false;
    int state = poll(&ready, 1, wait ? -1 : 0);
    if (state == 0 || (state < 0 && errno == EINTR))
        return wait;
    ssize_t got = read(commands->descriptor, bytes, sizeof bytes);
    if (got < 0 && (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK))
        return wait;
    if (got <= 0) {
        if (commands->partial_bytes > 0 || commands->skipping)
            line_finish(commands);
        commands->ended = true;
        return false;
    }
    for (char *at = bytes, *end = bytes + got; at < end;) {
        char *newline = memchr(at, '\n', (size_t)(end - at));
        partial_add(commands, at, (size_t)((newline ? newline : end) - at));
        if (newline)
            line_finish(commands);
        at = newline ? newline + 1 : end;
    }
    return true;
}

enum command_status commands_next(struct commands *commands, char **line)
{
    while (!commands->first && take_in(commands, true))
        ;
    struct command *command = commands->first;
    if (!command)
        return COMMAND_END;
    commands->first = command->next;
    if (!commands->first)
        commands->last = NULL;
    enum command_status status = command->status;
    *line = command->line;
    free(command);
    return status;
}

bool commands_look(struct commands *commands, bool (*wanted)(void *context, const char *line),
                   void *context)
{
    while (take_in(commands, false))
        ;
    struct command *before = NULL;
    for (struct command *command = commands->first; command;
         before = command, command = command->next) {
        if (command->shown || command->status != COMMAND_LINE)
            continue;
        command->shown = true;
        if (!wanted(context, command->line))
            continue;
        if (before)
            before->next = command->next;
        else
            commands->first = command->next;
        if (commands->last == command)
            commands->last = before;
        command_free(command);
        return true;
    }
    return false;
}

bool commands_ended(const struct commands *commands)
{
    return commands->ended;
}
