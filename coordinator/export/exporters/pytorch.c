/* pytorch.c - a Python file with a candidate's model, loss, optimizer and schedule.
 *
 * Its first part needs no PyTorch: the rate of each step. The schedule is a LambdaLR of that
 * function, so that it agrees with ours at every step, warm-up and fractions of a period included;
 * PyTorch's own classes count epochs, or differ at their ends. */
#include "common/study_document.h"
#include "coordinator/export/candidate_study.h"
#include "coordinator/export/exporter.h"
#include "coordinator/export/python_model.h"
#include "coordinator/export/python_optimizer.h"
#include "coordinator/export/python_schedule.h"
#include "coordinator/export/weights_header.h"
#include "coordinator/view/candidate_text.h"
#include "coordinator/view/figures.h"

#include "common/layout.h"

#include <math.h>
#include <string.h>

#define TEXT_BYTES 512

static bool read_schedule(const struct export_source *source, const json_t *study,
                          struct schedule *schedule, struct error *error)
{
    const json_t *space = json_object_get(study, "space");
    json_t *constant = json_pack("{s:s}", "type", "constant");
    const json_t *given = json_array_get(json_object_get(space, "schedule"), 0);
    const json_t *unit = json_object_get(json_object_get(study, "search"), "unit");
    double epoch = candidate_study_epoch(study, source->facts.train_samples);
    bool epochs = json_is_string(unit) && strcmp(json_string_value(unit), "epochs") == 0;
    bool ok = !isnan(epoch) || error_set(error,
                                         "%s: the run has not read its data yet: try again "
                                         "when it trains",
                                         source->snapshot->dir);
    ok = ok && schedule_create(schedule, given ? given : constant,
                               study_number(study, "space", "lr"), epochs ? epoch : 1, epoch,
                               study_number(study, "search", "max_budget"), error);
    json_decref(constant);
    return ok;
}

/* --- the parts of the file ----------------------------------------------------------------------
 */

static void print_head(FILE *stream, const struct export_source *source, const json_t *study,
                       const struct schedule *schedule)
{
    const struct trial_row *trial = source->trial;
    char name[TEXT_BYTES], candidate[TEXT_BYTES], metric[64];
    double epoch = candidate_study_epoch(study, source->facts.train_samples);
    double budget = study_number(study, "search", "max_budget") * schedule->steps_per_unit;
    double batch = study_number(study, "train", "batch_size");
    figure_clean(name, sizeof name, source->facts.name, false);
    figure_clean(metric, sizeof metric, source->facts.metric, false);
    candidate_text(trial, candidate, sizeof candidate);
    (void)fprintf(stream, "# Trial %u of the study %s: lr %s, %s.\n", (unsigned)trial->id, name,
                  figure_rate(trial->lr).text, candidate);
    if (isfinite(trial->final))
        (void)fprintf(stream, "# Its %s was %s after %llu steps.\n", metric,
                      figure_exact(trial->final).text, (unsigned long long)trial->step);
    (void)fprintf(stream,
                  "# learning_rate needs no PyTorch; everything below it does.\n"
                  "import math\n\n"
                  "BATCH_SIZE = %.0f\nSTEPS_PER_EPOCH = %.0f\nSTEPS = %.0f  # in all\n",
                  batch > 0 ? batch : source->facts.train_samples, epoch, rint(budget));
}

static void print_loss(FILE *stream, const json_t *study)
{
    const char *loss = study_text(study, "model", "loss");
    double smoothing = study_number(study, "model", "label_smoothing");
    (void)fputs("loss_function = ", stream);
    if (strcmp(loss, "squared_error") == 0)
        (void)fputs("nn.MSELoss()\n", stream);
    else if (strcmp(loss, "binary_cross_entropy") == 0)
        (void)fputs("nn.BCEWithLogitsLoss()\n", stream);
    else
        (void)fprintf(stream, "nn.CrossEntropyLoss(label_smoothing=%s)\n",
                      figure_exact(smoothing).text);
}

/* One that follows the validation loss: PyTorch's own does the same, and starts behind the warm-up.
 */
