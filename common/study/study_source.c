/* study_source.c - files and includes of a study file; the scanning of each is study_scan.c's. */
#include "common/study/study_source.h"

#include "common/study/study_scan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { INCLUDE_DEPTH_MAX = 10 };

/* The files that are open, innermost first: a file that is among them includes itself. */
struct open_file {
    dev_t device;
    ino_t inode;
    const char *name;
    unsigned depth;
    const struct open_file *outer;
};

struct reader {
    struct study_scan scan; /* first: the scanner hands it back, see include() */
    const struct open_file *innermost;
};

static bool remember_span(struct study_source *source, const char *file, unsigned line)
{
    struct study_span *spans =
        realloc(source->spans, (source->span_count + 1) * sizeof *source->spans);
    if (!spans)
        return false;
    source->spans = spans;
    spans[source->span_count++] =
        (struct study_span){.first = source->lines + 1, .file = file, .line = line};
    return true;
}

/* Reads all of `stream`, at most what the bound leaves. Returns NULL with a problem. */
static char *load(struct study_source *source, FILE *stream, const char *quoted,
                  const struct study_place *place, struct study_problems *problems, size_t *length)
{
    size_t room = STUDY_SOURCE_MAX_BYTES - source->bytes_read;
    char *text = malloc(room + 1);
    if (!text) {
        problems->out_of_memory = true;
        return NULL;
    }
    *length = fread(text, 1, room + 1, stream);
    if (ferror(stream)) {
        study_problem(problems, place, "%scannot be read: %s", quoted, strerror(errno));
        free(text);
        return NULL;
    }
    if (*length > room) {
        study_problem(problems, place, "%stoo long: a study holds at most %d bytes, includes too",
                      quoted, STUDY_SOURCE_MAX_BYTES);
        free(text);
        return NULL;
    }
    source->bytes_read += *length;
    text[*length] = '\0';
    return text;
}

/* Checks that `stream` may be read and is not being read already. */
static bool admit(FILE *stream, const char *quoted, const struct study_place *place,
                  struct study_problems *problems, struct open_file *file)
{
    struct stat status;
    if (fstat(fileno(stream), &status) != 0) {
        study_problem(problems, place, "%scannot be read: %s", quoted, strerror(errno));
        return false;
    }
    if (S_ISDIR(status.st_mode)) {
        study_problem(problems, place,
                      "%sa directory; a study file is expected (--out names the directory)",
                      quoted);
        return false;
    }
    file->device = status.st_dev;
    file->inode = status.st_ino;
    for (const struct open_file *outer = file->outer; outer; outer = outer->outer) {
        if (outer->device == file->device && outer->inode == file->inode) {
            study_problem(problems, place, "%sincludes itself", quoted);
            return false;
        }
    }
    if (file->depth > INCLUDE_DEPTH_MAX) {
        study_problem(problems, place, "%sincludes nest deeper than %d", quoted, INCLUDE_DEPTH_MAX);
        return false;
    }
    return true;
}

/* Reads one file into the text. `place`: where it was asked for; `quoted`: how messages start. */
static bool read_file(struct reader *reader, const char *path, const char *quoted,
                      const struct study_place *place)
{
    struct study_source *source = reader->scan.source;
    struct study_problems *problems = reader->scan.problems;
    if (source->file_count == STUDY_SOURCE_MAX_FILES) {
        study_problem(problems, place, "%smore than %d files", quoted, STUDY_SOURCE_MAX_FILES);
        return false;
    }
    FILE *stream = fopen(path, "r");
    if (!stream) {
        study_problem(problems, place, "%scannot be read: %s", quoted, strerror(errno));
        return false;
    }
    struct open_file file = {
        .name = path,
        .depth = reader->innermost ? reader->innermost->depth + 1 : 0,
        .outer = reader->innermost,
    };
    size_t length = 0;
    char *text = NULL;
    if (admit(stream, quoted, place, problems, &file))
        text = load(source, stream, quoted, place, problems, &length);
    (void)fclose(stream);
    char *name = text ? strdup(path) : NULL;
    if (!name) {
        problems->out_of_memory = problems->out_of_memory || text;
        free(text);
        return false;
    }
    source->files[source->file_count].name = name;
    source->files[source->file_count++].text = text;
    if (!remember_span(source, name, 1))
        problems->out_of_memory = true;
    reader->innermost = &file;
    study_scan_text(&reader->scan, text, length, name);
    reader->innermost = file.outer;
    return true;
}

