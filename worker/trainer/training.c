/* training.c - the loop over steps. */
#include "worker/trainer/training.h"

#include "common/monotonic.h"
#include "worker/trainer/evaluate.h"

#include <math.h>

static const double ask_interval_s = 1e-3;

static enum verdict validate(struct trial *trial, struct training_report *report)
{
    const struct model *model = trial->model;
    if (model->dataset.split[SPLIT_VALIDATION].count == 0)
        return VERDICT_HEALTHY;
    struct evaluation evaluation = evaluate(&model->network, &model->loss, trial->weights,
                                            &trial->activations, &model->dataset, SPLIT_VALIDATION);
    report->val_loss = evaluation.loss;
    bool regular = trial->step % trial->candidate.validate_every == 0;
    if (regular)
        schedule_observe(&trial->candidate.schedule, &trial->schedule, trial->step,
                         evaluation.loss);
    report->val_accuracy = evaluation.accuracy;
    return monitor_validation(trial->monitor, evaluation.loss, regular);
}

/* One step under the monitor's eyes; fills what the step itself tells. */
static enum verdict watched_step(struct trial *trial, bool measured, struct training_report *report)
{
    struct measures measures = {.grad_norm = NAN, .update_ratio = NAN};
    double loss = trial_step(trial, &report->lr, measured ? &measures : NULL);
    report->grad_norm = measures.grad_norm;
    report->update_ratio = measures.update_ratio;
    enum verdict verdict = monitor_step(trial->monitor, loss);
    bool wanted = monitor_wants_units(trial->monitor) && !verdict_ends(verdict);
    if (wanted || measured || verdict_ends(verdict)) {
        double spread =
            network_watch(&trial->model->network, &trial->activations, trial->candidate.batch_size,
                          trial->shares, &report->dead_units);
        if (wanted)
            verdict = monitor_units(trial->monitor, trial->shares, spread);
    }
    return verdict;
}

static void report_send(struct trial *trial, struct training_report *report,
                        const struct training_watch *watch)
{
    report->step = trial->step;
    report->epoch = (double)trial->step / (double)trial->candidate.steps_per_epoch;
    report->train_loss = trial->loss_sum / (double)trial->loss_count;
    report->seconds = trial->seconds;
    watch->report(watch->context, report);
    trial->loss_sum = 0;
    trial->loss_count = 0;
}

enum training_end training_run(struct trial *trial, uint64_t to, const struct training_watch *watch)
{
    const struct candidate *candidate = &trial->candidate;
    const struct training_report unknown = {.val_loss = NAN,
                                            .val_accuracy = NAN,
                                            .lr = NAN,
                                            .grad_norm = NAN,
                                            .update_ratio = NAN,
                                            .dead_units = NAN};
    double started = monotonic_s(), asked = started;
    if (trial->step >= to) {
        struct training_report report = unknown;
        enum verdict verdict = validate(trial, &report);
        report_send(trial, &report, watch);
        return verdict_ends(verdict) ? TRAINING_LOST : TRAINING_REACHED;
    }
    while (trial->step < to) {
        uint64_t next = trial->step + 1;
        bool validated = next == to || next % candidate->validate_every == 0;
        bool reported = validated || next % candidate->report_every == 0;
        struct training_report report = unknown;
        enum verdict verdict = watched_step(trial, reported, &report);

        double now = monotonic_s();
        if (reported || verdict_ends(verdict)) {
            trial->seconds += now - started;
            if (validated && !verdict_ends(verdict))
                verdict = validate(trial, &report);
            report_send(trial, &report, watch);
            started = now = monotonic_s();
        }
        if (verdict_ends(verdict))
            return TRAINING_LOST;
        if (next < to && (next == watch->pause || now - asked >= ask_interval_s)) {
            asked = now;
            if (next == watch->pause || watch->interrupted(watch->context)) {
                trial->seconds += now - started;
                return TRAINING_INTERRUPTED;
            }
        }
    }
    return TRAINING_REACHED;
}
