/* session.c - the trainer's side of the protocol. */
#include "worker/trainer/session.h"

#include "lrsweep/protocol.h"
#include "worker/trainer/answers.h"
#include "worker/trainer/checkpoint.h"
#include "worker/trainer/commands.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct session {
    const struct session_options *options;
    struct commands *commands;
    struct model model;
    bool opened;    /* there is a model */
    bool ending;    /* end after this command */
    bool abandoned; /* the worker is gone: end without leaving anything */
    int exit_status;
    const json_t *trial; /* number of the trial in training, as the command held it */
};

/* A command to train or to test, checked. Texts are borrowed from the message. */
struct assignment {
    const json_t *trial, *params;
    uint64_t seed, from, to, pause;
    bool located;              /* `from` is the step to begin at, which a test need not know */
    bool branch;               /* `resume` was left by another candidate */
    const char *resume, *path; /* path: the checkpoint to leave, or the export */
};

static void answered(struct session *session, bool written)
{
    if (written)
        return;
    /* Nobody reads any more. */
    session->ending = true;
    session->exit_status = 1;
}

static void fail(struct session *session, const json_t *trial, uint64_t step, const char *message)
{
    answered(session,
             answer_done(session->options->output, trial, step, "failed", VERDICT_NONE, message));
}

static void hello(struct session *session, const json_t *message)
{
    struct refusal refusal = {0};
    const json_t *version = json_object_get(message, "version");
    if (session->opened)
        model_destroy(&session->model);
    session->opened = false;
    if (json_integer_value(version) != LRSWEEP_PROTOCOL_VERSION)
        refusal_set(&refusal, "", "this trainer speaks version %d of the protocol, not %lld",
                    LRSWEEP_PROTOCOL_VERSION, (long long)json_integer_value(version));
    else
        session->opened =
            model_create(&session->model, json_object_get(message, "study"), &refusal);
    if (session->opened && !candidate_check(&session->model, &refusal)) {
        model_destroy(&session->model);
        session->opened = false;
    }
    if (session->opened) {
        answered(session,
                 answer_ready(session->options->output, &session->model, session->options->blas));
        return;
    }
    answered(session, answer_refused(session->options->output, &refusal));
    session->ending = true;
    session->exit_status = 1;
}

/* A whole number from 0 up; absent: `fallback`, unless that is negative. */
static bool count_read(const json_t *message, const char *key, long long fallback, uint64_t *value,
                       struct error *error)
{
    const json_t *given = json_object_get(message, key);
    long long number = given ? json_integer_value(given) : fallback;
    if ((given && !json_is_integer(given)) || number < 0)
        return error_set(error, "\"%s\" must be a whole number from 0 up", key);
    *value = (uint64_t)number;
    return true;
}

static bool path_read(const json_t *message, const char *key, const char **path,
                      struct error *error)
{
    const json_t *given = json_object_get(message, key);
    *path = json_string_value(given);
    if (given && !json_is_null(given) && (!*path || !**path))
        return error_set(error, "\"%s\" must be a path or null", key);
    return true;
}

static bool assignment_read(struct assignment *assignment, const json_t *message, bool is_test,
                            struct error *error)
{
    memset(assignment, 0, sizeof *assignment);
    assignment->trial = json_object_get(message, "trial");
    assignment->params = json_object_get(message, "params");
    if (!json_is_integer(assignment->trial))
        return error_set(error, "\"trial\" must be a whole number");
    assignment->located = !is_test || json_object_get(message, "from");
    assignment->branch = json_is_true(json_object_get(message, "branch"));
    return count_read(message, "seed", -1, &assignment->seed, error) &&
           count_read(message, "from", 0, &assignment->from, error) &&
           path_read(message, "resume", &assignment->resume, error) &&
           path_read(message, is_test ? "export" : "checkpoint", &assignment->path, error);
}

static bool trial_begin(struct session *session, struct trial *trial,
                        const struct assignment *assignment, struct error *error)
{
    if (!session->opened)
        return error_set(error, "there is no study yet: the first command must be hello");
    return trial_create(trial, &session->model, assignment->params, assignment->seed, error);
}

static bool checkpoint_use(struct trial *trial, const struct assignment *assignment,
                           struct error *error)
{
    if (assignment->resume && !checkpoint_load(trial, assignment->resume, error))
        return false;
    if (!assignment->located || trial->step == assignment->from)
        return true;
    return error_set(error, "%s is at step %llu, but the trial is to be at step %llu",
                     assignment->resume ? assignment->resume : "A trial without a checkpoint",
                     (unsigned long long)trial->step, (unsigned long long)assignment->from);
}

