/* virtual_trainers.c - trainers on virtual time, in the place of child processes. */
#include "tests/support/virtual_trainers.h"

#include "common/link/parcel_file.h"
#include "common/random.h"
#include "coordinator/study/checkpoints.h"
#include "worker/trainer_process.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PROCESSES_MAX = 24, FILES_MAX = 4096 };

enum deed { SAY_READY, SAY_REPORT, SAY_DONE, SAY_TESTED, SAY_GARBAGE, DIE };

struct action {
    enum deed deed;
    double due_s;
    uint32_t trial;
    uint64_t step;
    double value; /* NaN: not measured */
    enum done_status status;
    bool saves;
};

struct process {
    bool alive, frozen;
    int rank;
    double frozen_s;
    struct action *actions; /* [count], the first `acted` are done, the first `told` were read */
    size_t count, acted, told, room;
    bool training, stubborn;
    int place; /* of its checkpoints */
    uint32_t trial, attempt;
    uint64_t from;
    double began_s;
};

/* Where a file is: in DIR, or in the scratch directory of a rank, which is its number. */
enum { IN_DIR = 0, BEST = UINT32_MAX };

struct file {
    int place;
    uint32_t trial, attempt; /* BEST, 0: the best weights */
    uint64_t step;
};

static struct {
    struct trainer_world world;
    struct process processes[PROCESSES_MAX];
    struct file files[FILES_MAX];
    int file_count;
    int rank;
    double now_s;
    uint64_t starts;
} here;

/* --- what trials are like
 * -------------------------------------------------------------------------
 */

double virtual_value(const struct trainer_world *world, uint32_t trial, uint64_t step)
{
    struct random_stream stream;
    random_open(&stream, world->seed, RANDOM_GENERATE, trial);
    /* From a few levels, so that ties are common. */
    return 0.25 * (double)random_below(&stream, 6) + 1.0 / (double)(step + 1);
}

uint64_t virtual_divergence(const struct trainer_world *world, uint32_t trial)
{
    struct random_stream stream;
    random_open(&stream, world->seed, RANDOM_INITIAL, trial);
    bool diverges = random_uniform(&stream) < world->diverging;
    return diverges ? 1 + random_below(&stream, 40) : 0;
}

/* --- checkpoints
 * ----------------------------------------------------------------------------------
 */

static struct file *find_file(int place, uint32_t trial, uint32_t attempt)
{
    for (int i = 0; i < here.file_count; i++)
        if (here.files[i].place == place && here.files[i].trial == trial &&
            here.files[i].attempt == attempt)
            return &here.files[i];
    return NULL;
}

static void save(int place, uint32_t trial, uint32_t attempt, uint64_t step)
{
    struct file *file = find_file(place, trial, attempt);
    if (!file && here.file_count < FILES_MAX)
        file = &here.files[here.file_count++];
    if (file)
        *file = (struct file){place, trial, attempt, step};
}

/* "d/checkpoints/000001-2.safetensors" in DIR, "s3/..." in the scratch directory of rank 3. */
static bool read_path(const char *path, int *place, uint32_t *trial, uint32_t *attempt)
{
    const char *name = strrchr(path, '/');
    *place = path[0] == 's' ? (int)strtol(path + 1, NULL, 10) : IN_DIR;
    *trial = BEST;
    *attempt = 0;
    return name &&
           (strcmp(name, "/best.safetensors") == 0 || sscanf(name, "/%u-%u.", trial, attempt) == 2);
}

void checkpoints_remove(const char *dir, uint32_t trial, uint32_t attempt)
{
    (void)dir;
    if (here.world.removing && !here.world.removing(here.world.context, trial, attempt))
        return;
    struct file *file = find_file(IN_DIR, trial, attempt);
    if (file)
        *file = here.files[--here.file_count];
}

bool checkpoints_branch(const char *dir, uint32_t parent, uint32_t kept, uint32_t trial,
                        struct error *error)
{
    const struct file *file = find_file(IN_DIR, parent, kept);
    (void)dir;
    if (!file)
        return error_set(error, "there is no checkpoint of trial %u", parent);
    save(IN_DIR, trial, 0, file->step);
    return true;
}

