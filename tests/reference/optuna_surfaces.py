#!/usr/bin/env python3
"""What Optuna's TPESampler finds on the functions of tests/support/surfaces.c: JSON lines like those
of tests/bench/samplers.c. Needs optuna (pip install optuna).
usage: optuna_surfaces.py [SEEDS [CANDIDATES [FUNCTION]...]]"""
import json
import math
import sys
import warnings

import numpy
import optuna

ALPHA = [1.0, 1.2, 3.0, 3.2]
A = numpy.array([[10, 3, 17, 3.5, 1.7, 8], [0.05, 10, 17, 0.1, 8, 14],
                 [3, 3.5, 1.7, 10, 17, 8], [17, 8, 0.05, 10, 0.1, 14]])
P = numpy.array([[0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886],
                 [0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991],
                 [0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650],
                 [0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381]])


def branin(trial):
    x, y = trial.suggest_float("x0", -5, 10), trial.suggest_float("x1", 0, 15)
    valley = y - 5.1 / (4 * math.pi**2) * x * x + 5 / math.pi * x - 6
    return valley**2 + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x) + 10


def hartmann6(trial):
    x = numpy.array([trial.suggest_float(f"x{i}", 0, 1) for i in range(6)])
    return -float(numpy.dot(ALPHA, numpy.exp(-numpy.sum(A * (x - P) ** 2, axis=1))))


def learning_rate(trial):
    lr = trial.suggest_float("lr", 1e-5, 10, log=True)
    momentum = trial.suggest_float("momentum", 0, 0.99)
    decay = math.log10(trial.suggest_float("weight_decay", 1e-6, 0.1, log=True))
    effective = math.log10(lr / (1 - momentum))
    if effective > 0.2:
        return 2.303
    return (0.3 + 0.12 * (effective + 0.5) ** 2 + 0.1 * (momentum - 0.8) ** 2
            + 0.01 * (decay + 3.5) ** 2)


def uniforms(trial, count, low, high):
    return numpy.array([trial.suggest_float(f"x{i}", low, high) for i in range(count)])


def rosenbrock4(trial):
    x = uniforms(trial, 4, -5, 10)
    return float(numpy.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2))


def ackley5(trial):
    x = uniforms(trial, 5, -32.768, 32.768)
    return float(-20 * math.exp(-0.2 * math.sqrt(numpy.mean(x * x)))
                 - math.exp(numpy.mean(numpy.cos(2 * math.pi * x))) + 20 + math.e)


def rastrigin3(trial):
    x = uniforms(trial, 3, -5.12, 5.12)
    return float(30 + numpy.sum(x * x - 10 * numpy.cos(2 * math.pi * x)))


def levy6(trial):
    w = 1 + (uniforms(trial, 6, -10, 10) - 1) / 4
    return float(math.sin(math.pi * w[0]) ** 2
                 + (w[5] - 1) ** 2 * (1 + math.sin(2 * math.pi * w[5]) ** 2)
                 + numpy.sum((w[:5] - 1) ** 2 * (1 + 10 * numpy.sin(math.pi * w[:5] + 1) ** 2)))


def styblinski5(trial):
    x = uniforms(trial, 5, -5, 5)
    return float(numpy.sum(x**4 - 16 * x**2 + 5 * x) / 2)


def griewank4(trial):
    x = uniforms(trial, 4, -600, 600)
    return float(1 + numpy.sum(x * x) / 4000 - numpy.prod(numpy.cos(x / numpy.sqrt([1, 2, 3, 4]))))


def michalewicz5(trial):
    x = uniforms(trial, 5, 0, math.pi)
    return -float(numpy.sum(numpy.sin(x)
                            * numpy.sin(numpy.arange(1, 6) * x * x / math.pi) ** 20))


def mixed(trial):
    choice = "abcd".index(trial.suggest_categorical("x0", ["a", "b", "c", "d"]))
    units = (trial.suggest_int("x1", 1, 20) - 13) / 10
    rate = math.log10(trial.suggest_float("x2", 1e-5, 1, log=True)) - (-1, -3, -4, -2)[choice]
    return (0.35, 0.3, 0.4, 0.6)[choice] + 0.5 * units**2 + 0.15 * rate**2


def schedules(trial):
    rate = math.log10(trial.suggest_float("lr", 1e-5, 10, log=True))
    schedule = trial.suggest_categorical("schedule", ["constant", "exponential", "step"])
    if schedule == "exponential":
        more = 0.02 + 2 * (trial.suggest_float("exponential.gamma", 0.5, 1) - 0.85) ** 2
    elif schedule == "step":
        more = (0.01 * (trial.suggest_float("step.every", 0.5, 9) - 3) ** 2
                + (trial.suggest_float("step.gamma", 0.05, 1) - 0.3) ** 2)
    else:
        more = 0.05
    return 2.303 if rate > -0.5 else 0.3 + 0.12 * (rate + 1.5) ** 2 + more


def main():
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    candidates = int(sys.argv[2]) if len(sys.argv) > 2 else 100
    wanted = sys.argv[3:]
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.simplefilter("ignore")
    for function, minimum in ((branin, 0.39788735772973816), (hartmann6, -3.32236801141551),
                              (learning_rate, 0.3), (rosenbrock4, 0), (ackley5, 0), (rastrigin3, 0),
                              (levy6, 0), (styblinski5, -195.83082851885758),
                              (griewank4, 0), (michalewicz5, -4.687658), (mixed, 0.3), (schedules, 0.3)):
        if wanted and function.__name__ not in wanted:
            continue
        for multivariate in (True, False):
            best = []
            for seed in range(1, seeds + 1):
                # Grouped, the parameters of a schedule are modelled together too.
                sampler = optuna.samplers.TPESampler(seed=seed, multivariate=multivariate,
                                                     group=multivariate)
                study = optuna.create_study(sampler=sampler)
                study.optimize(function, n_trials=candidates)
                best.append(study.best_value - minimum)
            print(json.dumps({
                "function": function.__name__,
                "sampler": "optuna " + ("multivariate" if multivariate else "univariate"),
                "version": optuna.__version__, "candidates": candidates, "seeds": seeds,
                "median_regret": float(f"{numpy.median(best):.6g}"),
                "quartiles": [float(f"{q:.6g}") for q in numpy.quantile(best, [0.25, 0.75])]}),
                flush=True)


main()
