/* tpe.c - the tree-structured Parzen estimator (Bergstra et al. 2011, section 4; parzen.h).
 *
 * The candidates whose results are known are parted into the best ones and the others, each part is
 * described by a density, n_ei_candidates are drawn from that of the best, and the one at which it
 * is largest compared with the others' is taken: that with the largest expected improvement. The
 * best are the first ceil(gamma n), 25 at most (Optuna's rule), and each weighs as much as it
 * improves on the best of the others, 1 on average: so the density of the best is that which
 * expected improvement asks for (S. Watanabe, "Tree-structured Parzen estimator: understanding its
 * algorithm components and their roles for better empirical performance", 2023, sections 3.2 and
 * 5). Until n_startup_trials results are known, candidates are the points of Sobol's sequence.
 *
 * With a scheduler that gives budgets this is BOHB's model (Falkner, Klein and Hutter, "BOHB:
 * robust and efficient hyperparameter optimization at scale", ICML 2018, section 3.2): results of
 * one budget are compared among themselves, and the model is that of the largest budget with at
 * least d + 3 finite results (d parameters; BOHB's N_min + 2), or else of the smallest budget. A
 * run that diverged is among the others at its budget and all above it. A candidate that has no
 * result yet is among the others too, so that those made while it runs go elsewhere
 * (constant_liar). A failed run does not count.
 *
 * The cost of a candidate is bounded however many there are: of the others an evenly drawn sample
 * is kept (Vitter's algorithm R, 1985), each standing for its share of them; of those that run the
 * newest. Nothing here depends on anything but the order of the calls. */
#include "common/random.h"
#include "common/study_document.h"
#include "coordinator/search/samplers/parzen.h"
#include "coordinator/search/samplers/sampler.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    GOOD_MAX = 25,
    BEST_MAX = GOOD_MAX + 1, /* and the best of the others */
    OTHERS_MAX = 128,
    DIVERGED_MAX = 64,
    RUNNING_MAX = 64,
    KERNELS_MAX = BEST_MAX + OTHERS_MAX + DIVERGED_MAX + RUNNING_MAX
};

/* An evenly drawn sample of the trials that were put in. */
struct sample {
    uint32_t *trials;
    uint32_t count, room;
    uint32_t total; /* put in */
};

struct observation {
    double value;
    uint32_t trial;
};

/* The results of one budget. */
struct level {
    struct level *below; /* the next smaller budget */
    double budget;
    uint32_t results;                  /* finite ones */
    struct observation best[BEST_MAX]; /* of them, best first */
    uint32_t best_count;
    uint32_t other_trials[OTHERS_MAX];
    struct sample others; /* the rest */
    uint32_t diverged_trials[DIVERGED_MAX];
    struct sample diverged;
};

/* A trial in the list of those without a result, newest first. */
struct link {
    uint32_t newer, older; /* SEARCH_NO_TRIAL: none */
    bool waits;
    bool counted; /* it had a result */
};

struct tpe {
    uint32_t startup, draws;
    double gamma, prior_weight;
    bool joint, liar;
    struct level *highest; /* the largest budget with a result; NULL: none */
    uint32_t known;        /* candidates with a result of any kind */
    uint64_t samplings;
    uint32_t first_running, running_count; /* newest */
    struct link *links;                    /* [trials] */
    size_t link_room;
    double *points; /* [trials][space.count]: parzen_point's */
    size_t point_room;
    struct parzen good, other;
};

static void destroy(void *state)
{
    struct tpe *tpe = state;
    if (!tpe)
        return;
    for (struct level *level = tpe->highest, *below; level; level = below) {
        below = level->below;
        free(level);
    }
    free(tpe->links);
    free(tpe->points);
    parzen_destroy(&tpe->good);
    parzen_destroy(&tpe->other);
    free(tpe);
}

static void *create(const struct search *search, const json_t *document, struct error *error)
{
    struct tpe *tpe = calloc(1, sizeof *tpe);
    if (!tpe) {
        error_set(error, "out of memory");
        return NULL;
    }
    tpe->startup = (uint32_t)study_integer(document, "search", "n_startup_trials");
    tpe->draws = (uint32_t)study_integer(document, "search", "n_ei_candidates");
    tpe->gamma = study_number(document, "search", "gamma");
    tpe->prior_weight = study_number(document, "search", "prior_weight");
    tpe->joint = study_bool(document, "search", "multivariate");
    tpe->liar = study_bool(document, "search", "constant_liar");
    tpe->first_running = SEARCH_NO_TRIAL;
    if (parzen_create(&tpe->good, &search->space, GOOD_MAX, tpe->prior_weight) &&
        parzen_create(&tpe->other, &search->space, KERNELS_MAX, tpe->prior_weight))
        return tpe;
    error_set(error, "out of memory");
    destroy(tpe);
    return NULL;
}

/* --- what is known --- */

