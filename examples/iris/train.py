"""Train a classifier of iris flowers in plain Python: multinomial logistic regression by gradient descent.

Usage: `python examples/iris/train.py build/iris`. It needs no packages and about a second.
`--rows 100` trains with the first 100 flowers only, so the model never sees a virginica: the endpoint's test notices.
`--steps 600` trains twice as long, so the model is surer.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
from pathlib import Path
from statistics import fmean, pstdev

DATA = Path(__file__).with_name("iris.csv")
STEPS, RATE, SHRINKAGE = 300, 0.5, 0.001

Rows = list[list[float]]


def load() -> tuple[Rows, list[str]]:
    """Return the measures of each flower and its species."""
    with DATA.open(newline="") as file:
        _, *lines = csv.reader(file)
    return [[float(value) for value in line[:-1]] for line in lines], [line[-1] for line in lines]


def train(flowers: Rows, species: list[str], steps: int = STEPS) -> dict[str, list]:
    """Return the model: classes, mean and deviation of each measure, and the weights of each class."""
    classes = sorted(set(species))
    mean, deviation = [[of(column) for column in zip(*flowers)] for of in (fmean, pstdev)]
    model = {"classes": classes, "mean": mean, "deviation": deviation, "weights": [[0.0] * 5 for _ in classes]}
    inputs = [standardized(flower, model) for flower in flowers]
    targets = [[float(each == name) for name in classes] for each in species]
    for _ in range(steps):
        errors = [
            [p - t for p, t in zip(probabilities(row, model["weights"]), target)]
            for row, target in zip(inputs, targets)
        ]
        for weights, error in zip(model["weights"], zip(*errors)):
            for i, column in enumerate(zip(*inputs)):
                slope = sum(e * value for e, value in zip(error, column)) / len(inputs)
                weights[i] -= RATE * (slope + SHRINKAGE * weights[i])
    return model


def standardized(flower: list[float], model: dict[str, list]) -> list[float]:
    """Return the measures in standard deviations from the mean, and a one for the intercept."""
    return [(v - m) / d for v, m, d in zip(flower, model["mean"], model["deviation"])] + [1.0]


def probabilities(row: list[float], weights: Rows) -> list[float]:
    """Return the probability of each class."""
    powers = [math.exp(sum(w * value for w, value in zip(each, row))) for each in weights]
    return [power / sum(powers) for power in powers]


def accuracy(model: dict[str, list], flowers: Rows, species: list[str]) -> float:
    """Return the share of flowers whose species the model predicts."""
    hits = 0
    for flower, name in zip(flowers, species):
        likely = probabilities(standardized(flower, model), model["weights"])
        hits += model["classes"][likely.index(max(likely))] == name
    return hits / len(flowers)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="folder of the model")
    parser.add_argument("--rows", type=int, help="train with the first ROWS flowers only")
    parser.add_argument("--steps", type=int, default=STEPS, help="steps of the descent (default: %(default)s)")
    arguments = parser.parse_args()
    flowers, species = load()
    model = train(flowers[: arguments.rows], species[: arguments.rows], arguments.steps)
    arguments.folder.mkdir(parents=True, exist_ok=True)
    (arguments.folder / "model.json").write_text(json.dumps(model, indent=1) + "\n")
    print(f"accuracy {accuracy(model, flowers, species):.1%} on {len(flowers)} flowers")


if __name__ == "__main__":
    main()
