#!/usr/bin/python3
"""make_layers.py - every layer forward and backward, made with PyTorch.

Writes layers.json beside itself; it is kept in the repository, so that the tests need no PyTorch. Run
it again only to add a case. Made with PyTorch 1.13.

Each case is one layer on a batch: its outputs in training and in evaluation, and, for a given
gradient of the outputs in training, the gradients of its input and of its parameters.
"""
import json
import os

import torch
from torch import nn

HERE = os.path.dirname(os.path.abspath(__file__))


def numbers(*shape):
    """Random numbers with few digits that float32 holds exactly."""
    return (torch.randn(*shape, dtype=torch.float64) * 1024).round() / 1024


def listed(tensor):
    digits = 9 if tensor.dtype == torch.float32 else 17
    return [float(f"{value:.{digits}g}") for value in tensor.detach().flatten().tolist()]


def run(module, values, inputs, gradient, dtype):
    module = module.to(dtype)
    module.zero_grad(set_to_none=True)
    with torch.no_grad():
        for name, tensor in values.items():
            module.state_dict()[name].copy_(tensor)
    inputs = inputs.detach().clone().to(dtype).requires_grad_()
    module.eval()
    evaluation = module(inputs)
    module.train()
    output = module(inputs)
    output.backward(gradient.to(dtype))
    result = {"output": listed(output), "evaluation": listed(evaluation),
              "input_gradient": listed(inputs.grad),
              "gradients": {name: listed(p.grad) for name, p in module.named_parameters()}}
    running = {name: listed(value) for name, value in module.named_buffers()
               if "running" in name}
    if running:
        result["running"] = running
    return result


def case(layer, shape, module, rows=5):
    values = {}
    for name, value in module.state_dict().items():
        if name.endswith("num_batches_tracked"):
            continue
        values[name] = numbers(*value.shape)
        if name.endswith("running_var"):
            values[name] = values[name].abs() + 0.5
    inputs = numbers(rows, *shape)
    gradient = numbers(*module(inputs.float()).shape)
    return {"layer": layer, "shape": list(shape), "rows": rows,
            "values": {name: listed(value) for name, value in values.items()},
            "input": listed(inputs), "output_gradient": listed(gradient),
            "float64": run(module, values, inputs, gradient, torch.float64),
            "float32": run(module, values, inputs, gradient, torch.float32)}


ACTIVATIONS = {"relu": nn.ReLU, "leaky_relu": nn.LeakyReLU, "tanh": nn.Tanh,
               "sigmoid": nn.Sigmoid, "gelu": nn.GELU, "silu": nn.SiLU}


class Residual(nn.Module):
    """activation(f(x) + shortcut(x)), with the names that lrsweep's weights have."""

    def __init__(self, layers, shortcut=(), activation=nn.Identity):
        super().__init__()
        self.layers = nn.Sequential(*layers)
        self.shortcut = nn.Sequential(*shortcut)
        self.activation = activation()

    def forward(self, x):
        return self.activation(self.layers(x) + self.shortcut(x))


def dense(units, **options):
    return {"type": "dense", "units": units, **options}


def conv(filters, kernel, **options):
    return {"type": "conv2d", "filters": filters, "kernel_size": kernel, "bias": False, **options}


def residual(layers, **options):
    return {"type": "residual", "layers": layers, **options}


def residual_cases():
    yield case(residual([dense(6), {"type": "tanh"}]), (6,),
               Residual([nn.Linear(6, 6), nn.Tanh()]))
    # What lrsweep adds by itself where the shapes differ.
    yield case(residual([dense(4), {"type": "relu"}, dense(3)], activation="relu"), (6,),
               Residual([nn.Linear(6, 4), nn.ReLU(), nn.Linear(4, 3)],
                        [nn.Linear(6, 3, bias=False)], nn.ReLU))
    block = [conv(3, 3, stride=2, padding=1), {"type": "batch_norm"}, {"type": "relu"},
             conv(3, 3, padding=1), {"type": "batch_norm"}]

    def torch_block():
        return [nn.Conv2d(2, 3, 3, 2, 1, bias=False), nn.BatchNorm2d(3), nn.ReLU(),
                nn.Conv2d(3, 3, 3, 1, 1, bias=False), nn.BatchNorm2d(3)]
    yield case(residual(block, activation="relu"), (2, 6, 5),
               Residual(torch_block(), [nn.Conv2d(2, 3, 1, 2, bias=False)], nn.ReLU), rows=3)
    yield case(residual(block, activation="gelu",
                        shortcut=[conv(3, 1, stride=2), {"type": "batch_norm"}]), (2, 6, 5),
               Residual(torch_block(), [nn.Conv2d(2, 3, 1, 2, bias=False), nn.BatchNorm2d(3)],
                        nn.GELU), rows=3)
    yield case(residual([conv(1, 3, padding=1)], activation="leaky_relu"), (1, 4, 3),
               Residual([nn.Conv2d(1, 1, 3, 1, 1, bias=False)], activation=nn.LeakyReLU), rows=3)
    yield case(residual([conv(2, 3, padding=1), {"type": "flatten"}, dense(3)],
                        shortcut=[{"type": "global_avg_pool"}, dense(3)]), (2, 4, 3),
               Residual([nn.Conv2d(2, 2, 3, 1, 1, bias=False), nn.Flatten(), nn.Linear(24, 3)],
                        [nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()), nn.Linear(2, 3)]),
               rows=3)
    inner = residual([dense(5), {"type": "tanh"}, dense(4)], activation="silu")
    yield case(residual([inner, residual([dense(4)], activation="sigmoid")],
                        shortcut=[residual([{"type": "layer_norm"}, dense(6)]), dense(4)],
                        activation="tanh"), (6,),
               Residual([Residual([nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 4)],
                                  [nn.Linear(6, 4, bias=False)], nn.SiLU),
                         Residual([nn.Linear(4, 4)], activation=nn.Sigmoid)],
                        [Residual([nn.LayerNorm(6), nn.Linear(6, 6)]), nn.Linear(6, 4)], nn.Tanh))


