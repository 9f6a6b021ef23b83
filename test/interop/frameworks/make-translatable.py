"""Models that have a translation to ONNX, and some that have none, each with a sample of what it was trained on.

`python make-translatable.py FOLDER` writes `NAME/model.*` and `NAME/training/sample.parquet` or `.csv`.
"""

import os
import sys

import joblib
import lightgbm
import numpy as np
import pandas as pd
import xgboost
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder, StandardScaler

ROWS = 1500
random = np.random.default_rng(7)


def place(name: str) -> str:
    folder = os.path.join(sys.argv[1], name)
    os.makedirs(os.path.join(folder, "training"), exist_ok=True)
    return folder


def keep(name: str, model: object, sample: pd.DataFrame, form: str = "parquet") -> None:
    folder = place(name)
    joblib.dump(model, os.path.join(folder, "model.joblib"))
    keep_sample(folder, sample, form)


def keep_sample(folder: str, sample: pd.DataFrame, form: str = "parquet") -> None:
    path = os.path.join(folder, "training", "sample." + form)
    if form == "csv":
        sample.to_csv(path, index=False)
    else:
        sample.to_parquet(path)


names = ["length", "width", "depth", "weight", "age"]
numbers = pd.DataFrame(random.normal(size=(ROWS, len(names))), columns=names)
far = numbers["length"] + numbers["width"] * numbers["depth"] + random.normal(size=ROWS) * 0.3
kind = np.array(["small", "large"])[(far > 0).astype(int)]
forest = RandomForestClassifier(100, random_state=0).fit(numbers, kind)
keep("forest", forest, numbers)
keep("few", forest, numbers[:999])

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
homes.loc[random.random(ROWS) < 0.1, "district"] = None
dear = np.where(homes["area"] * (1 + (homes["district"] == "old town")) > 60, "dear", "cheap")
columns = ColumnTransformer(
    [
        ("numbers", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), ["area", "rooms"]),
        ("where", make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore")), ["district"]),
        ("known", OneHotEncoder(), ["heating"]),
        ("rest", "passthrough", ["lift"]),
    ]
)
keep("pipeline", Pipeline([("columns", columns), ("model", LogisticRegression(max_iter=500))]).fit(homes, dear), homes, "csv")
ordered = ColumnTransformer(
    [("district", OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1), ["district", "heating"])],
    remainder="passthrough",
)
price = homes["area"] * 10 + homes["rooms"].fillna(3) * 30
keep("histograms", Pipeline([("columns", ordered), ("model", HistGradientBoostingRegressor(max_iter=30))]).fit(homes, price), homes)

holes = numbers.mask(random.random(numbers.shape) < 0.05)
boosted = xgboost.XGBClassifier(n_estimators=40).fit(holes.to_numpy(), (far > 0).astype(int))
folder = place("xgboost")
boosted.save_model(os.path.join(folder, "model.json"))
keep_sample(folder, holes)
levels = np.digitize(far, [-0.5, 0.5])
keep("lightgbm-classifier", lightgbm.LGBMClassifier(n_estimators=30, verbose=-1).fit(holes, levels), holes)
booster = lightgbm.train({"objective": "poisson", "verbose": -1}, lightgbm.Dataset(holes, np.abs(far) * 5), 40)
folder = place("lightgbm")
booster.save_model(os.path.join(folder, "model.txt"))
keep_sample(folder, holes)

doubled = make_pipeline(FunctionTransformer(np.abs), LogisticRegression()).fit(numbers, kind)
keep("own-function", doubled, numbers)