static void print_plateau(FILE *stream, const struct schedule *schedule)
{
    static const char *const keys[] = {"factor", "threshold", "min_lr"};
    (void)fputs("scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(\n    optimizer", stream);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        (void)fprintf(stream, ", %s=%s", keys[i],
                      figure_exact(python_schedule_parameter(schedule, keys[i])).text);
    (void)fprintf(stream, ", patience=%.0f, cooldown=%.0f, threshold_mode=\"%s\")\n",
                  python_schedule_parameter(schedule, "patience"),
                  python_schedule_parameter(schedule, "cooldown"),
                  python_schedule_parameter(schedule, "threshold_mode") == 0 ? "rel" : "abs");
    (void)fputs("# After each validation: scheduler.step(its loss).\n", stream);
    if (schedule->warmup_steps > 0)
        (void)fprintf(stream,
                      "# Up to step %.0f, before each step: for group in optimizer.param_groups:\n"
                      "#     group[\"lr\"] = learning_rate(step)\n"
                      "# and LR from there on; validations until then do not count.\n",
                      schedule->warmup_steps);
}

static void print_scheduler(FILE *stream, const struct schedule *schedule)
{
    if (schedule->class->observe)
        print_plateau(stream, schedule);
    else
        (void)fputs("scheduler = torch.optim.lr_scheduler.LambdaLR(\n"
                    "    optimizer, lambda step: learning_rate(step) / LR)\n",
                    stream);
}

static void print_step(FILE *stream, const json_t *study, const struct schedule *schedule)
{
    double value = study_number(study, "train", "clip_value"),
           norm = study_number(study, "train", "clip_norm");
    (void)fputs("\n\ndef train_step(inputs, targets):\n"
                "    model.train()\n"
                "    optimizer.zero_grad()\n"
                "    loss = loss_function(model(inputs), targets)\n"
                "    loss.backward()\n",
                stream);
    if (value > 0)
        (void)fprintf(stream, "    nn.utils.clip_grad_value_(model.parameters(), %s)\n",
                      figure_exact(value).text);
    if (norm > 0)
        (void)fprintf(stream, "    nn.utils.clip_grad_norm_(model.parameters(), %s)\n",
                      figure_exact(norm).text);
    (void)fputs("    optimizer.step()\n", stream);
    if (!schedule->class->observe)
        (void)fputs("    scheduler.step()  # after each step, not each epoch\n", stream);
    (void)fputs("    return loss.item()\n", stream);
}

static void print_torch(FILE *stream, const struct export_source *source, const json_t *study,
                        const struct schedule *schedule)
{
    json_t *weights = weights_header_read(source->snapshot->dir);
    (void)fputs("\n\nfrom collections import OrderedDict\n\nimport torch\nfrom torch import nn\n\n",
                stream);
    python_model_print(stream, study, weights);
    if (python_model_lazy(study, weights))
        (void)fputs("# Its layers take the sizes of their inputs from a first batch: call "
                    "model(inputs)\n# once before the lines below.\n",
                    stream);
    if (weights && source->trial == source->facts.best)
        (void)fputs("# The trained weights:\n"
                    "#   from safetensors.torch import load_file\n"
                    "#   model.load_state_dict(load_file(\"" LAYOUT_BEST "\"))\n",
                    stream);
    print_loss(stream, study);
    python_optimizer_print(stream, study);
    print_scheduler(stream, schedule);
    print_step(stream, study, schedule);
    json_decref(weights);
}

static bool print(const struct export_source *source, FILE *stream, struct error *error)
{
    struct schedule schedule;
    if (json_object_get(source->snapshot->document, "trainer"))
        return error_set(error, "%s: a program of its user's trains this study: its model is there",
                         source->snapshot->dir);
    json_t *study = candidate_study(source->snapshot, source->trial, error);
    bool ok = study && read_schedule(source, study, &schedule, error);
    if (ok) {
        print_head(stream, source, study, &schedule);
        python_schedule_print(stream, &schedule);
        print_torch(stream, source, study, &schedule);
    }
    json_decref(study);
    return ok;
}

const struct exporter exporter_pytorch = {
    .name = "pytorch", .path = "best.py", .one = true, .print = print};