/* Makes the trial and brings it to the step that it is to start from. A checkpoint that cannot be
 * used costs no more than the work in it: a run is a function of its candidate and seed, so that
 * training from the start leads to the same state. The trial is at step 0 then. */
static bool trial_open(struct session *session, struct trial *trial,
                       const struct assignment *assignment, struct error *error)
{
    if (!trial_begin(session, trial, assignment, error))
        return false;
    if (checkpoint_use(trial, assignment, error))
        return true;
    trial_destroy(trial);
    if (!assignment->resume || !assignment->located || assignment->branch)
        return false;
    fprintf(stderr, "%s; the trial is trained again from the start\n", error->text);
    return trial_begin(session, trial, assignment, error);
}

static void report(void *context, const struct training_report *report)
{
    struct session *session = context;
    answered(session, answer_report(session->options->output, session->trial, report));
}

/* Whether a line that arrived during a training ends it. */
static bool stops(void *context, const char *line)
{
    struct session *session = context;
    json_t *message = json_loads(line, JSON_REJECT_DUPLICATES, NULL); /* as obey reads it */
    const char *op = json_string_value(json_object_get(message, "op"));
    const json_t *trial = json_object_get(message, "trial");
    bool wanted = false;
    if (op && strcmp(op, "stop") == 0)
        wanted = !trial || json_equal(trial, session->trial);
    else if (op && strcmp(op, "quit") == 0 && session->options->supervised)
        wanted = session->ending = true;
    json_decref(message);
    return wanted;
}

static bool interrupted(void *context)
{
    struct session *session = context;
    if (session->ending || commands_look(session->commands, stops, session))
        return true;
    if (session->options->supervised && commands_ended(session->commands))
        session->ending = session->abandoned = true;
    return session->abandoned;
}

/* After a training: leaves the checkpoint, then says how it ended. */
static void conclude(struct session *session, struct trial *trial,
                     const struct assignment *assignment, enum training_end end)
{
    struct error error;
    char text[ERROR_TEXT_BYTES];
    if (session->abandoned)
        return;
    if (end != TRAINING_LOST && assignment->path &&
        !checkpoint_save(trial, assignment->path, &error)) {
        fail(session, assignment->trial, trial->step, error.text);
        return;
    }
    static const char *const status[] = {[TRAINING_REACHED] = "ok",
                                         [TRAINING_INTERRUPTED] = "stopped",
                                         [TRAINING_LOST] = "diverged"};
    enum verdict verdict =
        monitor_explain(trial->monitor, trial->candidate.schedule.base_lr, text, sizeof text);
    answered(session, answer_done(session->options->output, assignment->trial, trial->step,
                                  status[end], verdict, text));
}

static enum training_end train_to(struct session *session, struct trial *trial,
                                  const struct assignment *assignment, uint64_t to)
{
    const struct training_watch watch = {.report = report,
                                         .interrupted = interrupted,
                                         .pause = assignment->pause,
                                         .context = session};
    session->trial = assignment->trial;
    enum training_end end = training_run(trial, to, &watch);
    session->trial = NULL;
    return end;
}

static bool end_read(struct assignment *assignment, const json_t *message, struct error *error)
{
    if (!count_read(message, "to", -1, &assignment->to, error) ||
        !count_read(message, "pause", 0, &assignment->pause, error))
        return false;
    if (assignment->to >= assignment->from)
        return true;
    return error_set(error, "the training is to end at step %llu, before it starts at step %llu",
                     (unsigned long long)assignment->to, (unsigned long long)assignment->from);
}

static void train(struct session *session, const json_t *message)
{
    struct assignment assignment;
    struct trial trial;
    struct error error;
    if (!assignment_read(&assignment, message, false, &error) ||
        !end_read(&assignment, message, &error) ||
        !trial_open(session, &trial, &assignment, &error)) {
        fail(session, json_object_get(message, "trial"), 0, error.text);
        return;
    }
    conclude(session, &trial, &assignment, train_to(session, &trial, &assignment, assignment.to));
    trial_destroy(&trial);
}

/* Where its checkpoint was of no use, the trial is at step 0 and not at `from`. */
static bool train_again(struct session *session, struct trial *trial,
                        const struct assignment *assignment, struct error *error)
{
    if (!assignment->located || trial->step == assignment->from ||
        train_to(session, trial, assignment, assignment->from) == TRAINING_REACHED)
        return true;
    return error_set(error, "trained again, the trial ended at step %llu, before step %llu",
                     (unsigned long long)trial->step, (unsigned long long)assignment->from);
}

static void add_number(json_t *texts, const char *key, double value)
{
    char text[32];
    (void)snprintf(text, sizeof text, "%.17g", value);
    if (isfinite(value))
        (void)json_object_set_new(texts, key, json_string(text));
}

