/* testing.c - the test of the recommendation, which alone sees the test set. */
#include "common/study_document.h"
#include "coordinator/dispatch/state.h"
#include "coordinator/study/checkpoints.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* The repeats of `best` that were trained to the end, the one with the best value first. */
static size_t list_repeats(const struct search *search, uint32_t best, uint32_t *list)
{
    size_t count = 0;
    for (uint32_t i = 0; i < search_trial_count(search); i++) {
        const struct search_trial *trial = search_trial(search, i);
        if (!trial->repeat || trial->parent != best || trial->state != TRIAL_COMPLETE)
            continue;
        list[count++] = i;
        if (trial->final < search_trial(search, list[0])->final) {
            list[count - 1] = list[0];
            list[0] = i;
        }
    }
    return count;
}

void testing_begin(struct dispatch *dispatch)
{
    const struct search *search = dispatch->options->search;
    struct testing *testing = &dispatch->testing;
    struct error error;
    uint32_t best;
    dispatch_commit(dispatch);
    if (dispatch->outcome == DISPATCH_FAILED)
        return;
    if (!search_best(search, &best)) {
        dispatch->outcome = DISPATCH_NO_SURVIVOR;
        dispatch_quit(dispatch);
        return;
    }
    if (dispatch->options->untested) {
        dispatch_enter(dispatch, TESTING); /* of nothing: what is left is to tidy up */
        return;
    }
    testing->trials = malloc((search_trial_count(search) + 1) * sizeof *testing->trials);
    if (!testing->trials) {
        error_set(&error, "out of memory");
        dispatch_fail(dispatch, &error);
        return;
    }
    testing->count = list_repeats(search, best, testing->trials);
    if (testing->count == 0)
        testing->trials[testing->count++] = best;
    dispatch_enter(dispatch, TESTING);
}

static bool store_mean(struct dispatch *dispatch, const char *key, double sum, size_t count,
                       struct error *error)
{
    char text[64];
    if (count == 0)
        return true;
    (void)snprintf(text, sizeof text, "%.17g", sum / (double)count);
    dispatch->record.dirty = true;
    return store_set(dispatch->options->store, key, text, error);
}

static void finish(struct dispatch *dispatch)
{
    struct testing *testing = &dispatch->testing;
    struct error error;
    if (!store_mean(dispatch, "test_loss", testing->loss_sum, testing->loss_count, &error) ||
        !store_mean(dispatch, "test_accuracy", testing->accuracy_sum, testing->accuracy_count,
                    &error) ||
        /* In the same commit: whoever dies after it leaves a study that needs no checkpoint. */
        !record_set(&dispatch->record, "status", "finished", &error)) {
        dispatch_fail(dispatch, &error);
        return;
    }
    dispatch->outcome = DISPATCH_FINISHED;
    dispatch_commit(dispatch);
    if (dispatch->outcome != DISPATCH_FINISHED)
        return;
    if (!checkpoints_clean(dispatch->options->dir, NULL, NULL, &error))
        progress_message(dispatch->options->progress, error.text);
    dispatch_quit(dispatch);
}

bool testing_turn(struct dispatch *dispatch)
{
    struct testing *testing = &dispatch->testing;
    struct message message;
    int rank;
    uint32_t slot;
    if (testing->done == testing->count) {
        finish(dispatch);
        return true;
    }
    if (testing->sent || !workers_free_slot(&dispatch->workers, &rank, &slot))
        return false;
    uint32_t number = testing->trials[testing->done];
    const struct search_trial *trial = search_trial(dispatch->options->search, number);
    dispatch_assignment(dispatch, &message, MESSAGE_TEST, number, trial->attempts + 1, slot);
    message.body.assignment.from = trial->step;
    message.value = testing->done == 0;
    dispatch_occupy(dispatch, rank, slot, number, trial->attempts + 1);
    testing->sent = true;
    dispatch_send(dispatch, rank, &message);
    return true;
}

/* On to the next test. */
static void advance(struct testing *testing)
{
    testing->sent = false;
    testing->losses = 0;
    testing->done++;
}

void testing_took(struct dispatch *dispatch, const struct message_tested *tested,
                  const char *reason)
{
    struct testing *testing = &dispatch->testing;
    advance(testing);
    if (!tested->ok)
        progress_message(dispatch->options->progress, reason);
    if (tested->ok && isfinite(tested->loss)) {
        testing->loss_sum += tested->loss;
        testing->loss_count++;
    }
    if (tested->ok && isfinite(tested->accuracy)) {
        testing->accuracy_sum += tested->accuracy;
        testing->accuracy_count++;
    }
}

void testing_lost(struct dispatch *dispatch)
{
    struct testing *testing = &dispatch->testing;
    long long retries = study_integer(dispatch->options->document, "run", "retries");
    testing->sent = false;
    if (++testing->losses <= retries)
        return;
    progress_message(dispatch->options->progress,
                     "the test is given up: its trainers were lost more often than run.retries "
                     "allows");
    advance(testing);
}
