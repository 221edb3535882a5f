#!/usr/bin/python3
"""make_schedule_families.py - the rates of the schedules that have more than one shape.

Writes schedule_families.json beside itself, every rate of 300 steps for every schedule without and
with a warm-up. It is kept in the repository, so that the tests need no PyTorch. Made with PyTorch
1.13, except for the two that PyTorch does not have: those are calculated here from their papers.
"""
import json
import math
import os
import warnings

import torch
from torch.optim import lr_scheduler as sched

warnings.filterwarnings("ignore")
HERE = os.path.dirname(os.path.abspath(__file__))
STEPS, UNIT, LR = 300, 30, 0.2


def rates(make, first=None, warmup=0):
    """The rate that each step uses: first(step) of the base rate for `warmup` steps, then make's."""
    used = [LR * first(step) for step in range(warmup)]
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=LR)
    scheduler = make(optimizer)
    while len(used) < STEPS:
        used.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return used


def from_formula(formula):
    return lambda optimizer: sched.LambdaLR(optimizer, formula)


def one_cycle(total, **options):
    """OneCycleLR refuses steps after its last; there the rate stays."""
    def make(optimizer):
        inner = sched.OneCycleLR(optimizer, max_lr=LR, total_steps=total, cycle_momentum=False,
                                 **options)
        left = [total - 1]
        step = inner.step

        def guarded():
            left[0] -= 1
            if left[0] >= 0:
                step()
        inner.step = guarded
        return inner
    return make


def cyclic(up, down, factor, **options):
    return lambda o: sched.CyclicLR(o, base_lr=LR / factor, max_lr=LR, step_size_up=up,
                                    step_size_down=down, cycle_momentum=False, **options)


def inverse_sqrt(timescale):
    """Vaswani et al. 2017, equation 3, past its warm-up, as a share of its peak."""
    rule = lambda n: min(n ** -0.5, n * timescale ** -1.5)
    return from_formula(lambda t: rule(t + timescale) / rule(timescale))


def wsd(total, decay, lowest, shape):
    """Haegele et al. 2024: full rate until N - N_decay, then f((n - (N - N_decay)) / N_decay)."""
    shapes = {"sqrt": lambda x: 1 - math.sqrt(x), "linear": lambda x: 1 - x,
              "cosine": lambda x: (1 + math.cos(math.pi * x)) / 2}

    def formula(n):
        if n <= total - decay:
            return 1.0
        left = shapes[shape](min(1.0, (n - (total - decay)) / decay))
        return (lowest + (LR - lowest) * left) / LR
    return from_formula(formula)


