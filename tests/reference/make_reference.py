#!/usr/bin/python3
"""make_reference.py - the numbers that the training engine is compared with, made with PyTorch.

Writes schedules.json, optimizers.json and branches.json beside itself; they are kept in the repository, so that the
tests need no PyTorch. Run it again only to add a case. Made with PyTorch 1.13; what it
lacks stands in paper_optimizers.py.
"""
import json
import math
import os
import warnings

import torch
from torch.optim import lr_scheduler as sched

import paper_optimizers

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


def optimizer_of(train, parameters, lr):
    """Weight decay is for matrices alone unless decay_all is set: two parameter groups."""
    keys = {key: value for key, value in train.items()
            if key not in ("optimizer", "clip_norm", "clip_value", "decay_all")}
    if "beta1" in keys or "beta2" in keys:
        keys["betas"] = (keys.pop("beta1", 0.9), keys.pop("beta2", 0.999))
    groups = [{"params": parameters}]
    if not train.get("decay_all", False):
        groups = [{"params": [p for p in parameters if p.dim() > 1]},
                  {"params": [p for p in parameters if p.dim() == 1], "weight_decay": 0.0}]
        if train["optimizer"] in ("lars", "lamb"):
            groups[1]["adapt"] = False
    return OPTIMIZERS[train["optimizer"]](groups, lr=lr, **keys)


def nadam(*arguments, **keys):
    """foreach, for one by one PyTorch 1.13 has a mistake in the mean's factor, since corrected."""
    return torch.optim.NAdam(*arguments, foreach=True, **keys)


OPTIMIZERS = {"sgd": torch.optim.SGD, "adagrad": torch.optim.Adagrad,
              "adadelta": torch.optim.Adadelta, "rmsprop": torch.optim.RMSprop,
              "adam": torch.optim.Adam, "adamw": torch.optim.AdamW, "nadam": nadam,
              "radam": torch.optim.RAdam, "lion": paper_optimizers.Lion,
              "lars": paper_optimizers.LARS, "lamb": paper_optimizers.LAMB}


def change(optimizer, then):
    """What a branch does: the state stays, the parameters are others from here on."""
    for index, group in enumerate(optimizer.param_groups):
        for key, value in then.items():
            if key in ("beta1", "beta2"):
                betas = list(group["betas"])
                betas[key == "beta2"] = value
                group["betas"] = tuple(betas)
            elif key != "weight_decay" or index == 0:
                group[key] = value


def train(initial, features, labels, train, lr, dtype, then=None):
    torch.set_default_dtype(dtype)  # of the optimizers' own scalars, too
    model = network(dtype)
    with torch.no_grad():
        for parameter, value in zip(model.parameters(), initial):
            parameter.copy_(value.to(dtype))
    optimizer = optimizer_of(train, list(model.parameters()), lr)
    losses, norms = [], []
    for step in range(20):
        if then and step == 10:
            change(optimizer, then)
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(features.to(dtype)), labels)
        loss.backward()
        norms.append(float(torch.nn.utils.clip_grad_norm_(model.parameters(), math.inf)))
        if "clip_value" in train:
            torch.nn.utils.clip_grad_value_(model.parameters(), train["clip_value"])
        if "clip_norm" in train:
            torch.nn.utils.clip_grad_norm_(model.parameters(), train["clip_norm"])
        optimizer.step()
        losses.append(float(loss))
    return {"losses": losses, "grad_norms": norms,
            "weights": [p.detach().flatten().tolist() for p in model.parameters()]}


def problem():
    torch.manual_seed(1)
    features = torch.randn(SAMPLES, FEATURES)
    labels = torch.randint(CLASSES, (SAMPLES,))
    initial = [p.detach().clone() for p in network(torch.float32).parameters()]
    return features, labels, initial


def with_problem(cases):
    features, labels, initial = problem()
    return {"features": features.flatten().tolist(), "labels": labels.tolist(),
            "sizes": [FEATURES, HIDDEN, CLASSES],
            "initial": [p.flatten().tolist() for p in initial], "cases": cases}


def branches():
    """Ten steps, then ten with other parameters."""
    features, labels, initial = problem()
    cases = []
    for lr, case, then in (
            (0.1, {"optimizer": "sgd", "momentum": 0.9}, {"lr": 0.05, "momentum": 0.5}),
            (0.1, {"optimizer": "sgd", "momentum": 0.5}, {"lr": 0.12, "momentum": 0.95}),
            (0.1, {"optimizer": "sgd", "momentum": 0.9}, {"momentum": 0.6, "nesterov": True}),
            (0.1, {"optimizer": "sgd", "momentum": 0.9, "weight_decay": 0.05, "nesterov": True},
             {"momentum": 0.7, "weight_decay": 0.1, "nesterov": False}),
            (0.1, {"optimizer": "sgd", "momentum": 0.9}, {"momentum": 0.0}),
            (0.1, {"optimizer": "sgd", "momentum": 0.0}, {"momentum": 0.9}),
            (0.05, {"optimizer": "adam"}, {"lr": 0.02, "beta1": 0.8, "beta2": 0.99}),
            (0.05, {"optimizer": "adamw", "weight_decay": 0.5}, {"weight_decay": 0.1}),
            (0.05, {"optimizer": "nadam"}, {"beta1": 0.8, "momentum_decay": 0.1}),
            (0.05, {"optimizer": "radam"}, {"beta2": 0.95}),
            (0.01, {"optimizer": "rmsprop", "momentum": 0.9}, {"momentum": 0.5, "alpha": 0.9}),
            (0.1, {"optimizer": "adagrad"}, {"lr": 0.3, "lr_decay": 0.1}),
            (0.3, {"optimizer": "lars", "momentum": 0.9}, {"lr": 0.2, "momentum": 0.5}),
            (0.05, {"optimizer": "lamb"}, {"lr": 0.1, "beta1": 0.8}),
    ):
        cases.append({"train": case, "lr": lr, "then": {"lr": lr, **case, **then},
                      "float64": train(initial, features, labels, case, lr, torch.float64, then),
                      "float32": train(initial, features, labels, case, lr, torch.float32, then)})
    return with_problem(cases)