bool checkpoints_clean(const char *dir,
                       bool (*needed)(void *context, uint32_t trial, uint32_t attempt),
                       void *context, struct error *error)
{
    (void)error;
    for (int i = here.file_count; i-- > 0;)
        if (here.files[i].place == IN_DIR && here.files[i].trial != BEST &&
            (!needed || !needed(context, here.files[i].trial, here.files[i].attempt)))
            checkpoints_remove(dir, here.files[i].trial, here.files[i].attempt);
    return true;
}

int virtual_files(int rank)
{
    int count = 0;
    for (int i = 0; i < here.file_count; i++)
        count += here.files[i].place == rank && here.files[i].trial != BEST;
    return count;
}

bool virtual_best(void)
{
    return find_file(IN_DIR, BEST, 0) != NULL;
}

void virtual_scratch_clear(void)
{
    for (int i = here.file_count; i-- > 0;)
        if (here.files[i].place != IN_DIR)
            here.files[i] = here.files[--here.file_count];
}

/* --- common/link/parcel_file.h: a file's bytes tell of which trial, attempt and step it is, over
 * and over
 * ------------------------------------------------------------------------------------------------
 */

struct parcel_file {
    bool made;
    struct file file;
    uint64_t bytes, taken;
};

/* From nothing much to several times what may be under way. */
static uint64_t length_of(const struct file *file)
{
    struct random_stream stream;
    random_open(&stream, here.world.seed, RANDOM_DROPOUT, file->trial);
    return 1 + random_below(&stream, 300000);
}

static unsigned char byte_of(const struct file *file, uint64_t offset)
{
    unsigned char bytes[sizeof file->step + sizeof file->trial];
    memcpy(bytes, &file->step, sizeof file->step);
    memcpy(bytes + sizeof file->step, &file->trial, sizeof file->trial);
    return (unsigned char)(bytes[offset % sizeof bytes] + offset / sizeof bytes);
}

struct parcel_file *parcel_file_open(const char *path, uint64_t *bytes, struct error *error)
{
    int place;
    uint32_t trial, attempt;
    const struct file *found =
        read_path(path, &place, &trial, &attempt) ? find_file(place, trial, attempt) : NULL;
    struct parcel_file *file = found ? calloc(1, sizeof *file) : NULL;
    if (!file) {
        error_set(error, "%s is not there", path);
        return NULL;
    }
    file->file = *found;
    *bytes = length_of(found);
    return file;
}

bool parcel_file_read(struct parcel_file *file, uint64_t offset, void *data, size_t bytes,
                      struct error *error)
{
    (void)error;
    for (size_t i = 0; i < bytes; i++)
        ((unsigned char *)data)[i] = byte_of(&file->file, offset + i);
    return true;
}

struct parcel_file *parcel_file_make(const char *path, struct error *error)
{
    struct parcel_file *file = calloc(1, sizeof *file);
    (void)error;
    file->made = true;
    (void)read_path(path, &file->file.place, &file->file.trial, &file->file.attempt);
    return file;
}

bool parcel_file_append(struct parcel_file *file, const void *data, size_t bytes,
                        struct error *error)
{
    (void)error;
    if (file->taken == 0 && bytes >= sizeof file->file.step)
        memcpy(&file->file.step, data, sizeof file->file.step);
    for (size_t i = 0; i < bytes && file->made; i++)
        file->made = ((const unsigned char *)data)[i] == byte_of(&file->file, file->taken + i) ||
                     file->taken + i < sizeof file->file.step;
    file->taken += bytes;
    return true;
}

bool parcel_file_finish(struct parcel_file *file, struct error *error)
{
    bool whole = file->made && (file->taken == length_of(&file->file) || here.world.any_length);
    if (whole)
        save(file->file.place, file->file.trial, file->file.attempt, file->file.step);
    free(file);
    return whole || error_set(error, "the file that came is not the one that was sent");
}

void parcel_file_close(struct parcel_file *file)
{
    free(file);
}

bool parcel_file_exists(const char *path)
{
    int place;
    uint32_t trial, attempt;
    return read_path(path, &place, &trial, &attempt) && find_file(place, trial, attempt);
}

void parcel_file_remove(const char *path)
{
    int place;
    uint32_t trial, attempt;
    struct file *file =
        read_path(path, &place, &trial, &attempt) ? find_file(place, trial, attempt) : NULL;
    if (file)
        *file = here.files[--here.file_count];
}

