/* hyperband.h - the sizes of Hyperband's brackets: the search makes them, and a study file that
 * names no number of candidates gets as many as one pass over the brackets takes. */
#ifndef LRSWEEP_COMMON_HYPERBAND_H
#define LRSWEEP_COMMON_HYPERBAND_H

#include <stdint.h>

/* s_max + 1 = floor(log_eta(max_budget / min_budget)) + 1. Budgets above 0, eta from 2 up. */
uint32_t hyperband_brackets(double min_budget, double max_budget, uint32_t eta);

/* Candidates of bracket `s`: ceil((s_max + 1) / (s + 1) eta^s); at most UINT32_MAX / 2. */
uint32_t hyperband_share(uint32_t s, uint32_t s_max, uint32_t eta);

/* Candidates of one pass over all brackets; at most UINT32_MAX / 2. */
uint32_t hyperband_pass(uint32_t s_max, uint32_t eta);

#endif
