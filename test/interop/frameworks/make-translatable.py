"""Models that have a translation to ONNX, each with a sample of what it was trained on.

`python make-translatable.py FOLDER NAME...` writes `NAME/model.joblib` and `NAME/training/sample.parquet` or `.csv`.
"""

import os
import sys

import joblib
import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

ROWS = 1200
random = np.random.default_rng(7)


def make_numbers() -> "tuple[pd.DataFrame, np.ndarray]":
    numbers = pd.DataFrame(random.normal(size=(ROWS, 5)), columns=["length", "width", "depth", "weight", "age"])
    far = numbers["length"] + numbers["width"] * numbers["depth"] + random.normal(size=ROWS) * 0.3
    return numbers, np.array(["small", "large"])[(far > 0).astype(int)]


def forest() -> "tuple[object, pd.DataFrame]":
    numbers, kind = make_numbers()
    return RandomForestClassifier(100, random_state=0).fit(numbers, kind), numbers


def own_function() -> "tuple[object, pd.DataFrame]":
    numbers, kind = make_numbers()
    return make_pipeline(FunctionTransformer(np.abs), LogisticRegression()).fit(numbers, kind), numbers


def pipeline() -> "tuple[object, pd.DataFrame]":
    """Texts, some of them missing, numbers, some of them missing, and an encoder that refuses what it does not know."""
    homes = pd.DataFrame(
        {
            "area": random.lognormal(4, 0.5, ROWS),
            "rooms": random.integers(1, 8, ROWS).astype(float),
            "district": random.choice(["north", "south", "old town"], ROWS),
            "heating": random.choice(["gas", "wood", "district heating"], ROWS),
            "lift": random.random(ROWS) > 0.5,
        }
    )
    homes.loc[random.random(ROWS) < 0.1, "rooms"] = np.nan
    homes.loc[random.random(ROWS) < 0.1, "district"] = np.nan
    dear = np.where(homes["area"] * (1 + (homes["district"] == "old town")) > 60, "dear", "cheap")
    where = make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore"))
    columns = ColumnTransformer(
        [
            ("numbers", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), ["area", "rooms"]),
            ("where", where, ["district"]),
            ("known", OneHotEncoder(), ["heating"]),
            ("rest", "passthrough", ["lift"]),
        ]
    )
    return make_pipeline(columns, LogisticRegression(max_iter=500)).fit(homes, dear), homes


for name in sys.argv[2:]:
    model, sample = {"forest": forest, "own-function": own_function, "pipeline": pipeline}[name]()
    folder = os.path.join(sys.argv[1], name, "training")
    os.makedirs(folder, exist_ok=True)
    joblib.dump(model, os.path.join(folder, "..", "model.joblib"))
    if name == "pipeline":
        sample.to_csv(os.path.join(folder, "sample.csv"), index=False)
    else:
        sample.to_parquet(os.path.join(folder, "sample.parquet"))
