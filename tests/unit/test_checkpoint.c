/* test_checkpoint.c - checkpoints: 40 + 60 steps are 100, and no damage goes unnoticed. */
#include "model_fixture.h"
#include "tests/fuzz/checkpoint_seeds.h"
#include "worker/trainer/checkpoint.h"
#include "worker/trainer/safetensors.h"
#include "worker/trainer/training.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const char layers[] = "[{\"type\":\"dense\",\"units\":6,\"activation\":\"relu\"},"
                             "{\"type\":\"dense\",\"units\":3}]";

enum { SAMPLES = 60, FEATURES = 5, CLASSES = 3 };

static char folder[] = "/tmp/test-checkpoint-XXXXXX";
static char path[64];

static int folder_make(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    (void)snprintf(path, sizeof path, "%s/trial.safetensors", folder);
    return 0;
}

static int folder_remove(void **state)
{
    (void)state;
    char command[128];
    (void)snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

static void make_shaped(struct model_fixture *fixture, struct trial *trial, const char *network,
                        const struct shape *input, const char *params)
{
    struct error error;
    model_fixture_create_shaped(fixture, network,
                                "{\"batch_size\":16,\"report_every\":1000000,"
                                "\"validate_every\":1000000}",
                                SAMPLES, input, CLASSES);
    json_t *json = json_loads(params, 0, NULL);
    if (!trial_create(trial, &fixture->model, json, 1, &error))
        fail_msg("%s", error.text);
    json_decref(json);
}

static void make(struct model_fixture *fixture, struct trial *trial, const char *params)
{
    const struct shape input = {.rank = 1, .size = {FEATURES}};
    make_shaped(fixture, trial, layers, &input, params);
}

static void destroy(struct model_fixture *fixture, struct trial *trial)
{
    trial_destroy(trial);
    model_fixture_destroy(fixture);
}

static void steps(struct trial *trial, int count)
{
    double lr;
    for (int i = 0; i < count; i++) {
        double loss = trial_step(trial, &lr, NULL);
        assert_int_equal(monitor_step(trial->monitor, loss), VERDICT_HEALTHY);
    }
}

static void equal(const struct trial *first, const struct trial *second)
{
    size_t bytes = first->model->network.arena_count * sizeof(real);
    const struct optimizer *one = &first->candidate.optimizer,
                           *other = &second->candidate.optimizer;
    assert_memory_equal(first->weights, second->weights,
                        first->model->network.weights_count * sizeof(real));
    for (size_t i = 0; i < one->state_count; i++)
        assert_memory_equal(one->state[i], other->state[i], bytes);
    assert_int_equal(one->steps, other->steps);
    assert_int_equal(first->step, second->step);
    assert_memory_equal(&first->loss_sum, &second->loss_sum, sizeof first->loss_sum);
    assert_int_equal(first->loss_count, second->loss_count);
    size_t count = monitor_state_count(first->monitor);
    double *a = malloc(count * sizeof *a), *b = malloc(count * sizeof *b);
    monitor_save(first->monitor, a);
    monitor_save(second->monitor, b);
    assert_memory_equal(a, b, count * sizeof *a);
    free(a);
    free(b);
}

static void halves_are_the_whole(const char *network, const struct shape *input, const char *params)
{
    struct model_fixture fixture, other_fixture;
    struct trial whole, halves;
    struct error error = {""};
    make_shaped(&fixture, &whole, network, input, params);
    steps(&whole, 100);
    make_shaped(&other_fixture, &halves, network, input, params);
    steps(&halves, 40);
    halves.seconds = 1.0 / 3;
    if (!checkpoint_save(&halves, path, &error))
        fail_msg("%s", error.text);
    destroy(&other_fixture, &halves);
    make_shaped(&other_fixture, &halves, network, input, params);
    if (!checkpoint_load(&halves, path, &error))
        fail_msg("%s", error.text);
    assert_float_equal(halves.seconds, 1.0 / 3, 0);
    steps(&halves, 60);
    equal(&whole, &halves);
    destroy(&fixture, &whole);
    destroy(&other_fixture, &halves);
}

static void forty_and_sixty_steps_are_a_hundred_bit_for_bit(void **state)
{
    (void)state;
    static const char *const params[] = {
        "{\"lr\":0.05}",
        "{\"lr\":0.05,\"momentum\":0.9}",
        "{\"lr\":0.05,\"momentum\":0.9,\"weight_decay\":0.01}",
        "{\"lr\":0.05,\"momentum\":0.9,\"nesterov\":true}",
        "{\"lr\":0.05,\"momentum\":0.9,\"clip_norm\":0.3}",
        "{\"lr\":0.05,\"momentum\":0.9,\"clip_value\":0.1}",
        "{\"lr\":0.05,\"optimizer\":\"adagrad\",\"lr_decay\":0.01}",
        "{\"lr\":1.0,\"optimizer\":\"adadelta\"}",
        "{\"lr\":0.01,\"optimizer\":\"rmsprop\"}",
        "{\"lr\":0.01,\"optimizer\":\"rmsprop\",\"momentum\":0.5}",
        "{\"lr\":0.01,\"optimizer\":\"rmsprop\",\"centered\":true,\"eps\":0.01,\"momentum\":0.5}",
        "{\"lr\":0.01,\"optimizer\":\"adam\"}",
        "{\"lr\":0.01,\"optimizer\":\"adam\",\"amsgrad\":true,\"weight_decay\":0.01}",
        "{\"lr\":0.01,\"optimizer\":\"adamw\"}",
        "{\"lr\":0.01,\"optimizer\":\"nadam\"}",
        "{\"lr\":0.01,\"optimizer\":\"radam\"}",
        "{\"lr\":0.001,\"optimizer\":\"lion\",\"weight_decay\":0.1}",
        "{\"lr\":0.1,\"optimizer\":\"lars\",\"weight_decay\":0.01}",
        "{\"lr\":0.01,\"optimizer\":\"lamb\"}",
        "{\"lr\":0.05,\"schedule\":{\"type\":\"multi_step\",\"milestones\":[5,15]}}",
        "{\"lr\":0.05,\"schedule\":{\"type\":\"polynomial\",\"power\":2}}",
        "{\"lr\":0.05,\"schedule\":{\"type\":\"linear\"}}",
        "{\"lr\":0.05,\"schedule\":{\"type\":\"cosine_restarts\",\"period\":3,\"t_mult\":2}}",
        "{\"lr\":0.05,\"schedule\":{\"type\":\"one_cycle\"}}",
        "{\"lr\":0.05,\"schedule\":{\"type\":\"cyclic\",\"step_up\":7}}",
        "{\"lr\":0.05,\"schedule\":{\"type\":\"inverse_sqrt\"}}",
        "{\"lr\":0.05,\"schedule\":{\"type\":\"wsd\",\"warmup\":{\"steps\":9,\"from\":0.1,"
        "\"shape\":\"exponential\"}}}",
        "{\"lr\":0.05,\"momentum\":0.9,\"schedule\":{\"type\":\"cosine\",\"period\":0,"
        "\"warmup\":{\"steps\":20,\"from\":0.1}}}",
        "{\"lr\":0.05,\"schedule\":{\"type\":\"step\",\"every\":7.3,\"gamma\":0.5}}",
        "{\"lr\":0.05,\"schedule\":{\"type\":\"exponential\",\"gamma\":0.9}}",
    };
    const struct shape input = {.rank = 1, .size = {FEATURES}};
    for (size_t i = 0; i < sizeof params / sizeof params[0]; i++)
        halves_are_the_whole(layers, &input, params[i]);
}

static const char image_layers[] =
    "[{\"type\":\"conv2d\",\"filters\":5,\"kernel_size\":2},{\"type\":\"batch_norm\"},"
    "{\"type\":\"silu\"},{\"type\":\"max_pool\",\"kernel_size\":2},{\"type\":\"dropout\",\"p\":0.3}"
    ","
    "{\"type\":\"conv2d\",\"filters\":4,\"kernel_size\":3,\"padding\":1,\"activation\":\"gelu\"},"
    "{\"type\":\"layer_norm\"},{\"type\":\"flatten\"},{\"type\":\"dropout\"},"
    "{\"type\":\"dense\",\"units\":3}]";

static const struct shape image = {.rank = 3, .size = {2, 5, 7}};

static void so_they_are_with_dropout_and_running_statistics(void **state)
{
    (void)state;
    static const char *const params[] = {
        "{\"lr\":0.05,\"momentum\":0.9,\"weight_decay\":0.01}",
        "{\"lr\":0.05,\"momentum\":0.9,\"weight_decay\":0.01,\"clip_norm\":0.3}",
        "{\"lr\":0.01,\"optimizer\":\"adam\"}",
    };
    for (size_t i = 0; i < sizeof params / sizeof params[0]; i++)
        halves_are_the_whole(image_layers, &image, params[i]);
}

static void so_they_are_with_images_that_are_moved_and_mirrored(void **state)
{
    (void)state;
    halves_are_the_whole(image_layers, &image,
                         "{\"lr\":0.05,\"momentum\":0.9,\"random_crop\":2,\"random_flip\":true}");
}

static const char residual_layers[] =
    "[{\"type\":\"conv2d\",\"filters\":3,\"kernel_size\":3,\"padding\":1},"
    "{\"type\":\"residual\",\"activation\":\"relu\",\"layers\":["
    "{\"type\":\"conv2d\",\"filters\":4,\"kernel_size\":3,\"padding\":1,\"stride\":2},"
    "{\"type\":\"batch_norm\"},{\"type\":\"dropout\",\"p\":0.3},"
    "{\"type\":\"residual\",\"activation\":\"silu\",\"layers\":["
    "{\"type\":\"dropout\",\"p\":0.3}],\"shortcut\":[{\"type\":\"batch_norm\"}]}]},"
    "{\"type\":\"global_avg_pool\"},{\"type\":\"dense\",\"units\":3}]";

static void so_they_are_with_layers_inside_layers(void **state)
{
    (void)state;
    halves_are_the_whole(residual_layers, &image,
                         "{\"lr\":0.05,\"momentum\":0.9,\"weight_decay\":0.01}");
    halves_are_the_whole(residual_layers, &image, "{\"lr\":0.01,\"optimizer\":\"adam\"}");
    halves_are_the_whole(residual_layers, &image,
                         "{\"lr\":0.05,\"layer_decay\":0.7,\"clip_norm\":0.3}");
}

static void forget(void *context, const struct training_report *report)
{
    (void)context;
    (void)report;
}

static bool never(void *context)
{
    (void)context;
    return false;
}

static void train(struct trial *trial, uint64_t to)
{
    const struct training_watch watch = {.report = forget, .interrupted = never};
    trial->candidate.validate_every = 7;
    assert_int_equal(training_run(trial, to, &watch), TRAINING_REACHED);
}

/* It learns from validations, and a rung's end has one more: at step 40, and again on resuming. */
static void a_plateau_does_not_see_where_a_rung_ended(void **state)
{
    (void)state;
    static const char params[] = "{\"lr\":0.2,\"momentum\":0.9,\"schedule\":{\"type\":\"plateau\","
                                 "\"patience\":1,\"threshold\":0.2,\"factor\":0.5}}";
    struct model_fixture fixture, other_fixture;
    struct trial whole, halves;
    struct error error = {""};
    make(&fixture, &whole, params);
    train(&whole, 100);
    make(&other_fixture, &halves, params);
    train(&halves, 40);
    double scale = halves.schedule.scale;
    assert_true(checkpoint_save(&halves, path, &error));
    destroy(&other_fixture, &halves);
    make(&other_fixture, &halves, params);
    assert_true(checkpoint_load(&halves, path, &error));
    assert_float_equal(halves.schedule.scale, scale, 0);
    train(&halves, 40);
    train(&halves, 100);
    assert_memory_equal(whole.weights, halves.weights,
                        fixture.model.network.arena_count * sizeof(real));
    assert_true(whole.schedule.scale < scale && scale < 1);
    assert_memory_equal(&whole.schedule, &halves.schedule, sizeof whole.schedule);
    destroy(&fixture, &whole);
    destroy(&other_fixture, &halves);
}

static void a_branch_with_another_schedule_forgets_what_the_old_one_learned(void **state)
{
    (void)state;
    static const char *const schedules[] = {
        "{\"lr\":0.2,\"schedule\":{\"type\":\"plateau\",\"patience\":1,\"threshold\":0.5,"
        "\"factor\":0.5}}",
        "{\"lr\":0.1,\"schedule\":{\"type\":\"plateau\",\"patience\":2}}",
        "{\"lr\":0.2,\"schedule\":{\"type\":\"constant\"}}",
    };
    struct model_fixture fixture, other_fixture;
    struct trial parent, branch;
    struct error error = {""};
    make(&fixture, &parent, schedules[0]);
    train(&parent, 60);
    assert_true(parent.schedule.scale < 1);
    assert_true(checkpoint_save(&parent, path, &error));
    for (size_t i = 1; i < 3; i++) {
        make(&other_fixture, &branch, schedules[i]);
        assert_true(checkpoint_load(&branch, path, &error));
        assert_int_equal(branch.step, 60);
        assert_float_equal(branch.schedule.scale, i == 1 ? parent.schedule.scale : 1, 0);
        destroy(&other_fixture, &branch);
    }
    destroy(&fixture, &parent);
}

static unsigned char *file_read(size_t *size)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    unsigned char *bytes = malloc(1 << 20);
    *size = fread(bytes, 1, 1 << 20, file);
    assert_int_equal(fclose(file), 0);
    return bytes;
}

