"""Train the same classifier with scikit-learn; use it with the hooks in `code_sklearn/`.

Usage: `python examples/iris/train_sklearn.py build/iris-sklearn`, in an environment with scikit-learn 1.9.
"""

import csv
import sys
from pathlib import Path

import joblib
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

with Path(__file__).with_name("iris.csv").open(newline="") as file:
    _, *lines = csv.reader(file)
flowers = [[float(value) for value in line[:-1]] for line in lines]
species = [line[-1] for line in lines]

model = make_pipeline(StandardScaler(), LogisticRegression()).fit(flowers, species)

folder = Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
joblib.dump(model, folder / "model.joblib")
print(f"accuracy {model.score(flowers, species):.1%} on {len(flowers)} flowers")
