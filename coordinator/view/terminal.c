/* terminal.c - asks the terminal, then the environment. */
#include "coordinator/view/terminal.h"

#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#define COLUMNS_FALLBACK 80
#define ROWS_FALLBACK    24
#define LARGEST          10000

static unsigned from_environment(const char *name, unsigned fallback)
{
    const char *text = getenv(name);
    char *end = NULL;
    long value = text ? strtol(text, &end, 10) : 0;
    return text && end != text && *end == '\0' && value > 0 && value <= LARGEST ? (unsigned)value
                                                                                : fallback;
}

struct terminal_size terminal_size_of(FILE *stream)
{
    struct winsize size = {0};
    bool known = ioctl(fileno(stream), TIOCGWINSZ, &size) == 0;
    return (struct terminal_size){
        .columns =
            (unsigned)terminal_columns(stream, from_environment("COLUMNS", COLUMNS_FALLBACK)),
        .rows = known && size.ws_row > 0 ? size.ws_row : from_environment("LINES", ROWS_FALLBACK)};
}

size_t terminal_columns(FILE *stream, size_t elsewhere)
{
    struct winsize size = {0};
    bool known = ioctl(fileno(stream), TIOCGWINSZ, &size) == 0;
    return known && size.ws_col > 0 ? size.ws_col : elsewhere;
}

bool terminal_blocks(void)
{
    return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

size_t terminal_cut(const char *line, size_t columns)
{
    size_t at = 0, taken = 0;
    while (line[at]) {
        if (line[at] == '\033') {
            at += 1 + strcspn(line + at + 1, "m\033");
            at += line[at] == 'm';
            continue;
        }
        if (taken == columns)
            break;
        taken++;
        do
            at++;
        while (((unsigned char)line[at] & 0xc0) == 0x80);
    }
    return at;
}
