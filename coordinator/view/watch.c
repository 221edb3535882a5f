/* watch.c - redraws a page in one write, so that no half of it is ever seen. */
#include "coordinator/view/watch.h"

#include "coordinator/view/terminal.h"
#include "coordinator/view/text_table.h"

#include <stdlib.h>
#include <string.h>

struct watch {
    FILE *stream;
    bool terminal;
    unsigned rows; /* that the page on the terminal takes */
    char *shown;   /* the page before; NULL: none */
};

struct watch *watch_create(FILE *stream)
{
    struct watch *watch = calloc(1, sizeof *watch);
    if (watch) {
        watch->stream = stream;
        watch->terminal = text_style_terminal(stream);
    }
    return watch;
}

void watch_destroy(struct watch *watch)
{
    if (watch)
        free(watch->shown);
    free(watch);
}

/* The cursor stands below the page. A terminal that became narrower since has wrapped its lines:
 * then some of the old page stays above, which harms nobody. */
static void draw(struct watch *watch, const char *page)
{
    struct terminal_size size = terminal_size_of(watch->stream);
    unsigned most = size.rows > 1 ? size.rows - 1 : 1, row = 0;
    if (watch->rows > 0)
        fprintf(watch->stream, "\r\033[%uA", watch->rows < most ? watch->rows : most);
    for (const char *line = page; *line && row < most; row++) {
        size_t length = strcspn(line, "\n");
        size_t cut = terminal_cut(line, size.columns > 1 ? size.columns - 1 : 1);
        fprintf(watch->stream, "%.*s\033[0m\033[K\n", (int)(cut < length ? cut : length), line);
        line += length + (line[length] == '\n');
    }
    fputs("\033[J", watch->stream);
    watch->rows = row;
}

bool watch_show(struct watch *watch, const char *page)
{
    if (watch->terminal)
        draw(watch, page);
    else if (!watch->shown || strcmp(watch->shown, page) != 0)
        fprintf(watch->stream, "%s%s", watch->shown ? "\n" : "", page);
    free(watch->shown);
    watch->shown = strdup(page);
    return fflush(watch->stream) == 0 && watch->shown;
}
