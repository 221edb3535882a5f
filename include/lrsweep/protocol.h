/* clang-format off */

/* protocol.h - the trainer protocol, version 1.
 *
 * A trainer is any program that reads JSON objects, one a line, from standard input and writes JSON
 * objects, one a line, to standard output (UTF-8). What it writes to standard error is passed on,
 * and its last lines are kept with an attempt that failed. It trains one trial at a time and should
 * use one core. `->` is what it reads, `<-` what it writes. Keys that it does not know it leaves
 * aside.
 *
 *   -> {"op":"hello","version":1,"study":{...}}
 *        The resolved study, as `lrsweep check FILE --json` prints it, without search.points. With
 *        a trainer of the user's own, `data`, `model` and `train` hold what the file says, and of
 *        defaults only train.batch_size and train.validate_every.
 *   <- {"op":"ready","version":1,"trainer":"name", ...}
 *        It accepts the study. What it may add, all optional:
 *          "train_samples": needed where budgets are in epochs: an epoch is train_samples over
 *             train.batch_size steps, rounded down;
 *          "checkpoints": false: it leaves none. `resume` is then always null, `from` 0, and a
 *             trial that is promoted is trained from its start again, which counts again;
 *          "tests": false: it cannot "test". Then nothing is, and best.safetensors is not written;
 *          "validation_samples", "test_samples", "features", "classes": its data;
 *          "constant_loss": the loss of the best constant predictor on the training set;
 *          "parameters": number of trainable parameters;
 *          "layers": [{"at","type","output":[...],"parameters"} ...], `at` a layer's place in the
 *             study, "model.layers[0]"; those inside another layer stand before it;
 *          "flops_per_sample": of one forward and backward pass;
 *          "activation_bytes": of the samples of a batch, what goes in and what each layer gives
 *             and keeps for its backward pass; "weight_bytes": of the trainable parameters.
 *             Gradients are in neither;
 *          "blas": the name of the kernel that it calculates with.
 *   <- {"op":"refused","at":"model.layers[1].units","message":"..."}
 *        It does not accept the study. `at` names the setting that is at fault ("" if none does).
 *        It then ends.
 *
 *   -> {"op":"train","trial":17,"params":{"lr":0.03,"schedule":{"type":"constant"},...},"seed":1,
 *       "from":0,"to":2000,"resume":null,"checkpoint":"DIR/checkpoints/17-1.ckpt"}
 *        Train trial 17 from step `from` to step `to`. `params` holds the candidate: what stands in
 *        the study's space, with a value in the place of each distribution; the rest stands in the
 *        study. If optimizers are searched it holds one with all of its parameters, which take the
 *        place of those in the study: "optimizer":{"type":"adam","beta1":0.9,...}.
 *        `resume`: the checkpoint to go on from (its step is `from`), null to start afresh. If it
 *        cannot be used, training again from the start to `from` leads to the same state, unless
 *        "branch":true says that it was left by another candidate.
 *        `checkpoint`: where to leave the state when this ends well or is stopped; null: nowhere.
 *        It may also hold "pause":1000, a step before `to`: end there as if a stop had come, so
 *        that others get their turn. A trainer that knows nothing of it just goes on to `to`.
 *   <- {"op":"report","trial":17,"step":100,"epoch":0.13,"train_loss":0.61,"val_loss":0.58,
 *       "val_accuracy":0.81,"lr":0.03,"grad_norm":0.4,"update_ratio":0.001,"dead_units":0.1,
 *       "seconds":0.02}
 *        As often as it likes, but at least once in run.heartbeat_timeout seconds: after so long a
 *        silence it is taken for hung and killed. Needed: trial, step, train_loss. train_loss is
 *        the mean since the report before; val_loss and val_accuracy are null or absent where
 *        nothing was validated. A number that is not finite is written as null. A step beyond `to`
 *        ends the attempt.
 *   -> {"op":"stop","trial":17}
 *        End this trial at the next step, leaving a checkpoint. It may come after the trial has
 *        ended.
 *   <- {"op":"done","trial":17,"step":2000,"status":"ok","verdict":"healthy","message":"..."}
 *        status: "ok" (reached `to`; the last report was at `to` and held a validation, unless
 *        study.metric is train_loss), "stopped" (as it was told), "diverged" (gave up by itself) or
 *        "failed".
 *        verdict, optional, with any status but "failed": what the losses say: "healthy",
 *        "diverged", "collapsed", "oscillating", "erratic", "plateaued", "slow" or "overfitting".
 *        message, optional, explains in a sentence that a person can act on.
 *
 *   -> {"op":"test","trial":17,"params":{...},"seed":1,"from":2000,"resume":PATH,
 *       "export":PATH or null}
 *        Evaluate the checkpoint, left at step `from`, on the test set and write its weights to
 *        `export` as safetensors. If it cannot be used, or none was left, training again leads to
 *        the same state, with "branch":true as above. Reports of that training only show that it
 *        goes on.
 *   <- {"op":"tested","trial":17,"status":"ok","test_loss":0.3,"test_accuracy":0.9,"message":null}
 *        status: "ok" or "failed"; the numbers are null where there is no test set.
 *
 *   -> {"op":"quit"} or the end of standard input: end with exit status 0. A trainer that is busy
 *      when its standard input ends is killed a second later; one whose rank was killed notices it
 *      there, or by SIGPIPE when it writes.
 */

/* clang-format on */
#ifndef LRSWEEP_PROTOCOL_H
#define LRSWEEP_PROTOCOL_H

#define LRSWEEP_PROTOCOL_VERSION 1

/* The longest line that either side may write, its newline included. */
#define LRSWEEP_LINE_MAX_BYTES (1 << 20)

#endif