/* Grows the links and points to `count` trials. */
static bool reserve_trials(struct tpe *tpe, size_t count)
{
    void *links = tpe->links, *points = tpe->points;
    size_t parameters = tpe->good.space->count;
    if (!search_reserve(&points, &tpe->point_room, count * parameters, sizeof *tpe->points))
        return false;
    tpe->points = points;
    size_t before = tpe->link_room;
    bool good = search_reserve(&links, &tpe->link_room, count, sizeof *tpe->links);
    tpe->links = links;
    if (good && tpe->link_room > before)
        memset(tpe->links + before, 0, (tpe->link_room - before) * sizeof *tpe->links);
    return good;
}

static void begin_running(struct tpe *tpe, uint32_t trial)
{
    tpe->links[trial] =
        (struct link){.newer = SEARCH_NO_TRIAL, .older = tpe->first_running, .waits = true};
    if (tpe->first_running != SEARCH_NO_TRIAL)
        tpe->links[tpe->first_running].newer = trial;
    tpe->first_running = trial;
    tpe->running_count++;
}

static void end_running(struct tpe *tpe, uint32_t trial)
{
    struct link *link = &tpe->links[trial];
    if (!link->waits)
        return;
    link->waits = false;
    if (link->newer == SEARCH_NO_TRIAL)
        tpe->first_running = link->older;
    else
        tpe->links[link->newer].older = link->older;
    if (link->older != SEARCH_NO_TRIAL)
        tpe->links[link->older].newer = link->newer;
    tpe->running_count--;
}

static void put(struct tpe *tpe, const struct search *search, struct sample *sample, uint32_t trial)
{
    uint32_t place = sample->total++;
    if (place >= sample->room) {
        struct random_stream stream;
        random_open(&stream, search->settings.seed, RANDOM_MODEL, tpe->samplings++);
        place = random_below(&stream, sample->total);
        if (place >= sample->room)
            return;
    } else {
        sample->count++;
    }
    sample->trials[place] = trial;
}

/* The level of a budget, made if there is none yet; NULL: out of memory. */
static struct level *level_of(struct tpe *tpe, double budget)
{
    struct level **place = &tpe->highest;
    while (*place && (*place)->budget > budget)
        place = &(*place)->below;
    if (*place && (*place)->budget == budget)
        return *place;
    struct level *level = calloc(1, sizeof *level);
    if (!level)
        return NULL;
    level->budget = budget;
    level->others = (struct sample){.trials = level->other_trials, .room = OTHERS_MAX};
    level->diverged = (struct sample){.trials = level->diverged_trials, .room = DIVERGED_MAX};
    level->below = *place;
    *place = level;
    return level;
}

/* Ties go to the lower number. */
static bool is_better(struct observation a, struct observation b)
{
    return a.value < b.value || (a.value == b.value && a.trial < b.trial);
}

static void add_result(struct tpe *tpe, const struct search *search, struct level *level,
                       struct observation result)
{
    level->results++;
    if (level->best_count == BEST_MAX) {
        struct observation worst = level->best[BEST_MAX - 1];
        bool among_best = is_better(result, worst);
        put(tpe, search, &level->others, among_best ? worst.trial : result.trial);
        if (!among_best)
            return;
        level->best_count--;
    }
    uint32_t place = level->best_count++;
    for (; place > 0 && is_better(result, level->best[place - 1]); place--)
        level->best[place] = level->best[place - 1];
    level->best[place] = result;
}

static bool observed(void *state, const struct search *search, uint32_t number)
{
    struct tpe *tpe = state;
    const struct search_trial *trial = &search->trials[number];
    if (!reserve_trials(tpe, search->trial_count))
        return false;
    if (!tpe->links[number].counted) /* a copy's values are its own */
        parzen_point(&tpe->good, trial->values, tpe->points + number * search->space.count);
    end_running(tpe, number);
    struct level *level = level_of(tpe, search_trial_rung(search, number)->budget);
    if (!level)
        return false;
    if (trial->state == TRIAL_DIVERGED)
        put(tpe, search, &level->diverged, number);
    else if (trial->state != TRIAL_FAILED && isfinite(trial->final))
        add_result(tpe, search, level, (struct observation){trial->final, number});
    else
        return true;
    tpe->known += !tpe->links[number].counted;
    tpe->links[number].counted = true;
    return true;
}

/* --- the model --- */

/* NULL: there is nothing to make a model of. */
static const struct level *model_level(const struct tpe *tpe, const struct search *search)
{
    const struct level *lowest = NULL;
    for (const struct level *level = tpe->highest; level; level = level->below) {
        if (level->results >= search->space.count + 3)
            return level;
        if (level->results > 0)
            lowest = level;
    }
    return lowest;
}

static void add_trial(const struct tpe *tpe, struct parzen *parzen, uint32_t trial, double weight)
{
    parzen_add(parzen, tpe->points + trial * parzen->space->count, weight);
}

