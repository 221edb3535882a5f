/* fuzz_study_db.c - any bytes as the study.db of a folder from elsewhere: read and told as
 * `lrsweep status` does. */
#include "coordinator/study/snapshot.h"
#include "coordinator/view/result.h"
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

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct error error = {""};
    size_t rows = 0;
    input_clear();
    input_store("study.db", bytes, length);
    struct snapshot *snapshot = snapshot_read(input_folder(), &error);
    if (snapshot) {
        tell(snapshot);
        (void)snapshot_reports(input_folder(), count, &rows, &error);
    } else if (!*error.text) {
        input_fail("a study is refused without a reason");
    }
    input_check_printable(error.text);
    snapshot_destroy(snapshot);
    return 0;
}
