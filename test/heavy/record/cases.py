"""Records networks and CatBoost where their packages are: `cases.py FRAMEWORK TARGET`. Prints how each is kept."""

import json
import sys
from pathlib import Path

FRAMEWORK, TARGET = sys.argv[1], Path(sys.argv[2])
sys.path[0] = str(Path(__file__).resolve().parents[3] / "python")

import numpy as np  # noqa: E402
import slipway  # noqa: E402

random = np.random.RandomState(3)
numbers = random.uniform(0, 1, (60, 4))
said = {}


def case(name, model, X, **options):
    done = slipway.record(model, X, TARGET / name, **options)
    examples = json.loads((TARGET / name / "examples.json").read_text())
    said[name] = {
        "flavor": done.flavor,
        "verified": done.verified,
        "inputs": list(examples[0]["inputs"]),
        "outputs": list(done.outputs),
    }


def torch_cases():
    import torch

    linear = torch.nn.Sequential(torch.nn.Linear(4, 2), torch.nn.Dropout(0.5), torch.nn.Softmax(dim=1))
    image = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.Flatten(), torch.nn.Linear(72, 3))
    case("torch_matrix", linear, numbers)
    case("torch_columns", linear, numbers, columns=["a", "b", "c", "d"])
    case("torch_image", image, random.uniform(0, 1, (30, 1, 8, 8)).astype("float32"))
    case("torch_tokens", torch.nn.EmbeddingBag(50, 3), random.randint(0, 50, (30, 5)))


def catboost_cases():
    import catboost
    import pandas as pd

    quiet = {"iterations": 5, "verbose": 0, "allow_writing_files": False}
    frame = pd.DataFrame(numbers, columns=list("abcd")).assign(kind=np.where(numbers[:, 0] > 0.5, "x", "y"))
    classes = np.arange(60) % 3
    case("catboost_numbers", catboost.CatBoostRegressor(**quiet).fit(numbers, numbers[:, 0]), numbers)
    case("catboost_texts", catboost.CatBoostClassifier(cat_features=["kind"], **quiet).fit(frame, classes), frame)


def keras_cases():
    import keras

    network = keras.Sequential([keras.Input((4,), name="x"), keras.layers.Dense(3, activation="relu", name="y")])
    case("keras_matrix", network, numbers)
    case("keras_columns", network, numbers, columns=["a", "b", "c", "d"])


{"torch": torch_cases, "catboost": catboost_cases, "keras": keras_cases}[FRAMEWORK]()
print(json.dumps(said))
