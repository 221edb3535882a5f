/* trial.c - the names of trial states. */
#include "common/trial.h"

const char *trial_state_name(enum trial_state state)
{
    static const char *const names[TRIAL_STATES] = {
        [TRIAL_WAITING] = "waiting",   [TRIAL_RUNNING] = "running", [TRIAL_PAUSED] = "paused",
        [TRIAL_COMPLETE] = "complete", [TRIAL_STOPPED] = "stopped", [TRIAL_DIVERGED] = "diverged",
        [TRIAL_FAILED] = "failed",
    };
    return (unsigned)state < TRIAL_STATES ? names[state] : "";
}
