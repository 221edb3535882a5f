/* figures.c - formats what the views show. */
#include "coordinator/view/figures.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct figure figure_metric(double value)
{
    struct figure figure = {"-"};
    if (!isfinite(value))
        return figure;
    (void)snprintf(figure.text, sizeof figure.text, "%#.4g", value);
    size_t length = strlen(figure.text);
    if (length > 0 && figure.text[length - 1] == '.')
        figure.text[length - 1] = '\0';
    return figure;
}

struct figure figure_rate(double value)
{
    struct figure figure = {"-"};
    if (isfinite(value))
        (void)snprintf(figure.text, sizeof figure.text, "%.4g", value);
    return figure;
}

struct figure figure_exact(double value)
{
    struct figure figure;
    char text[40];
    bool plain = value == 0 || (fabs(value) >= 1e-4 && fabs(value) < 1e9);
    for (int digits = 1; digits <= 17; digits++) {
        (void)snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value && !(plain && strchr(text, 'e')))
            break;
    }
    size_t mantissa = strcspn(text, "e");
    int used = snprintf(figure.text, sizeof figure.text, "%.*s%s", (int)mantissa, text,
                        memchr(text, '.', mantissa) ? "" : ".0");
    if (text[mantissa])
        (void)snprintf(figure.text + used, sizeof figure.text - (size_t)used, "e%ld",
                       strtol(text + mantissa + 1, NULL, 10));
    return figure;
}

struct figure figure_count(uint64_t value)
{
    struct figure figure;
    char digits[24];
    size_t length = (size_t)snprintf(digits, sizeof digits, "%llu", (unsigned long long)value);
    char *to = figure.text;
    for (size_t i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            *to++ = ',';
        *to++ = digits[i];
    }
    *to = '\0';
    return figure;
}

struct figure figure_duration(double seconds)
{
    struct figure figure = {"?"};
    if (!(seconds >= 0 && seconds < 1e9))
        return figure;
    unsigned long whole = (unsigned long)(seconds + 0.5);
    unsigned long days = whole / 86400, hours = whole / 3600 % 24, minutes = whole / 60 % 60;
    if (days > 0)
        (void)snprintf(figure.text, sizeof figure.text, "%lu d %02lu:%02lu", days, hours, minutes);
    else if (hours > 0)
        (void)snprintf(figure.text, sizeof figure.text, "%lu:%02lu:%02lu", hours, minutes,
                       whole % 60);
    else
        (void)snprintf(figure.text, sizeof figure.text, "%lu:%02lu", minutes, whole % 60);
    return figure;
}

struct figure figure_budget(double budget, const char *unit)
{
    struct figure figure;
    size_t length = strlen(unit);
    bool one = budget == 1.0 && length > 1 && unit[length - 1] == 's';
    (void)snprintf(figure.text, sizeof figure.text, "%.6g %.*s", budget,
                   (int)(length < 16 ? length - one : 16), unit);
    return figure;
}

json_t *figure_json(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

json_t *figure_text_json(const char *text)
{
    json_t *string = json_string(text);
    return string ? string : json_null();
}

/* Length of the UTF-8 character (RFC 3629, section 4) that begins at `from`; 0: it is none, or a
 * control character. */
static size_t printable(const unsigned char *from)
{
    /* The second byte keeps out longer forms of shorter characters, surrogates, what is above
     * U+10FFFF, and U+0080 to U+009F, which are control characters too. */
    static const struct {
        unsigned char first, low, high;
    } bounds[] = {{0xc2, 0xa0, 0xbf},
                  {0xe0, 0xa0, 0xbf},
                  {0xed, 0x80, 0x9f},
                  {0xf0, 0x90, 0xbf},
                  {0xf4, 0x80, 0x8f}};
    if (*from < 0x80)
        return *from >= 0x20 && *from != 0x7f;
    size_t length = *from >= 0xf0 && *from < 0xf5   ? 4
                    : *from >= 0xe0 && *from < 0xf0 ? 3
                    : *from >= 0xc2 && *from < 0xe0 ? 2
                                                    : 0;
    for (size_t i = 1; i < length; i++)
        if ((from[i] & 0xc0) != 0x80)
            return 0;
    for (size_t i = 0; i < sizeof bounds / sizeof bounds[0]; i++)
        if (*from == bounds[i].first && (from[1] < bounds[i].low || from[1] > bounds[i].high))
            return 0;
    return length;
}

void figure_clean(char *text, size_t text_bytes, const char *from, bool lines)
{
    const unsigned char *next = (const unsigned char *)from;
    size_t used = 0;
    while (*next) {
        size_t length = printable(next);
        bool keep = length > 0 || (lines && *next == '\n');
        size_t taken = length > 0 ? length : 1;
        if (used + taken + 1 > text_bytes)
            break;
        if (keep)
            memcpy(text + used, next, taken);
        else
            text[used] = ' ';
        used += taken;
        next += taken;
    }
    if (text_bytes > 0)
        text[used] = '\0';
}

json_t *figure_clean_json(const char *text, bool lines)
{
    size_t bytes = strlen(text) + 1;
    char *clean = malloc(bytes);
    if (!clean)
        return json_null();
    figure_clean(clean, bytes, text, lines);
    json_t *string = json_string(clean);
    free(clean);
    return string ? string : json_null();
}

size_t figure_columns(const char *text)
{
    size_t columns = 0;
    for (; *text; text++)
        columns += ((unsigned char)*text & 0xc0) != 0x80;
    return columns;
}
