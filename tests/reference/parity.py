#!/usr/bin/python3
"""parity.py - whole runs of lrsweep-trainer beside the same runs in PyTorch, on Fashion-MNIST.

usage: parity.py BIN-FOLDER [--quick]
  BIN-FOLDER   where lrsweep-trainer was built
  --quick      only the runs of 200 steps, which take seconds

The trainer is driven through its protocol. It exports the weights that it starts from, PyTorch starts
from the same; the order of the samples is drawn here once more, from the definition of the generator
(Philox4x32-10, Lemire's bounded draw, Fisher and Yates' shuffle). Prints one JSON line a case; exits
with status 1 if a bound is missed.

What is asked for:
- After 200 steps: no further from PyTorch in float64 than float noise. Two programs that add in
  different orders differ by roundings, which training amplifies by a factor that the network, the
  optimizer and the rate decide. So the measure is taken in the same run: how far PyTorch's own float32
  is from its float64. The trainer's weights, and the losses that it reports, may be NOISE_FACTOR times
  as far: roundings of another order are of the same size, but the two distances are single draws.
  FLOOR is added to it, a few units in the last place of float32, lest a lucky draw of PyTorch's
  fails the trainer. Distances are in the Euclidean norm; of the weights relative to how far they
  have moved from the initial ones, so that large initial weights hide nothing. Lest the measure
  itself be loose, WEIGHTS_MOST bounds the distance whatever PyTorch's is. An error in a formula
  (another epsilon, a rate that is a step late, a batch in another order) is above it.
- After 5 epochs the roundings have been amplified until single weights differ; what must agree is the
  validation accuracy, within POINTS_MOST points. The rate falls to 0 in these runs: at a constant rate
  the accuracy of one and the same program jumps by more from one step to the next.
"""
import gzip
import json
import os
import subprocess
import sys
import tempfile
import warnings

import numpy as np
import torch
from torch import nn
from torch.optim import lr_scheduler

warnings.filterwarnings("ignore")  # SequentialLR of 1.13 uses what 1.13 deprecates
DATA = "/usr/share/datasets/fashion-mnist"
TRAIN, VALIDATION, BATCH, SEED = 50000, 10000, 64, 7
STEPS_PER_EPOCH = TRAIN // BATCH
SHUFFLE = 3  # RANDOM_SHUFFLE of common/random.h
NOISE_FACTOR, FLOOR, WEIGHTS_MOST, POINTS_MOST = 4.0, 1e-6, 1e-4, 0.3

DENSE = [{"type": "dense", "units": 128, "activation": "relu"}, {"type": "dense", "units": 10}]
CONV = [{"type": "conv2d", "filters": 16, "kernel_size": 3, "padding": 1, "activation": "relu"},
        {"type": "max_pool", "kernel_size": 2},
        {"type": "conv2d", "filters": 32, "kernel_size": 3, "padding": 1, "activation": "relu"},
        {"type": "max_pool", "kernel_size": 2}, {"type": "flatten"}] + DENSE


def dense_network():
    return nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))


def conv_network():
    return nn.Sequential(nn.Unflatten(1, (1, 28, 28)),
                         nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
                         nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
                         nn.Flatten(), nn.Linear(32 * 49, 128), nn.ReLU(), nn.Linear(128, 10))


# --- the generator ---------------------------------------------------------------------------------
def philox(key, counters):
    """Philox4x32-10 (Salmon et al., SC11) of counters[count][4]; count rows of 4 numbers."""
    low = np.uint64(0xFFFFFFFF)
    high = np.uint64(32)
    c0, c1, c2, c3 = (counters[:, i].astype(np.uint64) for i in range(4))
    k0, k1 = key & 0xFFFFFFFF, key >> 32
    for _ in range(10):
        product0, product1 = np.uint64(0xD2511F53) * c0, np.uint64(0xCD9E8D57) * c2
        c0, c2 = ((product1 >> high) ^ c1 ^ np.uint64(k0), (product0 >> high) ^ c3 ^ np.uint64(k1))
        c1, c3 = product1 & low, product0 & low
        k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return np.stack([c0, c1, c2, c3], axis=1)


def permutation(seed, epoch, count):
    """The order of an epoch's samples."""
    blocks = count // 4 + 64  # some draws are rejected
    counters = np.zeros((blocks, 4), np.uint64)
    counters[:, 0] = np.arange(blocks)
    counters[:, 1], counters[:, 2], counters[:, 3] = SHUFFLE, epoch & 0xFFFFFFFF, epoch >> 32
    draws = iter(philox(seed, counters).flatten().tolist())
    order = list(range(count))
    for bound in range(count, 1, -1):
        product = next(draws) * bound
        while product & 0xFFFFFFFF < (1 << 32) % bound:
            product = next(draws) * bound
        j = product >> 32
        order[bound - 1], order[j] = order[j], order[bound - 1]
    return torch.tensor(order)


