"""Trains a logistic regression on the data set, for the Python servers.

usage: train.py PIMA_CSV FOLDER
"""

import csv
import pathlib
import sys

import joblib
import numpy
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

with open(sys.argv[1], newline="") as file:
    rows = numpy.array([[float(cell) for cell in row] for row in list(csv.reader(file))[1:]])
features, outcomes = rows[:, :8], rows[:, 8]
model = make_pipeline(SimpleImputer(strategy="median"), StandardScaler(), LogisticRegression())
model.fit(features, outcomes)
folder = pathlib.Path(sys.argv[2])
folder.mkdir(parents=True, exist_ok=True)
joblib.dump(model, folder / "model.joblib")
numpy.save(folder / "features.npy", features)
numpy.save(folder / "outcomes.npy", outcomes)
