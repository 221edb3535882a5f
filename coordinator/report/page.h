/* page.h - the page around the data: its template, styles and scripts are part of the program. */
#ifndef LRSWEEP_COORDINATOR_REPORT_PAGE_H
#define LRSWEEP_COORDINATOR_REPORT_PAGE_H

#include "common/error.h"
#include "coordinator/view/text_buffer.h"

#include <jansson.h>

/* A file of page/ as the build embedded it. */
struct page_file {
    const char *name; /* that stands in the template as {{name}} */
    const unsigned char *bytes;
    size_t length;
};

extern const struct page_file page_files[];
extern const size_t page_file_count;

/* Adds the page. title, words: plain texts, written so that they are nothing else. `data`: an
 * object of documents, each with the digits of its numbers. */
struct page_data {
    const char *name;
    const json_t *json;
    int digits;
};

bool page_write(struct text_buffer *page, const char *title, const char *words,
                const struct page_data *data, size_t data_count, struct error *error);

/* Adds a document as the content of a script element, where no text in it can end that element or
 * mean anything but itself: "<", ">", "&" and all that is not ASCII are written as \uXXXX. */
bool page_add_json(struct text_buffer *page, const json_t *json, int digits);

#endif