bool virtual_checkpoint_other(bool (*needed)(void *context, uint32_t trial, uint32_t attempt),
                              void *context, uint32_t *trial, uint32_t *attempt)
{
    for (int i = 0; i < here.file_count; i++) {
        *trial = here.files[i].trial;
        *attempt = here.files[i].attempt;
        if (here.files[i].place == IN_DIR && *trial != BEST && !needed(context, *trial, *attempt))
            return true;
    }
    return false;
}

/* --- time
 * -----------------------------------------------------------------------------------------
 */

static void plan(struct process *process, struct action action)
{
    if (process->count == process->room) {
        process->room = process->room ? 2 * process->room : 16;
        process->actions = realloc(process->actions, process->room * sizeof *process->actions);
    }
    process->actions[process->count++] = action;
}

/* Some die while they have nothing to do, as likely as others at work. */
static bool dies_idle(const struct process *process)
{
    struct random_stream stream;
    random_open(&stream, here.world.seed, RANDOM_SPLIT,
                ((uint64_t)process->trial << 32) | process->attempt);
    return random_uniform(&stream) < here.world.crashing;
}

void virtual_trainers_begin(const struct trainer_world *world)
{
    for (int i = 0; i < PROCESSES_MAX; i++)
        free(here.processes[i].actions);
    memset(&here, 0, sizeof here);
    here.world = *world;
}

void virtual_trainers_enter(int rank, double now_s)
{
    here.rank = rank;
    here.now_s = now_s;
}

void virtual_trainers_refuse(double refusing)
{
    here.world.refusing = refusing;
}

void virtual_trainers_advance(double now_s)
{
    for (int i = 0; i < PROCESSES_MAX; i++) {
        struct process *process = &here.processes[i];
        while (process->alive && !process->frozen && process->acted < process->count &&
               process->actions[process->acted].due_s <= now_s) {
            const struct action action = process->actions[process->acted++];
            if (action.saves)
                save(process->place, process->trial, process->attempt, action.step);
            if (action.deed != SAY_DONE)
                continue;
            process->training = false;
            if (dies_idle(process))
                plan(process, (struct action){DIE, action.due_s + here.world.start_s, 0, 0, NAN,
                                              DONE_OK, false});
        }
    }
}

double virtual_trainers_next(int rank)
{
    double next = INFINITY;
    for (int i = 0; i < PROCESSES_MAX; i++) {
        const struct process *process = &here.processes[i];
        if (process->alive && process->rank == rank && process->told < process->count &&
            (process->told < process->acted || !process->frozen))
            next = fmin(next, process->actions[process->told].due_s);
    }
    return next;
}

void virtual_trainers_kill(int rank)
{
    for (int i = 0; i < PROCESSES_MAX; i++)
        if (here.processes[i].rank == rank)
            here.processes[i].alive = false;
}

void virtual_trainers_freeze(int rank, double now_s, bool frozen)
{
    for (int i = 0; i < PROCESSES_MAX; i++) {
        struct process *process = &here.processes[i];
        if (!process->alive || process->rank != rank || process->frozen == frozen)
            continue;
        process->frozen = frozen;
        if (frozen) {
            process->frozen_s = now_s;
            continue;
        }
        process->began_s += now_s - process->frozen_s;
        for (size_t j = process->acted; j < process->count; j++)
            process->actions[j].due_s += now_s - process->frozen_s;
    }
}

int virtual_trainers_alive(int rank)
{
    int count = 0;
    for (int i = 0; i < PROCESSES_MAX; i++)
        count += here.processes[i].alive && here.processes[i].rank == rank;
    return count;
}

/* --- commands
 * -------------------------------------------------------------------------------------
 */

static struct process *process_of(const struct trainer_process *trainer)
{
    return &here.processes[trainer->child.pid - 1];
}

static uint64_t number(const json_t *message, const char *key)
{
    return (uint64_t)json_integer_value(json_object_get(message, key));
}

/* Whether the checkpoint that the command names is there at this step. */
static bool resumes(const json_t *message, uint32_t trial, uint32_t attempt, uint64_t step)
{
    const char *path = json_string_value(json_object_get(message, "resume"));
    uint32_t of_trial, of_attempt;
    int place;
    if (!path)
        return step == 0;
    const struct file *file = read_path(path, &place, &of_trial, &of_attempt)
                                  ? find_file(place, of_trial, of_attempt)
                                  : NULL;
    if (file && file->trial == trial && (file->step == step || step == UINT64_MAX))
        return true;
    if (here.world.missing)
        here.world.missing(here.world.context, trial, attempt);
    return false;
}

