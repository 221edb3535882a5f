/* layout.h - the names of the files in a study's directory. */
#ifndef LRSWEEP_COMMON_LAYOUT_H
#define LRSWEEP_COMMON_LAYOUT_H

#define LAYOUT_DATABASE    "study.db"
#define LAYOUT_SUMMARY     "summary.json"
#define LAYOUT_BEST        "best.safetensors"
#define LAYOUT_REPORT      "report.html"
#define LAYOUT_CHECKPOINTS "checkpoints"
#define LAYOUT_LOCK        "study.lock" /* only while a run holds DIR */

/* A trial's checkpoint: printf arguments are DIR, the trial's id and the attempt that left it. No
 * two attempts write to one file: one that was given up, but does not know, harms nobody. */
#define LAYOUT_CHECKPOINT_FORMAT "%s/" LAYOUT_CHECKPOINTS "/%06u-%u.safetensors"

#endif