def cases():
    for name, make in {"none": nn.Identity, **ACTIVATIONS}.items():
        made = case(dense(4, activation=name), (6,), nn.Sequential(nn.Linear(6, 4), make()))
        yield json.loads(json.dumps(made).replace('"0.', '"'))
    for name, make in ACTIVATIONS.items():
        yield case({"type": name}, (6,), make())
    yield case({"type": "flatten"}, (3, 2, 4), nn.Flatten(), rows=2)
    # In training dropout draws what PyTorch does not: only p = 0 is the same.
    yield case({"type": "dropout", "p": 0.0}, (6,), nn.Dropout(0.0))
    yield case({"type": "layer_norm"}, (7,), nn.LayerNorm(7))
    yield case({"type": "layer_norm", "eps": 0.01}, (3, 2, 4), nn.LayerNorm((3, 2, 4), eps=0.01))
    yield case({"type": "batch_norm"}, (7,), nn.BatchNorm1d(7))
    yield case({"type": "batch_norm", "eps": 0.01, "momentum": 0.3}, (3, 5, 4),
               nn.BatchNorm2d(3, eps=0.01, momentum=0.3))
    yield case({"type": "batch_norm"}, (1, 5, 4), nn.BatchNorm2d(1), rows=20)
    for channels, height, width, filters, options in (
            (1, 6, 5, 3, {"kernel_size": 3, "padding": 1}),
            (3, 7, 6, 4, {"kernel_size": 3, "stride": 2, "padding": 2}),
            (2, 8, 9, 3, {"kernel_size": 3, "dilation": 2, "padding": 3, "stride": 3}),
            (2, 5, 5, 2, {"kernel_size": 2, "dilation": 3, "bias": False}),
            (2, 2, 3, 2, {"kernel_size": 1, "padding": 2}),
            (2, 5, 4, 3, {"kernel_size": 2, "stride": 1, "padding": 1})):
        yield case({"type": "conv2d", "filters": filters, **options}, (channels, height, width),
                   nn.Conv2d(channels, filters, **options), rows=3)
    for name, make in ACTIVATIONS.items():
        made = case({"type": "conv2d", "filters": 3, "kernel_size": 2, "activation": name},
                    (2, 4, 3), nn.Sequential(nn.Conv2d(2, 3, 2), make()), rows=2)
        yield json.loads(json.dumps(made).replace('"0.', '"'))
    for name, make in (("max_pool", nn.MaxPool2d), ("avg_pool", nn.AvgPool2d)):
        yield case({"type": name, "kernel_size": 2}, (3, 4, 6), make(2), rows=3)
        yield case({"type": name, "kernel_size": 2}, (2, 5, 7), make(2), rows=2)
        yield case({"type": name, "kernel_size": 3, "stride": 2}, (2, 7, 6), make(3, 2), rows=2)
        yield case({"type": name, "kernel_size": 2, "stride": 3}, (1, 7, 6), make(2, 3), rows=2)
    yield case({"type": "global_avg_pool"}, (3, 4, 5),
               nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()), rows=3)
    yield from residual_cases()


if __name__ == "__main__":
    torch.manual_seed(1)
    with open(os.path.join(HERE, "layers.json"), "w", encoding="utf-8") as file:
        file.write('{"cases":[\n')
        file.write(",\n".join(json.dumps(made, separators=(",", ":")) for made in cases()))
        file.write("\n]}\n")
