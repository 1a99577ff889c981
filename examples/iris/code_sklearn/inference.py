"""The hooks that SageMaker's scikit-learn container calls, for the model of `train_sklearn.py`."""

import csv
import json
from pathlib import Path

import joblib


def model_fn(model_dir):
    """Load the model at the container's start."""
    return joblib.load(Path(model_dir, "model.joblib"))


def input_fn(body, content_type):
    """Read the flowers of a request: one list of four measures for each."""
    if content_type.startswith("text/csv"):
        return [[float(value) for value in row] for row in csv.reader(body.splitlines()) if row]
    if content_type.startswith("application/json"):
        return json.loads(body)["instances"]
    raise ValueError(f"unsupported content type {content_type}")


def predict_fn(flowers, model):
    """Return the probability of each species, for each flower."""
    names = model.classes_.tolist()
    return [dict(zip(names, row)) for row in model.predict_proba(flowers).tolist()]


def output_fn(predictions, accept):
    """Write the answer: JSON with probabilities, or CSV with the names only."""
    likely = [max(each, key=each.get) for each in predictions]
    if accept.startswith("text/csv"):
        return "".join(f"{name}\n" for name in likely), "text/csv"
    rounded = [{name: round(value, 4) for name, value in each.items()} for each in predictions]
    answers = [{"predicted_class": name, "probabilities": each} for name, each in zip(likely, rounded)]
    return json.dumps({"predictions": answers}), "application/json"
