"""Translates small models of every kind that has a translation, and says what the originals answer.

`python translate-many.py FOLDER` writes the ONNX files and `cases.json`: for each the rows, half of them where trees decide, and the
answers of the original.
"""

import json
import os
import sys
import warnings

import lightgbm
import numpy as np
import xgboost
from sklearn.ensemble import (
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../python"))
from slipway.signature import Input, Matrix, Output, Signature  # noqa: E402
from slipway.translate.convert import as_estimator, translate  # noqa: E402
from slipway.translate.load import Loaded  # noqa: E402

warnings.simplefilter("ignore")
ROWS, COLUMNS = 600, 4
random = np.random.default_rng(3)
X = random.normal(size=(ROWS, COLUMNS))
far = X[:, 0] + X[:, 1] * X[:, 2] + random.normal(size=ROWS) * 0.3
two = np.array(["no", "yes"])[(far > 0).astype(int)]
three = np.digitize(far, [-0.5, 0.5]) + 10
holes = np.where(random.random(X.shape) < 0.1, np.nan, X)
one_hot = (far > 0).astype(int)

MODELS = {
    "decision tree": (DecisionTreeClassifier(max_depth=5), X, three),
    "regression tree": (DecisionTreeRegressor(max_depth=5), X, far),
    "stump": (DecisionTreeRegressor(max_depth=1), X, np.zeros(ROWS)),
    "forest": (RandomForestClassifier(20, random_state=0), X, two),
    "forest of shallow trees": (RandomForestClassifier(20, max_depth=4, random_state=0), X, three),
    "forest with missing values": (RandomForestClassifier(20, random_state=0), holes, two),
    "extra trees": (ExtraTreesClassifier(20, random_state=0), X, three == 11),
    "regression forest": (RandomForestRegressor(20, random_state=0), X, far * 1000),
    "forest of two answers": (RandomForestRegressor(5, random_state=0), X, np.c_[far, -far]),
    "gradient boosting": (GradientBoostingClassifier(n_estimators=20), X, two),
    "gradient boosting of three": (GradientBoostingClassifier(n_estimators=10), X, three),
    "gradient boosting, exponential": (GradientBoostingClassifier(n_estimators=20, loss="exponential"), X, two),
    "gradient boosted regression": (GradientBoostingRegressor(n_estimators=20, loss="huber"), X, far),
    "histograms": (HistGradientBoostingClassifier(max_iter=15), holes, two),
    "histograms of three": (HistGradientBoostingClassifier(max_iter=15), holes, three),
    "histograms of counts": (HistGradientBoostingRegressor(max_iter=15, loss="poisson"), holes, np.abs(far)),
    "xgboost": (xgboost.XGBClassifier(n_estimators=20), holes, one_hot),
    "xgboost of three": (xgboost.XGBClassifier(n_estimators=10), holes, three - 10),
    "xgboost of counts": (xgboost.XGBRegressor(n_estimators=20, objective="count:poisson"), holes, np.abs(far)),
    "xgboost's forest": (xgboost.XGBRFRegressor(n_estimators=10), X, far),
    "lightgbm": (lightgbm.LGBMClassifier(n_estimators=20, verbose=-1), holes, two),
    "lightgbm of three": (lightgbm.LGBMClassifier(n_estimators=10, verbose=-1), X, three),
    "lightgbm, one against all": (
        lightgbm.LGBMClassifier(n_estimators=10, objective="multiclassova", verbose=-1),
        X,
        three,
    ),
    "lightgbm of roots": (lightgbm.LGBMRegressor(n_estimators=10, reg_sqrt=True, verbose=-1), X, far),
    "lightgbm's forest": (
        lightgbm.LGBMRegressor(n_estimators=10, boosting_type="rf", bagging_freq=1, bagging_fraction=0.5, verbose=-1),
        X,
        far,
    ),
    "a scaled line": (make_pipeline(StandardScaler(), LinearRegression()), X, far),
    "a scaled classifier": (make_pipeline(StandardScaler(), LogisticRegression()), X, three),
}


def rows_of(model: object, data: np.ndarray) -> np.ndarray:
    """Recorded rows, and as many that lie where a tree decides."""
    _, form = as_estimator(Loaded(model, "estimator"))
    rows = data[:60].copy()
    if form is None:
        return rows
    splits = np.concatenate(form.ensemble.thresholds).astype(float)
    features = np.concatenate(form.ensemble.features)
    single = np.float32
    for at in np.flatnonzero(np.isfinite(splits) & (np.abs(splits) > 1e-30))[:60]:
        t = splits[at]
        near = [t, np.nextafter(t, 9), np.nextafter(t, -9), float(single(t)), float(np.nextafter(single(t), single(9)))]
        row = np.nan_to_num(data[at % len(data)]).copy()
        row[features[at]] = near[at % len(near)]
        rows = np.vstack([rows, row])
    return rows


def ask(model: object, rows: np.ndarray) -> dict:
    if hasattr(model, "classes_") or hasattr(model, "predict_proba"):
        labels = model.predict(rows)
        return {
            "label": [str(one) for one in labels.tolist()],
            "probabilities": np.asarray(model.predict_proba(rows), float).ravel().tolist(),
        }
    return {"prediction": np.asarray(model.predict(rows), float).ravel().tolist()}


cases = {}
for place, (name, (model, data, answer)) in enumerate(MODELS.items()):
    model.fit(data, answer)
    rows = rows_of(model, data)
    expected = ask(model, rows)
    inputs = tuple(Input("x%d" % column, "FP64", (-1,), True) for column in range(COLUMNS))
    outputs = tuple(Output(output, "FP64") for output in expected)
    made = translate(
        Loaded(model, "estimator"),
        Signature(inputs, outputs, Matrix("X", "FP64")),
        os.path.join(sys.argv[1], "case%d" % place),
    )
    way = made["ways"][0]
    cases[name] = {
        "path": way["path"],
        "input": way["inputs"][0],
        "outputs": way["outputs"],
        "rows": [[None if value != value else value for value in row] for row in rows.tolist()],
        "expected": expected,
    }
with open(os.path.join(sys.argv[1], "cases.json"), "w", encoding="utf-8") as file:
    json.dump(cases, file)
