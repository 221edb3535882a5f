/* made_study.h - a study as a search would leave it, made up in a moment: of any size and fate. */
#ifndef LRSWEEP_TESTS_SUPPORT_MADE_STUDY_H
#define LRSWEEP_TESTS_SUPPORT_MADE_STUDY_H

#include "common/error.h"

#include <stdint.h>

enum made_study_kind {
    MADE_SOUND,       /* rates of all fates, halved in four rungs, some attempts lost */
    MADE_DIVERGED,    /* every rate too large */
    MADE_INTERRUPTED, /* cut off half way: trials wait, are paused, ran when it died */
    MADE_HOSTILE,     /* a sound one whose every text tries to be more than a text */
    MADE_STUDIES
};

/* MADE_STUDIES for a name that is none: "sound", "diverged", "interrupted" or "hostile". */
enum made_study_kind made_study_kind_of(const char *name);

/* Makes DIR with a study of `trials` candidates on 8 ranks of 8 trainers, each candidate with
 * `reports` reports in its first rung. The same arguments make the same study. */
bool made_study_write(const char *dir, enum made_study_kind kind, uint32_t trials, uint32_t reports,
                      struct error *error);

#endif
