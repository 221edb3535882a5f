/* stopping.c - the rules that close a search before all its candidates were looked at.
 *
 * Which candidate is under way when a rule fires depends on the order of events where several
 * trainers work: a closed search is reproducible from its recorded events, as an asynchronous one
 * is, and not for every number of trainers. */
#include "coordinator/search/state.h"

#include <math.h>

static double epochs_of(const struct search *search, uint32_t trial, uint64_t steps)
{
    uint64_t per_epoch = search_epoch_steps(search, trial);
    return per_epoch ? (double)steps / (double)per_epoch : 0;
}

void stopping_note(struct search *search, uint32_t number, uint64_t step, bool first_result)
{
    struct search_trial *trial = &search->trials[number];
    if (step > trial->counted) {
        search->epochs += epochs_of(search, number, step - trial->counted);
        trial->counted = step;
    }
    if (isfinite(trial->metric) && !(search->best_metric <= trial->metric)) {
        search->best_metric = trial->metric;
        search->fruitless = 0;
        trial->improved = true;
    } else if (first_result && !trial->improved) {
        search->fruitless++;
    }
}

enum search_close stopping_rule(const struct search *search)
{
    const struct search_settings *settings = &search->settings;
    if (search->best_metric <= settings->target)
        return SEARCH_CLOSE_TARGET;
    if (search->epochs >= settings->total_epochs)
        return SEARCH_CLOSE_EPOCHS;
    if (settings->patience > 0 && search->fruitless >= settings->patience)
        return SEARCH_CLOSE_PATIENCE;
    return SEARCH_OPEN;
}

enum search_close search_closed(const struct search *search)
{
    return search->close;
}