static void train(struct process *process, const json_t *message)
{
    const struct trainer_world *world = &here.world;
    uint32_t trial = (uint32_t)number(message, "trial"), ignored, attempt = 0;
    int place = IN_DIR;
    (void)read_path(json_string_value(json_object_get(message, "checkpoint")), &place, &ignored,
                    &attempt);
    uint64_t from = number(message, "from"), to = number(message, "to");
    uint64_t pause = number(message, "pause"), lost_at = virtual_divergence(world, trial);
    struct action end = {SAY_DONE, 0, trial, to, NAN, DONE_OK, true};
    *process = (struct process){.alive = true,
                                .rank = process->rank,
                                .actions = process->actions,
                                .room = process->room,
                                .training = true,
                                .place = place,
                                .trial = trial,
                                .attempt = attempt,
                                .from = from,
                                .began_s = here.now_s};
    if (!resumes(message, trial, attempt, from)) {
        end = (struct action){SAY_DONE, here.now_s, trial, 0, NAN, DONE_FAILED, false};
        plan(process, end);
        return;
    }
    if (pause > 0)
        end = (struct action){SAY_DONE, 0, trial, pause, NAN, DONE_STOPPED, true};
    if (lost_at > 0 && lost_at <= end.step)
        end = (struct action){SAY_DONE,      0,    trial, lost_at > from ? lost_at : from, NAN,
                              DONE_DIVERGED, false};
    struct random_stream stream;
    random_open(&stream, world->seed, RANDOM_DROPOUT, ((uint64_t)trial << 32) | attempt);
    double draw = random_uniform(&stream);
    uint64_t fatal = from + random_below(&stream, (uint32_t)(end.step - from) + 1);
    double limit = world->crashing;
    bool crashes = draw < limit;
    bool hangs = !crashes && draw < (limit += world->hanging);
    bool babbles = !crashes && !hangs && draw < limit + world->babbling;
    bool fails = crashes || hangs || babbles;
    uint64_t last = fails ? fatal : end.step;
    for (uint64_t step = from + world->report_every; step < last; step += world->report_every)
        plan(process,
             (struct action){SAY_REPORT, here.now_s + world->step_s * (double)(step - from), trial,
                             step, NAN, DONE_OK, false});
    double last_s = here.now_s + world->step_s * (double)(last - from);
    process->stubborn = hangs;
    if (crashes || babbles)
        plan(process, (struct action){crashes ? DIE : SAY_GARBAGE, last_s, trial, last, NAN,
                                      DONE_OK, false});
    if (fails)
        return;
    end.due_s = last_s;
    if (end.status == DONE_OK)
        plan(process, (struct action){SAY_REPORT, last_s, trial, to,
                                      virtual_value(world, trial, to), DONE_OK, false});
    plan(process, end);
}

static void stop(struct process *process)
{
    const struct trainer_world *world = &here.world;
    if (!process->training || process->stubborn)
        return;
    uint64_t step = process->from;
    double passed = here.now_s - process->began_s;
    if (passed > 0)
        step += (uint64_t)(passed / world->step_s);
    const struct action *planned = &process->actions[process->count - 1];
    if (planned->deed != SAY_DONE || planned->status == DONE_FAILED || step + 1 >= planned->step)
        return; /* it gets there first, or to its own end */
    process->count = process->acted;
    plan(process, (struct action){SAY_DONE, here.now_s + world->step_s, process->trial, step + 1,
                                  NAN, DONE_STOPPED, true});
}

static void test(struct process *process, const json_t *message)
{
    uint32_t trial = (uint32_t)number(message, "trial");
    *process = (struct process){
        .alive = true, .rank = process->rank, .actions = process->actions, .room = process->room};
    /* The dispatcher's number of the attempt is not told; only whether the file is there counts. */
    bool there = resumes(message, trial, 0, UINT64_MAX);
    const char *best = json_string_value(json_object_get(message, "export"));
    uint32_t ignored;
    int place;
    if (there && best && read_path(best, &place, &ignored, &ignored))
        save(place, BEST, 0, 0);
    plan(process, (struct action){SAY_TESTED, here.now_s + here.world.step_s, trial, 0,
                                  there ? 0.5 : (double)NAN, DONE_OK, false});
}

