/* main.c - lrsweep-trainer: trains one candidate at a time, as told on its standard input. */
#include "common/portability.h"
#include "common/version.h"
#include "worker/trainer/session.h"

#include <cblas.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static const char parent_variable[] = "LRSWEEP_TRAINER_PARENT";

static const char help[] =
    "Usage: lrsweep-trainer\n"
    "\n"
    "Trains neural networks for lrsweep. Reads one JSON object a line from standard input and\n"
    "answers in the same way on standard output; the protocol is documented in\n"
    "<lrsweep/protocol.h>. `lrsweep run` starts it; it can also be run by hand:\n"
    "\n"
    "  { printf '{\"op\":\"hello\",\"version\":1,\"study\":%s}\\n' \\\n"
    "      \"$(lrsweep check study.cfg --json | jq -c .)\"\n"
    "    printf "
    "'{\"op\":\"train\",\"trial\":1,\"params\":{\"lr\":0.05},\"seed\":1,\"to\":1000}\\n'\n"
    "  } | lrsweep-trainer\n"
    "\n"
    "  --help      print this\n"
    "  --version   print the version, and OpenBLAS's with its kernel\n"
    "\n"
    "Exit status: 0 after quit or the end of the input, 1 when the study was refused or the "
    "answers\n"
    "could not be written, 2 for a wrong command line.\n"
    "\n"
    "Environment: LRSWEEP_TRAINER_PARENT=PID is set by the worker with process PID: the trainer "
    "then\n"
    "ends with it and leaves SIGINT, SIGTERM and SIGUSR1 to it. OPENBLAS_CORETYPE names the\n"
    "kernels that OpenBLAS is to use instead of those that it finds best.\n";

/* With what calculates: OpenBLAS's configuration begins with its name and version. */
static void version_print(void)
{
    const char *blas = openblas_get_config();
    const char *version_end = strchr(blas, ' ') ? strchr(strchr(blas, ' ') + 1, ' ') : NULL;
    int length = version_end ? (int)(version_end - blas) : (int)strlen(blas);
    (void)printf("lrsweep-trainer " LRSWEEP_VERSION "\n%.*s, kernel %s, %d thread%s\n", length,
                 blas, openblas_get_corename(), openblas_get_num_threads(),
                 openblas_get_num_threads() == 1 ? "" : "s");
}

/* Ties this process to its worker. False: the worker is gone already. */
static bool parent_follow(const char *pid)
{
    /* In this order: a parent that dies before the call is noticed by its number, one that dies
     * after it by the signal. */
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    return (long)getppid() == strtol(pid, NULL, 10);
}

/* Nothing but answers may get to standard output: what a library prints there goes to standard
 * error. Returns the descriptor for the answers, -1 on failure. */
static int output_take(void)
{
    int answers = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    if (answers >= 0 && dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
        return -1;
    return answers;
}

/* Lets OpenBLAS take the buffer of its matrix products, if there is room for it. It would ask for
 * it at the first product, and, where there is a limit of the address space, again and again
 * without end (its issue 5289, mended in 0.3.30). */
static bool blas_buffer_take(void)
{
    enum {
        BUFFER_BYTES = (128 << 20) + (1 << 16), /* BUFFER_SIZE of its common_x86_64.h, and a page */
        SIDE = 128 /* beyond the sizes that it multiplies without a buffer */
    };
    static float zeros[SIDE * SIDE], product[SIDE * SIDE];
    void *room = malloc(BUFFER_BYTES);
    if (!room)
        return false;
    free(room);
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, SIDE, SIDE, SIDE, 1, zeros, SIDE, zeros,
                SIDE, 0, product, SIDE);
    return true;
}

int main(int argument_count, char **arguments)
{
    const char *parent = getenv(parent_variable);
    if (argument_count > 1) {
        bool asked_help = strcmp(arguments[1], "--help") == 0;
        bool asked_version = strcmp(arguments[1], "--version") == 0;
        if (asked_help)
            (void)fputs(help, stdout);
        else if (asked_version)
            version_print();
        else
            (void)fprintf(stderr,
                          "lrsweep-trainer: unknown argument \"%s\"; it takes --help and "
                          "--version\n",
                          arguments[1]);
        return asked_help || asked_version ? 0 : 2;
    }
    if (parent && !parent_follow(parent))
        return 0;
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN); /* a file that may not grow (ulimit -f) is an error of write */
    if (parent) {
        /* A terminal's Ctrl-C reaches all, and so does what SLURM sends to a job; the worker tells
         * its trainers what to do then. */
        (void)signal(SIGINT, SIG_IGN);
        (void)signal(SIGTERM, SIG_IGN);
        (void)signal(SIGUSR1, SIG_IGN);
    }
    openblas_set_num_threads(1);
    if (!blas_buffer_take()) {
        (void)fputs(
            "lrsweep-trainer: no room for the 128 MiB that OpenBLAS asks for; the limit of the "
            "address space (ulimit -v) is too low\n",
            stderr);
        return 1;
    }
    FLUSH_DENORMALS();
    int answers = output_take();
    if (answers < 0) {
        (void)fprintf(stderr, "lrsweep-trainer: standard output: %s\n", strerror(errno));
        return 1;
    }
    char blas[64];
    (void)snprintf(blas, sizeof blas, "OpenBLAS %s", openblas_get_corename());
    const struct session_options options = {
        .input = STDIN_FILENO, .output = answers, .supervised = parent != NULL, .blas = blas};
    return session_run(&options);
}