/* Among the others; each that was kept stands for its share of all. */
static void add_sample(struct tpe *tpe, const struct sample *sample)
{
    for (uint32_t i = 0; i < sample->count; i++)
        add_trial(tpe, &tpe->other, sample->trials[i], (double)sample->total / sample->count);
}

/* Those that diverged at a smaller budget too, as far as there is room. */
static void add_diverged(struct tpe *tpe, const struct level *level)
{
    for (size_t room = DIVERGED_MAX; level && room > 0; level = level->below) {
        struct sample diverged = level->diverged;
        if (diverged.count > room)
            diverged.count = (uint32_t)room;
        add_sample(tpe, &diverged);
        room -= diverged.count;
    }
}

static void add_running(struct tpe *tpe)
{
    uint32_t kept = tpe->running_count < RUNNING_MAX ? tpe->running_count : RUNNING_MAX;
    uint32_t trial = tpe->first_running;
    for (uint32_t i = 0; i < kept; i++, trial = tpe->links[trial].older)
        add_trial(tpe, &tpe->other, trial, (double)tpe->running_count / kept);
}

/* Adds the `good` best of a level, each by its improvement on the first of the others; where that
 * says nothing (there are no others, all are alike, or it is not finite) all alike. */
static void add_good(struct tpe *tpe, const struct level *level, uint32_t good)
{
    const struct observation *best = level->best;
    double bound = good < level->best_count ? best[good].value : best[0].value;
    double largest = bound - best[0].value, sum = 0;
    bool tells = largest > 0 && isfinite(largest);
    for (uint32_t i = 0; i < good; i++)
        sum += (bound - best[i].value) / largest;
    for (uint32_t i = 0; i < good; i++)
        add_trial(tpe, &tpe->good, best[i].trial,
                  tells ? (bound - best[i].value) / largest * good / sum : 1);
}

static void fit(struct tpe *tpe, const struct level *level)
{
    double known = level->results;
    for (const struct level *at = level; at; at = at->below)
        known += at->diverged.total;
    uint32_t most = level->best_count < GOOD_MAX ? level->best_count : GOOD_MAX;
    uint32_t good = (uint32_t)fmin(ceil(tpe->gamma * known), most);
    parzen_clear(&tpe->good);
    parzen_clear(&tpe->other);
    add_good(tpe, level, good);
    for (uint32_t i = good; i < level->best_count; i++)
        add_trial(tpe, &tpe->other, level->best[i].trial, 1);
    add_sample(tpe, &level->others);
    add_diverged(tpe, level);
    if (tpe->liar)
        add_running(tpe);
    parzen_fit(&tpe->good, tpe->joint);
    parzen_fit(&tpe->other, tpe->joint);
}

static void choose(const struct tpe *tpe, struct random_stream *stream, size_t count, double *best)
{
    double best_gain = -INFINITY, point[SPACE_MAX];
    for (uint32_t draw = 0; draw < tpe->draws; draw++) {
        parzen_draw(&tpe->good, stream, point);
        double gain =
            parzen_log_density(&tpe->good, point) - parzen_log_density(&tpe->other, point);
        if (gain > best_gain) {
            best_gain = gain;
            memcpy(best, point, count * sizeof *best);
        }
    }
}

/* A choice is made before the parameters that hang on it. */
static void choose_single(const struct tpe *tpe, struct random_stream *stream, size_t count,
                          double *best)
{
    for (size_t i = 0; i < count; i++) {
        double best_gain = -INFINITY, point[SPACE_MAX], chosen = NAN;
        memcpy(point, best, i * sizeof *point);
        for (uint32_t draw = 0; draw < tpe->draws; draw++) {
            parzen_draw_single(&tpe->good, stream, i, point);
            if (isnan(point[i]))
                break;
            double gain = parzen_log_density_single(&tpe->good, i, point) -
                          parzen_log_density_single(&tpe->other, i, point);
            if (gain > best_gain) {
                best_gain = gain;
                chosen = point[i];
            }
        }
        best[i] = chosen;
    }
}

static void sample(void *state, const struct search *search, uint32_t candidate, double *values)
{
    struct tpe *tpe = state;
    const struct level *level = model_level(tpe, search);
    if (tpe->known < tpe->startup || !level) {
        sampler_sobol.sample(NULL, search, candidate, values);
    } else {
        double point[SPACE_MAX];
        struct random_stream stream;
        fit(tpe, level);
        random_open(&stream, search->settings.seed, RANDOM_CANDIDATE, candidate);
        (tpe->joint ? choose : choose_single)(tpe, &stream, search->space.count, point);
        parzen_values(&tpe->good, point, values);
    }
    if (reserve_trials(tpe, search->trial_count)) {
        uint32_t newest = search->trial_count - 1;
        parzen_point(&tpe->good, values, tpe->points + newest * search->space.count);
        begin_running(tpe, newest);
    }
}

const struct sampler_class sampler_tpe = {
    .name = "tpe", .create = create, .destroy = destroy, .sample = sample, .observed = observed};
