/* progress.c - draws and redraws. */
#include "coordinator/view/progress.h"

#include "coordinator/view/figures.h"
#include "coordinator/view/progress_lines.h"
#include "coordinator/view/terminal.h"
#include "coordinator/view/text_table.h"

#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_INTERVAL_S 0.1 /* between two drawings of the block */
#define PLAIN_INTERVAL_S 10.0
#define MESSAGE_BYTES    2048

struct progress {
    FILE *stream; /* NULL: quiet */
    bool moving;  /* a block that is redrawn, else plain lines */
    struct progress_look look;
    double drawn_s;                                 /* when it was drawn last */
    struct progress_line lines[PROGRESS_LINES_MAX]; /* what stands on the terminal */
    size_t line_count;
};

struct progress *progress_create(FILE *stream, bool quiet)
{
    struct progress *progress = calloc(1, sizeof *progress);
    if (!progress)
        return NULL;
    progress->stream = quiet ? NULL : stream;
    progress->moving = !quiet && text_style_terminal(stream);
    progress->look.colour = progress->moving && text_style_colour(stream);
    progress->look.blocks = terminal_blocks();
    progress->drawn_s = -INFINITY;
    return progress;
}

void progress_destroy(struct progress *progress)
{
    free(progress);
}

/* A terminal that is stopped (Ctrl-S), or a pipe that nobody reads, must not stop the search: what
 * cannot be written now is not written. */
static bool writable(const struct progress *progress)
{
    struct pollfd file = {.fd = fileno(progress->stream), .events = POLLOUT};
    return poll(&file, 1, 0) == 1 && (file.revents & POLLOUT) != 0;
}

/* In one write, so that no half block is ever seen. That it fails is nobody's concern. */
static void put(struct progress *progress, const char *text, size_t length)
{
    (void)fwrite(text, 1, length, progress->stream);
    (void)fflush(progress->stream);
    clearerr(progress->stream);
}

/* --- the block ----------------------------------------------------------------------------------
 */

struct screen {
    char text[2 * MESSAGE_BYTES + PROGRESS_LINES_MAX * (PROGRESS_LINE_BYTES + 16)];
    size_t used;
};

static void append(struct screen *screen, const char *text)
{
    size_t length = strlen(text);
    if (screen->used + length < sizeof screen->text) {
        memcpy(screen->text + screen->used, text, length + 1);
        screen->used += length;
    }
}

/* Takes the cursor, which stands below the block, to its first line. A terminal that became
 * narrower since has broken the lines that no longer fit into several rows. */
static void rise(struct screen *screen, const struct progress *progress, unsigned width,
                 unsigned rows)
{
    unsigned height = 0;
    for (size_t i = 0; i < progress->line_count; i++) {
        unsigned columns = progress->lines[i].columns;
        height += columns > width ? (columns + width - 1) / width : 1;
    }
    if (height > rows - 1)
        height = rows - 1;
    char sequence[32] = "\r";
    if (height > 0)
        (void)snprintf(sequence, sizeof sequence, "\r\033[%uA", height);
    append(screen, sequence);
}

static void append_lines(struct screen *screen, const struct progress *progress)
{
    for (size_t i = 0; i < progress->line_count; i++) {
        append(screen, progress->lines[i].text);
        append(screen, "\033[K\n");
    }
    /* What an earlier, taller block left. */
    append(screen, "\033[J");
}

static void draw_block(struct progress *progress, const struct progress_numbers *numbers)
{
    struct screen screen = {.used = 0};
    struct terminal_size size = terminal_size_of(progress->stream);
    unsigned width = size.columns, rows = size.rows;
    rise(&screen, progress, width, rows);
    /* The last column stays free: some terminals break the line as soon as it is written to. */
    progress->look.width = width > 1 ? width - 1 : 1;
    progress->line_count = progress_lines_block(progress->lines, numbers, progress->look);
    /* The cursor needs a row of its own below the block. */
    if (progress->line_count + 1 > rows)
        progress->line_count = rows > 1 ? rows - 1 : 1;
    append_lines(&screen, progress);
    put(progress, screen.text, screen.used);
}

/* --- what the search calls ----------------------------------------------------------------------
 */

void progress_update(struct progress *progress, const struct progress_numbers *numbers,
                     double now_s, bool important)
{
    double interval_s = progress->moving ? BLOCK_INTERVAL_S : PLAIN_INTERVAL_S;
    if (!progress->stream || (!important && now_s - progress->drawn_s < interval_s) ||
        !writable(progress))
        return;
    progress->drawn_s = now_s;
    if (progress->moving) {
        draw_block(progress, numbers);
        return;
    }
    struct progress_line line;
    progress_lines_plain(&line, numbers);
    (void)snprintf(line.text + line.used, sizeof line.text - line.used, "\n");
    put(progress, line.text, strlen(line.text));
}

void progress_message(struct progress *progress, const char *text)
{
    struct screen screen = {.used = 0};
    char clean[MESSAGE_BYTES];
    if (!progress->stream || !writable(progress))
        return;
    figure_clean(clean, sizeof clean, text, true);
    if (!progress->moving) {
        append(&screen, clean);
        append(&screen, "\n");
    } else {
        struct terminal_size size = terminal_size_of(progress->stream);
        rise(&screen, progress, size.columns, size.rows);
        /* Clears the old block before the message, which may be of several rows, is in its place.
         */
        append(&screen, "\033[J");
        append(&screen, clean);
        append(&screen, "\n");
        append_lines(&screen, progress);
    }
    put(progress, screen.text, screen.used);
}

void progress_finish(struct progress *progress)
{
    /* The cursor is below the block already; what comes next is not to rise into it. */
    progress->line_count = 0;
}
