/* libsvm.c - sparse samples as text: LABEL INDEX:VALUE INDEX:VALUE ..., a line for each; what is
 * not written is 0.
 *
 * Format: Chang and Lin, LIBSVM, README. Indices rise along a line and start at 1, or at 0 if one
 * of the files holds a 0 (scikit-learn writes both). '#' starts a comment. */
#include "worker/data/format.h"
#include "worker/data/part_files.h"

#include <stdlib.h>
#include <string.h>

/* What a first reading finds. */
struct extent {
    size_t count[PART_COUNT];
    unsigned long lowest, highest; /* indices; lowest above highest: there are none */
};

/* Where the samples of a second reading go. */
struct sink {
    const struct data_room *room;
    struct label_column *labels; /* NULL: there are targets */
    size_t sample, end;          /* the next sample, and the first that has no room */
    size_t features;
    unsigned long lowest;
};

struct line {
    const char *path;
    size_t row;
    char *start, *at; /* NUL-terminated, without its comment */
};

static bool refuse(const struct line *line, const char *what, struct error *error)
{
    return error_set(error, "%s: row %zu, byte %zu of it: found \"%.40s\", expected %s", line->path,
                     line->row, (size_t)(line->at - line->start), line->at, what);
}

/* Takes INDEX:VALUE. */
static bool pair_take(struct line *line, unsigned long *index, double *value, struct error *error)
{
    const unsigned long highest = 0x7fffffff;
    char *end, *last = line->at + strcspn(line->at, " \t");
    if (*line->at < '0' || *line->at > '9')
        return refuse(line, "INDEX:VALUE", error);
    *index = strtoul(line->at, &end, 10);
    if (*end != ':' || *index > highest)
        return refuse(line, "INDEX:VALUE", error);
    char kept = *last;
    *last = '\0';
    bool good = text_number(end + 1, value);
    *last = kept;
    if (!good)
        return refuse(line, "INDEX:VALUE with a number that is not missing", error);
    line->at = last;
    return true;
}

/* One sample; `sink` NULL: it is only looked at. */
static bool sample_read(struct line *line, enum part part, struct extent *extent, struct sink *sink,
                        struct error *error)
{
    char *label = line->at, *label_end = label + strcspn(label, " \t");
    double target, value;
    long long before = -1;
    line->at = label_end + strspn(label_end, " \t");
    *label_end = '\0';
    if (!text_number(label, &target)) {
        line->at = label;
        return refuse(line, "a label that is a number", error);
    }
    while (*line->at) {
        unsigned long index = 0;
        char *pair = line->at;
        if (!pair_take(line, &index, &value, error))
            return false;
        if ((long long)index <= before) {
            line->at = pair;
            return refuse(line, "a higher index than the one before", error);
        }
        before = (long long)index;
        extent->lowest = index < extent->lowest ? index : extent->lowest;
        extent->highest = index > extent->highest ? index : extent->highest;
        if (sink && (index < sink->lowest || index - sink->lowest >= sink->features))
            return error_set(error, "%s changed while it was read", line->path);
        if (sink)
            ((float *)sink->room->features)[sink->sample * sink->features + index - sink->lowest] =
                (float)value;
        line->at += strspn(line->at, " \t");
    }
    if (sink && sink->labels)
        label_column_set(sink->labels, part, sink->sample, label, line->row);
    else if (sink)
        sink->room->targets[sink->sample] = (float)target;
    return true;
}

static bool part_read(const struct part_texts *texts, enum part part, struct extent *extent,
                      struct sink *sink, struct error *error)
{
    struct line line = {.path = texts->path[part]};
    for (char *next = texts->text[part]; *next;) {
        char *end = next + strcspn(next, "\n");
        line.start = next;
        next = end + (*end != '\0');
        *end = '\0';
        line.start[strcspn(line.start, "#\r")] = '\0';
        line.at = line.start + strspn(line.start, " \t");
        line.row++;
        if (!*line.at)
            continue;
        if (sink && sink->sample == sink->end)
            return error_set(error, "%s changed while it was read", line.path);
        if (!sample_read(&line, part, extent, sink, error))
            return false;
        extent->count[part]++;
        if (sink)
            sink->sample++;
    }
    return extent->count[part] > 0 || error_set(error, "%s: it holds no samples", line.path);
}

/* Reads all files, without a sink or with one. */
static bool parts_read(const struct data_request *request, struct part_texts *texts,
                       struct extent *extent, struct sink *sink, struct error *error)
{
    *extent = (struct extent){.lowest = 1};
    if (!part_texts_load(texts, &request->files, error))
        return false;
    for (int i = 0; i < PART_COUNT; i++)
        if (texts->text[i] && !part_read(texts, (enum part)i, extent, sink, error)) {
            part_texts_free(texts);
            return false;
        }
    return true;
}

static bool measure(const struct data_request *request, struct data_layout *layout,
                    struct error *error)
{
    struct extent extent;
    struct part_texts texts;
    if (!parts_read(request, &texts, &extent, NULL, error))
        return false;
    part_texts_free(&texts);
    if (extent.highest < extent.lowest)
        return error_set(error, "%s: it holds no features", request->files.path[PART_TRAIN]);
    *layout = (struct data_layout){
        .train_count = extent.count[PART_TRAIN],
        .validation_count = extent.count[PART_VALIDATION],
        .test_count = extent.count[PART_TEST],
        .feature_count = extent.highest - extent.lowest + 1,
        .shape = {(uint32_t)(extent.highest - extent.lowest + 1)},
        .shape_rank = 1,
        .target_count = part_files_classes(request->data) ? 0 : 1,
        .storage = STORAGE_F32,
    };
    return true;
}

static bool unpack(const struct data_request *request, struct data_layout *layout,
                   const struct data_room *room, struct error *error)
{
    struct extent extent;
    struct part_texts texts = {0};
    struct label_column labels = {0};
    size_t total = layout->train_count + layout->validation_count + layout->test_count;
    /* Where indices start is not in the layout; the first reading says it again. */
    if (!parts_read(request, &texts, &extent, NULL, error))
        return false;
    part_texts_free(&texts);
    struct sink sink = {.room = room,
                        .labels = layout->target_count ? NULL : &labels,
                        .end = total,
                        .features = layout->feature_count,
                        .lowest = extent.lowest};
    bool good = label_column_create(&labels, total, error) &&
                parts_read(request, &texts, &extent, &sink, error);
    if (good && (extent.count[PART_TRAIN] != layout->train_count ||
                 extent.count[PART_VALIDATION] != layout->validation_count ||
                 extent.count[PART_TEST] != layout->test_count))
        good = error_set(error, "%s changed while it was read", texts.path[PART_TRAIN]);
    if (good && sink.labels)
        good = label_column_number(&labels, &texts, layout, room, error);
    label_column_free(&labels);
    part_texts_free(&texts);
    return good;
}

const struct data_format format_libsvm = {
    .name = "libsvm", .find = part_files_find, .measure = measure, .unpack = unpack};
