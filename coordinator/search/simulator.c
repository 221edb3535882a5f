/* simulator.c - an event heap over the trainers that are busy. */
#include "coordinator/search/simulator.h"

#include "common/random.h"
#include "coordinator/search/state.h"

#include <math.h>
#include <stdlib.h>

#define NO_TRAINER UINT32_MAX

/* What a trainer is doing, up to its next event: a validation on the way or the end. */
struct segment {
    uint32_t trial, attempt;
    size_t rung;
    uint64_t step;     /* reached at since_s */
    uint64_t next;     /* of the next event */
    uint64_t end;      /* of the segment, if nothing comes in between */
    bool diverges;     /* at its end */
    bool pauses;       /* at its end */
    bool stopped;      /* to be taken back at the next event */
    double step_s;     /* of one step */
    double begun_s;    /* when it was given to the trainer */
    double since_s;    /* when `step` was reached */
    double due_s;      /* the next event */
    uint64_t order;    /* of events due at one instant: that of what was begun first */
    uint32_t position; /* in the heap */
};

struct simulator_state {
    struct simulator_options options;
    struct segment *segments; /* [trainers] */
    uint32_t *heap;           /* busy trainers, [heap_count] */
    uint32_t heap_count;
    uint32_t *idle; /* a stack, [idle_count] */
    uint32_t idle_count;
    uint32_t *trainer_of; /* [trainer_of_room]: who trains a trial, while one does */
    size_t trainer_of_room;
    size_t rung_room;
    uint64_t order;
    bool time_is_over, refused;
    struct random_stream stream;
};

/* --- the heap: the trainer whose event is due first on top --- */

static bool due_before(const struct simulator_state *state, uint32_t a, uint32_t b)
{
    const struct segment *one = &state->segments[a], *other = &state->segments[b];
    return one->due_s != other->due_s ? one->due_s < other->due_s : one->order < other->order;
}

static void put(struct simulator_state *state, uint32_t position, uint32_t trainer)
{
    state->heap[position] = trainer;
    state->segments[trainer].position = position;
}

/* Moves `trainer` up or down from the free position to where it belongs. */
static void sift(struct simulator_state *state, uint32_t position, uint32_t trainer)
{
    while (position > 0 && due_before(state, trainer, state->heap[(position - 1) / 2])) {
        put(state, position, state->heap[(position - 1) / 2]);
        position = (position - 1) / 2;
    }
    for (uint32_t child; (child = 2 * position + 1) < state->heap_count; position = child) {
        if (child + 1 < state->heap_count &&
            due_before(state, state->heap[child + 1], state->heap[child]))
            child++;
        if (!due_before(state, state->heap[child], trainer))
            break;
        put(state, position, state->heap[child]);
    }
    put(state, position, trainer);
}

static void remove_first(struct simulator_state *state)
{
    uint32_t last = state->heap[--state->heap_count];
    if (state->heap_count > 0)
        sift(state, 0, last);
}

/* --- segments --- */

static uint64_t validate_every(const struct simulator *simulator, uint32_t trial)
{
    uint64_t every = simulator->state->options.validate_every;
    return every ? every : search_epoch_steps(simulator->search, trial);
}

static double step_seconds(struct simulator *simulator, uint32_t trial)
{
    struct simulator_state *state = simulator->state;
    const struct simulator_costs *costs = &state->options.costs;
    uint64_t per_epoch = search_epoch_steps(simulator->search, trial);
    double step_s =
        per_epoch && !isnan(costs->epoch_s) ? costs->epoch_s / (double)per_epoch : costs->step_s;
    return costs->spread > 0 ? step_s * exp(costs->spread * random_normal(&state->stream)) : step_s;
}

/* Sets what comes next after segment->step: `extra_s` passes before its first step. */
static void schedule(struct simulator *simulator, struct segment *segment, double extra_s)
{
    struct simulator_state *state = simulator->state;
    uint64_t every = validate_every(simulator, segment->trial);
    uint64_t validation = every ? (segment->step / every + 1) * every : UINT64_MAX;
    segment->next = validation < segment->end ? validation : segment->end;
    bool validates = segment->next == validation || !(segment->diverges || segment->pauses);
    segment->since_s = simulator->now_s + extra_s;
    segment->due_s = segment->since_s + (double)(segment->next - segment->step) * segment->step_s +
                     (validates ? state->options.costs.validation_s : 0);
}

static bool note_rungs(struct simulator *simulator)
{
    void *rungs = simulator->rungs;
    size_t count = search_rung_count(simulator->search);
    if (!search_reserve(&rungs, &simulator->state->rung_room, count, sizeof *simulator->rungs))
        return false;
    simulator->rungs = rungs;
    while (simulator->rung_count < count)
        simulator->rungs[simulator->rung_count++] =
            (struct simulator_rung){.begun_s = NAN, .end_s = NAN};
    return true;
}

