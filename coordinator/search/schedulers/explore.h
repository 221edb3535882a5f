/* explore.h - how population-based training changes a copied candidate. */
#ifndef LRSWEEP_COORDINATOR_SEARCH_SCHEDULERS_EXPLORE_H
#define LRSWEEP_COORDINATOR_SEARCH_SCHEDULERS_EXPLORE_H

#include "coordinator/search/state.h"

struct explore {
    double factors[2];           /* of a perturbed number */
    double resample_probability; /* that a parameter is drawn anew instead */
};

/* Changes every parameter of `values` by draws that belong to the trial `number` alone. With
 * resample_probability it is drawn anew from the space; else a number is multiplied by one of the
 * factors (and kept within its range, whole where it is whole), a grid's value becomes its
 * neighbour, and a choice stays. A schedule that is drawn brings new parameters. The batch size
 * stays: a step would be another part of an epoch. */
void explore_change(const struct explore *explore, const struct search *search, uint32_t number,
                    double *values);

#endif
