#!/usr/bin/env python3
"""Writes the arrays of tests/unit/test_format_npy.c with NumPy.

x[i, j, k] = 100 i + 10 j + k - 50 (a byte: without the - 50), y[i] = (2, 5, 9)[i % 3].
"""
import os
import numpy as np

here = os.path.dirname(os.path.abspath(__file__))


def x(samples, offset=-50):
    i, j, k = np.indices((samples, 2, 3))
    return 100 * i + 10 * j + k + offset


def y(samples):
    return np.array([2, 5, 9])[np.arange(samples) % 3]


for name, kind, order in [("f4", "<f4", "C"), ("f4_fortran", "<f4", "F"), ("f8", "<f8", "C"),
                          ("f8_fortran", "<f8", "F"), ("i8", "<i8", "C"), ("i8_fortran", "<i8", "F"),
                          ("f8_big", ">f8", "C"), ("i2", "<i2", "C"), ("u1", "u1", "C"),
                          ("u1_fortran", "u1", "F")]:
    # Two samples of bytes: the third would not fit into them.
    train = x(2, 0) if kind == "u1" else x(6)
    arrays = {"x_train": np.array(train, dtype=kind, order=order), "y_train": y(len(train)),
              "x_test": np.array(x(2, 0) if kind == "u1" else x(2), dtype=kind, order=order),
              "y_test": y(2).astype("u1")}
    np.savez(os.path.join(here, name + ".npz"), **arrays)

np.savez_compressed(os.path.join(here, "packed.npz"), x_train=x(6).astype("f4"), y_train=y(6),
                    x_validation=x(3).astype("f4"), y_validation=y(3))
np.savez_compressed(os.path.join(here, "targets.npz"), x_train=x(4).astype("f4"),
                    y_train=np.array([[0.5, 1], [1.5, 2], [2.5, 3], [3.5, 4]]))