static bool note_trainer(struct simulator *simulator, uint32_t trial, uint32_t trainer)
{
    void *trainer_of = simulator->state->trainer_of;
    if (!search_reserve(&trainer_of, &simulator->state->trainer_of_room, (size_t)trial + 1,
                        sizeof *simulator->state->trainer_of))
        return false;
    simulator->state->trainer_of = trainer_of;
    simulator->state->trainer_of[trial] = trainer;
    return true;
}

static bool begin(struct simulator *simulator, const struct search_action *action)
{
    struct simulator_state *state = simulator->state;
    const struct simulator_learning *learning = &state->options.learning;
    const struct search *search = simulator->search;
    uint32_t trainer = state->idle[--state->idle_count];
    struct segment *segment = &state->segments[trainer];
    if (!note_rungs(simulator) || !note_trainer(simulator, action->trial, trainer))
        return false;
    *segment = (struct segment){
        .trial = action->trial,
        .attempt = action->attempt,
        .rung = (size_t)(search_trial_rung(search, action->trial) - search_rung(search, 0)),
        .step = action->from,
        .end = action->pause > action->from ? action->pause : action->to,
        .pauses = action->pause > action->from,
        .begun_s = simulator->now_s,
        .step_s = step_seconds(simulator, action->trial),
        .order = state->order++,
    };
    uint64_t divergence = learning->divergence(learning->context, search, action->trial);
    if (divergence <= segment->end) {
        segment->end = divergence > action->from ? divergence : action->from + 1;
        segment->diverges = true;
        segment->pauses = false;
    }
    struct simulator_rung *rung = &simulator->rungs[segment->rung];
    if (!(rung->begun_s <= simulator->now_s))
        rung->begun_s = simulator->now_s;
    schedule(simulator, segment,
             action->from > 0 ? state->options.costs.resume_s : state->options.costs.fresh_s);
    sift(state, state->heap_count++, trainer);
    return true;
}

/* The search wants a trial back: it is given back at the end of the step under way, if that is not
 * its own end. */
static void take_back(struct simulator *simulator, uint32_t trial)
{
    struct simulator_state *state = simulator->state;
    uint32_t trainer = trial < state->trainer_of_room ? state->trainer_of[trial] : NO_TRAINER;
    if (trainer == NO_TRAINER || state->segments[trainer].trial != trial)
        return;
    struct segment *segment = &state->segments[trainer];
    double steps = (simulator->now_s - segment->since_s) / segment->step_s;
    uint64_t passed = steps > 0 ? (uint64_t)ceil(steps) : 0;
    segment->stopped = true;
    if (passed >= segment->next - segment->step)
        return; /* a validation or its own end comes first */
    segment->next = segment->step + passed;
    segment->due_s = fmax(simulator->now_s, segment->since_s + (double)passed * segment->step_s);
    sift(state, segment->position, trainer);
}

static void add(struct simulator *simulator, const struct segment *segment)
{
    struct simulator_rung *rung = &simulator->rungs[segment->rung];
    uint64_t per_epoch = search_epoch_steps(simulator->search, segment->trial);
    uint64_t steps = segment->next - segment->step;
    rung->steps += steps;
    rung->epochs += per_epoch ? (double)steps / (double)per_epoch : 0;
}

/* What the search wants done after an event. False: memory ran out. */
static bool carry_out(struct simulator *simulator, const struct search_update *update)
{
    for (size_t i = 0; i < update->count; i++) {
        if (update->actions[i].kind == SEARCH_STOP)
            take_back(simulator, update->actions[i].trial);
        else if (update->actions[i].kind == SEARCH_TRAIN && !begin(simulator, &update->actions[i]))
            return false;
    }
    return true;
}

/* Asks for work for all that have none, until there is no more. */
static bool ask_for_work(struct simulator *simulator)
{
    struct simulator_state *state = simulator->state;
    const struct search_event event = {.kind = SEARCH_FREE,
                                       .value = (double)state->options.trainers};
    for (uint32_t idle = state->idle_count; idle > 0; idle = state->idle_count) {
        struct search_update update;
        if (!search_step(simulator->search, &event, &update) || !carry_out(simulator, &update))
            return false;
        if (state->idle_count == idle)
            break;
        simulator->events++;
    }
    return true;
}

static bool feed(struct simulator *simulator, const struct search_event *event)
{
    struct search_update update;
    simulator->events++;
    if (search_step(simulator->search, event, &update))
        return carry_out(simulator, &update);
    simulator->state->refused = true;
    return false;
}

