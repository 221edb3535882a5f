/* event_file.c - events, and the frames around them. Field numbers are those of tensorboard/compat/
 * proto/event.proto, summary.proto, tensor.proto. */
#include "coordinator/export/event_file.h"

#include "coordinator/export/crc32c.h"

enum { EVENT_WALL_TIME = 1, EVENT_STEP = 2, EVENT_FILE_VERSION = 3, EVENT_SUMMARY = 5 };
enum { SUMMARY_VALUE = 1 };
enum { VALUE_TAG = 1, VALUE_SIMPLE = 2, VALUE_TENSOR = 8, VALUE_METADATA = 9 };
enum { METADATA_PLUGIN = 1 };
enum { PLUGIN_NAME = 1, PLUGIN_CONTENT = 2 };
enum { TENSOR_DTYPE = 1, TENSOR_SHAPE = 2, TENSOR_STRING = 8, SHAPE_DIM = 2, DIM_SIZE = 1 };
enum { DT_STRING = 7 };

/* Adds one record; the event is empty afterwards. */
static void put_event(struct protobuf *file, struct protobuf *event)
{
    unsigned char length[8];
    for (size_t i = 0; i < sizeof length; i++)
        length[i] = (unsigned char)((uint64_t)event->bytes.length >> (8 * i));
    file->bytes.failed = file->bytes.failed || event->bytes.failed;
    protobuf_raw(file, length, sizeof length);
    protobuf_little_endian(file, crc32c_masked(length, sizeof length), 4);
    protobuf_raw(file, event->bytes.text, event->bytes.length);
    protobuf_little_endian(file, crc32c_masked(event->bytes.text, event->bytes.length), 4);
    protobuf_destroy(event);
}

static void put_value(struct protobuf *file, double wall_time, uint64_t step,
                      struct protobuf *value)
{
    struct protobuf event = {0}, summary = {0};
    protobuf_inner(&summary, SUMMARY_VALUE, value);
    protobuf_double(&event, EVENT_WALL_TIME, wall_time);
    protobuf_whole(&event, EVENT_STEP, (int64_t)step);
    protobuf_inner(&event, EVENT_SUMMARY, &summary);
    put_event(file, &event);
}

/* What says which plugin a value is for. */
static void put_metadata(struct protobuf *value, const char *plugin, struct protobuf *content)
{
    struct protobuf metadata = {0}, data = {0};
    protobuf_text(&data, PLUGIN_NAME, plugin);
    if (content)
        protobuf_inner(&data, PLUGIN_CONTENT, content);
    protobuf_inner(&metadata, METADATA_PLUGIN, &data);
    protobuf_inner(value, VALUE_METADATA, &metadata);
}

void event_file_begin(struct protobuf *file, double wall_time)
{
    struct protobuf event = {0};
    protobuf_double(&event, EVENT_WALL_TIME, wall_time);
    protobuf_text(&event, EVENT_FILE_VERSION, "brain.Event:2");
    put_event(file, &event);
}

void event_file_scalar(struct protobuf *file, double wall_time, uint64_t step, const char *tag,
                       double value)
{
    struct protobuf summary_value = {0};
    protobuf_text(&summary_value, VALUE_TAG, tag);
    protobuf_float(&summary_value, VALUE_SIMPLE, (float)value);
    put_value(file, wall_time, step, &summary_value);
}

void event_file_text(struct protobuf *file, double wall_time, uint64_t step, const char *tag,
                     const char *text)
{
    struct protobuf value = {0}, tensor = {0}, shape = {0}, dimension = {0};
    protobuf_text(&value, VALUE_TAG, tag);
    put_metadata(&value, "text", NULL);
    protobuf_whole(&dimension, DIM_SIZE, 1);
    protobuf_inner(&shape, SHAPE_DIM, &dimension);
    protobuf_whole(&tensor, TENSOR_DTYPE, DT_STRING);
    protobuf_inner(&tensor, TENSOR_SHAPE, &shape);
    protobuf_text(&tensor, TENSOR_STRING, text);
    protobuf_inner(&value, VALUE_TENSOR, &tensor);
    put_value(file, wall_time, step, &value);
}

void event_file_plugin(struct protobuf *file, double wall_time, const char *tag, const char *plugin,
                       struct protobuf *data)
{
    struct protobuf value = {0};
    protobuf_text(&value, VALUE_TAG, tag);
    put_metadata(&value, plugin, data);
    put_value(file, wall_time, 0, &value);
}
