"""Trains the models of bench/python.ts: `python make-models.py FOLDER`, with the packages of test/interop/frameworks.

FOLDER/NAME is what `slipway deploy` takes; FOLDER/NAME.pkl is the same model for the peers. The features have no names: a model that knows
names would warn each peer that hands it an array.
"""

import pickle
import sys
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import sklearn
from sklearn.datasets import load_iris, make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier

FOLDER = Path(sys.argv[1])
REQUIREMENTS = [f"{package.__name__.replace('sklearn', 'scikit-learn')}=={package.__version__}" for package in (sklearn, np)]


def save(name, model, sample=None):
    folder = FOLDER / name
    folder.mkdir()
    joblib.dump(model, folder / "model.joblib")
    (FOLDER / f"{name}.pkl").write_bytes(pickle.dumps(model))
    lines = ["slipway: 1", f"name: {name}", "model:", "  path: model.joblib", "  environment:"]
    lines += ['    python: "3.11"', "    requirements: requirements.txt"]
    (folder / "requirements.txt").write_text("\n".join(REQUIREMENTS) + "\n")
    if sample is not None:
        (folder / "training").mkdir()
        names = [f"x{at}" for at in range(sample.shape[1])]
        pd.DataFrame(sample, columns=names).to_parquet(folder / "training/sample.parquet", index=False)
        lines += ["  training:", "    reference: training/sample.parquet"]
    (folder / "slipway.yaml").write_text("\n".join(lines) + "\n")


def make(rows, features):
    x, y = make_classification(rows, features, n_informative=features // 2, n_classes=4, random_state=1)
    return x, y


flowers = load_iris()
save("iris", LogisticRegression(max_iter=500).fit(flowers.data, flowers.target))

x, y = make(2_000, 20)
save("forest", RandomForestClassifier(100, random_state=1, n_jobs=1).fit(x, y), x)

x, y = make(4_000, 64)
save("forest-batch", RandomForestClassifier(300, max_depth=12, random_state=1, n_jobs=1).fit(x, y))

x, y = make(400, 128)
save("mlp-batch", MLPClassifier((2048, 2048), max_iter=1, random_state=1).fit(x, y))

x, y = make(400, 512)
save("wide-batch", MLPClassifier((1024, 1024, 512), max_iter=1, random_state=1).fit(x, y))
