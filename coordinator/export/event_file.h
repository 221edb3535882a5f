/* event_file.h - the content of a TensorBoard event file.
 *
 * A TFRecord file (length, its masked CRC-32C, data, theirs; all little-endian) of Event messages,
 * tensorflow/core/util/event.proto: wall_time = 1, step = 2, file_version = 3, summary = 5. Built
 * in memory. */
#ifndef LRSWEEP_COORDINATOR_EXPORT_EVENT_FILE_H
#define LRSWEEP_COORDINATOR_EXPORT_EVENT_FILE_H

#include "coordinator/export/protobuf.h"

/* Begins a file: its first event names the version. */
void event_file_begin(struct protobuf *file, double wall_time);

/* A number of a curve. NaN and infinity stay what they are. */
void event_file_scalar(struct protobuf *file, double wall_time, uint64_t step, const char *tag,
                       double value);

/* A text for the text plugin, which takes it for Markdown. */
void event_file_text(struct protobuf *file, double wall_time, uint64_t step, const char *tag,
                     const char *text);

/* Data of a plugin that has no values: `data` is taken over. */
void event_file_plugin(struct protobuf *file, double wall_time, const char *tag, const char *plugin,
                       struct protobuf *data);

#endif
