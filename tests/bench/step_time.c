/* step_time.c - where a training step's time goes, as JSON lines: microseconds a step for each part
 * of it, and the speed of its matrix products against the sgemm peak of the same run.
 * usage: step_time [DATA-FOLDER]
 *
 * The linker leads the engine's calls of the functions below through this file (--wrap), and
 * optimizer and loss are replaced by ones that call the real ones; the engine itself is the
 * product's. Time is counted where it passes: of a call within a call only for the inner one, so
 * that the parts add up to the whole. Reading the clock costs some 2 % of the smallest step. */
#include "common/portability.h"
#include "networks.h"
#include "peak.h"
#include "worker/trainer/evaluate.h"
#include "worker/trainer/image.h"

#include <cblas.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum part {
    WATCH,        /* outside of the step: reports, the monitor, dead units */
    GATHER,       /* a batch from the data set, scaled */
    GEMM_FORWARD, /* matrix products: outputs, weights' gradients, inputs' gradients */
    GEMM_WEIGHTS,
    GEMM_INPUTS,
    UNROLL,      /* windows of images to columns and back */
    ELEMENTWISE, /* bias, activation, pooling, loss, and their gradients */
    UPDATE,      /* the optimizer */
    REST,        /* of the step: the schedule, norms at reported steps */
    PART_COUNT
};

static const char *const part_names[PART_COUNT] = {"watch",        "gather",      "gemm_forward",
                                                   "gemm_weights", "gemm_inputs", "unroll",
                                                   "elementwise",  "update",      "rest"};

static struct {
    enum part current;
    double since, seconds[PART_COUNT];
    double flops[PART_COUNT];
    bool validating; /* nothing is charged: no part of a step */
} account;

/* Charges the time since the last call to the part that ran, and goes on with another. */
static enum part charge(enum part next)
{
    if (account.validating)
        return account.current;
    double now = bench_now_s();
    enum part before = account.current;
    account.seconds[before] += now - account.since;
    account.since = now;
    account.current = next;
    return before;
}

/* The linker's names for the real functions, and for those that stand in for them. */
void __real_cblas_sgemm(enum CBLAS_ORDER order, enum CBLAS_TRANSPOSE transposed_a,
                        enum CBLAS_TRANSPOSE transposed_b, blasint rows, blasint columns,
                        blasint inner, float alpha, const float *a, blasint stride_a,
                        const float *b, blasint stride_b, float beta, float *c, blasint stride_c);
void __wrap_cblas_sgemm(enum CBLAS_ORDER order, enum CBLAS_TRANSPOSE transposed_a,
                        enum CBLAS_TRANSPOSE transposed_b, blasint rows, blasint columns,
                        blasint inner, float alpha, const float *a, blasint stride_a,
                        const float *b, blasint stride_b, float beta, float *c, blasint stride_c);
void __wrap_cblas_sgemm(enum CBLAS_ORDER order, enum CBLAS_TRANSPOSE transposed_a,
                        enum CBLAS_TRANSPOSE transposed_b, blasint rows, blasint columns,
                        blasint inner, float alpha, const float *a, blasint stride_a,
                        const float *b, blasint stride_b, float beta, float *c, blasint stride_c)
{
    /* Layers transpose the first factor for their weights' gradient, the second for their input's.
     */
    enum part part = transposed_a == CblasTrans   ? GEMM_WEIGHTS
                     : transposed_b == CblasTrans ? GEMM_INPUTS
                                                  : GEMM_FORWARD;
    enum part before = charge(part);
    __real_cblas_sgemm(order, transposed_a, transposed_b, rows, columns, inner, alpha, a, stride_a,
                       b, stride_b, beta, c, stride_c);
    account.flops[part] += account.validating ? 0 : 2.0 * rows * columns * inner;
    (void)charge(before);
}

#define TIMED(charged, name, parameters, arguments)                                                \
    void __real_##name parameters;                                                                 \
    void __wrap_##name parameters;                                                                 \
    void __wrap_##name parameters                                                                  \
    {                                                                                              \
        enum part before = charge(charged);                                                        \
        __real_##name arguments;                                                                   \
        (void)charge(before);                                                                      \
    }

TIMED(GATHER, batches_gather, (struct batches * batches, uint64_t step, real *input),
      (batches, step, input))
TIMED(UNROLL, image_to_columns, (const struct window *window, const real *image, real *columns),
      (window, image, columns))
TIMED(UNROLL, columns_to_image, (const struct window *window, const real *columns, real *image),
      (window, columns, image))
TIMED(ELEMENTWISE, network_backward,
      (const struct network *network, const struct pass *pass,
       const struct activations *activations, const struct gradient_sink *sink),
      (network, pass, activations, sink))