static void file_write(const unsigned char *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static void refused(struct trial *trial, const char *part)
{
    struct error error = {""};
    assert_false(checkpoint_load(trial, path, &error));
    if (!strstr(error.text, path) || !strstr(error.text, part))
        fail_msg("\"%s\" does not name the file and \"%s\"", error.text, part);
}

static void every_flipped_byte_and_every_truncation_is_noticed(void **state)
{
    (void)state;
    struct model_fixture fixture;
    struct trial trial;
    struct error error;
    make(&fixture, &trial, "{\"lr\":0.05,\"momentum\":0.9}");
    steps(&trial, 3);
    assert_true(checkpoint_save(&trial, path, &error));
    size_t size;
    unsigned char *bytes = file_read(&size);
    for (size_t i = 0; i < size; i++) {
        /* One bit in turn, and all of them: a case change in the checksum, a digit, a bracket. */
        unsigned char kept = bytes[i];
        const unsigned char masks[] = {(unsigned char)(1U << i % 8), 0x20, 0xff};
        for (size_t j = 0; j < sizeof masks; j++) {
            bytes[i] = kept ^ masks[j];
            file_write(bytes, size);
            refused(&trial, "");
        }
        bytes[i] = kept;
    }
    for (size_t cut = 0; cut < size; cut++) {
        file_write(bytes, cut);
        refused(&trial, "");
    }
    bytes[size] = 0;
    file_write(bytes, size + 1);
    refused(&trial, "");
    file_write(bytes, size);
    assert_true(checkpoint_load(&trial, path, &error));
    free(bytes);
    destroy(&fixture, &trial);
}

static void a_checkpoint_of_something_else_is_refused(void **state)
{
    (void)state;
    struct model_fixture fixture;
    struct trial trial, other;
    struct error error = {""};
    make(&fixture, &trial, "{\"lr\":0.05}");
    assert_true(checkpoint_save(&trial, path, &error));

    json_t *params = json_loads("{\"lr\":0.01,\"optimizer\":\"adam\"}", 0, NULL);
    assert_true(trial_create(&other, &fixture.model, params, 1, &error));
    refused(&other, "optimizer");
    trial_destroy(&other);
    json_decref(params);

    params = json_loads("{\"lr\":0.01}", 0, NULL);
    assert_true(trial_create(&other, &fixture.model, params, 2, &error));
    refused(&other, "seed");
    trial_destroy(&other);
    json_decref(params);

    fixture.model.identity[0] = '?';
    refused(&trial, "another study");
    fixture.model.identity[0] = 'f';

    assert_true(checkpoint_export(&trial, path, NULL, &error));
    refused(&trial, "not a checkpoint");
    assert_int_equal(unlink(path), 0);
    refused(&trial, "No such file");
    destroy(&fixture, &trial);
}

static void a_save_that_fails_leaves_the_old_file_and_no_other(void **state)
{
    (void)state;
    struct model_fixture fixture;
    struct trial trial;
    struct error error = {""};
    char missing[96];
    make(&fixture, &trial, "{\"lr\":0.05}");
    (void)snprintf(missing, sizeof missing, "%s/missing/trial.safetensors", folder);
    assert_false(checkpoint_save(&trial, missing, &error));
    assert_non_null(strstr(error.text, missing));
    /* A folder of the same name cannot be replaced by a file. */
    assert_int_equal(mkdir(path, 0700), 0);
    assert_false(checkpoint_save(&trial, path, &error));
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(rmdir(folder), 0); /* empty: nothing temporary was left */
    assert_int_equal(mkdir(folder, 0700), 0);
    destroy(&fixture, &trial);
}

static void exported_weights_have_the_names_and_the_layout_of_pytorch(void **state)
{
    (void)state;
    struct model_fixture fixture;
    struct trial trial;
    struct error error = {""};
    make(&fixture, &trial, "{\"lr\":0.05}");
    steps(&trial, 7);
    json_t *about = json_pack("{s:s}", "trial", "17 \"crc32\":\"00000000\"");
    assert_true(checkpoint_export(&trial, path, about, &error));
    json_decref(about);
    struct safetensors *file = safetensors_open(path, &error);
    assert_non_null(file);
    assert_int_equal(safetensors_count(file), 4);
    assert_string_equal(safetensors_text(file, "step"), "7");
    assert_string_equal(safetensors_text(file, "trial"), "17 \"crc32\":\"00000000\"");
    const size_t sizes[] = {FEATURES, 6, CLASSES};
    for (size_t i = 0; i < 2; i++) {
        char name[32];
        const struct layer *layer = &fixture.model.network.layer[i];
        size_t in = sizes[i], out = sizes[i + 1];
        (void)snprintf(name, sizeof name, "layers.%zu.weight", i);
        struct safetensors_tensor expected = {
            .name = name, .dtype = REAL_DTYPE, .rank = 2, .shape = {out, in}};
        const char *found = safetensors_find(file, &expected, &error);
        assert_non_null(found);
        for (size_t o = 0; o < out; o++)
            for (size_t n = 0; n < in; n++) {
                real value;
                memcpy(&value, found + (o * in + n) * sizeof value, sizeof value);
                assert_true(value == trial.weights[layer->tensor[0].offset + n * out + o]);
            }
        (void)snprintf(name, sizeof name, "layers.%zu.bias", i);
        expected = (struct safetensors_tensor){
            .name = name, .dtype = REAL_DTYPE, .rank = 1, .shape = {out}};
        found = safetensors_find(file, &expected, &error);
        assert_non_null(found);
        assert_memory_equal(found, trial.weights + layer->tensor[1].offset, out * sizeof(real));
    }
    safetensors_close(file);
    destroy(&fixture, &trial);
}

static const void *exported(const struct safetensors *file, const char *name, size_t rank,
                            const size_t *shape)
{
    struct error error = {""};
    struct safetensors_tensor expected = {.name = name, .dtype = REAL_DTYPE, .rank = rank};
    memcpy(expected.shape, shape, rank * sizeof *shape);
    const void *found = safetensors_find(file, &expected, &error);
    if (!found)
        fail_msg("%s", error.text);
    return found;
}

static void exported_filters_and_statistics_are_in_the_order_of_pytorch(void **state)
{
    (void)state;
    struct model_fixture fixture;
    struct trial trial;
    struct error error = {""};
    make_shaped(&fixture, &trial, image_layers, &image, "{\"lr\":0.05}");
    steps(&trial, 3);
    assert_true(checkpoint_export(&trial, path, NULL, &error));
    struct safetensors *file = safetensors_open(path, &error);
    assert_non_null(file);
    assert_int_equal(safetensors_count(file), 2 + (4 + 1) + 2 + 2 + 2);
    const struct layer *layer = fixture.model.network.layer;
    const char *found = exported(file, "layers.5.weight", 4, (size_t[]){4, 5, 3, 3});
    const real *weight = trial.weights + layer[5].tensor[0].offset;
    for (size_t f = 0; f < 4; f++)
        for (size_t c = 0; c < 5; c++)
            for (size_t k = 0; k < 9; k++, found += sizeof(real)) {
                real value;
                memcpy(&value, found, sizeof value);
                assert_true(value == weight[(k * 5 + c) * 4 + f]);
            }
    /* Of a normalised image of 4 x 2 x 3. */
    found = exported(file, "layers.6.bias", 3, (size_t[]){4, 2, 3});
    const real *bias = trial.weights + layer[6].tensor[1].offset;
    for (size_t c = 0; c < 4; c++)
        for (size_t p = 0; p < 6; p++, found += sizeof(real)) {
            real value;
            memcpy(&value, found, sizeof value);
            assert_true(value == bias[p * 4 + c]);
        }
    found = exported(file, "layers.1.running_var", 1, (size_t[]){5});
    assert_memory_equal(found, trial.weights + layer[1].tensor[3].offset, 5 * sizeof(real));
    assert_true(trial.weights[layer[1].tensor[3].offset] != 1);
    const struct safetensors_tensor batches = {.name = "layers.1.num_batches_tracked",
                                               .dtype = "I64"};
    const int64_t three = 3;
    found = safetensors_find(file, &batches, &error);
    assert_non_null(found);
    assert_memory_equal(found, &three, sizeof three);
    safetensors_close(file);
    destroy(&fixture, &trial);
}

/* model.layers[1].layers[3].shortcut[0] is layers.1.layers.3.shortcut.0 there. */
static void exported_layers_inside_layers_are_named_by_their_place_in_the_study(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t rank, shape[4];
    } tensors[] = {
        {"layers.0.weight", 4, {3, 2, 3, 3}},
        {"layers.0.bias", 1, {3}},
        {"layers.1.layers.0.weight", 4, {4, 3, 3, 3}},
        {"layers.1.layers.0.bias", 1, {4}},
        {"layers.1.layers.1.weight", 1, {4}},
        {"layers.1.layers.1.bias", 1, {4}},
        {"layers.1.layers.1.running_mean", 1, {4}},
        {"layers.1.layers.1.running_var", 1, {4}},
        {"layers.1.layers.3.shortcut.0.weight", 1, {4}},
        {"layers.1.layers.3.shortcut.0.bias", 1, {4}},
        {"layers.1.layers.3.shortcut.0.running_mean", 1, {4}},
        {"layers.1.layers.3.shortcut.0.running_var", 1, {4}},
        {"layers.1.shortcut.0.weight", 4, {4, 3, 1, 1}},
        {"layers.3.weight", 2, {3, 4}},
        {"layers.3.bias", 1, {3}},
    };
    const size_t count = sizeof tensors / sizeof tensors[0];
    struct model_fixture fixture;
    struct trial trial;
    struct error error = {""};
    make_shaped(&fixture, &trial, residual_layers, &image, "{\"lr\":0.05}");
    steps(&trial, 3);
    assert_true(checkpoint_export(&trial, path, NULL, &error));
    struct safetensors *file = safetensors_open(path, &error);
    assert_non_null(file);
    for (size_t i = 0; i < count; i++)
        (void)exported(file, tensors[i].name, tensors[i].rank, tensors[i].shape);
    assert_int_equal(safetensors_count(file), count + 2); /* and num_batches_tracked twice */
    safetensors_close(file);
    destroy(&fixture, &trial);
}

