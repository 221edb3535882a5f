/* report.c - gathers the data, fills the page, writes the file. */
#include "coordinator/report/report.h"

#include "common/layout.h"
#include "coordinator/report/page.h"
#include "coordinator/report/parts.h"
#include "coordinator/report/svg/svg.h"
#include "coordinator/view/atomic_file.h"
#include "coordinator/view/candidate_text.h"
#include "coordinator/view/figures.h"

#include <stdio.h>
#include <stdlib.h>

/* The recommendation in a sentence, for who has scripts turned off. */
static void word_recommendation(const struct study_facts *facts, char *words, size_t bytes)
{
    char candidate[256];
    if (!facts->best) {
        (void)snprintf(words, bytes, "Nothing is recommended yet.");
        return;
    }
    candidate_text(facts->best, candidate, sizeof candidate);
    (void)snprintf(words, bytes, "Recommended: lr %s, schedule %s (trial %u).",
                   figure_rate(facts->best->lr).text, candidate, (unsigned)facts->best->id);
}

static bool write_page(struct text_buffer *page, const struct report_source *source,
                       struct error *error)
{
    struct page_data data[REPORT_PARTS] = {{0}};
    json_t *made[REPORT_PARTS] = {0};
    char title[256], words[512];
    bool ok = true;
    for (size_t i = 0; ok && i < REPORT_PARTS; i++) {
        const struct report_part *part = &report_parts[i];
        made[i] = part->make(source, error);
        data[i] = (struct page_data){part->name, made[i], part->digits};
        ok = made[i] != NULL;
    }
    figure_clean(title, sizeof title, source->facts.name, false);
    word_recommendation(&source->facts, words, sizeof words);
    ok = ok && page_write(page, title, words, data, REPORT_PARTS, error);
    for (size_t i = 0; i < REPORT_PARTS; i++)
        json_decref(made[i]);
    return ok;
}

bool report_write(const char *dir, const struct snapshot *snapshot, struct error *error)
{
    struct report_source source;
    struct text_buffer page = {0};
    bool ok = report_source_read(&source, snapshot, error) && write_page(&page, &source, error) &&
              atomic_file_write(dir, LAYOUT_REPORT, page.text, page.length, error);
    report_source_free(&source);
    free(page.text);
    return ok;
}

struct figure_file {
    const char *name;
    enum svg_end (*draw)(struct text_buffer *out, const struct report_source *source,
                         struct error *error);
};

static enum svg_end write_figure(const char *dir, const struct figure_file *file,
                                 const struct report_source *source, struct error *error)
{
    struct text_buffer figure = {0};
    enum svg_end end = file->draw(&figure, source, error);
    if (end == SVG_DRAWN &&
        ((figure.failed && !error_set(error, "out of memory")) ||
         !atomic_file_write(dir, file->name, figure.text, figure.length, error)))
        end = SVG_FAILED;
    free(figure.text);
    return end;
}

bool report_write_figures(const char *dir, const struct snapshot *snapshot, FILE *written,
                          struct error *error)
{
    static const struct figure_file files[] = {{"losses.svg", svg_losses},
                                               {"rates.svg", svg_rates}};
    struct report_source source;
    bool ok = report_source_read(&source, snapshot, error), any = false;
    for (size_t i = 0; ok && i < sizeof files / sizeof files[0]; i++) {
        enum svg_end end = write_figure(dir, &files[i], &source, error);
        if (end == SVG_DRAWN)
            fprintf(written, "%s/%s\n", dir, files[i].name);
        any = any || end == SVG_DRAWN;
        ok = end != SVG_FAILED;
    }
    report_source_free(&source);
    return ok && (any || error_set(error,
                                   "%s: no loss was reported and no trial was trained at a "
                                   "rate: there is nothing to draw",
                                   dir));
}
