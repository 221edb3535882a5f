/* trainer_line.c - parses what trainers write. They may be anyone's program: nothing is trusted. */
#include "worker/trainer_line.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* The start of a text that may hold anything, as printable ASCII. */
static void quote(const char *text, size_t length, char *out, size_t bytes)
{
    size_t count = length < bytes - 1 ? length : bytes - 1;
    for (size_t i = 0; i < count; i++)
        out[i] = text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';
    out[count] = '\0';
}

/* A number that may be null or absent (then NaN). */
static bool read_number(const json_t *line, const char *key, double *out, struct error *error)
{
    const json_t *value = json_object_get(line, key);
    *out = NAN;
    if (!value || json_is_null(value))
        return true;
    if (!json_is_number(value))
        return error_set(error, "\"%s\" is not a number", key);
    *out = json_number_value(value);
    return true;
}

static bool read_count(const json_t *line, const char *key, bool required, uint64_t *out,
                       struct error *error)
{
    const json_t *value = json_object_get(line, key);
    *out = 0;
    if (!value && !required)
        return true;
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        return error_set(error, "\"%s\" is not a whole number from 0 up", key);
    *out = (uint64_t)json_integer_value(value);
    return true;
}

static bool read_text(const json_t *line, const char *key, char *out, size_t bytes,
                      struct error *error)
{
    const json_t *value = json_object_get(line, key);
    if (value && !json_is_null(value) && !json_is_string(value))
        return error_set(error, "\"%s\" is not a text", key);
    const char *text = json_is_string(value) ? json_string_value(value) : "";
    size_t length = strlen(text);
    if (length >= bytes) { /* cut at the end of a UTF-8 character */
        length = bytes - 1;
        while (length > 0 && ((unsigned char)text[length] & 0xC0) == 0x80)
            length--;
    }
    memcpy(out, text, length);
    out[length] = '\0';
    return true;
}

static bool read_trial(const json_t *line, struct trainer_line *out, struct error *error)
{
    uint64_t trial = 0;
    if (!read_count(line, "trial", true, &trial, error))
        return false;
    if (trial > UINT32_MAX)
        return error_set(error, "\"trial\" is out of range");
    out->trial = (uint32_t)trial;
    return true;
}

static bool parse_ready(const json_t *line, struct trainer_line *out, struct error *error)
{
    const json_t *version = json_object_get(line, "version");
    out->kind = LINE_READY;
    if (!json_is_integer(version) || json_integer_value(version) != 1)
        return error_set(error, "\"version\" is not 1");
    struct message_ready *ready = &out->body.ready;
    return read_count(line, "train_samples", false, &ready->train_samples, error) &&
           read_count(line, "validation_samples", false, &ready->validation_samples, error) &&
           read_count(line, "test_samples", false, &ready->test_samples, error);
}

static bool parse_refused(const json_t *line, struct trainer_line *out, struct error *error)
{
    char at[128], text[sizeof out->text - sizeof at - 2]; /* both and ": " fit */
    out->kind = LINE_REFUSED;
    if (!read_text(line, "at", at, sizeof at, error) ||
        !read_text(line, "message", text, sizeof text, error))
        return false;
    (void)snprintf(out->text, sizeof out->text, "%s%s%s", at, at[0] ? ": " : "", text);
    return true;
}

static bool parse_report(const json_t *line, struct trainer_line *out, struct error *error)
{
    struct message_report *report = &out->body.report;
    out->kind = LINE_REPORT;
    if (!json_object_get(line, "train_loss"))
        return error_set(error, "a report without \"train_loss\"");
    if (!read_trial(line, out, error) || !read_count(line, "step", true, &report->step, error) ||
        !read_number(line, "epoch", &report->epoch, error) ||
        !read_number(line, "train_loss", &report->train_loss, error) ||
        !read_number(line, "val_loss", &report->val_loss, error) ||
        !read_number(line, "val_accuracy", &report->val_accuracy, error) ||
        !read_number(line, "lr", &report->lr, error) ||
        !read_number(line, "grad_norm", &report->grad_norm, error) ||
        !read_number(line, "update_ratio", &report->update_ratio, error) ||
        !read_number(line, "dead_units", &report->dead_units, error) ||
        !read_number(line, "seconds", &report->seconds, error))
        return false;
    report->validated = isfinite(report->val_loss) || isfinite(report->val_accuracy);
    return true;
}

static bool parse_done(const json_t *line, struct trainer_line *out, struct error *error)
{
    static const char *const names[] = {[DONE_OK] = "ok",
                                        [DONE_STOPPED] = "stopped",
                                        [DONE_DIVERGED] = "diverged",
                                        [DONE_FAILED] = "failed"};
    struct message_done *done = &out->body.done;
    char status[16], verdict[32];
    out->kind = LINE_DONE;
    if (!read_trial(line, out, error) || !read_text(line, "status", status, sizeof status, error) ||
        !read_text(line, "verdict", verdict, sizeof verdict, error) ||
        !read_text(line, "message", out->text, sizeof out->text, error))
        return false;
    done->status = 0;
    for (unsigned i = DONE_OK; i <= DONE_FAILED; i++)
        if (strcmp(status, names[i]) == 0)
            done->status = i;
    if (done->status == 0) {
        char shown[sizeof status];
        quote(status, strlen(status), shown, sizeof shown);
        return error_set(
            error, "\"status\" is \"%s\", allowed are ok, stopped, diverged and failed", shown);
    }
    done->verdict = verdict_from_name(verdict);
    return read_count(line, "step", done->status != DONE_FAILED, &done->step, error);
}

static bool parse_tested(const json_t *line, struct trainer_line *out, struct error *error)
{
    struct message_tested *tested = &out->body.tested;
    char status[16];
    out->kind = LINE_TESTED;
    if (!read_trial(line, out, error) || !read_text(line, "status", status, sizeof status, error) ||
        !read_text(line, "message", out->text, sizeof out->text, error) ||
        !read_number(line, "test_loss", &tested->loss, error) ||
        !read_number(line, "test_accuracy", &tested->accuracy, error))
        return false;
    tested->ok = strcmp(status, "ok") == 0;
    return true;
}

bool trainer_line_parse(const char *line, size_t length, struct trainer_line *out,
                        struct error *error)
{
    static const struct {
        const char *op;
        bool (*parse)(const json_t *line, struct trainer_line *out, struct error *error);
    } parsers[] = {{"ready", parse_ready},
                   {"refused", parse_refused},
                   {"report", parse_report},
                   {"done", parse_done},
                   {"tested", parse_tested}};
    json_error_t reason;
    *out = (struct trainer_line){0};
    json_t *json = json_loadb(line, length, JSON_REJECT_DUPLICATES, &reason);
    bool good = false;
    if (!json) {
        char text[sizeof reason.text]; /* it quotes the line */
        quote(reason.text, strlen(reason.text), text, sizeof text);
        error_set(error, "it is not JSON: %s", text);
    } else if (!json_is_object(json)) {
        error_set(error, "it is not a JSON object");
    } else {
        const char *op = json_string_value(json_object_get(json, "op"));
        error_set(error, "\"op\" is missing or unknown");
        for (size_t i = 0; op && i < sizeof parsers / sizeof parsers[0]; i++)
            if (strcmp(op, parsers[i].op) == 0)
                good = parsers[i].parse(json, out, error);
    }
    json_decref(json);
    if (!good) {
        char start[81];
        quote(line, length, start, sizeof start);
        error_prefix(error, "the line \"%s%s\" is not of the protocol", start,
                     length < sizeof start ? "" : "...");
    }
    return good;
}
