/* fuzz_checkpoint.c - any bytes as a checkpoint, for trials of three optimizers.
 *
 * The checksum guards against damage, not against intent: it is made right before the file is read,
 * so that what stands behind it is tested. What is accepted can be trained on and saved, and what
 * was saved can be read. */
#include "tests/fuzz/checkpoint_seeds.h"
#include "tests/fuzz/input.h"
#include "worker/trainer/checkpoint.h"
#include "worker/trainer/safetensors.h"
#include "worker/trainer/training.h"

#include <zlib.h>

static void checksum_mend(uint8_t *bytes, size_t length)
{
    static const char key[] = "\"crc32\":\"";
    enum { DIGITS = 8 };
    uint8_t *end = bytes + length;
    uint8_t *place = bytes + (input_find(bytes, end, key) - bytes);
    if ((size_t)(end - place) < sizeof key - 1 + DIGITS)
        return;
    char digits[DIGITS + 1];
    memcpy(place + sizeof key - 1, "00000000", DIGITS);
    (void)snprintf(digits, sizeof digits, "%08lx", crc32_z(0, bytes, length) & 0xffffffffUL);
    memcpy(place + sizeof key - 1, digits, DIGITS);
}

static void go_on(struct trial *trial)
{
    enum { STEPS = 3 };
    double lr;
    for (int i = 0; i < STEPS; i++)
        if (monitor_step(trial->monitor, trial_step(trial, &lr, NULL)) != VERDICT_HEALTHY)
            return;
}

static void load(const struct model *model, const char *text, const char *path, const char *copy)
{
    struct trial trial, again;
    struct error error = {""};
    json_t *params = json_loads(text, 0, NULL);
    if (!trial_create(&trial, model, params, 1, &error) ||
        !trial_create(&again, model, params, 1, &error))
        input_fail(error.text);
    if (checkpoint_load(&trial, path, &error)) {
        if (!checkpoint_save(&trial, copy, &error) || !checkpoint_load(&again, copy, &error))
            input_fail(error.text);
        go_on(&trial);
    } else if (!*error.text) {
        input_fail("a checkpoint is refused without a reason");
    }
    trial_destroy(&trial);
    trial_destroy(&again);
    json_decref(params);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static struct model_fixture fixture; /* never written to after it was made */
    if (!fixture.features)
        checkpoint_seeds_model(&fixture);
    char path[INPUT_PATH_BYTES], copy[INPUT_PATH_BYTES];
    input_path("checkpoint", path);
    input_path("copy", copy);
    uint8_t *mended = malloc(length + 1);
    if (!mended)
        input_fail("out of memory");
    memcpy(mended, bytes, length);
    checksum_mend(mended, length);
    input_store("checkpoint", mended, length);
    free(mended);
    struct error error;
    struct safetensors *file = safetensors_open(path, &error);
    for (size_t i = 0; file && i < CHECKPOINT_SEEDS; i++)
        load(&fixture.model, checkpoint_seeds[i].params, path, copy);
    safetensors_close(file);
    return 0;
}
