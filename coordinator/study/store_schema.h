/* store_schema.h - the tables of study.db.
 *
 * `trial`, `report` and `event` are a public interface: scripts read them. Columns may be added in
 * a later version, none is removed or changes its meaning while STORE_SCHEMA_VERSION stays. Two
 * rules hold everywhere: a number that is not there, or is not finite, is NULL; a text that is not
 * there is
 * ''. Times are Unix times in seconds. */
#ifndef LRSWEEP_COORDINATOR_STUDY_STORE_SCHEMA_H
#define LRSWEEP_COORDINATOR_STUDY_STORE_SCHEMA_H

/* In the file's header (PRAGMA application_id): "LRsw". Tells our files from other databases. */
#define STORE_APPLICATION_ID 0x4c527377

/* In the file's header (PRAGMA user_version). A file with another one is refused, and by --resume
 * one whose tables were not made with just the texts below. */
#define STORE_SCHEMA_VERSION 3

/* clang-format off: one column a line, each with its comment. */

/* The study itself, as texts:
 *   document        the resolved study, JSON (see common/study_document.h)
 *   version         of the lrsweep that made it
 *   created         time
 *   status          running, finished, interrupted or failed
 *   kind            "range test": of lrsweep find, each trial's rate grows from step to step;
 *                   absent: a search
 *   rungs           JSON: [{"bracket": from 0, "budget": in search.unit, "candidates": that
 *                   entered the rung, "promoted": that went on to the next}, ...]
 *   recommended     trial.id of the recommendation so far
 *   finalists       JSON: [{"trial", "repeats": trained to the end, "lost": that diverged or
 *                   failed, "mean", "standard_error", "tied": with the best mean}, ...]
 *   closed          why the search ended before all candidates were looked at: target,
 *                   total_epochs, patience or wall_time
 *   trainers        how many trained at once
 *   workers_lost    how often a worker was given up because it said nothing any more
 *   losses          JSON, of the first 1,000 of them: [{"rank", "host", "trainers": that it had,
 *                   "attempts": that were under way there, "time", "back": the time of its return,
 *                   null: it did not}, ...]
 *   wall_s          seconds from the start of the run to its end, or to the last commit of one that
 *                   has not ended or was killed; all runs of this study together
 *   train_s         seconds that trainers were held by trials, all together
 *   coordinator_cpu share of one core that rank 0's coordinator used
 *   checkpoints     0: the trainer leaves none; absent: it does
 *   steps_again, epochs_again  that were trained again for want of them, all trials together
 *   constant_loss   loss of the best constant predictor on the training set
 *   train_samples   in the training set
 *   classes         number of classes, where the data has classes
 *   steps_per_epoch steps in an epoch, where a step's batch is known
 *   test_loss, test_accuracy  of the recommendation on the test set; the mean of its repeats,
 *                   where it has some
 * All but the first four may be absent. */
#define STORE_SCHEMA_STUDY                                                                         \
    "CREATE TABLE study ("                                                                         \
    "  key TEXT PRIMARY KEY,"                                                                      \
    "  value TEXT NOT NULL"                                                                        \
    ") STRICT, WITHOUT ROWID;"

