/* export.c - finds the exporter, reads the study, and puts what comes out in its place. */
#include "coordinator/export/export.h"

#include "common/catalogue/nearest.h"
#include "coordinator/export/exporter.h"
#include "coordinator/view/atomic_file.h"

#include <dirent.h>
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const struct exporter *const exporters[] = {&exporter_csv,         &exporter_json,
                                                   &exporter_tensorboard, &exporter_optuna,
                                                   &exporter_config,      &exporter_pytorch};

#define EXPORTER_COUNT (sizeof exporters / sizeof exporters[0])
#define NAMES_BYTES    256

static const struct exporter *find(const char *name, struct error *error)
{
    char names[NAMES_BYTES] = "";
    struct nearest nearest;
    nearest_start(&nearest, name);
    for (size_t i = 0; i < EXPORTER_COUNT; i++) {
        size_t length = strlen(names);
        if (strcmp(exporters[i]->name, name) == 0)
            return exporters[i];
        (void)snprintf(names + length, sizeof names - length, "%s%s", i ? ", " : "",
                       exporters[i]->name);
        nearest_offer(&nearest, exporters[i]->name);
    }
    error_set(error, "there is no exporter \"%.60s\"%s%s%s; allowed: %s", name,
              nearest.name ? " (did you mean \"" : "", nearest.name ? nearest.name : "",
              nearest.name ? "\"?)" : "", names);
    return NULL;
}

/* --- a folder -----------------------------------------------------------------------------------
 */

struct export_folder {
    const char *path;
};

static bool make_folder(const char *path, struct error *error)
{
    return mkdir(path, 0777) == 0 || errno == EEXIST ||
           error_set(error, "%s: cannot create: %s", path, strerror(errno));
}

bool export_folder_put(struct export_folder *folder, const char *name, const void *bytes,
                       size_t length, struct error *error)
{
    char inner[PATH_MAX];
    const char *slash = strrchr(name, '/');
    int written = snprintf(inner, sizeof inner, "%s%s%.*s", folder->path, slash ? "/" : "",
                           slash ? (int)(slash - name) : 0, name);
    if (written < 0 || (size_t)written >= sizeof inner)
        return error_set(error, "%.200s: the path is too long", folder->path);
    return make_folder(inner, error) &&
           atomic_file_put(inner, slash ? slash + 1 : name, bytes, length, error);
}

/* What stands at `path`: nothing or an empty folder is free. */
static bool is_free(const char *path)
{
    DIR *folder = opendir(path);
    bool empty = true;
    if (!folder)
        return errno == ENOENT;
    for (const struct dirent *entry = readdir(folder); entry && empty; entry = readdir(folder))
        empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
    closedir(folder);
    return empty;
}

/* --- one file -----------------------------------------------------------------------------------
 */

static bool place_file(const char *path, const char *bytes, size_t length, struct error *error)
{
    char *folder = strdup(path), *name = strdup(path);
    bool ok = (folder && name) || error_set(error, "%s: out of memory", path);
    ok = ok && atomic_file_write(dirname(folder), basename(name), bytes, length, error);
    free(folder);
    free(name);
    return ok;
}

/* Written to memory first: what fails half way leaves nothing behind. */
static bool print(const struct exporter *exporter, const struct export_source *source,
                  const char *path, FILE *stream, struct error *error)
{
    char *bytes = NULL;
    size_t length = 0;
    FILE *memory = open_memstream(&bytes, &length);
    bool ok = memory || error_set(error, "%s: out of memory", path);
    ok = ok && exporter->print(source, memory, error);
    if (memory && (ferror(memory) || fclose(memory) != 0) && ok)
        ok = error_set(error, "%s: out of memory", path);
    if (ok && strcmp(path, "-") == 0)
        ok = fwrite(bytes, 1, length, stream) == length ||
             error_set(error, "standard output cannot be written: %s", strerror(errno));
    else if (ok)
        ok = place_file(path, bytes, length, error);
    free(bytes);
    return ok;
}

/* --- the whole ----------------------------------------------------------------------------------
 */

