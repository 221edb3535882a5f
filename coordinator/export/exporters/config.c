/* config.c - a study file that trains one candidate of a study, and comes to its result. */
#include "coordinator/export/candidate_study.h"
#include "coordinator/export/exporter.h"
#include "coordinator/view/candidate_text.h"
#include "coordinator/view/figures.h"
#include "coordinator/view/study_text.h"

#include <math.h>

#define TEXT_BYTES 512

/* What the file cannot hold. */
static void print_reservations(FILE *stream, const struct export_source *source,
                               const json_t *study)
{
    const struct trial_row *trial = source->trial;
    long long seed =
        (long long)json_integer_value(json_object_get(json_object_get(study, "study"), "seed"));
    if (trial->parent >= 0 && !trial->repeat)
        (void)fprintf(stream,
                      "# There it went on from step %llu of trial %lld, whose values were others: "
                      "this file\n# trains it with its last values from the start.\n",
                      (unsigned long long)trial->begun, (long long)trial->parent);
    if ((unsigned long long)seed != (unsigned long long)trial->seed)
        (void)fprintf(stream,
                      "# Its seed there, %llu, is none that a study file may hold: its "
                      "result will differ.\n",
                      (unsigned long long)trial->seed);
    else if (seed != source->facts.seed)
        (void)fprintf(stream, "# The seed is the trial's own; that of the study was %lld.\n",
                      source->facts.seed);
}

static bool print(const struct export_source *source, FILE *stream, struct error *error)
{
    const struct trial_row *trial = source->trial;
    char name[TEXT_BYTES], metric[64], candidate[TEXT_BYTES];
    json_t *study = candidate_study(source->snapshot, trial, error);
    if (!study)
        return false;
    figure_clean(name, sizeof name, source->facts.name, false);
    figure_clean(metric, sizeof metric, source->facts.metric, false);
    candidate_text(trial, candidate, sizeof candidate);
    (void)fprintf(stream, "# Trains one candidate: trial %u of %s, lr %s, %s.\n",
                  (unsigned)trial->id, name, figure_rate(trial->lr).text, candidate);
    (void)fprintf(stream, "# There it was %s after %llu steps", trial_state_name(trial->state),
                  (unsigned long long)trial->step);
    if (isfinite(trial->final))
        (void)fprintf(stream, ", with a %s of %s", metric, figure_exact(trial->final).text);
    (void)fputs(".\n", stream);
    print_reservations(stream, source, study);
    (void)fputc('\n', stream);
    study_text_print(stream, study);
    json_decref(study);
    return true;
}

const struct exporter exporter_config = {
    .name = "config", .path = "best.cfg", .one = true, .print = print};
