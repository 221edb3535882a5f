/* checkpoint.c - what a checkpoint holds, put into and taken out of a safetensors file. */
#include "worker/trainer/checkpoint.h"

#include "common/version.h"
#include "worker/trainer/memory.h"
#include "worker/trainer/safetensors.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char checkpoint_format[] = "lrsweep-checkpoint-4";
static const char weights_format[] = "lrsweep-weights-1";

enum { NAME_BYTES = 256 };

/* The numbers of the tensor "trial". Counters are exact in a double up to 2^53. */
enum {
    STEP,
    OPTIMIZER_STEPS,
    LOSS_SUM,
    LOSS_COUNT,
    SECONDS,
    SCHEDULE_SCALE,
    SCHEDULE_BEST,
    SCHEDULE_BAD,
    SCHEDULE_COOLDOWN,
    SCHEDULE_SEEN,
    NUMBERS
};

/* The numbers of the tensor "optimizer": its parameters, then these. */
enum { RUNNING = OPTIMIZER_PARAMETERS_MAX, RUNNING_STEPS, OPTIMIZER_NUMBERS };

/* What is written beside the arrays. */
struct numbers {
    double trial[NUMBERS], optimizer[OPTIMIZER_NUMBERS];
};

/* The tensors of a file that is being written, or that is expected. */
struct table {
    struct safetensors_tensor *tensor;
    char (*name)[NAME_BYTES];
    size_t count;
};

static bool table_create(struct table *table, size_t room)
{
    table->count = 0;
    table->tensor = memory_create(room, sizeof *table->tensor);
    table->name = memory_create(room, sizeof *table->name);
    return table->tensor && table->name;
}

static void table_destroy(struct table *table)
{
    free(table->tensor);
    free(table->name);
}

static struct safetensors_tensor *table_add(struct table *table, const char *dtype, void *data)
{
    struct safetensors_tensor *tensor = &table->tensor[table->count];
    *tensor = (struct safetensors_tensor){
        .name = table->name[table->count], .dtype = dtype, .data = data};
    table->count++;
    return tensor;
}

static void table_add_vector(struct table *table, const char *name, double *data, size_t count)
{
    (void)snprintf(table->name[table->count], NAME_BYTES, "%s", name);
    struct safetensors_tensor *tensor = table_add(table, "F64", data);
    tensor->rank = 1;
    tensor->shape[0] = count;
}

/* PREFIX, the layer's place in the study and WHAT: "layers.3.shortcut.0.weight" of
 * model.layers[3].shortcut[0]. */
static void tensor_name(const char *prefix, const struct layer *layer, const char *what,
                        char name[NAME_BYTES])
{
    int length = snprintf(name, NAME_BYTES, "%s", prefix);
    for (const char *at = layer->at + strlen("model."); *at && length < NAME_BYTES - 1; at++)
        if (*at != ']')
            name[length++] = *at == '[' ? '.' : *at;
    (void)snprintf(name + length, NAME_BYTES - (size_t)length, ".%s", what);
}

/* Adds one tensor for every parameter in an arena, and `running`: every running statistic, in this
 * engine's layout. */
static void table_add_arena(struct table *table, const struct network *network, const char *prefix,
                            real *arena, bool running)
{
    for (size_t i = 0; i < network->layer_count; i++)
        for (size_t j = 0; j < network->layer[i].tensor_count; j++) {
            const struct tensor *own = &network->layer[i].tensor[j];
            if (own->running && !running)
                continue;
            tensor_name(prefix, &network->layer[i], own->name, table->name[table->count]);
            struct safetensors_tensor *tensor =
                table_add(table, REAL_DTYPE, arena ? arena + own->offset : NULL);
            tensor->rank = own->shape.rank;
            memcpy(tensor->shape, own->shape.size, sizeof own->shape.size);
            if (own->transposed) {
                tensor->shape[0] = own->count / own->shape.size[0];
                tensor->shape[1] = own->shape.size[0];
                tensor->rank = 2;
            } else if (own->shape.channels_last) {
                tensor->shape[0] = own->count;
                tensor->rank = 1;
            }
        }
}

static size_t arena_tensors(const struct network *network)
{
    size_t count = 0;
    for (size_t i = 0; i < network->layer_count; i++)
        count += network->layer[i].tensor_count;
    return count;
}