/* One row a trial: what stands in it now. */
#define STORE_SCHEMA_TRIAL                                                                         \
    "CREATE TABLE trial ("                                                                         \
    "  id INTEGER PRIMARY KEY,"    /* from 0, in the order of creation */                          \
    "  state TEXT NOT NULL,"       /* waiting running paused complete stopped diverged failed */   \
    "  verdict TEXT NOT NULL,"     /* healthy diverged collapsed oscillating erratic plateaued     \
                                      slow overfitting; '': nothing was seen yet */                \
    "  bracket INTEGER NOT NULL,"  /* that it belongs to, from 0 */                                \
    "  rung INTEGER NOT NULL,"     /* of its bracket: that it is in or ended in, from 0 */         \
    "  parent INTEGER,"            /* trial.id that it branched from, or repeats */                \
    "  repeat INTEGER NOT NULL,"   /* 1: repeats a finalist with a fresh seed */                   \
    "  seed INTEGER NOT NULL,"     /* of its weights, batch order ... */                           \
    "  begun INTEGER NOT NULL,"    /* step at which it branched; 0: from the start */              \
    "  step INTEGER NOT NULL,"     /* steps trained and kept */                                    \
    "  lr REAL,"                   /* base learning rate; NULL: the space has none */              \
    "  schedule TEXT NOT NULL,"    /* its type; '': the space has none */                          \
    "  params TEXT NOT NULL,"      /* JSON of the whole candidate */                               \
    "  metric REAL,"               /* best validation value so far, of the study's metric */       \
    "  final REAL,"                /* value at the end of the last rung that it reached */         \
    "  started REAL,"              /* time of its first assignment */                              \
    "  ended REAL,"                /* time when it left the search */                              \
    "  attempts INTEGER NOT NULL," /* started, turns not counted */                                \
    "  worker INTEGER,"            /* rank that trained it last */                                 \
    "  message TEXT NOT NULL"      /* why it ended so, and what its losses looked like */          \
    ") STRICT;"

/* One row a report of a trainer. A retried attempt reports the same steps again: the later report
 * replaces the earlier. WITHOUT ROWID: the rows lie in the order in which they are read, a trial's
 * curve in one piece, and there is no second tree for the key. */
#define STORE_SCHEMA_REPORT                                                                        \
    "CREATE TABLE report ("                                                                        \
    "  trial INTEGER NOT NULL,"  /* trial.id */                                                    \
    "  step INTEGER NOT NULL,"   /* steps trained when it was made */                              \
    "  epoch REAL,"              /* passes over the training set, with fractions */                \
    "  train_loss REAL,"         /* mean of the batches since the report before */                 \
    "  val_loss REAL,"           /* on the validation set; NULL: this report made no validation */ \
    "  val_accuracy REAL,"       /* fraction, or R^2 of numbers to predict; NULL: likewise */      \
    "  lr REAL,"                 /* learning rate of this step */                                  \
    "  grad_norm REAL,"          /* Euclidean norm of the gradient */                              \
    "  update_ratio REAL,"       /* norm of the step over norm of the weights */                   \
    "  dead_units REAL,"         /* fraction of hidden units that are dead */                      \
    "  seconds REAL,"            /* training time of this trial so far, without validation */      \
    "  finite INTEGER NOT NULL," /* 0: train_loss, or a measured val_loss, was not finite */       \
    "  PRIMARY KEY (trial, step)"                                                                  \
    ") STRICT, WITHOUT ROWID;"

/* What the search was fed, in order. The same events in the same order give the same search. */
#define STORE_SCHEMA_EVENT                                                                         \
    "CREATE TABLE event ("                                                                         \
    "  seq INTEGER PRIMARY KEY,"  /* order, from 1 */                                              \
    "  time REAL NOT NULL,"       /* when it was recorded */                                       \
    "  kind TEXT NOT NULL,"       /* assigned, done, lost, worker_lost ... */                      \
    "  trial INTEGER NOT NULL,"   /* trial.id */                                                   \
    "  attempt INTEGER NOT NULL," /* which attempt of the trial */                                 \
    "  worker INTEGER,"           /* rank */                                                       \
    "  trainer INTEGER,"          /* slot within the worker */                                     \
    "  step INTEGER NOT NULL,"    /* the trial's step */                                           \
    "  value REAL,"               /* the metric that was reported; assigned: trainers known */     \
    "  verdict TEXT NOT NULL,"    /* the trainer's */                                              \
    "  text TEXT NOT NULL"        /* a reason or a sentence */                                     \
    ") STRICT;"

/* clang-format on */

#define STORE_SCHEMA STORE_SCHEMA_STUDY STORE_SCHEMA_TRIAL STORE_SCHEMA_REPORT STORE_SCHEMA_EVENT

#endif
