#!/usr/bin/env python3
"""Writes sobol.json: the first 1,000 points of Sobol's sequence in 8 dimensions, unscrambled, as SciPy
has them (scipy.stats.qmc.Sobol, which uses Joe and Kuo's new-joe-kuo-6.21201), times 1024.
usage: make_sobol.py > sobol.json   (needs scipy; made with 1.17)"""
import json

from scipy.stats import qmc

points = qmc.Sobol(d=8, scramble=False).random(1024)[:1000] * 1024
assert (points == points.astype(int)).all()
print("[" + ",\n".join(json.dumps([int(x) for x in point]) for point in points) + "]")
