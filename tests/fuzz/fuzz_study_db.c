/* fuzz_study_db.c - any bytes as the study.db of a folder from elsewhere: read and told as
 * `lrsweep status`, `report` and `export` do. */
#include "coordinator/export/export.h"
#include "coordinator/report/parts.h"
#include "coordinator/report/svg/svg.h"
#include "coordinator/study/snapshot.h"
#include "coordinator/view/result.h"
#include "coordinator/view/status_plot.h"
#include "tests/fuzz/input.h"

#include <stdio.h>
#include <stdlib.h>

static bool count(void *context, const struct report_row *row, struct error *error)
{
    size_t *rows = context;
    (void)row;
    (void)error;
    ++*rows;
    return true;
}

static void tell(const struct snapshot *snapshot)
{
    char *text = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&text, &length);
    if (!stream)
        input_fail("out of memory");
    result_print(stream, snapshot, false);
    (void)fclose(stream);
    input_check_printable(text);
    free(text);
    json_t *summary = result_summary(snapshot);
    text = json_dumps(summary, JSON_ENCODE_ANY);
    if (!text)
        input_fail("a study has no summary");
    free(text);
    json_decref(summary);
}

/* A part may fail, as where a table is missing, but not without a reason. */
static void report(const struct snapshot *snapshot)
{
    struct error error = {""};
    struct report_source source;
    struct text_buffer figure = {0};
    bool ok = report_source_read(&source, snapshot, &error);
    for (size_t i = 0; ok && i < REPORT_PARTS; i++) {
        json_t *part = report_parts[i].make(&source, &error);
        ok = part != NULL;
        json_decref(part);
    }
    if (!ok && !*error.text)
        input_fail("a study has no report, and no reason is given");
    if (ok &&
        (svg_losses(&figure, &source, &error) == SVG_FAILED ||
         svg_rates(&figure, &source, &error) == SVG_FAILED) &&
        !*error.text)
        input_fail("a study has no figures, and no reason is given");
    free(figure.text);
    report_source_free(&source);
}

/* Every exporter that writes one file, and the plots. */
static void export_all(const struct snapshot *snapshot)
{
    static const char *const names[] = {"json", "optuna", "config", "pytorch"};
    char *text = NULL, written[256];
    size_t length = 0;
    struct error error = {""};
    struct report_list reports;
    FILE *stream = open_memstream(&text, &length);
    if (!stream)
        input_fail("out of memory");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const struct export_request request = {.dir = input_folder(),
                                               .to = names[i],
                                               .path = "-",
                                               .stream = stream,
                                               .trial = i < 2 ? -1 : 0};
        if (export_study(&request, written, sizeof written, &error) != EXPORT_DONE && !*error.text)
            input_fail("a study is not exported without a reason");
    }
    if (report_list_read(&reports, input_folder(), &error))
        status_plot_print(stream, snapshot, &reports, (struct status_look){80, 10, true, true});
    report_list_destroy(&reports);
    (void)fclose(stream);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct error error = {""};
    size_t rows = 0;
    input_clear();
    input_store("study.db", bytes, length);
    struct snapshot *snapshot = snapshot_read(input_folder(), &error);
    if (snapshot) {
        tell(snapshot);
        report(snapshot);
        (void)snapshot_reports(input_folder(), count, &rows, &error);
        export_all(snapshot);
    } else if (!*error.text) {
        input_fail("a study is refused without a reason");
    }
    input_check_printable(error.text);
    snapshot_destroy(snapshot);
    return 0;
}
