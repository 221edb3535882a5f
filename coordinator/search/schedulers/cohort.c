/* cohort.c - who starts, who takes turns, who is there. */
#include "coordinator/search/schedulers/cohort.h"

#include <stdlib.h>

#define PARTS_MAX      8   /* of a segment that is trained in turns */
#define PART_MIN_STEPS 100 /* a turn that is shorter costs more to take up than it saves */

void cohort_destroy(struct cohort *cohort)
{
    free(cohort->members);
    heap_destroy(&cohort->resuming);
}

bool cohort_join(struct cohort *cohort, uint32_t trial)
{
    void *members = cohort->members;
    if (!search_reserve(&members, &cohort->room, (size_t)cohort->count + 1,
                        sizeof *cohort->members))
        return false;
    cohort->members = members;
    cohort->members[cohort->count++] = trial;
    return true;
}

static uint32_t common_divisor(uint32_t a, uint32_t b)
{
    while (b > 0) {
        uint32_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* How many turns member number `index` takes; 1: it is trained in one go. */
static uint32_t turns(const struct cohort *cohort, const struct search *search, uint32_t index)
{
    uint32_t trainers = search->trainers, members = cohort->expected;
    if (!cohort->takes_turns || trainers == 0 || members <= trainers || members % trainers == 0)
        return 1;
    uint32_t over = members % trainers;
    if (index + trainers + over < members)
        return 1;
    uint32_t wanted = trainers / common_divisor(trainers, over);
    return wanted < PARTS_MAX ? wanted : PARTS_MAX;
}

/* Sets where the trial's next turn ends. The search drops a pause that is not before the target. */
static void plan_turn(const struct cohort *cohort, struct search *search, uint32_t number,
                      uint32_t index)
{
    struct search_trial *trial = &search->trials[number];
    const struct search_rung *rung = search_bracket_rung(search, trial->bracket, trial->rung);
    uint32_t count = turns(cohort, search, index);
    uint64_t start = rung->level == 0 ? 0 : search_budget_steps(search, number, rung[-1].budget);
    uint64_t target = search_budget_steps(search, number, rung->budget);
    uint64_t turn = (target - start + count - 1) / count;
    trial->pause = count > 1 && turn >= PART_MIN_STEPS ? trial->step + turn : 0;
}

uint32_t cohort_next(struct cohort *cohort, struct search *search)
{
    uint32_t trial, index = cohort->started;
    if (cohort->started < cohort->count)
        trial = cohort->members[cohort->started++];
    else if (cohort->resuming.count > 0)
        trial = heap_pop(&cohort->resuming).number;
    else
        return SEARCH_NO_TRIAL;
    plan_turn(cohort, search, trial, index);
    return trial;
}

bool cohort_waits(const struct cohort *cohort)
{
    return cohort->started < cohort->count || cohort->resuming.count > 0;
}

/* Most left first: with turns that take not quite the same time, first come first served would
 * leave one trial's last turns to the end, with the other trainers idle. */
bool cohort_paused(struct cohort *cohort, const struct search *search, uint32_t number)
{
    const struct search_trial *trial = &search->trials[number];
    struct heap_item item = {(double)(trial->target - trial->step), number};
    cohort->resuming.descending = true;
    return heap_push(&cohort->resuming, item);
}

bool cohort_settled(struct cohort *cohort)
{
    return ++cohort->settled == cohort->expected;
}

void cohort_rank(struct cohort *cohort, const struct search *search)
{
    uint32_t *trials = cohort->members;
    /* Heap sort: no recursion, no context that qsort cannot carry. */
    for (uint32_t start = cohort->count / 2, end = cohort->count; end > 1;) {
        if (start > 0) {
            start--;
        } else {
            end--;
            uint32_t last = trials[end];
            trials[end] = trials[0];
            trials[0] = last;
        }
        for (uint32_t root = start, child; (child = 2 * root + 1) < end; root = child) {
            if (child + 1 < end && search_ranks_before(search, trials[child], trials[child + 1]))
                child++;
            if (!search_ranks_before(search, trials[root], trials[child]))
                break;
            uint32_t swapped = trials[root];
            trials[root] = trials[child];
            trials[child] = swapped;
        }
    }
}

void cohort_restart(struct cohort *cohort, uint32_t count)
{
    cohort->count = cohort->expected = count;
    cohort->started = cohort->settled = 0;
}
