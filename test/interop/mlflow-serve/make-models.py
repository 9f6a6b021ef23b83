"""Makes the MLflow models of this test, the same in every run: `make-models.py TARGET [NAME ...]`, without names all.

Each folder TARGET/NAME is what `save_model` of MLflow writes, with requirements.in of ../frameworks as its requirements.
"""

import os
import sys
from pathlib import Path

os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"

import mlflow.pyfunc
import mlflow.sklearn
import numpy as np
import pandas as pd
from mlflow.models import ModelSignature, infer_signature
from mlflow.types import ColSpec, Schema, TensorSpec
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

HERE = Path(__file__).parent
TARGET = Path(sys.argv[1])
NAMES = sys.argv[2:]
REQUIREMENTS = [
    line.strip()
    for line in (HERE.parent / "frameworks/requirements.in").read_text().splitlines()
    if line.strip() and not line.startswith("#")
]
random = np.random.default_rng(20261122)
ROWS = 300


def save(name, flavor, *model, **more):
    if not NAMES or name in NAMES:
        flavor.save_model(*model, path=str(TARGET / name), pip_requirements=REQUIREMENTS, **more)


def flowers():
    """Four numbers, and one of three kinds."""
    x = pd.DataFrame(random.normal(3, 2, (ROWS, 4)).round(2), columns=["length", "width", "depth", "weight"])
    y = np.digitize(x["length"] + x["width"], [5, 7.5])
    return x, y


def flats():
    """Numbers that may be missing, and texts that may be unknown."""
    x = pd.DataFrame(
        {
            "area": random.uniform(20, 200, ROWS).round(1),
            "rooms": random.integers(1, 7, ROWS),
            "district": random.choice(["north", "south", "old town", "ß-Straße"], ROWS),
            "heating": random.choice(["gas", "oil", "none"], ROWS),
            "lift": random.choice([True, False], ROWS),
        }
    )
    y = x["area"] * 9 + x["rooms"] * 40 + (x["district"] == "old town") * 300 + random.normal(0, 20, ROWS)
    x.loc[::7, "area"] = np.nan
    return x, y.rename("rent")


def pipeline(last):
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    texts = OneHotEncoder(handle_unknown="ignore")
    columns = ColumnTransformer([("n", numbers, ["area", "rooms"]), ("t", texts, ["district", "heating", "lift"])])
    return make_pipeline(columns, last)


def save_sklearn():
    x, y = flowers()
    model = LogisticRegression(max_iter=500).fit(x, y)
    save("classifier", mlflow.sklearn, model, signature=infer_signature(x, model.predict(x)), input_example=x.head(3))
    words = np.array(["daisy", "rose", "tulip"])[y]
    named = LogisticRegression(max_iter=500).fit(x, words)
    signature = infer_signature(x, named.predict(x))
    save("words", mlflow.sklearn, named, signature=signature, skops_trusted_types=["numpy.dtype"])
    signature = infer_signature(x, model.predict_proba(x))
    save("probabilities", mlflow.sklearn, model, signature=signature, pyfunc_predict_fn="predict_proba")
    forest = RandomForestRegressor(10, max_depth=4, random_state=1, n_jobs=1).fit(x.to_numpy(), y * 1.5)
    matrix = Schema([TensorSpec(np.dtype("float64"), (-1, 4))])
    tensors = ModelSignature(matrix, Schema([TensorSpec(np.dtype("float64"), (-1,))]))
    save("matrix", mlflow.sklearn, forest, signature=tensors, serialization_format="cloudpickle")
    x, y = flats()
    model = pipeline(Ridge()).fit(x, y)
    signature = infer_signature(x, model.predict(x))
    save("pipeline", mlflow.sklearn, model, signature=signature, input_example=x.head(8), serialization_format="cloudpickle")


def save_boosters():
    import lightgbm
    import mlflow.lightgbm
    import mlflow.xgboost
    import xgboost

    x, y = flowers()
    trees = xgboost.train(
        {"objective": "multi:softprob", "num_class": 3, "max_depth": 3, "nthread": 1, "seed": 1},
        xgboost.DMatrix(x, y),
        10,
    )
    signature = infer_signature(x, trees.predict(xgboost.DMatrix(x)))
    save("xgboost", mlflow.xgboost, trees, signature=signature)
    x.loc[::5, "depth"] = np.nan
    parameters = {"objective": "regression", "num_leaves": 7, "num_threads": 1, "verbose": -1, "seed": 1}
    trees = lightgbm.train(parameters, lightgbm.Dataset(x, y * 2.5), 10)
    save("lightgbm", mlflow.lightgbm, trees, signature=infer_signature(x, trees.predict(x)))


class Visits(mlflow.pyfunc.PythonModel):
    """Moments, texts and flags into a table."""

    def predict(self, context, model_input, params=None):
        at = model_input["at"]
        return pd.DataFrame(
            {
                "hour": at.dt.hour.astype("int64"),
                "weekend": at.dt.dayofweek >= 5,
                "score": model_input["seconds"].fillna(0) / 60 + model_input["member"],
                "page": model_input["page"].str.upper(),
            }
        )


class Listing(mlflow.pyfunc.PythonModel):
    """One text a row, as a list."""

    def predict(self, context, model_input, params=None):
        return [f"{name}: {count:d}" for name, count in zip(model_input["name"], model_input["count"])]


class Column(mlflow.pyfunc.PythonModel):
    """One number a row, as a Series with a name."""

    def predict(self, context, model_input, params=None):
        return (model_input["count"] * 2.5).rename("price")


class Tensors(mlflow.pyfunc.PythonModel):
    """Two tensors into two."""

    def predict(self, context, model_input, params=None):
        return {
            "sum": model_input["image"].sum(axis=(1, 2)) + model_input["offset"],
            "flipped": model_input["image"][:, ::-1],
        }


def save_pyfunc():
    visits = Schema(
        [ColSpec("datetime", "at"), ColSpec("string", "page"), ColSpec("double", "seconds"), ColSpec("boolean", "member")]
    )
    table = Schema(
        [ColSpec("long", "hour"), ColSpec("boolean", "weekend"), ColSpec("double", "score"), ColSpec("string", "page")]
    )
    names = Schema([ColSpec("string", "name"), ColSpec("long", "count")])
    images = Schema(
        [TensorSpec(np.dtype("float32"), (-1, 2, 3), "image"), TensorSpec(np.dtype("float32"), (-1,), "offset")]
    )
    both = Schema(
        [TensorSpec(np.dtype("float32"), (-1,), "sum"), TensorSpec(np.dtype("float32"), (-1, 2, 3), "flipped")]
    )
    for name, model, signature in [
        ("visits", Visits(), ModelSignature(visits, table)),
        ("listing", Listing(), ModelSignature(names, Schema([ColSpec("string")]))),
        ("column", Column(), ModelSignature(names, Schema([ColSpec("double", "price")]))),
        ("tensors", Tensors(), ModelSignature(images, both)),
    ]:
        save(name, mlflow.pyfunc, python_model=model, signature=signature)


save_sklearn()
if not NAMES or {"xgboost", "lightgbm"} & set(NAMES):
    save_boosters()
save_pyfunc()