# Each: the schedule in a study whose search.unit is 30 steps, and the same made here. The last is a
# function of the steps that are left after the warm-up, where it depends on them.
SCHEDULES = [
    ({"type": "multi_step", "milestones": [2.0, 0.7, 7.5], "gamma": 0.3},
     lambda left, warm: lambda o: sched.MultiStepLR(o, [60, 21, 225], gamma=0.3)),
    ({"type": "multi_step", "milestones": [3.0, 3.0]},
     lambda left, warm: lambda o: sched.MultiStepLR(o, [90, 90])),
    ({"type": "polynomial", "power": 2.5},
     lambda left, warm: lambda o: sched.PolynomialLR(o, total_iters=left, power=2.5)),
    ({"type": "polynomial", "total": 4.0},
     lambda left, warm: lambda o: sched.PolynomialLR(o, total_iters=120)),
    ({"type": "linear"}, lambda left, warm: lambda o: sched.LinearLR(o, total_iters=left)),
    ({"type": "linear", "start_factor": 0.9, "end_factor": 0.05, "total": 6.0},
     lambda left, warm: lambda o: sched.LinearLR(o, 0.9, 0.05, total_iters=180)),
    ({"type": "cosine_restarts", "period": 1.5, "eta_min": 0.001},
     lambda left, warm: lambda o: sched.CosineAnnealingWarmRestarts(o, T_0=45, eta_min=0.001)),
    ({"type": "cosine_restarts", "period": 0.7, "t_mult": 2.0},
     lambda left, warm: lambda o: sched.CosineAnnealingWarmRestarts(o, T_0=21, T_mult=2)),
    ({"type": "cosine_restarts", "period": 0.1, "t_mult": 3.0},
     lambda left, warm: lambda o: sched.CosineAnnealingWarmRestarts(o, T_0=3, T_mult=3)),
    ({"type": "one_cycle"}, lambda left, warm: one_cycle(left)),
    ({"type": "one_cycle", "total": 5.0, "pct_start": 0.41, "div_factor": 10.0,
      "final_div_factor": 100.0, "anneal": "linear"},
     lambda left, warm: one_cycle(150, pct_start=0.41, div_factor=10.0, final_div_factor=100.0,
                                  anneal_strategy="linear")),
    ({"type": "one_cycle", "three_phase": True, "pct_start": 0.4},
     lambda left, warm: one_cycle(left, three_phase=True, pct_start=0.4)),
    ({"type": "one_cycle", "three_phase": True, "anneal": "linear"},
     lambda left, warm: one_cycle(left, three_phase=True, anneal_strategy="linear")),
    ({"type": "cyclic", "step_up": 1.0}, lambda left, warm: cyclic(30, 30, 4)),
    ({"type": "cyclic", "step_up": 0.7, "step_down": 1.5, "div_factor": 10.0,
      "mode": "triangular2"},
     lambda left, warm: cyclic(21, 45, 10, mode="triangular2")),
    ({"type": "cyclic", "step_up": 0.5, "step_down": 0.1, "mode": "exp_range", "gamma": 0.8},
     lambda left, warm: cyclic(15, 3, 4, mode="exp_range", gamma=0.8 ** (1 / UNIT))),
    ({"type": "inverse_sqrt"}, lambda left, warm: inverse_sqrt(warm or UNIT)),
    ({"type": "inverse_sqrt", "timescale": 0.5}, lambda left, warm: inverse_sqrt(15)),
    ({"type": "wsd"}, lambda left, warm: wsd(left, 0.2 * left, 0.0, "sqrt")),
    ({"type": "wsd", "total": 8.0, "pct_decay": 0.5, "eta_min": 0.01, "shape": "linear"},
     lambda left, warm: wsd(240, 120, 0.01, "linear")),
    ({"type": "wsd", "pct_decay": 1.0, "shape": "cosine"},
     lambda left, warm: wsd(left, left, 0.0, "cosine")),
]

WARMUPS = [
    None,
    ("linear", 45, 0.1, lambda step: 0.1 + 0.9 * step / 45),
    ("exponential", 60, 0.01, lambda step: 0.01 ** (1 - step / 60)),
    ("constant", 20, 0.25, lambda step: 0.25),
]


def cases():
    for spec, make in SCHEDULES:
        for warmup in WARMUPS:
            case = dict(spec)
            if warmup is None:
                used = rates(make(STEPS, 0))
            else:
                shape, steps, start, first = warmup
                case["warmup"] = {"steps": steps, "from": start, "shape": shape}
                used = rates(make(STEPS - steps, steps), first, steps)
            yield {"schedule": case, "lr": LR, "steps_per_unit": UNIT, "steps_per_epoch": UNIT,
                   "max_budget": STEPS / UNIT, "rates": used}


def plateaus():
    """ReduceLROnPlateau on losses that fall, rise and stay: the rate after each of them."""
    torch.manual_seed(3)
    losses = [2.0 / (1 + 0.2 * i) + 0.2 * float(torch.rand(1)) for i in range(40)] + [0.25] * 30
    losses[20] = math.nan
    for options in ({}, {"factor": 0.5, "patience": 2}, {"patience": 0, "cooldown": 3},
                    {"patience": 1, "threshold": 0.1, "factor": 0.7, "min_lr": 0.02},
                    {"patience": 3, "threshold": 0.05, "threshold_mode": "abs", "cooldown": 2}):
        optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=LR)
        scheduler = sched.ReduceLROnPlateau(optimizer, **options)
        used = []
        for loss in losses:
            scheduler.step(loss)
            used.append(optimizer.param_groups[0]["lr"])
        yield {"schedule": {"type": "plateau", **options}, "lr": LR, "rates": used,
               "losses": [None if math.isnan(loss) else loss for loss in losses]}


if __name__ == "__main__":
    with open(os.path.join(HERE, "schedule_families.json"), "w", encoding="utf-8") as file:
        json.dump({"cases": list(cases()), "plateaus": list(plateaus())}, file, separators=(",", ":"))
        file.write("\n")
