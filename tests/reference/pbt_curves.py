#!/usr/bin/env python3
"""Population-based training (Jaderberg et al., 2017, algorithm 1, exploit by truncation, explore by
perturbation or resampling) on the synthetic curves of coordinator/search/curves.h, written apart from
lrsweep: what build/bench/quality prints for `pbt` must be alike. Standard library alone.
usage: pbt_curves.py [SEEDS [POPULATION [MAX_BUDGET [CANDIDATES]]]]
Prints the median over the seeds of: the best member's loss at the end over the best of CANDIDATES
that are trained in full with the rate they began with; epochs until a member is within 1 % of it."""
import json
import math
import random
import statistics
import sys

LOW, HIGH, EDGE_DECADES = -5.0, 1.0, 1.0
REFERENCE = HIGH - (HIGH - LOW) / 3 - EDGE_DECADES  # a third of the rates diverges
QUANTILE, FACTORS, RESAMPLE = 0.2, (0.8, 1.2), 0.25


def loss(rate, quality, share):
    """rate: log10; share: of the full budget."""
    x = rate - REFERENCE
    if x > EDGE_DECADES:
        return math.inf
    return (0.3 + 0.3 * max(x, 0) ** 2 + 0.1 * quality**2 / 2
            + (2.303 - 0.3) * (1 + 10**x * share / 0.005) ** -0.5)


def search(generator, population, budget, candidates):
    drawn = [(generator.uniform(LOW, HIGH), generator.gauss(0, 1)) for _ in range(candidates)]
    best = min(loss(rate, quality, 1) for rate, quality in drawn)
    members = [list(member) for member in drawn[:population]]
    trained, within = 0.0, math.inf
    for epoch in range(1, budget + 1):
        for i, (rate, quality) in enumerate(members):
            value = loss(rate, quality, epoch / budget)
            # One that diverges does so at once, within the first hundredths of its budget.
            trained += 1 if math.isfinite(value) else generator.uniform(0.005, 0.05) * budget % 1
            if value <= 1.01 * best:
                within = min(within, trained)
        if epoch == budget:
            break
        values = [loss(*m, epoch / budget) * (1 + 0.005 * generator.gauss(0, 1)) for m in members]
        order = sorted(range(population), key=lambda i: values[i])
        count = int(QUANTILE * population)
        lost = sum(not math.isfinite(v) for v in values)
        best_ones = order[:max(count, 1)]
        for place in order[population - max(count, lost):]:
            rate, quality = members[generator.choice(best_ones)]
            if generator.random() < RESAMPLE:
                rate = generator.uniform(LOW, HIGH)
            else:
                rate = min(max(rate + math.log10(generator.choice(FACTORS)), LOW), HIGH)
            members[place] = [rate, quality]
    return min(loss(*m, 1) for m in members) / best, within, trained


def main():
    numbers = [int(word) for word in sys.argv[1:]]
    seeds, population, budget, candidates = numbers + [20, 20, 81, 243][len(numbers):]
    results = [search(random.Random(seed), population, budget, candidates)
               for seed in range(1, seeds + 1)]
    # By the nearest rank, as in tests/bench/quality.c: a miss counts as infinitely many epochs.
    median = [sorted(column)[math.ceil(seeds / 2) - 1] for column in zip(*results)]
    print(json.dumps({"bench": "pbt-reference", "seeds": seeds, "population": population,
                      "max_budget": budget, "candidates": candidates,
                      "reached": sum(math.isfinite(r[1]) for r in results),
                      "loss_over_best": round(median[0], 4),
                      "epochs_within": median[1] if math.isfinite(median[1]) else None,
                      "epochs_total": round(statistics.mean(r[2] for r in results), 1)}))


main()
