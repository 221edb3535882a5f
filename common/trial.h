/* trial.h - the states of a trial: one candidate's training, in as many segments as it takes. */
#ifndef LRSWEEP_COMMON_TRIAL_H
#define LRSWEEP_COMMON_TRIAL_H

/* Stored in the study by name and compared by number: append only. */
enum trial_state {
    TRIAL_WAITING,  /* not started yet */
    TRIAL_RUNNING,  /* an attempt holds it */
    TRIAL_PAUSED,   /* has a checkpoint; waits for its rung, for a trainer or for a resume */
    TRIAL_COMPLETE, /* reached the full budget */
    TRIAL_STOPPED,  /* left behind by the search */
    TRIAL_DIVERGED, /* ended itself: verdict diverged or collapsed */
    TRIAL_FAILED,   /* its attempts were lost more often than `retries` allows */
    TRIAL_STATES    /* how many there are */
};

const char *trial_state_name(enum trial_state state);

#endif