/* The scanner met `@include "path"` in line `line` of `file`. */
static void include(struct study_scan *scan, const char *path, const char *file, unsigned line)
{
    struct reader *reader = (struct reader *)scan;
    struct study_place place = study_scan_place(scan, file, line);
    char quoted[300], message[320];
    study_quote(path, quoted, sizeof quoted);
    (void)snprintf(message, sizeof message, "@include %s: ", quoted);
    const char *slash = path[0] == '/' ? NULL : strrchr(file, '/');
    size_t folder = slash ? (size_t)(slash - file) + 1 : 0;
    size_t bytes = folder + strlen(path) + 1;
    char *full = malloc(bytes);
    if (!full) {
        scan->problems->out_of_memory = true;
        return;
    }
    (void)snprintf(full, bytes, "%.*s%s", (int)folder, file, path);
    study_scan_newline(scan);
    (void)read_file(reader, full, message, &place);
    study_scan_newline(scan);
    if (!remember_span(scan->source, file, line + 1))
        scan->problems->out_of_memory = true;
    free(full);
}

bool study_source_read(struct study_source *source, const char *path,
                       struct study_problems *problems)
{
    *source = (struct study_source){0};
    struct reader reader = {.scan = {.source = source, .problems = problems, .include = include}};
    struct study_place place = {.file = path};
    if (read_file(&reader, path, "", &place))
        study_scan_end(&reader.scan);
    return !study_problems_any(problems);
}

bool study_source_text(struct study_source *source, const char *text,
                       const struct study_place *place, struct study_problems *problems)
{
    *source = (struct study_source){0};
    struct study_scan scan = {.source = source, .problems = problems, .place = place};
    size_t before = problems->count;
    study_scan_text(&scan, text, strlen(text), "");
    study_scan_end(&scan);
    return problems->count == before && !problems->out_of_memory;
}

void study_source_quote(const struct study_source *source, const struct study_place *place,
                        char *text, size_t text_bytes)
{
    const char *line = "";
    for (size_t i = 0; i < source->file_count; i++) {
        if (source->files[i].name == place->file)
            line = source->files[i].text;
    }
    for (unsigned i = 1; i < place->line; i++) {
        line += strcspn(line, "\n");
        line += *line == '\n';
    }
    line += strspn(line, " \t");
    char found[70];
    size_t length = strcspn(line, "\r\n");
    (void)snprintf(found, sizeof found, "%.*s", (int)(length < 60 ? length : 60), line);
    study_quote(found, text, text_bytes);
}

struct study_place study_source_place(const struct study_source *source, unsigned line)
{
    size_t low = 0, high = source->span_count; /* the last span that starts at or before it */
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (source->spans[middle].first <= line)
            low = middle;
        else
            high = middle;
    }
    if (source->span_count == 0)
        return (struct study_place){.order = line};
    const struct study_span *span = &source->spans[low];
    unsigned offset = line > span->first ? line - (unsigned)span->first : 0;
    return (struct study_place){.file = span->file, .line = span->line + offset, .order = line};
}

void study_source_destroy(struct study_source *source)
{
    for (size_t i = 0; i < source->file_count; i++) {
        free(source->files[i].name);
        free(source->files[i].text);
    }
    free(source->spans);
    free(source->text);
    *source = (struct study_source){0};
}
