/* report_list.c - gathers reports and finds those of a trial. */
#include "coordinator/view/report_list.h"

#include <stdlib.h>
#include <string.h>

static bool add(void *context, const struct report_row *row, struct error *error)
{
    struct report_list *list = context;
    /* A power of two is full: doubles. */
    if (list->count == 0 || (list->count >= 64 && (list->count & (list->count - 1)) == 0)) {
        size_t room = list->count ? 2 * list->count : 64;
        struct report_row *more = realloc(list->rows, room * sizeof *more);
        if (!more)
            return error_set(error, "out of memory for %zu reports", room);
        list->rows = more;
    }
    list->rows[list->count++] = *row;
    return true;
}

bool report_list_read(struct report_list *list, const char *dir, struct error *error)
{
    *list = (struct report_list){0};
    if (snapshot_reports(dir, add, list, error))
        return true;
    report_list_destroy(list);
    return false;
}

void report_list_destroy(struct report_list *list)
{
    free(list->rows);
    *list = (struct report_list){0};
}

/* The first row of this trial or a later one. */
static size_t first_of(const struct report_list *list, uint64_t trial)
{
    size_t low = 0, high = list->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (list->rows[middle].trial < trial)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct report_row *report_list_of(const struct report_list *list, uint32_t trial,
                                        size_t *count)
{
    size_t first = first_of(list, trial);
    *count = first_of(list, (uint64_t)trial + 1) - first;
    return list->rows ? list->rows + first : NULL;
}

double report_metric(const struct report_row *row, const char *metric)
{
    if (strcmp(metric, "train_loss") == 0)
        return row->train_loss;
    return strcmp(metric, "val_error") == 0 ? 1 - row->val_accuracy : row->val_loss;
}

bool report_measured(const struct report_row *row, const char *metric)
{
    return strcmp(metric, "train_loss") == 0 || row->validated;
}

const char *const report_number_names[REPORT_NUMBERS] = {"epoch",        "train_loss", "val_loss",
                                                         "val_accuracy", "lr",         "grad_norm",
                                                         "update_ratio", "dead_units", "seconds"};

void report_numbers(const struct report_row *row, double numbers[REPORT_NUMBERS])
{
    const double all[REPORT_NUMBERS] = {row->epoch,        row->train_loss, row->val_loss,
                                        row->val_accuracy, row->lr,         row->grad_norm,
                                        row->update_ratio, row->dead_units, row->seconds};
    memcpy(numbers, all, sizeof all);
}