/* --- worker/trainer_process.h
 * ---------------------------------------------------------------------
 */

bool trainer_process_start(struct trainer_process *trainer, const char *program,
                           const json_t *document, struct error *error)
{
    struct random_stream stream;
    (void)program;
    (void)document;
    random_open(&stream, here.world.seed, RANDOM_AUGMENT, here.starts++);
    if (random_uniform(&stream) < here.world.refusing)
        return error_set(error, "no virtual trainer can be started");
    for (int i = 0; i < PROCESSES_MAX; i++) {
        struct process *process = &here.processes[i];
        if (process->alive)
            continue;
        *process = (struct process){
            .alive = true, .rank = here.rank, .actions = process->actions, .room = process->room};
        trainer->child.pid = i + 1;
        trainer->state = TRAINER_STARTING;
        /* Some die at the start, never twice in a row. */
        bool dies =
            trainer->failed_starts == 0 && here.world.crashing > 0 && here.starts % 17 == 16;
        plan(process, (struct action){dies ? DIE : SAY_READY, here.now_s + here.world.start_s, 0, 0,
                                      NAN, DONE_OK, false});
        return true;
    }
    return error_set(error, "too many virtual trainers");
}

void trainer_process_adopt(struct trainer_process *trainer, struct child *child)
{
    (void)trainer;
    (void)child;
}

bool trainer_process_send(struct trainer_process *trainer, json_t *message, struct error *error)
{
    struct process *process = process_of(trainer);
    const char *op = json_string_value(json_object_get(message, "op"));
    (void)error;
    if (process->alive && strcmp(op, "train") == 0)
        train(process, message);
    else if (process->alive && strcmp(op, "test") == 0)
        test(process, message);
    else if (process->alive && strcmp(op, "stop") == 0)
        stop(process);
    json_decref(message);
    return true;
}

void trainer_process_attend(struct trainer_process *trainer)
{
    (void)trainer;
}

void trainer_process_kill(struct trainer_process *trainer)
{
    if (trainer->state != TRAINER_DOWN)
        process_of(trainer)->alive = false;
    trainer->state = TRAINER_DOWN;
}

void trainer_process_break(struct trainer_process *trainer, struct error *reason)
{
    (void)reason;
    trainer_process_kill(trainer);
}

enum trainer_news trainer_process_next(struct trainer_process *trainer, struct trainer_line *line,
                                       struct error *error)
{
    if (trainer->state == TRAINER_DOWN)
        return TRAINER_QUIET;
    struct process *process = process_of(trainer);
    if (process->told == process->acted)
        return TRAINER_QUIET;
    const struct action *action = &process->actions[process->told++];
    line->trial = action->trial;
    line->text[0] = '\0';
    switch (action->deed) {
    case SAY_READY:
        line->kind = LINE_READY;
        line->body.ready = (struct message_ready){here.world.samples, 0, 0};
        break;
    case SAY_REPORT:
        line->kind = LINE_REPORT;
        line->body.report = (struct message_report){.step = action->step,
                                                    .train_loss = 1,
                                                    .val_loss = action->value,
                                                    .validated = !isnan(action->value)};
        break;
    case SAY_DONE:
        line->kind = LINE_DONE;
        line->body.done = (struct message_done){action->step, action->status,
                                                action->status == DONE_DIVERGED ? VERDICT_COLLAPSED
                                                                                : VERDICT_HEALTHY};
        break;
    case SAY_TESTED:
        line->kind = LINE_TESTED;
        line->body.tested = (struct message_tested){action->value, NAN, !isnan(action->value)};
        break;
    case SAY_GARBAGE:
        error_set(error, "not JSON");
        trainer_process_kill(trainer);
        return TRAINER_GONE;
    case DIE:
        error_set(error, "the trainer was killed by signal 9 (Killed)");
        trainer_process_kill(trainer);
        return TRAINER_GONE;
    }
    return TRAINER_SAID;
}

void trainer_process_dismiss(struct trainer_process *trainer)
{
    (void)trainer;
}

void trainer_process_finish(struct trainer_process *trainer, double seconds)
{
    (void)seconds;
    trainer_process_kill(trainer);
}
