/* page.c - fills the page's template. */
#include "coordinator/report/page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define TEMPLATE    "report.html"
#define NONCE_BYTES 16

struct filling {
    const char *title, *words;
    const struct page_data *data;
    size_t data_count;
    char nonce[2 * NONCE_BYTES + 1];
};

static const struct page_file *find_file(const char *name, size_t length)
{
    for (size_t i = 0; i < page_file_count; i++)
        if (strlen(page_files[i].name) == length && memcmp(page_files[i].name, name, length) == 0)
            return &page_files[i];
    return NULL;
}

bool page_add_json(struct text_buffer *page, const json_t *json, int digits)
{
    char *text = json_dumps(json, JSON_COMPACT | JSON_ENSURE_ASCII | JSON_ENCODE_ANY |
                                      JSON_REAL_PRECISION((size_t)digits));
    if (!text)
        return false;
    for (const char *from = text; *from;) {
        size_t plain = strcspn(from, "<>&");
        text_buffer_add(page, from, plain);
        from += plain;
        if (*from)
            text_buffer_print(page, "\\u%04x", (unsigned)*from++);
    }
    free(text);
    return !page->failed;
}

static bool add_data(struct text_buffer *page, const struct filling *filling)
{
    bool ok = true;
    for (size_t i = 0; ok && i < filling->data_count; i++) {
        const struct page_data *data = &filling->data[i];
        text_buffer_print(page, "<script type=\"application/json\" id=\"data-%s\">", data->name);
        ok = page_add_json(page, data->json, data->digits);
        text_buffer_print(page, "</script>\n");
    }
    return ok;
}

/* Adds what stands in the template as {{name}}. */
static bool fill(struct text_buffer *page, const char *name, size_t length,
                 const struct filling *filling)
{
    const struct {
        const char *name, *text;
    } texts[] = {{"title", filling->title}, {"words", filling->words}, {"nonce", filling->nonce}};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (strlen(texts[i].name) == length && memcmp(texts[i].name, name, length) == 0) {
            text_buffer_add_escaped(page, texts[i].text);
            return true;
        }
    if (length == strlen("data") && memcmp(name, "data", length) == 0)
        return add_data(page, filling);
    const struct page_file *file = find_file(name, length);
    if (file)
        text_buffer_add(page, (const char *)file->bytes, file->length);
    return file != NULL;
}

/* Scripts run only with a number that nobody could know when the study was made: even a text that
 * was taken for a script would not be run. */
static bool make_nonce(struct filling *filling)
{
    unsigned char bytes[NONCE_BYTES];
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        return false;
    for (size_t i = 0; i < sizeof bytes; i++)
        (void)snprintf(filling->nonce + 2 * i, 3, "%02x", bytes[i]);
    return true;
}

bool page_write(struct text_buffer *page, const char *title, const char *words,
                const struct page_data *data, size_t data_count, struct error *error)
{
    struct filling filling = {title, words, data, data_count, ""};
    const struct page_file *template = find_file(TEMPLATE, strlen(TEMPLATE));
    if (!template || !make_nonce(&filling))
        return error_set(error, "the page cannot be made");
    const char *from = (const char *)template->bytes, *end = from + template->length;
    while (from < end) {
        const char *open = memchr(from, '{', (size_t)(end - from));
        const char *close = open && end - open > 2 && open[1] == '{'
                                ? memchr(open, '}', (size_t)(end - open))
                                : NULL;
        if (!open)
            open = end;
        text_buffer_add(page, from, (size_t)(open - from));
        if (close && fill(page, open + 2, (size_t)(close - open - 2), &filling)) {
            from = close + 2;
        } else {
            size_t rest = open < end ? 1 : 0;
            text_buffer_add(page, open, rest);
            from = open + rest;
        }
    }
    return !page->failed || error_set(error, "out of memory");
}