/* What the weights are of: whoever finds the file alone can tell. */
static json_t *describe(const struct model *model, const struct assignment *assignment,
                        const struct evaluation *evaluation)
{
    const json_t *name = json_object_get(json_object_get(model->study, "study"), "name");
    char *params = json_dumps(assignment->params, JSON_COMPACT | JSON_REAL_PRECISION(17));
    char trial[32], seed[32];
    (void)snprintf(trial, sizeof trial, "%lld", (long long)json_integer_value(assignment->trial));
    (void)snprintf(seed, sizeof seed, "%llu", (unsigned long long)assignment->seed);
    json_t *texts = json_pack("{s:s*, s:s, s:s, s:s*}", "study_name", json_string_value(name),
                              "trial", trial, "seed", seed, "params", params);
    add_number(texts, "lr", json_number_value(json_object_get(assignment->params, "lr")));
    add_number(texts, "test_loss", evaluation->loss);
    add_number(texts, "test_accuracy", evaluation->accuracy);
    free(params);
    return texts;
}

static bool export_weights(const struct session *session, const struct trial *trial,
                           const struct assignment *assignment, const struct evaluation *evaluation,
                           struct error *error)
{
    if (!assignment->path)
        return true;
    json_t *about = describe(&session->model, assignment, evaluation);
    bool good = checkpoint_export(trial, assignment->path, about, error);
    json_decref(about);
    return good;
}

static void test(struct session *session, const json_t *message)
{
    struct assignment assignment;
    struct trial trial;
    struct error error;
    if (!assignment_read(&assignment, message, true, &error) ||
        !trial_open(session, &trial, &assignment, &error)) {
        answered(session, answer_tested(session->options->output, json_object_get(message, "trial"),
                                        NULL, error.text));
        return;
    }
    const struct model *model = &session->model;
    struct evaluation evaluation = {.loss = NAN, .accuracy = NAN};
    bool good = train_again(session, &trial, &assignment, &error);
    if (good)
        evaluation = evaluate(&model->network, &model->loss, trial.weights, &trial.activations,
                              &model->dataset, SPLIT_TEST);
    good = good && export_weights(session, &trial, &assignment, &evaluation, &error);
    if (!session->abandoned)
        answered(session, answer_tested(session->options->output, assignment.trial,
                                        good ? &evaluation : NULL, good ? NULL : error.text));
    trial_destroy(&trial);
}

static void stop(struct session *session, const json_t *message)
{
    /* For a training that has ended by itself in the meantime. */
    (void)session;
    (void)message;
}

static void quit(struct session *session, const json_t *message)
{
    (void)message;
    session->ending = true;
}

static void obey(struct session *session, const char *line)
{
    static const struct {
        const char *op;
        void (*obey)(struct session *session, const json_t *message);
    } operations[] = {
        {"hello", hello}, {"train", train}, {"test", test}, {"stop", stop}, {"quit", quit}};
    char text[ERROR_TEXT_BYTES];
    json_error_t parse;
    json_t *message = json_loads(line, JSON_REJECT_DUPLICATES, &parse);
    const char *op = json_string_value(json_object_get(message, "op"));
    bool known = false;
    for (size_t i = 0; op && !known && i < sizeof operations / sizeof operations[0]; i++) {
        known = strcmp(op, operations[i].op) == 0;
        if (known)
            operations[i].obey(session, message);
    }
    if (!message)
        (void)snprintf(text, sizeof text, "A line that is not JSON was read: %s, at byte %d.",
                       parse.text, parse.position);
    else if (!op)
        (void)snprintf(text, sizeof text, "A line without \"op\" was read.");
    else
        (void)snprintf(text, sizeof text, "This trainer does not know the operation \"%.80s\".",
                       op);
    if (!known)
        fail(session, json_object_get(message, "trial"), 0, text);
    json_decref(message);
}

int session_run(const struct session_options *options)
{
    struct session session = {.options = options,
                              .commands = commands_create(options->input, LRSWEEP_LINE_MAX_BYTES)};
    if (!session.commands)
        return 1;
    while (!session.ending) {
        char *line = NULL;
        enum command_status status = commands_next(session.commands, &line);
        if (status == COMMAND_END)
            break;
        if (status == COMMAND_TOO_LONG)
            fail(&session, NULL, 0, "A line that is longer than the protocol allows was read.");
        else if (line[strspn(line, " \t\r")] != '\0')
            obey(&session, line);
        free(line);
    }
    if (session.opened)
        model_destroy(&session.model);
    commands_destroy(session.commands);
    return session.exit_status;
}