/* Which candidate an exporter of one is to take. */
static bool choose_trial(const struct export_request *request, struct export_source *source,
                         struct error *error)
{
    if (source->facts.range_test)
        return error_set(error, "%s: a range test of lrsweep find has no candidate to export",
                         request->dir);
    if (request->trial < 0)
        source->trial = source->facts.best;
    else if (request->trial <= UINT32_MAX)
        source->trial = snapshot_trial(source->snapshot, (unsigned long)request->trial);
    if (source->trial)
        return true;
    if (request->trial >= 0)
        return error_set(error, "%s: there is no trial %lld, but those from 0 to %lld",
                         request->dir, request->trial,
                         (long long)source->snapshot->trial_count - 1);
    return error_set(error, "%s: no trial is recommended (yet): name one with --trial",
                     request->dir);
}

static bool check_place(const struct export_request *request, const struct exporter *exporter,
                        const char *path, struct error *error)
{
    struct stat status;
    bool there = stat(path, &status) == 0;
    if (strcmp(path, "-") == 0)
        return exporter->print ||
               error_set(error, "%s writes a folder: name its path", exporter->name);
    if (there && exporter->fill && !S_ISDIR(status.st_mode))
        return error_set(error, "%s: a file, where %s writes a folder", path, exporter->name);
    if (there && exporter->print && S_ISDIR(status.st_mode))
        return error_set(error, "%s: a folder, where %s writes a file", path, exporter->name);
    if (request->overwrite || (exporter->fill ? is_free(path) : !there))
        return true;
    return error_set(error, "%s is there already: choose another path, or --overwrite", path);
}

static bool write_out(const struct export_request *request, const struct exporter *exporter,
                      const struct export_source *source, const char *path, struct error *error)
{
    struct export_folder folder = {path};
    if (exporter->print)
        return print(exporter, source, path, request->stream, error);
    return make_folder(path, error) && exporter->fill(source, &folder, error);
}

static enum export_end export_snapshot(const struct export_request *request,
                                       const struct exporter *exporter, const char *path,
                                       const struct snapshot *snapshot, struct error *error)
{
    struct report_list reports;
    struct export_source source = {
        .snapshot = snapshot, .reports = &reports, .facts = study_facts_of(snapshot)};
    if (exporter->one && !choose_trial(request, &source, error))
        return EXPORT_WRONG;
    bool ok = report_list_read(&reports, request->dir, error) &&
              write_out(request, exporter, &source, path, error);
    report_list_destroy(&reports);
    return ok ? EXPORT_DONE : EXPORT_FAILED;
}

/* What is written in DIR where no path is given: best.cfg, or that of a trial, trial-3.cfg. */
static int name_default(const struct export_request *request, const struct exporter *exporter,
                        char *path, size_t path_bytes)
{
    if (request->trial < 0)
        return snprintf(path, path_bytes, "%s/%s", request->dir, exporter->path);
    return snprintf(path, path_bytes, "%s/trial-%lld%s", request->dir, request->trial,
                    strchr(exporter->path, '.'));
}

enum export_end export_study(const struct export_request *request, char *written,
                             size_t written_bytes, struct error *error)
{
    const struct exporter *exporter = find(request->to, error);
    if (!exporter)
        return EXPORT_WRONG;
    if (!exporter->one && request->trial >= 0) {
        error_set(error, "%s exports all trials: --trial is for config and pytorch",
                  exporter->name);
        return EXPORT_WRONG;
    }
    int length = request->path ? snprintf(written, written_bytes, "%s", request->path)
                               : name_default(request, exporter, written, written_bytes);
    if (length < 0 || (size_t)length >= written_bytes) {
        error_set(error, "%.200s: the path is too long", request->dir);
        return EXPORT_WRONG;
    }
    if (!store_exists(request->dir)) {
        error_set(error, "%s: holds no study", request->dir);
        return EXPORT_WRONG;
    }
    if (!check_place(request, exporter, written, error))
        return EXPORT_WRONG;
    struct snapshot *snapshot = snapshot_read(request->dir, error);
    enum export_end end = EXPORT_FAILED;
    if (snapshot)
        end = export_snapshot(request, exporter, written, snapshot, error);
    snapshot_destroy(snapshot);
    return end;
}