# --- the trainer -----------------------------------------------------------------------------------
def safetensors(path):
    """The tensors of a file, in the order in which they lie there."""
    with open(path, "rb") as file:
        data = file.read()
    begin = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:begin])
    header.pop("__metadata__", None)
    tensors = []
    for entry in sorted(header.values(), key=lambda entry: entry["data_offsets"]):
        assert entry["dtype"] == "F32", entry
        first, last = (begin + offset for offset in entry["data_offsets"])
        values = np.frombuffer(data[first:last], "<f4").reshape(entry["shape"])
        tensors.append(torch.from_numpy(values.copy()))
    return tensors


def run_trainer(program, case, folder):
    """Initial weights, last weights and reports of a run."""
    study = {"study": {"name": "parity", "seed": SEED, "metric": "val_loss"},
             "data": {"format": "idx", "path": DATA, "validation": VALIDATION},
             "model": {"layers": case["layers"]},
             "train": dict(case["optimizer"], batch_size=BATCH, report_every=case["every"],
                           stop_collapsed=False),
             "search": {"unit": "steps", "max_budget": case["steps"]}}
    params = {"lr": case["lr"], "schedule": {"type": "constant"}}
    if case["warmup"]:
        params["schedule"] = {"type": "cosine", "warmup": {"steps": case["warmup"], "from": 0.1,
                                                           "shape": "linear"}}
    first, last, checkpoint = (os.path.join(folder, name) for name in ("first", "last", "state"))
    same = {"trial": 1, "params": params, "seed": SEED}
    lines = [{"op": "hello", "version": 1, "study": study},
             dict(same, op="test", resume=None, export=first),
             dict(same, op="train", **{"from": 0}, to=case["steps"], resume=None,
                  checkpoint=checkpoint),
             dict(same, op="test", resume=checkpoint, export=last),
             {"op": "quit"}]
    done = subprocess.run([program], input="".join(json.dumps(line) + "\n" for line in lines),
                          stdout=subprocess.PIPE, universal_newlines=True, check=True)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    for answer in answers:
        if answer["op"] == "refused" or answer.get("status", "ok") != "ok":
            sys.exit(f"parity.py: {case['name']}: the trainer answers {json.dumps(answer)}")
    return (safetensors(first), safetensors(last),
            [answer for answer in answers if answer["op"] == "report"])


# --- PyTorch ---------------------------------------------------------------------------------------
def idx(name):
    with gzip.open(os.path.join(DATA, name)) as file:
        data = file.read()
    shape = [int.from_bytes(data[4 + 4 * i:8 + 4 * i], "big") for i in range(data[3])]
    return np.frombuffer(data, np.uint8, offset=4 + 4 * data[3]).reshape(shape)


def run_torch(case, initial, images, labels, dtype):
    """Last weights, mean losses between the trainer's reports, validation accuracy."""
    network = case["network"]().to(dtype)
    parameters = list(network.parameters())
    assert len(parameters) == len(initial)
    with torch.no_grad():
        for parameter, values in zip(parameters, initial):
            parameter.copy_(values.reshape(parameter.shape))
    optimizer = case["make"](parameters, case["lr"])
    scheduler = lr_scheduler.LambdaLR(optimizer, lambda step: 1.0)
    if case["warmup"]:
        rise = lr_scheduler.LinearLR(optimizer, start_factor=0.1, total_iters=case["warmup"])
        fall = lr_scheduler.CosineAnnealingLR(optimizer, T_max=case["steps"] - case["warmup"])
        scheduler = lr_scheduler.SequentialLR(optimizer, [rise, fall], milestones=[case["warmup"]])
    entropy = nn.CrossEntropyLoss()
    images = images.to(dtype)
    order, losses, means = None, [], []
    for step in range(case["steps"]):
        epoch, place = divmod(step, STEPS_PER_EPOCH)
        if place == 0:
            order = permutation(SEED, epoch, TRAIN)
        samples = order[place * BATCH:(place + 1) * BATCH]
        optimizer.zero_grad(set_to_none=True)
        loss = entropy(network(images[samples]), labels[samples])
        loss.backward()
        optimizer.step()
        scheduler.step()
        losses.append(loss.item())
        if len(losses) == case["every"]:
            means.append(sum(losses) / len(losses))
            losses = []
    right = 0
    with torch.no_grad():
        for first in range(TRAIN, TRAIN + VALIDATION, 1000):
            guess = network(images[first:first + 1000]).argmax(1)
            right += (guess == labels[first:first + 1000]).sum().item()
    return [p.detach() for p in parameters], means, right / VALIDATION


