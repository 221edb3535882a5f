#!/usr/bin/env python3
"""Writes the files of tests/unit/test_format_text.c with scikit-learn, pandas and NumPy.

x[i, j] = (7 i + 3 j - 20) / 7, and 0 where i + j is a multiple of 3; the class of sample i is 2 i mod 3,
its number to predict y[i] = i / 3 - 1.
"""
import os
import numpy as np
import pandas
from sklearn.datasets import dump_svmlight_file

SAMPLES, FEATURES = 8, 5
here = os.path.dirname(os.path.abspath(__file__))
i, j = np.indices((SAMPLES, FEATURES))
x = np.where((i + j) % 3 == 0, 0.0, (7 * i + 3 * j - 20) / 7)
classes = 2 * np.arange(SAMPLES) % 3
numbers = np.arange(SAMPLES) / 3 - 1


def path(name):
    return os.path.join(here, name)


# Indices from 0, from 1, and with its comment before the samples.
dump_svmlight_file(x, classes, path("sklearn_0.svm"), zero_based=True)
dump_svmlight_file(x, classes, path("sklearn_1.svm"), zero_based=False)
dump_svmlight_file(x, numbers, path("sklearn_numbers.svm"), zero_based=False, comment="y = i / 3 - 1")

table = pandas.DataFrame(x, columns=["x, %d" % k for k in range(FEATURES)])
table.insert(0, "class", np.array(["a", "b", "c"])[classes])
table.to_csv(path("pandas.csv"), index=False)
table = table.drop(columns="class")
table["y"] = numbers
table.to_csv(path("pandas_numbers.csv.gz"), index=False, sep="\t", header=False,
             compression={"method": "gzip", "mtime": 0})
np.savetxt(path("numpy.csv"), np.column_stack([x, classes]), delimiter=",", header="a,b,c,d,e,k",
           comments="")
