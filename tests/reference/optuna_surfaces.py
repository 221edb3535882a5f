#!/usr/bin/env python3
"""What Optuna's TPESampler finds on the functions of tests/support/surfaces.c and blind_surfaces.c:
JSON lines like those of tests/bench/samplers.c. Parameters have the names that a study's have. Needs
optuna (pip install optuna).
usage: optuna_surfaces.py [SEEDS [CANDIDATES [FIRST_SEED [FUNCTION]...]]]
       optuna_surfaces.py --points > surfaces.json    # values at random points, for a test"""
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
        more = 0.02 + 2 * (trial.suggest_float("schedule[1].gamma", 0.5, 1) - 0.85) ** 2
    elif schedule == "step":
        more = (0.01 * (trial.suggest_float("schedule[2].every", 0.5, 9) - 3) ** 2
                + (trial.suggest_float("schedule[2].gamma", 0.05, 1) - 0.3) ** 2)
    else:
        more = 0.05
    return 2.303 if rate > -0.5 else 0.3 + 0.12 * (rate + 1.5) ** 2 + more


def camel6(trial):
    x, y = trial.suggest_float("x0", -2, 3), trial.suggest_float("x1", -2, 1)
    return 4 * x**2 - 2.1 * x**4 + x**6 / 3 + x * y - 4 * y**2 + 4 * y**4


def shekel5(trial):
    x = uniforms(trial, 4, 1, 10)
    holes = numpy.array([[4, 4, 4, 4], [1, 1, 1, 1], [8, 8, 8, 8], [6, 6, 6, 6], [3, 7, 3, 7]])
    beta = numpy.array([1, 2, 2, 4, 4]) / 10
    return -float(numpy.sum(1 / (numpy.sum((x - holes) ** 2, axis=1) + beta)))


def powell4(trial):
    a, b, c, d = uniforms(trial, 4, -3, 8)
    return float((a + 10 * b) ** 2 + 5 * (c - d) ** 2 + (b - 2 * c) ** 4 + 10 * (a - d) ** 4)


def zakharov5(trial):
    x = uniforms(trial, 5, -4, 9)
    slope = numpy.dot(x, [0.5, 1, 1.5, 2, 2.5])
    return float(numpy.dot(x, x) + slope**2 + slope**4)


def schwefel3(trial):
    x = uniforms(trial, 3, -500, 500)
    return float(3 * 418.98288727243369 - numpy.sum(x * numpy.sin(numpy.sqrt(numpy.abs(x)))))


def dixon_price4(trial):
    x = uniforms(trial, 4, -4, 10)
    return float((x[0] - 1) ** 2 + numpy.dot([2, 3, 4], (2 * x[1:] ** 2 - x[:-1]) ** 2))


def alpine5(trial):
    x = uniforms(trial, 5, -4, 10)
    return float(numpy.sum(numpy.abs(x * numpy.sin(x) + x / 10)))


def colville4(trial):
    a, b, c, d = uniforms(trial, 4, -4, 10)
    return float(100 * (b - a * a) ** 2 + (1 - a) ** 2 + 90 * (d - c * c) ** 2 + (1 - c) ** 2
                 + 10.1 * ((b - 1) ** 2 + (d - 1) ** 2) + 19.8 * (b - 1) * (d - 1))


def loss_of_rate(above):
    return (0.06 if above < 0 else 0.3) * above**2


def log_uniform(trial, name, low, high):
    return math.log10(trial.suggest_float(name, low, high, log=True))


def rate_and_batch(trial):
    rate = log_uniform(trial, "lr", 1e-6, 1)
    batch = ["16", "64", "256", "1024"].index(
        trial.suggest_categorical("batch", ["16", "64", "256", "1024"]))
    dropout = trial.suggest_float("dropout", 0, 0.8)
    decay = log_uniform(trial, "decay", 1e-8, 0.1)
    above = rate + 2.6 - 0.301 * batch
    if above > 0.7:
        return 2.303
    return (0.25 + (0.04, 0, 0.015, 0.08)[batch] + loss_of_rate(above)
            + 0.3 * (dropout - 0.15) ** 2 + 0.006 * (decay + 4.2) ** 2)


def rate_and_schedule(trial):
    rate = log_uniform(trial, "lr", 1e-5, 10)
    momentum = trial.suggest_float("momentum", 0, 0.99)
    schedule = trial.suggest_categorical("schedule", ["constant", "exponential", "step", "cosine"])
    if schedule == "constant":
        best, more = -1.2, 0.06
    elif schedule == "exponential":
        gamma = trial.suggest_float("schedule[1].gamma", 0.3, 1)
        best, more = -0.5 - 0.8 * (gamma - 0.3), 0.5 * (gamma - 0.72) ** 2
    elif schedule == "step":
        every = trial.suggest_float("schedule[2].every", 0.5, 9)
        gamma = trial.suggest_float("schedule[2].gamma", 0.05, 1)
        best, more = -0.7, 0.02 + 0.004 * (every - 5.5) ** 2 + 0.3 * (gamma - 0.2) ** 2
    else:
        best, more = -0.6, 0.03
    above = rate - math.log10(1 - momentum) - best
    return 2.303 if above > 0.8 else (0.4 + 0.15 * (momentum - 0.85) ** 2 + more
                                      + loss_of_rate(above))


