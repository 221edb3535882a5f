"""paper_optimizers.py - optimizers that PyTorch 1.13 lacks, written down from their papers.

Each is the paper's algorithm line by line, for the reference numbers. A parameter group with
adapt = False is left out of the adaptation of LARS and LAMB, as their authors' programs leave out
biases and normalisation.
"""
import math

import torch


class Lion(torch.optim.Optimizer):
    """Chen et al. 2023, "Symbolic Discovery of Optimization Algorithms", algorithm 2."""

    def __init__(self, params, lr, betas=(0.9, 0.99), weight_decay=0.0):
        super().__init__(params, {"lr": lr, "betas": betas, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            for theta in group["params"]:
                state, g = self.state[theta], theta.grad
                m = state.get("m", torch.zeros_like(theta))
                c = beta1 * m + (1 - beta1) * g
                theta -= group["lr"] * (torch.sign(c) + group["weight_decay"] * theta)
                state["m"] = beta2 * m + (1 - beta2) * g


class LARS(torch.optim.Optimizer):
    """You, Gitman and Ginsburg 2017, "Large Batch Training of Convolutional Networks", algorithm 1:
    gamma is lr, beta the weight decay, eta the trust coefficient."""

    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0, trust_coefficient=0.001):
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay,
                                  "trust_coefficient": trust_coefficient, "adapt": True})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            beta, eta = group["weight_decay"], group["trust_coefficient"]
            for w in group["params"]:
                state, g = self.state[w], w.grad
                v = state.get("v", torch.zeros_like(w))
                local = eta * w.norm() / (g.norm() + beta * w.norm()) if group["adapt"] else 1.0
                state["v"] = group["momentum"] * v + group["lr"] * local * (g + beta * w)
                w -= state["v"]


class LAMB(torch.optim.Optimizer):
    """You et al. 2020, "Large Batch Optimization for Deep Learning: Training BERT in 76 minutes",
    algorithm 2, phi the identity."""

    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-6, weight_decay=0.01):
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps,
                                  "weight_decay": weight_decay, "adapt": True})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            for x in group["params"]:
                state, g = self.state[x], x.grad
                t = state["t"] = state.get("t", 0) + 1
                m = state["m"] = beta1 * state.get("m", torch.zeros_like(x)) + (1 - beta1) * g
                v = state["v"] = beta2 * state.get("v", torch.zeros_like(x)) + (1 - beta2) * g * g
                r = m / (1 - beta1 ** t) / (torch.sqrt(v / (1 - beta2 ** t)) + group["eps"])
                direction = r + group["weight_decay"] * x
                ratio = x.norm() / direction.norm() if group["adapt"] else 1.0
                x -= group["lr"] * ratio * direction
