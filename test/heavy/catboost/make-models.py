"""Makes the models of this test: `make-models.py TARGET`. What they answer in here is in TARGET/cases.json."""

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from catboost import CatBoostClassifier, CatBoostRegressor

TARGET = Path(sys.argv[1])
ROWS = 300
random = np.random.default_rng(1)
fixed = {
    "iterations": 20,
    "depth": 3,
    "random_seed": 1,
    "thread_count": 1,
    "verbose": False,
    "allow_writing_files": False,
}
cases = {}

x = pd.DataFrame(
    {
        "area": random.uniform(20, 200, ROWS).round(1),
        "rooms": random.integers(1, 7, ROWS).astype(float),
        "district": random.choice(["north", "south", "ß-Straße"], ROWS),
    }
)
rent = x["area"] * 9 + x["rooms"] * 40 + (x["district"] == "south") * 300
x.loc[::7, "area"] = np.nan
ask = x.head(20)
columns = ask.astype(object).where(ask.notna(), None)
asked = {name: list(columns[name]) for name in columns}

classifier = CatBoostClassifier(**fixed).fit(
    x, np.where(rent > rent.median(), "dear", "cheap"), cat_features=["district"]
)
classifier.save_model(str(TARGET / "classifier.cbm"))
answers = {"label": classifier.predict(ask).tolist(), "probabilities": classifier.predict_proba(ask).tolist()}
case = {"flavor": "catboost", "path": "classifier.cbm", "ask": asked, "expected": answers}
cases["a classifier with categories"] = case

kinds = CatBoostClassifier(**fixed, loss_function="MultiClass").fit(x[["area", "rooms"]], (rent // 700).astype(int))
kinds.save_model(str(TARGET / "kinds.cbm"))
ask = ask[["area", "rooms"]]
answers = {"label": kinds.predict(ask).reshape(-1).tolist(), "probabilities": kinds.predict_proba(ask).tolist()}
numbers = {name: asked[name] for name in ("area", "rooms")}
cases["a classifier of several"] = {"flavor": "catboost", "path": "kinds.cbm", "ask": numbers, "expected": answers}

matrix = x[["area", "rooms"]].to_numpy()
regressor = CatBoostRegressor(**fixed).fit(matrix, rent)
regressor.save_model(str(TARGET / "regressor.cbm"))
answers = {"prediction": regressor.predict(matrix[:20]).tolist()}
unnamed = {"0": asked["area"], "1": asked["rooms"]}
cases["a regressor without names"] = {
    "flavor": "catboost",
    "path": "regressor.cbm",
    "ask": unnamed,
    "expected": answers,
}
(TARGET / "cases.json").write_text(json.dumps(cases))
