/* attention.c - a clock that counts only the time in which this process listened. */
#include "common/attention.h"

#include <math.h>

double attention_pass(struct attention *attention, double real_s, double longest_s)
{
    if (attention->begun)
        attention->now_s += fmax(0, fmin(real_s - attention->seen_s, longest_s));
    attention->begun = true;
    attention->seen_s = real_s;
    return attention->now_s;
}

double attention_real(const struct attention *attention, double at_s)
{
    return attention->seen_s + at_s - attention->now_s;
}