real *__real_network_forward(const struct network *network, const struct pass *pass,
                             const struct activations *activations);
real *__wrap_network_forward(const struct network *network, const struct pass *pass,
                             const struct activations *activations);
real *__wrap_network_forward(const struct network *network, const struct pass *pass,
                             const struct activations *activations)
{
    enum part before = charge(ELEMENTWISE);
    real *output = __real_network_forward(network, pass, activations);
    (void)charge(before);
    return output;
}

struct evaluation __real_evaluate(const struct network *network, const struct loss *loss,
                                  const real *parameters, const struct activations *activations,
                                  const struct dataset *dataset, enum split split);
struct evaluation __wrap_evaluate(const struct network *network, const struct loss *loss,
                                  const real *parameters, const struct activations *activations,
                                  const struct dataset *dataset, enum split split);
struct evaluation __wrap_evaluate(const struct network *network, const struct loss *loss,
                                  const real *parameters, const struct activations *activations,
                                  const struct dataset *dataset, enum split split)
{
    (void)charge(account.current);
    account.validating = true;
    struct evaluation evaluation =
        __real_evaluate(network, loss, parameters, activations, dataset, split);
    account.validating = false;
    account.since = bench_now_s();
    return evaluation;
}

double __real_trial_step(struct trial *trial, double *lr, struct measures *measures);
double __wrap_trial_step(struct trial *trial, double *lr, struct measures *measures);
double __wrap_trial_step(struct trial *trial, double *lr, struct measures *measures)
{
    enum part before = charge(REST);
    double loss = __real_trial_step(trial, lr, measures);
    (void)charge(before);
    return loss;
}

static const struct optimizer_class *real_optimizer;
static const struct loss_class *real_loss;

static void timed_update(const struct optimizer *optimizer, const struct optimizer_part *part,
                         real *weights, const real *gradient)
{
    enum part before = charge(UPDATE);
    real_optimizer->update(optimizer, part, weights, gradient);
    (void)charge(before);
}

static double timed_gradient(const struct loss *loss, const real *output, const struct truth *truth,
                             size_t count, size_t outputs, real *gradient)
{
    enum part before = charge(ELEMENTWISE);
    double mean = real_loss->gradient(loss, output, truth, count, outputs, gradient);
    (void)charge(before);
    return mean;
}

static bool measure(struct bench_case *bench)
{
    real_optimizer = bench->trial.candidate.optimizer.class;
    real_loss = bench->model.loss.class;
    struct optimizer_class optimizer = *real_optimizer;
    struct loss_class loss = *real_loss;
    optimizer.update = timed_update;
    loss.gradient = timed_gradient;
    double peak = bench_peak_flops(0.3);
    bench->trial.candidate.optimizer.class = &optimizer;
    bench->model.loss.class = &loss;
    (void)bench_samples_per_s(&bench->trial, 0.2); /* caches, pages, frequency */

    uint64_t first = bench->trial.step;
    memset(&account, 0, sizeof account);
    account.since = bench_now_s();
    (void)bench_samples_per_s(&bench->trial, 2);
    (void)charge(WATCH);
    double steps = (double)(bench->trial.step - first), whole = 0;
    for (size_t i = 0; i < PART_COUNT; i++)
        whole += account.seconds[i];
    printf("{\"bench\":\"step_time\",\"network\":\"%s\",\"batch_size\":%d,\"optimizer\":\"%s\","
           "\"blas\":\"%s\",\"peak_gflops\":%.1f,\"step_us\":%.1f",
           bench->network->name, bench->network->batch_size, bench->optimizer->name,
           openblas_get_corename(), peak / 1e9, 1e6 * whole / steps);
    for (size_t i = 0; i < PART_COUNT; i++)
        printf(",\"%s_us\":%.2f", part_names[i], 1e6 * account.seconds[i] / steps);
    for (size_t i = GEMM_FORWARD; i <= GEMM_INPUTS; i++)
        printf(",\"%s_of_peak\":%.3f", part_names[i],
               account.seconds[i] > 0 ? account.flops[i] / account.seconds[i] / peak : 0);
    printf("}\n");
    (void)fflush(stdout);
    bench->trial.candidate.optimizer.class = real_optimizer;
    bench->model.loss.class = real_loss;
    return true;
}

int main(int argument_count, char **arguments)
{
    const char *folder = argument_count > 1 ? arguments[1] : "/usr/share/datasets/fashion-mnist";
    openblas_set_num_threads(1);
    FLUSH_DENORMALS();
    return bench_each(folder, measure) ? EXIT_SUCCESS : EXIT_FAILURE;
}
