/* moments.c - what the optimizers of Adam's family share. */
#include "worker/trainer/optimizers/moments.h"

bool moments_configure(struct optimizer *optimizer, const struct settings *train,
                       struct refusal *refusal)
{
    double *parameter = optimizer->parameter;
    optimizer->state_count = MOMENTS_STATES;
    optimizer->state_name[MOMENTS_MEAN] = "exp_avg";
    optimizer->state_name[MOMENTS_SQUARE] = "exp_avg_sq";
    optimizer->accumulates = false;
    optimizer->step_length = STEP_LENGTH_RATE;
    return settings_number(train, "beta1", &parameter[MOMENTS_BETA1], refusal) &&
           settings_number(train, "beta2", &parameter[MOMENTS_BETA2], refusal) &&
           settings_number(train, "eps", &parameter[MOMENTS_EPS], refusal) &&
           settings_number(train, "weight_decay", &parameter[MOMENTS_WEIGHT_DECAY], refusal);
}

double moments_begin(struct optimizer *optimizer)
{
    const double *parameter = optimizer->parameter;
    real *scalar = optimizer->scalar;
    scalar[SCALAR_BETA1] = (real)parameter[MOMENTS_BETA1];
    scalar[SCALAR_REST1] = (real)(1 - parameter[MOMENTS_BETA1]);
    scalar[SCALAR_BETA2] = (real)parameter[MOMENTS_BETA2];
    scalar[SCALAR_REST2] = (real)(1 - parameter[MOMENTS_BETA2]);
    scalar[SCALAR_EPS] = (real)parameter[MOMENTS_EPS];
    return (double)++optimizer->steps;
}
