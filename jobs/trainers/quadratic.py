#!/usr/bin/env python3
"""A trainer of one's own for lrsweep, in Python's standard library alone.

It minimises curvature/2 * x^2 by gradient descent with momentum, from x = 1; rates above
2 * (1 + momentum) / curvature diverge. Take it as a start: what a real trainer changes is Trial.
The protocol is documented in include/lrsweep/protocol.h; jobs/trainers/quadratic.cfg is a study.
"""
import json
import math
import os
import select
import sys


def say(**line):
    # A number that is not finite is written as null: JSON has no other way.
    for key, value in line.items():
        if isinstance(value, float) and not math.isfinite(value):
            line[key] = None
    print(json.dumps(line), flush=True)


class Trial:
    """What a trial is: its parameters, and the state that a checkpoint keeps."""

    def __init__(self, study, params):
        self.curvature = study["data"].get("curvature", 1.0)
        self.lr = params["lr"]
        self.momentum = params.get("momentum", study["train"].get("momentum", 0.0))
        self.step, self.x, self.velocity = 0, 1.0, 0.0

    def train_step(self):
        self.velocity = self.momentum * self.velocity + self.curvature * self.x
        self.x -= self.lr * self.velocity
        self.step += 1

    def loss(self):
        return self.curvature / 2 * self.x * self.x

    def save(self, path):
        # Under another name first: a checkpoint is there as a whole or not at all.
        with open(path + ".tmp", "w", encoding="utf-8") as file:
            json.dump([self.step, self.x, self.velocity], file)
        os.replace(path + ".tmp", path)

    def load(self, path):
        with open(path, encoding="utf-8") as file:
            self.step, self.x, self.velocity = json.load(file)


def stopped():
    """Whether a line has come while the trial trains: only stop, quit or the end can be there."""
    return bool(select.select([sys.stdin], [], [], 0)[0])


def train(study, command):
    trial = Trial(study, command["params"])
    report_every = study["train"].get("report_every", 10)
    number, status, message = command["trial"], "ok", None
    try:
        if command["resume"]:
            trial.load(command["resume"])
    except (OSError, ValueError):
        pass  # from the start once more: it leads to the same state
    while trial.step < command["to"]:
        trial.train_step()
        loss = trial.loss()
        if not loss < 1e6:
            status = "diverged"
            message = f"The loss grew to {loss:.3g}: the rate {trial.lr:.3g} is too large."
            break
        if trial.step % report_every == 0 or trial.step == command["to"]:
            say(op="report", trial=number, step=trial.step, train_loss=loss, val_loss=loss,
                lr=trial.lr)
        if trial.step == command.get("pause") or (trial.step < command["to"] and stopped()):
            status = "stopped"
            break
    if status != "diverged" and command["checkpoint"]:
        trial.save(command["checkpoint"])
    say(op="done", trial=number, step=trial.step, status=status, message=message)


def main():
    study = None
    # readline, not "for line in": the latter reads ahead, and select would not see what was read.
    while line := sys.stdin.readline():
        command = json.loads(line)
        if command["op"] == "hello":
            study = command["study"]
            curvature = study["data"].get("curvature", 1.0)
            if not curvature > 0:
                say(op="refused", at="data.curvature", message=f"found {curvature}; allowed: above 0")
                return
            say(op="ready", version=1, trainer="quadratic.py", tests=False)
        elif command["op"] == "train":
            train(study, command)
        elif command["op"] == "quit":
            return


main()