/* The event of the trainer on top of the heap. */
static bool happen(struct simulator *simulator)
{
    struct simulator_state *state = simulator->state;
    const struct simulator_learning *learning = &state->options.learning;
    uint32_t trainer = state->heap[0];
    struct segment *segment = &state->segments[trainer];
    struct search_event event = {.kind = SEARCH_REPORT,
                                 .trial = segment->trial,
                                 .attempt = segment->attempt,
                                 .step = segment->next,
                                 .value = NAN,
                                 .verdict = VERDICT_HEALTHY};
    simulator->now_s = segment->due_s;
    add(simulator, segment);
    segment->step = segment->next;
    bool ends = segment->stopped || segment->step == segment->end;
    if (segment->step < segment->end ? segment->stopped : segment->pauses)
        event.kind = SEARCH_PAUSED;
    else if (ends && segment->diverges)
        event.kind = SEARCH_DIVERGED;
    else if (ends)
        event.kind = SEARCH_DONE;
    if (event.kind == SEARCH_DIVERGED)
        event.verdict = VERDICT_COLLAPSED;
    if (event.kind == SEARCH_REPORT || event.kind == SEARCH_DONE)
        event.value =
            learning->value(learning->context, simulator->search, segment->trial, segment->step);
    if (ends) {
        struct simulator_rung *rung = &simulator->rungs[segment->rung];
        rung->end_s = simulator->now_s;
        rung->busy_s += simulator->now_s - segment->begun_s;
        simulator->busy_s += simulator->now_s - segment->begun_s;
        remove_first(state);
        state->trainer_of[segment->trial] = NO_TRAINER;
        state->idle[state->idle_count++] = trainer;
    } else {
        schedule(simulator, segment, 0);
        sift(state, 0, trainer);
    }
    return feed(simulator, &event);
}

/* --- from outside --- */

bool simulator_create(struct simulator *simulator, struct search *search,
                      const struct simulator_options *options, struct error *error)
{
    struct simulator_state *state = calloc(1, sizeof *state);
    *simulator =
        (struct simulator){.search = search, .now_s = options->costs.start_s, .state = state};
    if (state) {
        state->options = *options;
        state->segments = calloc(options->trainers, sizeof *state->segments);
        state->heap = calloc(options->trainers, sizeof *state->heap);
        state->idle = calloc(options->trainers, sizeof *state->idle);
        random_open(&state->stream, options->seed, RANDOM_SIMULATE, 0);
    }
    if (!state || !state->segments || !state->heap || !state->idle || !note_rungs(simulator)) {
        simulator_destroy(simulator);
        return error_set(error, "out of memory");
    }
    while (state->idle_count < options->trainers) {
        state->idle[state->idle_count] = options->trainers - 1 - state->idle_count;
        state->idle_count++;
    }
    return true;
}

void simulator_destroy(struct simulator *simulator)
{
    if (simulator->state) {
        free(simulator->state->segments);
        free(simulator->state->heap);
        free(simulator->state->idle);
        free(simulator->state->trainer_of);
    }
    free(simulator->state);
    free(simulator->rungs);
    *simulator = (struct simulator){.search = NULL};
}

enum simulator_news simulator_step(struct simulator *simulator, struct error *error)
{
    static const struct search_event over = {.kind = SEARCH_TIME_OVER};
    struct simulator_state *state = simulator->state;
    if (search_finished(simulator->search))
        return SIMULATOR_FINISHED;
    bool taken = ask_for_work(simulator);
    if (taken && state->heap_count == 0 && !search_finished(simulator->search)) {
        error_set(error, "the search is not finished, but no trial runs and none is to be started");
        return SIMULATOR_FAILED;
    }
    if (taken && state->heap_count > 0) {
        double due_s = state->segments[state->heap[0]].due_s;
        if (!state->time_is_over && due_s > state->options.wall_time_s) {
            struct search_update update;
            simulator->now_s = fmax(simulator->now_s, state->options.wall_time_s);
            state->time_is_over = true;
            /* It is refused where the search proper is over already. */
            if (search_step(simulator->search, &over, &update))
                taken = carry_out(simulator, &update);
        } else {
            taken = happen(simulator);
        }
    }
    if (!taken || search_failed(simulator->search)) {
        bool refused = state->refused && !search_failed(simulator->search);
        error_set(error, refused ? "the search refused what a trainer told" : "out of memory");
        return SIMULATOR_FAILED;
    }
    return search_finished(simulator->search) ? SIMULATOR_FINISHED : SIMULATOR_GOES_ON;
}

bool simulator_run(struct simulator *simulator, struct error *error)
{
    enum simulator_news news;
    while ((news = simulator_step(simulator, error)) == SIMULATOR_GOES_ON)
        continue;
    return news == SIMULATOR_FINISHED;
}

struct simulator_rung simulator_total(const struct simulator *simulator)
{
    struct simulator_rung total = {.begun_s = NAN, .end_s = NAN};
    for (size_t i = 0; i < simulator->rung_count; i++) {
        total.steps += simulator->rungs[i].steps;
        total.epochs += simulator->rungs[i].epochs;
        total.busy_s += simulator->rungs[i].busy_s;
        total.begun_s = fmin(total.begun_s, simulator->rungs[i].begun_s);
        total.end_s = fmax(total.end_s, simulator->rungs[i].end_s);
    }
    return total;
}
