/* hyperband.c - Li et al., "Hyperband: a novel bandit-based approach to hyperparameter
 * optimization", JMLR 2018, algorithm 1, in whole numbers. */
#include "common/hyperband.h"

#define SHARE_MAX (UINT32_MAX / 2)

uint32_t hyperband_brackets(double min_budget, double max_budget, uint32_t eta)
{
    uint32_t count = 1;
    /* The tolerance keeps R = 81 from losing a bracket to a rounding error. */
    for (double budget = min_budget * eta; budget <= max_budget * (1 + 1e-9); budget *= eta)
        count++;
    return count;
}

uint32_t hyperband_share(uint32_t s, uint32_t s_max, uint32_t eta)
{
    uint64_t power = 1;
    for (uint32_t i = 0; i < s && power <= SHARE_MAX; i++)
        power *= eta;
    uint64_t share = ((uint64_t)(s_max + 1) * power + s) / (s + 1);
    return share < SHARE_MAX ? (uint32_t)share : SHARE_MAX;
}

uint32_t hyperband_pass(uint32_t s_max, uint32_t eta)
{
    uint64_t pass = 0;
    for (uint32_t s = 0; s <= s_max; s++)
        pass += hyperband_share(s, s_max, eta);
    return pass < SHARE_MAX ? (uint32_t)pass : SHARE_MAX;
}
