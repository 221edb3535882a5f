/* quadratic.c - a trainer of one's own for lrsweep, in C: what quadratic.py beside it does, but
 * that it leaves no checkpoints, which is the simplest way.
 *
 *   cc -std=c11 -o quadratic quadratic.c $(pkg-config --cflags --libs jansson) -lm
 *
 * and in the study: trainer = { command = [ "./quadratic" ]; };
 * <lrsweep/protocol.h> documents the protocol; it is installed with lrsweep (-I PREFIX/include). */
#define _POSIX_C_SOURCE 200809L
#include <lrsweep/protocol.h>

#include <jansson.h>
#include <math.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static double number(const json_t *object, const char *key, double fallback)
{
    const json_t *value = json_object_get(object, key);
    return json_is_number(value) ? json_number_value(value) : fallback;
}

/* One object a line; releases it. Reals keep all of their digits. */
static void say(json_t *line)
{
    json_dumpf(line, stdout, JSON_COMPACT | JSON_REAL_PRECISION(17));
    putchar('\n');
    (void)fflush(stdout);
    json_decref(line);
}

/* Whether a line has come while the trial trains: only stop, quit or the end can be there. */
static bool stopped(void)
{
    struct pollfd news = {.fd = STDIN_FILENO, .events = POLLIN};
    return poll(&news, 1, 0) > 0;
}

static void train(const json_t *study, const json_t *command)
{
    const json_t *params = json_object_get(command, "params");
    const json_t *settings = json_object_get(study, "train");
    const double curvature = number(json_object_get(study, "data"), "curvature", 1);
    const double lr = number(params, "lr", 0.1), momentum = number(params, "momentum", 0);
    const json_int_t trial = (json_int_t)number(command, "trial", 0);
    const json_int_t to = (json_int_t)number(command, "to", 0);
    const json_int_t every = (json_int_t)number(settings, "report_every", 10);
    double x = 1, velocity = 0;
    json_int_t step = 0;
    const char *status = "ok";
    while (step < to && strcmp(status, "ok") == 0) {
        velocity = momentum * velocity + curvature * x;
        x -= lr * velocity;
        step++;
        double loss = curvature / 2 * x * x;
        if (!(loss < 1e6))
            status = "diverged";
        else if (step % every == 0 || step == to)
            say(json_pack("{s:s, s:I, s:I, s:f, s:f, s:f}", "op", "report", "trial", trial, "step",
                          step, "train_loss", loss, "val_loss", loss, "lr", lr));
        if (strcmp(status, "ok") == 0 && step < to && stopped())
            status = "stopped";
    }
    say(json_pack("{s:s, s:I, s:I, s:s}", "op", "done", "trial", trial, "step", step, "status",
                  status));
}

int main(void)
{
    static char text[LRSWEEP_LINE_MAX_BYTES + 1];
    json_t *study = NULL;
    /* Unbuffered, or poll would not see what the library has read ahead. */
    setvbuf(stdin, NULL, _IONBF, 0);
    while (fgets(text, sizeof text, stdin)) {
        json_t *command = json_loads(text, 0, NULL);
        const char *op = json_string_value(json_object_get(command, "op"));
        if (op && strcmp(op, "hello") == 0) {
            study = json_incref(json_object_get(command, "study"));
            say(json_pack("{s:s, s:i, s:s, s:b, s:b}", "op", "ready", "version",
                          LRSWEEP_PROTOCOL_VERSION, "trainer", "quadratic.c", "checkpoints", 0,
                          "tests", 0));
        } else if (op && strcmp(op, "train") == 0) {
            train(study, command);
        }
        bool quits = !op || strcmp(op, "quit") == 0;
        json_decref(command);
        if (quits)
            break;
    }
    json_decref(study);
    return 0;
}
