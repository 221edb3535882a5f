/* deadline.c - what may still be begun before the time is over, and when to save. */
#include "coordinator/dispatch/deadline.h"

#include <math.h>

#define LEAVE_S 10.0 /* to end the trainers, close the study, tell the result and end MPI */
#define EXIT_S  5.0  /* of these, when checkpoints are late */
#define FADING  0.9  /* of the longest that was measured, with every shorter one */

/* A disk that stalled once is forgotten after a while. */
static void learn(double *longest_s, double seconds)
{
    *longest_s = fmax(FADING * *longest_s, seconds);
}

void deadline_begin(struct deadline *deadline, double begun_s, double end_s)
{
    *deadline = (struct deadline){.begun_s = begun_s, .end_s = end_s > 0 ? end_s : INFINITY};
}

void deadline_learn_steps(struct deadline *deadline, double steps, double trained_s)
{
    if (steps > 0 && trained_s >= 0)
        learn(&deadline->step_s, trained_s / steps);
}

void deadline_learn_begin(struct deadline *deadline, double besides_s)
{
    learn(&deadline->begin_s, besides_s);
}

void deadline_learn_validation(struct deadline *deadline, double besides_s)
{
    learn(&deadline->validate_s, besides_s);
}

void deadline_learn_save(struct deadline *deadline, double passed_s)
{
    learn(&deadline->save_s, passed_s);
}

double deadline_saving_s(const struct deadline *deadline, size_t trainers)
{
    return deadline->step_s + deadline->validate_s + (double)trainers * deadline->save_s;
}

double deadline_stop_s(const struct deadline *deadline, size_t trainers)
{
    double whole_s = deadline->end_s - deadline->begun_s;
    double needed_s = LEAVE_S + deadline_saving_s(deadline, trainers);
    return isinf(whole_s) ? whole_s : deadline->end_s - fmin(needed_s, whole_s / 2);
}

double deadline_patience_s(const struct deadline *deadline)
{
    double whole_s = deadline->end_s - deadline->begun_s;
    return isinf(whole_s) ? whole_s : deadline->end_s - fmin(EXIT_S, whole_s / 4);
}

bool deadline_allows(const struct deadline *deadline, size_t trainers, double now_s, double steps)
{
    return now_s + deadline->begin_s + steps * deadline->step_s <
           deadline_stop_s(deadline, trainers);
}