/* All tensors of a checkpoint of this trial, without those of the optimizer's states that are not
 * among `states`, names between spaces; NULL: all are. */
static bool table_make(struct table *table, const struct trial *trial, double *monitor,
                       struct numbers *numbers, const char *states)
{
    const struct network *network = &trial->model->network;
    const struct optimizer *optimizer = &trial->candidate.optimizer;
    if (!table_create(table, arena_tensors(network) * (1 + optimizer->state_count) + 3))
        return false;
    table_add_arena(table, network, "weights.", trial->weights, true);
    for (size_t i = 0; i < optimizer->state_count; i++) {
        char prefix[NAME_BYTES / 2], name[NAME_BYTES / 2];
        (void)snprintf(name, sizeof name, " %s ", optimizer->state_name[i]);
        if (states && !strstr(states, name))
            continue;
        (void)snprintf(prefix, sizeof prefix, "optimizer.%s.", optimizer->state_name[i]);
        table_add_arena(table, network, prefix, optimizer->state[i], false);
    }
    table_add_vector(table, "monitor", monitor, monitor_state_count(trial->monitor));
    table_add_vector(table, "trial", numbers->trial, NUMBERS);
    table_add_vector(table, "optimizer", numbers->optimizer, OPTIMIZER_NUMBERS);
    return true;
}

/* The names of the optimizer's states, each between spaces. */
static void states_name(const struct optimizer *optimizer, char *text, size_t text_bytes)
{
    size_t length = (size_t)snprintf(text, text_bytes, " ");
    for (size_t i = 0; i < optimizer->state_count && length < text_bytes; i++)
        length +=
            (size_t)snprintf(text + length, text_bytes - length, "%s ", optimizer->state_name[i]);
}

static void numbers_give(const struct trial *trial, struct numbers *numbers)
{
    const struct optimizer *optimizer = &trial->candidate.optimizer;
    *numbers = (struct numbers){.trial = {
                                    [STEP] = (double)trial->step,
                                    [OPTIMIZER_STEPS] = (double)optimizer->steps,
                                    [LOSS_SUM] = trial->loss_sum,
                                    [LOSS_COUNT] = (double)trial->loss_count,
                                    [SECONDS] = trial->seconds,
                                    [SCHEDULE_SCALE] = trial->schedule.scale,
                                    [SCHEDULE_BEST] = trial->schedule.best,
                                    [SCHEDULE_BAD] = trial->schedule.bad,
                                    [SCHEDULE_COOLDOWN] = trial->schedule.cooldown,
                                    [SCHEDULE_SEEN] = (double)trial->schedule.seen,
                                }};
    memcpy(numbers->optimizer, optimizer->parameter, sizeof optimizer->parameter);
    numbers->optimizer[RUNNING] = optimizer->running;
    numbers->optimizer[RUNNING_STEPS] = (double)optimizer->running_steps;
}

bool checkpoint_save(const struct trial *trial, const char *path, struct error *error)
{
    double *monitor = memory_create(monitor_state_count(trial->monitor), sizeof *monitor);
    struct numbers numbers;
    char seed[32], states[OPTIMIZER_STATES_MAX * NAME_BYTES / 2];
    numbers_give(trial, &numbers);
    states_name(&trial->candidate.optimizer, states, sizeof states);
    (void)snprintf(seed, sizeof seed, "%" PRIu64, trial->seed);
    json_t *metadata =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "format", checkpoint_format, "version",
                  LRSWEEP_VERSION, "study", trial->model->identity, "optimizer",
                  trial->candidate.optimizer.class->name, "optimizer_states", states, "schedule",
                  trial->candidate.schedule.class->entry.name, "seed", seed);
    struct table table = {0};
    bool good = monitor && metadata && table_make(&table, trial, monitor, &numbers, NULL);
    if (good) {
        monitor_save(trial->monitor, monitor);
        good = safetensors_write(path, table.tensor, table.count, metadata, error);
    } else {
        error_set(error, "%s: out of memory", path);
    }
    table_destroy(&table);
    json_decref(metadata);
    free(monitor);
    return good;
}