# --- the comparison --------------------------------------------------------------------------------
def flat(tensors):
    return torch.cat([tensor.double().flatten() for tensor in tensors])


def distance(found, expected, origin):
    return (torch.linalg.norm(found - expected) / torch.linalg.norm(expected - origin)).item()


def significant(value):
    return float(f"{value:.3g}")


def compare_noise(case, outcome, images, labels):
    """Weights and losses against float64, measured by what float32 does to PyTorch."""
    initial, weights, reports = outcome
    single, single_losses, _ = run_torch(case, initial, images, labels, torch.float32)
    double, double_losses, _ = run_torch(case, initial, images, labels, torch.float64)
    start, exact = flat(initial), flat(double)
    found = [report["train_loss"] for report in reports]
    assert len(found) == len(double_losses)
    zero = torch.zeros(len(found), dtype=torch.float64)
    losses = torch.tensor(double_losses, dtype=torch.float64)
    result = {
        "weights_off": distance(flat(weights), exact, start),
        "torch_weights_off": distance(flat(single), exact, start),
        "between": distance(flat(weights), flat(single), start),
        "loss_off": distance(torch.tensor(found, dtype=torch.float64), losses, zero),
        "torch_loss_off": distance(torch.tensor(single_losses, dtype=torch.float64), losses, zero)}
    result["weights_bound"] = min(WEIGHTS_MOST, NOISE_FACTOR * result["torch_weights_off"] + FLOOR)
    result["loss_bound"] = NOISE_FACTOR * result["torch_loss_off"] + FLOOR
    result = {key: significant(value) for key, value in result.items()}
    good = (result["weights_off"] <= result["weights_bound"] and
            result["loss_off"] <= result["loss_bound"])
    return result, good


def compare_accuracy(case, outcome, images, labels):
    initial, _, reports = outcome
    accuracy = reports[-1]["val_accuracy"]
    _, _, torch_accuracy = run_torch(case, initial, images, labels, torch.float32)
    points = abs(accuracy - torch_accuracy) * 100
    # The epsilon: both are counts over VALIDATION, whose difference is not exact in doubles.
    return ({"val_accuracy": accuracy, "torch_val_accuracy": torch_accuracy,
             "points_off": round(points, 4), "points_bound": POINTS_MOST},
            points <= POINTS_MOST + 1e-9)


SGD = {"optimizer": {"optimizer": "sgd", "momentum": 0.9},
       "make": lambda parameters, lr: torch.optim.SGD(parameters, lr, momentum=0.9), "lr": 0.05}
ADAM = {"optimizer": {"optimizer": "adam"},
        "make": lambda parameters, lr: torch.optim.Adam(parameters, lr), "lr": 0.001}
MLP = {"layers": DENSE, "network": dense_network}
CNN = {"layers": CONV, "network": conv_network}
SHORT = {"steps": 200, "every": 10, "compare": compare_noise, "quick": True}
LONG = {"steps": 5 * STEPS_PER_EPOCH, "every": STEPS_PER_EPOCH, "warmup": 200,
        "compare": compare_accuracy, "quick": False}

CASES = [
    dict(name="784-128-10, sgd, cosine after warm-up", warmup=20, **SHORT, **MLP, **SGD),
    dict(name="784-128-10, adam, constant", warmup=0, **SHORT, **MLP, **ADAM),
    dict(name="784-128-10, sgd, 5 epochs", **LONG, **MLP, **SGD),
    dict(name="784-128-10, adam, 5 epochs", **LONG, **MLP, **ADAM),
    dict(name="16-32-filter network, sgd, 5 epochs", **LONG, **CNN, **SGD),
]


def main():
    arguments = [argument for argument in sys.argv[1:] if argument != "--quick"]
    quick = "--quick" in sys.argv[1:]
    if len(arguments) != 1 or arguments[0].startswith("-"):
        sys.exit("usage: parity.py BIN-FOLDER [--quick]")
    program = os.path.join(arguments[0], "lrsweep-trainer")
    torch.set_num_threads(1)
    # As the trainer scales bytes: times 1/255 rounded to float32. The same data for every precision.
    images = idx("train-images-idx3-ubyte.gz").reshape(-1, 784).astype(np.float32)
    images = torch.from_numpy(images * np.float32(1 / 255))
    labels = torch.from_numpy(idx("train-labels-idx1-ubyte.gz").astype(np.int64))
    missed = 0
    for case in CASES:
        if quick and not case["quick"]:
            continue
        with tempfile.TemporaryDirectory() as folder:
            outcome = run_trainer(program, case, folder)
        result, good = case["compare"](case, outcome, images, labels)
        missed += not good
        print(json.dumps(dict({"case": case["name"], "steps": case["steps"], "ok": good},
                              **result)), flush=True)
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
