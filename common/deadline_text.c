/* deadline_text.c - reads "3h50m" and "18:30". */
#include "common/deadline_text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define MOST_SECONDS (1000.0 * 86400)

static bool is_digit(char c)
{
    return isdigit((unsigned char)c) != 0;
}

/* The whole text is a clock time: one or two digits, a colon, two digits. */
static bool read_clock(const char *text, int *hour, int *minute)
{
    const char *colon = strchr(text, ':');
    size_t digits = colon ? (size_t)(colon - text) : 0;
    if (digits < 1 || digits > 2 || !is_digit(text[0]) || !is_digit(colon[-1]) ||
        !is_digit(colon[1]) || !is_digit(colon[2]) || colon[3] != '\0')
        return false;
    *hour = (int)strtol(text, NULL, 10);
    *minute = (int)strtol(colon + 1, NULL, 10);
    return *hour < 24 && *minute < 60;
}

static double seconds_until(int hour, int minute, time_t now)
{
    struct tm clock;
    localtime_r(&now, &clock);
    for (int day = 0;; day++) {
        struct tm then = clock;
        then.tm_mday += day;
        then.tm_hour = hour;
        then.tm_min = minute;
        then.tm_sec = 0;
        then.tm_isdst = -1; /* the night in between may change the clocks */
        double seconds = difftime(mktime(&then), now);
        if (seconds > 0)
            return seconds;
    }
}

/* "3h50m": each unit once at most, from the largest down. */
static bool read_duration(const char *text, double *seconds)
{
    static const struct {
        char name;
        double seconds;
    } units[] = {{'d', 86400}, {'h', 3600}, {'m', 60}, {'s', 1}};
    size_t next = 0, count = sizeof units / sizeof units[0];
    *seconds = 0;
    do {
        char *end;
        if (!is_digit(text[0]))
            return false;
        double number = strtod(text, &end);
        if (end != text + strspn(text, "0123456789."))
            return false; /* 1e3, 0x10 */
        if (*end == '\0' && next == 0) {
            *seconds = number;
            return true;
        }
        while (next < count && units[next].name != *end)
            next++;
        if (next == count)
            return false;
        *seconds += number * units[next++].seconds;
        text = end + 1;
    } while (*text);
    return true;
}

bool deadline_read(const char *text, time_t now, double *seconds, struct error *error)
{
    int hour, minute;
    if (read_clock(text, &hour, &minute))
        *seconds = seconds_until(hour, minute, now);
    else if (!read_duration(text, seconds) || !(*seconds > 0 && *seconds <= MOST_SECONDS))
        return error_set(error, "found \"%.40s\"; allowed: " DEADLINE_FORMS ", such as 18:30",
                         text);
    return true;
}
