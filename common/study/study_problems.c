/* study_problems.c - the list of problems, and foreign text made fit to print. */
#include "common/study/study_problems.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void study_place_text(const struct study_place *place, char *text, size_t text_bytes)
{
    if (place->setting)
        (void)snprintf(text, text_bytes, "--set %.300s", place->setting);
    else if (place->line)
        (void)snprintf(text, text_bytes, "%.300s:%u", place->file, place->line);
    else
        (void)snprintf(text, text_bytes, "%.300s", place->file ? place->file : "study");
}

static struct study_problem *append(struct study_problems *problems)
{
    if (problems->count == STUDY_PROBLEMS_MAX) {
        problems->omitted++;
        return NULL;
    }
    struct study_problem *list =
        realloc(problems->list, (problems->count + 1) * sizeof *problems->list);
    if (!list) {
        problems->out_of_memory = true;
        return NULL;
    }
    problems->list = list;
    return &list[problems->count++];
}

void study_problem(struct study_problems *problems, const struct study_place *place,
                   const char *format, ...)
{
    struct study_problem *problem = append(problems);
    if (!problem)
        return;
    char where[ERROR_TEXT_BYTES / 2];
    study_place_text(place, where, sizeof where);
    int length = snprintf(problem->text, sizeof problem->text, "%s: ", where);
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(problem->text + length, sizeof problem->text - (size_t)length, format,
                    arguments);
    va_end(arguments);
    problem->order = place->order;
}

bool study_problems_any(const struct study_problems *problems)
{
    return problems->count > 0 || problems->out_of_memory;
}

void study_problems_finish(struct study_problems *problems)
{
    /* Insertion sort: short, and stable, so that problems of one line stay in the order found. */
    for (size_t i = 1; i < problems->count; i++) {
        struct study_problem moved = problems->list[i];
        size_t j = i;
        for (; j > 0 && problems->list[j - 1].order > moved.order; j--)
            problems->list[j] = problems->list[j - 1];
        problems->list[j] = moved;
    }
    if (problems->omitted) {
        struct study_problem *last = &problems->list[problems->count - 1];
        (void)snprintf(last->text, sizeof last->text, "and %zu further problems",
                       problems->omitted + 1);
        problems->omitted = 0;
    }
}

void study_problems_destroy(struct study_problems *problems)
{
    free(problems->list);
    *problems = (struct study_problems){0};
}

/* The length of the UTF-8 sequence that starts at `s` (RFC 3629, section 4); 0: not valid. */
static size_t sequence_bytes(const unsigned char *s)
{
    unsigned char low = 0x80, high = 0xbf;
    size_t length;
    if (s[0] < 0x80)
        return 1;
    if (s[0] >= 0xc2 && s[0] <= 0xdf)
        length = 2;
    else if (s[0] >= 0xe0 && s[0] <= 0xef)
        length = 3;
    else if (s[0] >= 0xf0 && s[0] <= 0xf4)
        length = 4;
    else
        return 0;
    if (s[0] == 0xe0)
        low = 0xa0; /* shorter forms exist */
    else if (s[0] == 0xed)
        high = 0x9f; /* surrogates */
    else if (s[0] == 0xf0)
        low = 0x90;
    else if (s[0] == 0xf4)
        high = 0x8f; /* beyond U+10FFFF */
    if (s[1] < low || s[1] > high)
        return 0;
    for (size_t i = 2; i < length; i++) {
        if (s[i] < 0x80 || s[i] > 0xbf)
            return 0;
    }
    return length;
}

bool study_text_is_utf8(const char *text)
{
    const unsigned char *s = (const unsigned char *)text;
    while (*s) {
        size_t length = sequence_bytes(s);
        if (length == 0)
            return false;
        s += length;
    }
    return true;
}

void study_quote(const char *found, char *text, size_t text_bytes)
{
    const unsigned char *s = (const unsigned char *)found;
    const size_t tail = sizeof "...\""; /* kept free for the end */
    size_t length = 0;
    text[length++] = '"';
    while (*s) {
        size_t bytes = sequence_bytes(s);
        bool printable = bytes > 1 || (bytes == 1 && *s >= 0x20 && *s != 0x7f);
        if (length + (bytes ? bytes : 1) + 1 + tail > text_bytes) {
            memcpy(text + length, "...", 3);
            length += 3;
            break;
        }
        if (*s == '"' || *s == '\\')
            text[length++] = '\\';
        if (printable) {
            memcpy(text + length, s, bytes);
            length += bytes;
        } else {
            text[length++] = '?';
        }
        s += bytes ? bytes : 1;
    }
    text[length++] = '"';
    text[length] = '\0';
}