/* Whether the checkpoint belongs to this trial's study, optimizer and seed. */
static bool belongs(const struct safetensors *file, const struct trial *trial, const char *path,
                    struct error *error)
{
    char seed[32];
    (void)snprintf(seed, sizeof seed, "%" PRIu64, trial->seed);
    const struct {
        const char *key, *expected, *what;
    } texts[] = {
        {"format", checkpoint_format, "is not a checkpoint"},
        {"study", trial->model->identity, "belongs to another study: network or data differ"},
        {"optimizer", trial->candidate.optimizer.class->name, "was left by another optimizer"},
        {"seed", seed, "was trained with another seed"},
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const char *found = safetensors_text(file, texts[i].key);
        if (!found || strcmp(found, texts[i].expected) != 0)
            return error_set(error, "%s %s (%s is %.200s, expected %.200s)", path, texts[i].what,
                             texts[i].key, found ? found : "missing", texts[i].expected);
    }
    return true;
}

/* What only a branch has: the file is of a trial whose parameters were others. */
static bool others_take(struct trial *trial, const struct numbers *numbers, const char *schedule)
{
    struct optimizer *optimizer = &trial->candidate.optimizer;
    const double steps = numbers->optimizer[RUNNING_STEPS];
    if (!(steps >= 0 && steps <= (double)optimizer->steps && steps == floor(steps)) ||
        isnan(numbers->optimizer[RUNNING]))
        return false;
    optimizer->running = numbers->optimizer[RUNNING];
    optimizer->running_steps = (uint64_t)steps;
    if (optimizer->class->adopt)
        optimizer->class->adopt(optimizer, numbers->optimizer, trial->model->network.arena_count);
    /* What another schedule learned from validations says nothing to this one. */
    if (strcmp(schedule, trial->candidate.schedule.class->entry.name) != 0)
        schedule_state_start(&trial->schedule);
    return true;
}

static bool numbers_take(struct trial *trial, const double *numbers)
{
    const double most = 9007199254740992.0; /* 2^53 */
    const int counters[] = {STEP,         OPTIMIZER_STEPS,   LOSS_COUNT,
                            SCHEDULE_BAD, SCHEDULE_COOLDOWN, SCHEDULE_SEEN};
    for (size_t i = 0; i < sizeof counters / sizeof counters[0]; i++) {
        double value = numbers[counters[i]];
        if (!(value >= 0 && value < most && value == floor(value)))
            return false;
    }
    double scale = numbers[SCHEDULE_SCALE];
    if (!(numbers[SECONDS] >= 0) || !(scale >= 0 && scale <= 1) || isnan(numbers[SCHEDULE_BEST]))
        return false;
    trial->schedule = (struct schedule_state){.scale = scale,
                                              .best = numbers[SCHEDULE_BEST],
                                              .bad = numbers[SCHEDULE_BAD],
                                              .cooldown = numbers[SCHEDULE_COOLDOWN],
                                              .seen = (uint64_t)numbers[SCHEDULE_SEEN]};
    trial->step = (uint64_t)numbers[STEP];
    trial->candidate.optimizer.steps = (uint64_t)numbers[OPTIMIZER_STEPS];
    trial->loss_sum = numbers[LOSS_SUM];
    trial->loss_count = (uint64_t)numbers[LOSS_COUNT];
    trial->seconds = numbers[SECONDS];
    return true;
}

static size_t bytes_of(const struct safetensors_tensor *tensor)
{
    size_t bytes = strcmp(tensor->dtype, "F64") == 0 ? sizeof(double) : sizeof(float);
    for (size_t i = 0; i < tensor->rank; i++)
        bytes *= tensor->shape[i];
    return bytes;
}

/* The tensors of states that the file has and this trial, with other parameters, has not. */
static size_t surplus(const struct trial *trial, const char *states)
{
    const struct optimizer *optimizer = &trial->candidate.optimizer;
    size_t count = 0;
    for (const char *name = states + strspn(states, " "); *name; name += strspn(name, " ")) {
        size_t length = strcspn(name, " ");
        bool own = false;
        for (size_t i = 0; i < optimizer->state_count; i++)
            own = own || (strlen(optimizer->state_name[i]) == length &&
                          strncmp(optimizer->state_name[i], name, length) == 0);
        count += !own;
        name += length;
    }
    return count * trial->tensor_count;
}

