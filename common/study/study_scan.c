/* study_scan.c - the tokens of a study file. */
#include "common/study/study_scan.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PROBLEMS_ENOUGH = 20 /* then this is no study file */
};

/* Where the scanner is in one file. */
struct cursor {
    const char *text;
    size_t length, at;
    const char *file;
    unsigned line;
    bool line_started; /* something other than blanks stood in this line */
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_name_start(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '*';
}

static bool is_name(char c)
{
    return is_name_start(c) || is_digit(c) || c == '-' || c == '_';
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\f';
}

/* The text ends in a NUL, so that one may look a character ahead. */
static char peek(const struct cursor *cursor, size_t offset)
{
    size_t at = cursor->at + offset;
    return at < cursor->length ? cursor->text[at] : '\0';
}

static void append(struct study_scan *scan, const char *text, size_t length)
{
    struct study_source *source = scan->source;
    if (source->length + length + 1 > source->capacity) {
        size_t capacity = (source->length + length + 1) * 2 + 1024;
        char *larger = realloc(source->text, capacity);
        if (!larger) {
            scan->problems->out_of_memory = true;
            return;
        }
        source->text = larger;
        source->capacity = capacity;
    }
    memcpy(source->text + source->length, text, length);
    source->length += length;
    source->text[source->length] = '\0';
}

void study_scan_newline(struct study_scan *scan)
{
    append(scan, "\n", 1);
    scan->source->lines++;
}

struct study_place study_scan_place(const struct study_scan *scan, const char *file, unsigned line)
{
    if (scan->place)
        return *scan->place;
    return (struct study_place){.file = file, .line = line, .order = scan->source->lines + 1};
}

static struct study_place place_of(const struct study_scan *scan, const struct cursor *cursor)
{
    return study_scan_place(scan, cursor->file, cursor->line);
}

/* Reports `message` with the next `length` characters in quotes before it. */
static void refuse(struct study_scan *scan, const struct cursor *cursor, size_t length,
                   const char *message)
{
    char found[64], quoted[64];
    struct study_place place = place_of(scan, cursor);
    (void)snprintf(found, sizeof found, "%.*s", (int)(length < 60 ? length : 60),
                   cursor->text + cursor->at);
    study_quote(found, quoted, sizeof quoted);
    study_problem(scan->problems, &place, "%s: %s", quoted, message);
}

static void skip_comment(struct study_scan *scan, struct cursor *cursor)
{
    scan->source->had_comment = true;
    if (peek(cursor, 0) != '/' || peek(cursor, 1) != '*') {
        while (cursor->at < cursor->length && peek(cursor, 0) != '\n')
            cursor->at++;
        return;
    }
    struct study_place start = place_of(scan, cursor);
    append(scan, " ", 1); /* a comment separates tokens */
    for (cursor->at += 2; cursor->at < cursor->length; cursor->at++) {
        if (peek(cursor, 0) == '*' && peek(cursor, 1) == '/') {
            cursor->at += 2;
            return;
        }
        if (peek(cursor, 0) == '\n') {
            study_scan_newline(scan);
            cursor->line++;
        }
    }
    study_problem(scan->problems, &start, "the comment that begins here is never closed by */");
}

/* The length of the string that starts here, its quotes included; 0: not closed in its line. */
static size_t string_length(const struct cursor *cursor)
{
    for (size_t i = 1; cursor->at + i < cursor->length && peek(cursor, i) != '\n'; i++) {
        if (peek(cursor, i) == '"')
            return i + 1;
        if (peek(cursor, i) == '\\' && (peek(cursor, i + 1) == '"' || peek(cursor, i + 1) == '\\'))
            i++;
    }
    return 0;
}

static void scan_string(struct study_scan *scan, struct cursor *cursor)
{
    size_t length = string_length(cursor);
    if (length == 0) {
        while (cursor->at + length < cursor->length && peek(cursor, length) != '\n')
            length++;
        refuse(scan, cursor, length, "a string that its line does not close with \"");
    } else {
        append(scan, cursor->text + cursor->at, length);
    }
    cursor->at += length;
}

/* Writes an integer with suffix L; false: it does not fit 64 bits. */
static bool write_integer(struct study_scan *scan, const char *digits, int base)
{
    char text[32];
    errno = 0;
    long long value = strtoll(digits, NULL, base);
    if (errno == ERANGE)
        return false;
    int length = snprintf(text, sizeof text, "%lldL", value);
    append(scan, text, (size_t)length);
    return true;
}

static void scan_number(struct study_scan *scan, struct cursor *cursor)
{
    const char *start = cursor->text + cursor->at;
    size_t length = peek(cursor, 0) == '+' || peek(cursor, 0) == '-' ? 1 : 0;
    bool hex = peek(cursor, 0) == '0' && (peek(cursor, 1) == 'x' || peek(cursor, 1) == 'X');
    bool real = false, well_formed = true;
    if (hex) {
        size_t digits = strspn(start + 2, "0123456789abcdefABCDEF");
        length = 2 + digits;
        well_formed = digits > 0;
    } else {
        size_t whole = strspn(start + length, "0123456789"), fraction = 0;
        length += whole;
        if (start[length] == '.') {
            real = true;
            fraction = strspn(start + length + 1, "0123456789");
            length += 1 + fraction;
        }
        well_formed = whole + fraction > 0;
        if (well_formed && (start[length] == 'e' || start[length] == 'E')) {
            size_t sign = start[length + 1] == '+' || start[length + 1] == '-' ? 1 : 0;
            size_t digits = strspn(start + length + 1 + sign, "0123456789");
            real = true;
            length += 1 + sign + digits;
            well_formed = digits > 0;
        }
    }
    size_t token = length;
    if (well_formed && !real && start[token] == 'L')
        token += start[token + 1] == 'L' ? 2 : 1;
    if (!well_formed || is_name(start[token]) || start[token] == '.' || start[token] == '+') {
        while (is_name(start[token]) || start[token] == '.' || start[token] == '+')
            token++;
        refuse(scan, cursor, token ? token : 1, "not a number");
    } else if (real) {
        if (isinf(strtod(start, NULL)))
            refuse(scan, cursor, token, "too large a number");
        else
            append(scan, start, token);
    } else if (!write_integer(scan, start, hex ? 16 : 10)) {
        refuse(scan, cursor, token, "too large a number: it does not fit 64 bits");
    }
    cursor->at += token ? token : 1;
}

static void scan_name(struct study_scan *scan, struct cursor *cursor)
{
    size_t length = 1;
    while (is_name(peek(cursor, length)))
        length++;
    append(scan, cursor->text + cursor->at, length);
    cursor->at += length;
}

static void open_bracket(struct study_scan *scan, struct cursor *cursor, char bracket)
{
    struct study_place place = place_of(scan, cursor);
    if (scan->depth < STUDY_SOURCE_MAX_NESTING) {
        scan->open[scan->depth].bracket = bracket;
        scan->open[scan->depth].place = place;
    } else if (!scan->too_deep) {
        scan->too_deep = true;
        study_problem(scan->problems, &place, "brackets nest deeper than %d",
                      STUDY_SOURCE_MAX_NESTING);
    }
    scan->depth++;
    append(scan, bracket == '{' ? "{" : "(", 1);
    cursor->at++;
}

static char closing(char bracket)
{
    return bracket == '{' ? '}' : bracket == '[' ? ']' : ')';
}

static void close_bracket(struct study_scan *scan, struct cursor *cursor, char bracket)
{
    struct study_place place = place_of(scan, cursor);
    cursor->at++;
    append(scan, bracket == '}' ? "}" : ")", 1);
    if (scan->depth == 0) {
        study_problem(scan->problems, &place, "%c closes nothing", bracket);
        return;
    }
    scan->depth--;
    if (scan->depth >= STUDY_SOURCE_MAX_NESTING)
        return;
    char opened = scan->open[scan->depth].bracket;
    if (closing(opened) != bracket) {
        char where[ERROR_TEXT_BYTES / 2];
        study_place_text(&scan->open[scan->depth].place, where, sizeof where);
        study_problem(scan->problems, &place, "%c where the %c of %s must be closed by %c", bracket,
                      opened, where, closing(opened));
        /* Most likely one was forgotten: take this bracket for the one around it, if it fits. */
        if (scan->depth > 0 && closing(scan->open[scan->depth - 1].bracket) == bracket)
            scan->depth--;
    }
}

static void scan_include(struct study_scan *scan, struct cursor *cursor)
{
    static const char word[] = "@include";
    size_t length = 0;
    while (cursor->at + length < cursor->length && peek(cursor, length) != '\n')
        length++;
    if (cursor->line_started || length < sizeof word ||
        strncmp(cursor->text + cursor->at, word, sizeof word - 1) != 0) {
        refuse(scan, cursor, length,
               "@ stands only before include: @include \"PATH\", on a line of "
               "its own");
        cursor->at += length;
        return;
    }
    struct cursor path = *cursor;
    path.at += sizeof word - 1;
    while (is_blank(peek(&path, 0)))
        path.at++;
    size_t quoted = peek(&path, 0) == '"' ? string_length(&path) : 0;
    size_t rest = path.at + quoted - cursor->at;
    while (quoted && is_blank(peek(cursor, rest)))
        rest++;
    if (quoted < 3 || quoted > 1024 || (rest < length && peek(cursor, rest) != '#')) {
        refuse(scan, cursor, length, "expected @include \"PATH\" on a line of its own");
    } else if (!scan->include) {
        refuse(scan, cursor, length, "only files can include");
    } else {
        char name[1024];
        (void)snprintf(name, sizeof name, "%.*s", (int)(quoted - 2), path.text + path.at + 1);
        cursor->at += length;
        scan->include(scan, name, cursor->file, cursor->line);
        if (cursor->at < cursor->length) /* include() has ended the line */
            cursor->at++;
        cursor->line++;
        cursor->line_started = false;
        return;
    }
    cursor->at += length;
}

static void scan_other(struct study_scan *scan, struct cursor *cursor)
{
    char c = peek(cursor, 0);
    if (c == '=' || c == ':') {
        if (++scan->source->settings == STUDY_SOURCE_MAX_SETTINGS + 1) {
            struct study_place place = place_of(scan, cursor);
            study_problem(scan->problems, &place, "more than %d settings",
                          STUDY_SOURCE_MAX_SETTINGS);
        }
    } else if (!strchr(",;", c)) {
        /* Once for a run of them: a multi-byte character, or a file that is not a study at all. */
        size_t length = 1;
        while (peek(cursor, length) & 0x80)
            length++;
        refuse(scan, cursor, length,
               c == '\'' ? "strings stand in double quotes" : "not expected here");
        cursor->at += length;
        return;
    }
    append(scan, &c, 1);
    cursor->at++;
}

static void scan_token(struct study_scan *scan, struct cursor *cursor)
{
    char c = peek(cursor, 0);
    if (c == '\n') {
        study_scan_newline(scan);
        cursor->at++;
        cursor->line++;
        cursor->line_started = false;
        return;
    }
    if (is_blank(c)) {
        append(scan, " ", 1);
        cursor->at++;
        return;
    }
    if (c == '#' || (c == '/' && (peek(cursor, 1) == '/' || peek(cursor, 1) == '*')))
        skip_comment(scan, cursor);
    else if (c == '@')
        scan_include(scan, cursor);
    else if (c == '"')
        scan_string(scan, cursor);
    else if (is_name_start(c))
        scan_name(scan, cursor);
    else if (is_digit(c) || c == '+' || c == '-' || c == '.')
        scan_number(scan, cursor);
    else if (c == '{' || c == '(' || c == '[')
        open_bracket(scan, cursor, c);
    else if (c == '}' || c == ')' || c == ']')
        close_bracket(scan, cursor, c);
    else
        scan_other(scan, cursor);
    /* An include has ended its line. */
    cursor->line_started = c != '@';
}

void study_scan_text(struct study_scan *scan, const char *text, size_t length, const char *file)
{
    struct cursor cursor = {.text = text, .length = length, .file = file, .line = 1};
    if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        cursor.at = 3; /* a byte order mark */
    const char *nul = memchr(text, '\0', length);
    if (nul) {
        for (const char *c = text; c < nul; c++)
            cursor.line += *c == '\n';
        struct study_place place = place_of(scan, &cursor);
        study_problem(scan->problems, &place, "a NUL byte: this is not a text file");
        return;
    }
    while (cursor.at < cursor.length && !scan->problems->out_of_memory &&
           scan->problems->count < PROBLEMS_ENOUGH)
        scan_token(scan, &cursor);
}

void study_scan_end(struct study_scan *scan)
{
    append(scan, "", 0);
    if (scan->depth > 0 && scan->depth <= STUDY_SOURCE_MAX_NESTING) {
        const struct study_place *place = &scan->open[scan->depth - 1].place;
        study_problem(scan->problems, place, "the %c that opens here is never closed",
                      scan->open[scan->depth - 1].bracket);
    }
}