def optimizers():
    features, labels, initial = problem()
    cases = []
    for lr, case in (
            (0.3, {"optimizer": "sgd", "momentum": 0.0}),
            (0.3, {"optimizer": "sgd", "momentum": 0.0, "weight_decay": 0.05, "decay_all": True}),
            (0.1, {"optimizer": "sgd", "momentum": 0.9}),
            (0.1, {"optimizer": "sgd", "momentum": 0.9, "weight_decay": 0.05, "decay_all": True}),
            (0.1, {"optimizer": "sgd", "momentum": 0.9, "nesterov": True}),
            (0.1, {"optimizer": "sgd", "momentum": 0.9, "nesterov": True, "weight_decay": 0.05,
                   "decay_all": True}),
            (0.1, {"optimizer": "sgd", "momentum": 0.9, "clip_norm": 0.1}),
            (0.05, {"optimizer": "adam"}),
            (0.05, {"optimizer": "adam", "beta1": 0.8, "beta2": 0.9, "eps": 0.01}),
            (0.05, {"optimizer": "adam", "weight_decay": 0.05, "decay_all": True}),
            (0.05, {"optimizer": "adam", "clip_norm": 0.1}),
            (0.3, {"optimizer": "sgd", "momentum": 0.0, "weight_decay": 0.05}),
            (0.1, {"optimizer": "sgd", "momentum": 0.9, "weight_decay": 0.05}),
            (0.1, {"optimizer": "sgd", "momentum": 0.9, "nesterov": True, "weight_decay": 0.05}),
            (0.05, {"optimizer": "adam", "weight_decay": 0.05}),
            (0.1, {"optimizer": "sgd", "momentum": 0.9, "clip_value": 0.03}),
            (0.1, {"optimizer": "sgd", "momentum": 0.9, "clip_value": 0.03, "clip_norm": 0.05}),
            (0.1, {"optimizer": "adagrad"}),
            (0.1, {"optimizer": "adagrad", "lr_decay": 0.1, "initial_accumulator_value": 0.01,
                   "eps": 0.001, "weight_decay": 0.05}),
            (1.0, {"optimizer": "adadelta"}),
            (2.0, {"optimizer": "adadelta", "rho": 0.8, "eps": 0.001, "weight_decay": 0.05}),
            (0.01, {"optimizer": "rmsprop"}),
            (0.01, {"optimizer": "rmsprop", "alpha": 0.9, "eps": 0.01, "weight_decay": 0.05}),
            (0.01, {"optimizer": "rmsprop", "momentum": 0.9}),
            (0.01, {"optimizer": "rmsprop", "centered": True, "eps": 0.01}),
            (0.01, {"optimizer": "rmsprop", "centered": True, "eps": 0.01, "momentum": 0.8,
                    "weight_decay": 0.05}),
            (0.05, {"optimizer": "adam", "amsgrad": True, "beta2": 0.5}),
            (0.05, {"optimizer": "adamw"}),
            (0.05, {"optimizer": "adamw", "weight_decay": 0.5, "decay_all": True}),
            (0.05, {"optimizer": "adamw", "weight_decay": 0.5, "amsgrad": True, "beta2": 0.5}),
            (0.05, {"optimizer": "nadam"}),
            (0.05, {"optimizer": "nadam", "beta1": 0.8, "beta2": 0.9, "momentum_decay": 0.1,
                    "weight_decay": 0.05}),
            (0.05, {"optimizer": "radam"}),
            (0.05, {"optimizer": "radam", "beta1": 0.8, "beta2": 0.95, "weight_decay": 0.05}),
            (0.01, {"optimizer": "lion"}),
            (0.01, {"optimizer": "lion", "beta1": 0.8, "beta2": 0.9, "weight_decay": 0.5}),
            (0.01, {"optimizer": "lion", "weight_decay": 0.5, "decay_all": True}),
            (0.3, {"optimizer": "lars"}),
            (0.3, {"optimizer": "lars", "trust_coefficient": 0.05, "weight_decay": 0.05}),
            (2.0, {"optimizer": "lars", "momentum": 0.5, "trust_coefficient": 0.02,
                   "weight_decay": 0.05, "decay_all": True}),
            (0.05, {"optimizer": "lamb"}),
            (0.05, {"optimizer": "lamb", "beta1": 0.8, "beta2": 0.9, "eps": 0.01,
                    "weight_decay": 0.1, "decay_all": True}),
            (0.05, {"optimizer": "lamb", "clip_norm": 0.1}),
    ):
        cases.append({"train": case, "lr": lr,
                      "float64": train(initial, features, labels, case, lr, torch.float64),
                      "float32": train(initial, features, labels, case, lr, torch.float32)})
    return with_problem(cases)


def save(name, value):
    with open(os.path.join(HERE, name), "w", encoding="utf-8") as file:
        json.dump(value, file, separators=(",", ":"))
        file.write("\n")


if __name__ == "__main__":
    save("schedules.json", schedules())
    save("optimizers.json", optimizers())
    save("branches.json", branches())