bool checkpoint_load(struct trial *trial, const char *path, struct error *error)
{
    struct safetensors *file = safetensors_open(path, error);
    if (!file)
        return false;
    double *monitor = memory_create(monitor_state_count(trial->monitor), sizeof *monitor);
    struct numbers numbers;
    struct table table = {0};
    const char *states = safetensors_text(file, "optimizer_states");
    const char *schedule = safetensors_text(file, "schedule");
    bool good = belongs(file, trial, path, error);
    if (good && (!states || !schedule))
        good = error_set(error, "%s is corrupt: it names no schedule or no states", path);
    good = good && ((monitor && table_make(&table, trial, monitor, &numbers, states)) ||
                    error_set(error, "%s: out of memory", path));
    if (good && safetensors_count(file) - surplus(trial, states) != table.count)
        good = error_set(error, "%s holds %zu tensors, expected %zu", path, safetensors_count(file),
                         table.count);
    for (size_t i = 0; good && i < table.count; i++) {
        const void *data = safetensors_find(file, &table.tensor[i], error);
        good = data != NULL;
        if (good)
            memcpy((void *)table.tensor[i].data, data, bytes_of(&table.tensor[i]));
    }
    if (good && (!monitor_load(trial->monitor, monitor) || !numbers_take(trial, numbers.trial) ||
                 !others_take(trial, &numbers, schedule)))
        good = error_set(error, "%s is corrupt: its counters are impossible", path);
    table_destroy(&table);
    free(monitor);
    safetensors_close(file);
    return good;
}

/* Turns this engine's layout into PyTorch's: [first][channels][places] out of what is kept as
 * [places][channels][first], or as one of the two turns alone. */
static void layout_export(const struct tensor *tensor, const real *from, real *to)
{
    const size_t *size = tensor->shape.size;
    size_t first = tensor->transposed ? size[0] : 1, rest = tensor->count / first;
    size_t channels = tensor->shape.channels_last ? size[tensor->shape.rank - 3] : 1;
    size_t places = rest / channels;
    for (size_t i = 0; i < first; i++)
        for (size_t c = 0; c < channels; c++)
            for (size_t p = 0; p < places; p++)
                *to++ = from[(p * channels + c) * first + i];
}

/* Adds the number of batches that each layer's running statistics come from: that of steps. */
static void table_add_batches(struct table *table, const struct network *network, int64_t *steps)
{
    for (size_t i = 0; i < network->layer_count; i++) {
        const struct layer *layer = &network->layer[i];
        bool running = false;
        for (size_t j = 0; j < layer->tensor_count; j++)
            running = running || layer->tensor[j].running;
        if (!running)
            continue;
        tensor_name("", layer, "num_batches_tracked", table->name[table->count]);
        (void)table_add(table, "I64", steps);
    }
}

bool checkpoint_export(const struct trial *trial, const char *path, const json_t *about,
                       struct error *error)
{
    const struct network *network = &trial->model->network;
    real *arena = memory_create(network->weights_count, sizeof *arena);
    char step[32];
    (void)snprintf(step, sizeof step, "%" PRIu64, trial->step);
    json_t *metadata = json_pack("{s:s, s:s, s:s, s:s}", "format", weights_format, "version",
                                 LRSWEEP_VERSION, "study", trial->model->identity, "step", step);
    struct table table = {0};
    int64_t steps = (int64_t)trial->step;
    bool good = arena && metadata &&
                (!about || json_object_update(metadata, (json_t *)about) == 0) &&
                table_create(&table, arena_tensors(network) + network->layer_count);
    if (good) {
        table_add_arena(&table, network, "", arena, true);
        size_t at = 0;
        for (size_t i = 0; i < network->layer_count; i++)
            for (size_t j = 0; j < network->layer[i].tensor_count; j++, at++) {
                const struct tensor *tensor = &network->layer[i].tensor[j];
                layout_export(tensor, trial->weights + tensor->offset, arena + tensor->offset);
                table.tensor[at].rank = tensor->shape.rank;
                memcpy(table.tensor[at].shape, tensor->shape.size, sizeof tensor->shape.size);
            }
        table_add_batches(&table, network, &steps);
        good = safetensors_write(path, table.tensor, table.count, metadata, error);
    } else {
        error_set(error, "%s: out of memory", path);
    }
    table_destroy(&table);
    json_decref(metadata);
    free(arena);
    return good;
}
