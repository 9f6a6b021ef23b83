"""Trains the models of this test: `make-models.py TARGET`.

TARGET/cases.json then says of each how it is opened, what it is asked, and what the framework itself answers in here.
"""

import json
import os
import pickle
import sys
from pathlib import Path
from unittest import mock

os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"

import joblib
import lightgbm
import mlflow.pyfunc
import numpy as np
import pandas as pd
import skops.io
import xgboost
from mlflow.models import infer_signature
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

TARGET = Path(sys.argv[1])
ROWS = 400
random = np.random.default_rng(20261122)
cases = {}


def to_list(values):
    """As JSON has it: NaN and None are null."""
    if hasattr(values, "to_numpy"):
        values = values.to_numpy()
    return json.loads(json.dumps(np.asarray(values).tolist()).replace("NaN", "null"))


def case(name, flavor, path, frame, expected, **more):
    """`frame`: what is asked, as the model was trained with it; `more`: what the manifest would say."""
    inputs = {}
    for column in frame.columns:
        values = frame[column].astype(object).where(frame[column].notna(), None)
        inputs[str(column)] = [value.isoformat() + "Z" if hasattr(value, "isoformat") else value for value in values]
    outputs = {key: to_list(value) for key, value in expected.items()}
    cases[name] = {"flavor": flavor, "path": path, "options": {}, "ask": inputs, "expected": outputs, **more}


def flats():
    """Numbers and texts that may be missing, a category, a flag."""
    x = pd.DataFrame(
        {
            "area": random.uniform(20, 200, ROWS).round(1),
            "rooms": random.integers(1, 7, ROWS),
            "district": random.choice(["north", "south", "old town", "ß-Straße"], ROWS).astype(object),
            "heating": random.choice(["gas", "oil", "none"], ROWS).astype(object),
            "lift": random.choice([True, False], ROWS),
        }
    )
    rent = x["area"] * 9 + x["rooms"] * 40 + (x["district"] == "old town") * 300 + random.normal(0, 20, ROWS)
    x.loc[::7, "area"] = np.nan
    x.loc[::5, "district"] = np.nan
    return x, rent


def strange(x):
    """Rows that training had, and one with what it never saw."""
    rows = x.head(20).reset_index(drop=True)
    rows.loc[3, "district"] = "nowhere"
    return rows


def flowers():
    x = pd.DataFrame(random.normal(3, 2, (ROWS, 4)).round(2), columns=["length", "width", "depth", "weight"])
    return x, np.digitize(x["length"] + x["width"], [5, 7.5])


def make_sklearn():
    x, rent = flats()
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    filled = make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore"))
    texts = OneHotEncoder(handle_unknown="ignore")
    columns = [("n", numbers, ["area", "rooms"]), ("f", filled, ["district"]), ("t", texts, ["heating", "lift"])]
    dear = np.where(rent > rent.median(), "dear", "cheap")
    pipeline = make_pipeline(ColumnTransformer(columns), LogisticRegression(max_iter=500)).fit(x, dear)
    joblib.dump(pipeline, TARGET / "pipeline.joblib")
    ask = strange(x)
    expected = {"label": pipeline.predict(ask), "probabilities": pipeline.predict_proba(ask)}
    case("a pipeline in joblib", "sklearn", "pipeline.joblib", ask, expected)

    x, kinds = flowers()
    forest = RandomForestClassifier(20, max_depth=5, random_state=1, n_jobs=-1).fit(x, kinds)
    with open(TARGET / "forest.pkl", "wb") as file, mock.patch("sklearn.base.__version__", "1.2.2"):
        pickle.dump(forest, file)
    # Its threads add up in the order in which they end.
    forest.n_jobs = 1
    expected = {"label": forest.predict(x.head(30)), "probabilities": forest.predict_proba(x.head(30))}
    case("a forest in a pickle", "sklearn", "forest.pkl", x.head(30), expected)

    regressor = RandomForestRegressor(10, max_depth=5, random_state=1).fit(x.to_numpy(), kinds * 1.5)
    skops.io.dump(regressor, TARGET / "matrix.skops")
    ask = pd.DataFrame(x.head(30).to_numpy(), columns=[f"x{i}" for i in range(4)])
    expected = {"prediction": regressor.predict(ask.to_numpy())}
    trusted = {"trusted": ["sklearn.tree._tree.Tree"]}
    case("numbers without names, in skops", "sklearn", "matrix.skops", ask, expected, options=trusted)


def make_boosters():
    x, kinds = flowers()
    x.loc[::5, "depth"] = np.nan
    classifier = xgboost.XGBClassifier(n_estimators=10, max_depth=3, random_state=1).fit(x, kinds)
    classifier.save_model(TARGET / "classifier.ubj")
    ask = x.head(30)
    expected = {"label": classifier.predict(ask), "probabilities": classifier.predict_proba(ask).astype(float)}
    case("a classifier of XGBoost", "xgboost", "classifier.ubj", ask, expected)

    flat, rent = flats()
    flat = flat[["area", "rooms", "district"]]
    # XGBoost keeps as many bytes of a category as it has characters.
    plain = flat.assign(district=flat["district"].str.replace("ß", "ss").astype("category"))
    ask = plain.head(30)
    data = xgboost.DMatrix(plain, rent, enable_categorical=True)
    booster = xgboost.train({"max_depth": 4, "seed": 1}, data, 10)
    booster.save_model(TARGET / "booster.json")
    answers = booster.predict(xgboost.DMatrix(ask, enable_categorical=True))
    case("a booster of XGBoost with categories", "xgboost", "booster.json", ask, {"prediction": answers})

    flat = flat.assign(district=flat["district"].astype("category"))
    ask = flat.head(30)
    parameters = {"objective": "regression", "num_leaves": 7, "verbose": -1, "seed": 1, "min_data_in_leaf": 3}
    booster = lightgbm.train(parameters, lightgbm.Dataset(flat, rent), 10)
    booster.save_model(str(TARGET / "booster.txt"))
    case("LightGBM with categories", "lightgbm", "booster.txt", ask, {"prediction": booster.predict(ask)})


class Visits(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        at = model_input["at"]
        return pd.DataFrame(
            {
                "hour": at.dt.hour.astype("int64"),
                "weekend": at.dt.dayofweek >= 5,
                "score": model_input["seconds"] / 60,
                "page": model_input["page"].str.upper() + at.dt.strftime("%f"),
                "twice": model_input["count"] * 2,
            }
        )


def make_mlflow():
    visits = pd.DataFrame(
        {
            "at": pd.to_datetime(["2026-01-03T04:05:06.789", "2026-02-28T23:59:59.5", "1999-12-31T00:00:00.000001"]),
            "page": ["home", "ß", ""],
            "seconds": [61.5, np.nan, 0.0],
            "count": np.array([1, 2**40 + 1, -5]),
        }
    )
    answers = Visits().predict(None, visits)
    mlflow.pyfunc.save_model(
        str(TARGET / "visits"),
        python_model=Visits(),
        signature=infer_signature(visits, answers),
        pip_requirements=["pandas"],
    )
    case("MLflow's pyfunc of an own class", "mlflow", "visits/MLmodel", visits, dict(answers.items()))


make_sklearn()
make_boosters()
make_mlflow()
(TARGET / "cases.json").write_text(json.dumps(cases))