/* Files that are well-formed JSON with lies in it, and right checksums: sizes are not to be
 * trusted. */
static void impossible_headers_are_refused(void **state)
{
    (void)state;
    static const char *const headers[] = {
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,400]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[-4,0]}}",
        "{\"a\":{\"dtype\":\"F99\",\"shape\":[1],\"data_offsets\":[0,4]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,0]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":1,\"data_offsets\":[0,4]}}",
        "{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,4]}}",
        "{\"a\":7}",
        "{\"a\":{},\"a\":{}}",
        "[]",
        "{}",
        "{\"__metadata__\":{\"crc32\":\"00000000\"}}",
        "{\"__metadata__\":{\"crc32\":7}}",
        "{\"__metadata__\":7}",
    };
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        unsigned char bytes[512] = {0};
        size_t length = strlen(headers[i]);
        bytes[0] = (unsigned char)length;
        memcpy(bytes + 8, headers[i], length);
        file_write(bytes, 8 + length + 4);
        struct error error = {""};
        assert_null(safetensors_open(path, &error));
        assert_non_null(strstr(error.text, path));
    }
    /* Header lengths that are larger than the file, and than any number. */
    unsigned char bytes[16];
    memset(bytes, 0xff, sizeof bytes);
    file_write(bytes, sizeof bytes);
    struct error error;
    assert_null(safetensors_open(path, &error));
}