def rate_and_optimizer(trial):
    optimizer = trial.suggest_categorical("optimizer", ["sgd", "adam", "rmsprop"])
    if optimizer == "sgd":
        momentum = trial.suggest_float("optimizer[0].momentum", 0, 0.99)
        best, more = -0.9 + math.log10(1 - momentum), 0.03 + 0.12 * (momentum - 0.9) ** 2
    elif optimizer == "adam":
        best, more = -2.8, 0.2 * (trial.suggest_float("optimizer[1].beta1", 0.5, 0.999) - 0.88) ** 2
    else:
        best, more = -3.1, 0.02
    above = log_uniform(trial, "lr", 1e-6, 10) - best
    units = math.log2(trial.suggest_int("units", 8, 128) / 72)
    return 2.303 if above > 0.9 else 0.3 + 0.02 * units**2 + more + loss_of_rate(above)


# Each with its minimum and the deviation of its noise.
FUNCTIONS = (
    (branin, 0.39788735772973816, 0), (hartmann6, -3.32236801141551, 0), (learning_rate, 0.3, 0),
    (rosenbrock4, 0, 0), (ackley5, 0, 0), (rastrigin3, 0, 0), (levy6, 0, 0),
    (styblinski5, -195.83082851885758, 0), (griewank4, 0, 0), (michalewicz5, -4.687658, 0),
    (mixed, 0.3, 0), (schedules, 0.3, 0),
    (camel6, -1.0316284534898774, 0), (shekel5, -10.153199679058231, 0), (powell4, 0, 0),
    (zakharov5, 0, 0), (schwefel3, 0, 0), (dixon_price4, 0, 0), (alpine5, 0, 0), (colville4, 0, 0),
    (rate_and_batch, 0.25, 0.01), (rate_and_schedule, 0.4, 0.008), (rate_and_optimizer, 0.3, 0.01))


def measured(value, noise):
    """As surface_measured in surfaces.c."""
    u, v = (math.modf(43758.5453 * abs(math.sin(1e4 * value + i)))[0] for i in range(2))
    return value + noise * math.sqrt(-2 * math.log(1 - u)) * math.cos(2 * math.pi * v)


class RandomPoint:
    """In place of a trial: draws at random and remembers what."""

    def __init__(self, generator):
        self.generator, self.values = generator, {}

    def suggest_float(self, name, low, high, log=False):
        if log:
            drawn = low * (high / low) ** self.generator.uniform()
        else:
            drawn = self.generator.uniform(low, high)
        self.values[name] = float(drawn)
        return self.values[name]

    def suggest_int(self, name, low, high):
        self.values[name] = int(self.generator.integers(low, high, endpoint=True))
        return self.values[name]

    def suggest_categorical(self, name, choices):
        self.values[name] = int(self.generator.integers(len(choices)))
        return choices[self.values[name]]


def print_points():
    generator = numpy.random.default_rng(1)
    lines = []
    for function, _, noise in FUNCTIONS:
        points = []
        for _ in range(6):
            point = RandomPoint(generator)
            value = measured(function(point), noise)
            points.append(json.dumps({"point": point.values, "measured": value}))
        lines.append(f'"{function.__name__}": [\n ' + ",\n ".join(points) + "]")
    print("{" + ",\n".join(lines) + "}")


def regrets(function, minimum, noise, sampler, candidates):
    """After each candidate: how far above the minimum that one really is which measured best."""
    values = []

    def objective(trial):
        values.append(function(trial))
        return measured(values[-1], noise)

    study = optuna.create_study(sampler=sampler)
    study.optimize(objective, n_trials=candidates)
    seen = [trial.value for trial in study.trials]
    return [values[int(numpy.argmin(seen[:i + 1]))] - minimum for i in range(candidates)]


def main():
    if sys.argv[1:] == ["--points"]:
        return print_points()
    seeds, candidates, first = (
        int(sys.argv[i]) if len(sys.argv) > i else usual for i, usual in ((1, 20), (2, 100), (3, 1)))
    wanted = sys.argv[4:]
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.simplefilter("ignore")
    for function, minimum, noise in FUNCTIONS:
        if wanted and function.__name__ not in wanted:
            continue
        for multivariate in (True, False):
            regret = []
            for seed in range(first, first + seeds):
                # Grouped, the parameters of a schedule are modelled together too.
                sampler = optuna.samplers.TPESampler(seed=seed, multivariate=multivariate,
                                                     group=multivariate, n_startup_trials=10)
                regret.append(regrets(function, minimum, noise, sampler, candidates))
            for so_far in (candidates // 4, candidates // 2, candidates):
                low, median, high = numpy.quantile([r[so_far - 1] for r in regret],
                                                   [0.25, 0.5, 0.75])
                print(json.dumps({
                    "function": function.__name__,
                    "sampler": "optuna " + ("multivariate" if multivariate else "univariate"),
                    "version": optuna.__version__, "candidates": so_far,
                    "seeds": [first, first + seeds - 1],
                    "median_regret": float(f"{median:.6g}"),
                    "quartiles": [float(f"{low:.6g}"), float(f"{high:.6g}")]}), flush=True)


main()
