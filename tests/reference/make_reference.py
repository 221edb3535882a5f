#!/usr/bin/python3
"""make_reference.py - the numbers that the training engine is compared with, made with PyTorch.

Writes schedules.json and optimizers.json beside itself; they are kept in the repository, so that the
tests need no PyTorch. Run it again only to add a case. Made with PyTorch 1.13.
"""
import json
import math
import os
import warnings

import torch
from torch.optim import lr_scheduler as sched

warnings.filterwarnings("ignore")
HERE = os.path.dirname(os.path.abspath(__file__))
STEPS = 300


def rates(make, lr):
    """The rate that each step uses: what the optimizer holds before the scheduler's step."""
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([parameter], lr=lr)
    scheduler = make(optimizer)
    used = []
    for _ in range(STEPS):
        used.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return used


def warmed(make, steps, start):
    """LinearLR before a schedule, as SequentialLR joins them. LinearLR refuses a factor of 0, which
    LambdaLR with the same formula does not."""
    def build(optimizer):
        if start > 0:
            first = sched.LinearLR(optimizer, start_factor=start, end_factor=1.0, total_iters=steps)
        else:
            first = sched.LambdaLR(optimizer, lambda step: min(1.0, step / steps))
        return sched.SequentialLR(optimizer, [first, make(optimizer)], milestones=[steps])
    return build


def schedules():
    unit = 30  # steps in one search.unit (an epoch here)
    budget = 10.0
    base = {
        "constant": ({"type": "constant"}, lambda o: sched.LambdaLR(o, lambda step: 1.0)),
        "step": ({"type": "step", "every": 2.5, "gamma": 0.3},
                 lambda o: sched.StepLR(o, step_size=75, gamma=0.3)),
        "exponential": ({"type": "exponential", "gamma": 0.7},
                        lambda o: sched.ExponentialLR(o, gamma=0.7 ** (1 / unit))),
        "cosine": ({"type": "cosine", "period": 4.0, "eta_min": 0.001},
                   lambda o: sched.CosineAnnealingLR(o, T_max=120, eta_min=0.001)),
    }
    cases = []
    for spec, make in base.values():
        for warmup, start in ((0, 0.0), (45, 0.1), (60, 0.0)):
            case = dict(spec)
            if warmup:
                case["warmup"] = {"epochs": warmup / unit, "from": start, "shape": "linear"}
            build = warmed(make, warmup, start) if warmup else make
            cases.append({"schedule": case, "lr": 0.2, "steps_per_unit": unit,
                          "steps_per_epoch": unit, "max_budget": budget,
                          "rates": rates(build, 0.2)})
    # The period that is left out is the full budget less the warm-up.
    cases.append({"schedule": {"type": "cosine", "period": 0.0, "eta_min": 0.0,
                               "warmup": {"steps": 20, "from": 0.25, "shape": "linear"}},
                  "lr": 0.05, "steps_per_unit": 1, "steps_per_epoch": unit, "max_budget": 300,
                  "rates": rates(warmed(lambda o: sched.CosineAnnealingLR(o, T_max=280), 20, 0.25),
                                 0.05)})
    return {"cases": cases}


SAMPLES, FEATURES, HIDDEN, CLASSES = 12, 5, 4, 3


def network(dtype):
    return torch.nn.Sequential(torch.nn.Linear(FEATURES, HIDDEN), torch.nn.ReLU(),
                               torch.nn.Linear(HIDDEN, CLASSES)).to(dtype)


def train(initial, features, labels, train, lr, dtype):
    model = network(dtype)
    with torch.no_grad():
        for parameter, value in zip(model.parameters(), initial):
            parameter.copy_(value.to(dtype))
    if train["optimizer"] == "sgd":
        optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=train.get("momentum", 0.0),
                                    nesterov=train.get("nesterov", False),
                                    weight_decay=train.get("weight_decay", 0.0))
    else:
        optimizer = torch.optim.Adam(model.parameters(), lr=lr,
                                     betas=(train.get("beta1", 0.9), train.get("beta2", 0.999)),
                                     eps=train.get("eps", 1e-8),
                                     weight_decay=train.get("weight_decay", 0.0))
    losses, norms = [], []
    for _ in range(20):
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(features.to(dtype)), labels)
        loss.backward()
        largest = train.get("clip_norm", 0.0) or math.inf
        norms.append(float(torch.nn.utils.clip_grad_norm_(model.parameters(), largest)))
        optimizer.step()
        losses.append(float(loss))
    return {"losses": losses, "grad_norms": norms,
            "weights": [p.detach().flatten().tolist() for p in model.parameters()]}


def optimizers():
    torch.manual_seed(1)
    features = torch.randn(SAMPLES, FEATURES)
    labels = torch.randint(CLASSES, (SAMPLES,))
    initial = [p.detach().clone() for p in network(torch.float32).parameters()]
    cases = []
    for lr, case in (
            (0.3, {"optimizer": "sgd", "momentum": 0.0}),
            (0.3, {"optimizer": "sgd", "momentum": 0.0, "weight_decay": 0.05}),
            (0.1, {"optimizer": "sgd", "momentum": 0.9}),
            (0.1, {"optimizer": "sgd", "momentum": 0.9, "weight_decay": 0.05}),
            (0.1, {"optimizer": "sgd", "momentum": 0.9, "nesterov": True}),
            (0.1, {"optimizer": "sgd", "momentum": 0.9, "nesterov": True, "weight_decay": 0.05}),
            (0.1, {"optimizer": "sgd", "momentum": 0.9, "clip_norm": 0.1}),
            (0.05, {"optimizer": "adam"}),
            (0.05, {"optimizer": "adam", "beta1": 0.8, "beta2": 0.9, "eps": 0.01}),
            (0.05, {"optimizer": "adam", "weight_decay": 0.05}),
            (0.05, {"optimizer": "adam", "clip_norm": 0.1}),
    ):
        cases.append({"train": case, "lr": lr,
                      "float64": train(initial, features, labels, case, lr, torch.float64),
                      "float32": train(initial, features, labels, case, lr, torch.float32)})
    return {"features": features.flatten().tolist(), "labels": labels.tolist(),
            "sizes": [FEATURES, HIDDEN, CLASSES],
            "initial": [p.flatten().tolist() for p in initial], "cases": cases}


def save(name, value):
    with open(os.path.join(HERE, name), "w", encoding="utf-8") as file:
        json.dump(value, file, separators=(",", ":"))
        file.write("\n")


if __name__ == "__main__":
    save("schedules.json", schedules())
    save("optimizers.json", optimizers())