/* Else it would look at nothing but headers. */
static void what_the_fuzzer_starts_from_can_be_loaded(void **state)
{
    (void)state;
    struct model_fixture fixture;
    checkpoint_seeds_model(&fixture);
    for (size_t i = 0; i < CHECKPOINT_SEEDS; i++) {
        char seed[1024];
        struct trial trial;
        struct error error;
        json_t *params = json_loads(checkpoint_seeds[i].params, 0, NULL);
        (void)snprintf(seed, sizeof seed, "%s/fuzz/checkpoint/%s", TEST_SOURCE_DIR,
                       checkpoint_seeds[i].name);
        if (!trial_create(&trial, &fixture.model, params, 1, &error) ||
            !checkpoint_load(&trial, seed, &error))
            fail_msg("%s", error.text);
        trial_destroy(&trial);
        json_decref(params);
    }
    model_fixture_destroy(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forty_and_sixty_steps_are_a_hundred_bit_for_bit),
        cmocka_unit_test(a_plateau_does_not_see_where_a_rung_ended),
        cmocka_unit_test(a_branch_with_another_schedule_forgets_what_the_old_one_learned),
        cmocka_unit_test(so_they_are_with_dropout_and_running_statistics),
        cmocka_unit_test(so_they_are_with_images_that_are_moved_and_mirrored),
        cmocka_unit_test(so_they_are_with_layers_inside_layers),
        cmocka_unit_test(exported_filters_and_statistics_are_in_the_order_of_pytorch),
        cmocka_unit_test(exported_layers_inside_layers_are_named_by_their_place_in_the_study),
        cmocka_unit_test(every_flipped_byte_and_every_truncation_is_noticed),
        cmocka_unit_test(a_checkpoint_of_something_else_is_refused),
        cmocka_unit_test(a_save_that_fails_leaves_the_old_file_and_no_other),
        cmocka_unit_test(exported_weights_have_the_names_and_the_layout_of_pytorch),
        cmocka_unit_test(impossible_headers_are_refused),
        cmocka_unit_test(what_the_fuzzer_starts_from_can_be_loaded),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
