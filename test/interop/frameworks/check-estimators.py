"""Asks estimators of many kinds directly and as a model process would: `check-estimators.py FOLDER_OF_SLIPWAY`.

Prints a JSON object: for each kind null, or what differs.
"""

import json
import sys
import warnings

sys.path.insert(0, sys.argv[1])

import lightgbm
import numpy as np
import pandas as pd
import xgboost
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    IsolationForest,
    RandomForestClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression, RidgeClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OrdinalEncoder, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier
from slipway.flavors.sklearn_model import to_model
from slipway.model import Source
from slipway.signature import Signature
from slipway.tabular.answers import to_arrays

warnings.simplefilter("ignore")
random = np.random.default_rng(7)
ROWS = 240
# Column by column, as files are read: where rows lie together, sums of some libraries end in another bit.
x = pd.DataFrame({name: random.normal(3, 2, ROWS).round(1) for name in ("length", "width", "depth", "weight")})
kinds = np.digitize(x["length"] + x["width"], [5, 7.5])
words = np.array(["daisy", "rose", "tulip"])[kinds]
halves = kinds > 0
holes = x.mask(random.random(x.shape) < 0.1)
mixed = x.assign(
    colour=pd.Series(random.choice(["red", "blue"], ROWS)).astype("category"), count=random.integers(0, 5, ROWS)
)
texts = pd.Series([" ".join(random.choice(["good", "bad", "film", "the"], 4)) for _ in range(ROWS)], dtype=object)
small = {"n_estimators": 8, "random_state": 1}


def positive(data):
    """Sees the names of the columns."""
    return data[["length", "width"]] - data["length"].min() * 0


def colours(last):
    encoder = ColumnTransformer([("o", OrdinalEncoder(), ["colour"])], remainder="passthrough")
    return make_pipeline(encoder, last)


estimators = {
    "logistic regression": LogisticRegression(max_iter=300).fit(x, words),
    "logistic regression of two": LogisticRegression().fit(x, halves),
    "one against the rest": OneVsRestClassifier(LogisticRegression()).fit(x, kinds),
    "ridge": RidgeClassifier().fit(x, words),
    "scaled neighbours": make_pipeline(StandardScaler(), KNeighborsClassifier(4)).fit(x, kinds),
    "support vectors": SVC(random_state=1).fit(x, kinds),
    "calibrated": CalibratedClassifierCV(SVC(random_state=1), cv=2).fit(x, halves),
    "naive Bayes": GaussianNB().fit(x, words),
    "a net": MLPClassifier((5,), max_iter=30, random_state=1).fit(x, kinds),
    "a tree": DecisionTreeClassifier(max_depth=3, random_state=1).fit(x, words),
    "a forest": RandomForestClassifier(**small, max_depth=3).fit(x, kinds),
    "a forest of two": ExtraTreesClassifier(**small, max_depth=2).fit(x, halves),
    "boosting": GradientBoostingClassifier(**small).fit(x, kinds),
    "boosting of two with holes": HistGradientBoostingClassifier(max_iter=8).fit(holes, halves),
    "votes": VotingClassifier([("a", GaussianNB()), ("b", LogisticRegression())], voting="soft").fit(x, kinds),
    "a stack": StackingClassifier([("a", GaussianNB()), ("b", SVC(random_state=1))], cv=2).fit(x, words),
    "a search": GridSearchCV(LogisticRegression(), {"C": [0.1, 1]}, cv=2).fit(x, kinds),
    "a function of named columns": make_pipeline(FunctionTransformer(positive), LinearRegression()).fit(x, kinds * 1.5),
    "output of pandas": make_pipeline(StandardScaler().set_output(transform="pandas"), LinearRegression()).fit(
        x, kinds
    ),
    "several targets": LinearRegression().fit(x, np.column_stack([kinds, kinds * 2.0])),
    "several classes each": RandomForestClassifier(**small).fit(x, np.column_stack([kinds, halves])),
    "clusters": KMeans(3, n_init=1, random_state=1).fit(x),
    "outliers": IsolationForest(n_estimators=5, random_state=1).fit(x),
    "texts": make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(texts, kinds),
    "a matrix": LogisticRegression().fit(x.to_numpy(), kinds),
    "encoded colours": colours(LogisticRegression(max_iter=300)).fit(mixed, kinds),
    "XGBoost": xgboost.XGBClassifier(n_estimators=5).fit(holes, kinds),
    "XGBoost of two": xgboost.XGBClassifier(n_estimators=5).fit(x, halves),
    "XGBoost's regressor": xgboost.XGBRegressor(n_estimators=5).fit(x, kinds),
    "XGBoost with colours": xgboost.XGBClassifier(n_estimators=5, enable_categorical=True).fit(mixed, kinds),
    "XGBoost's booster": xgboost.train({"max_depth": 2}, xgboost.DMatrix(x, kinds), 5),
    "LightGBM": lightgbm.LGBMClassifier(n_estimators=5, verbose=-1).fit(holes, words),
    "LightGBM with colours": lightgbm.LGBMClassifier(n_estimators=5, verbose=-1).fit(mixed, kinds),
    "LightGBM's booster": lightgbm.train({"verbose": -1, "objective": "binary"}, lightgbm.Dataset(x, halves), 5),
}

# On the edge: its predict() still sees on which side, where two probabilities are equal already.
tie = LogisticRegression().fit(x, halves)
tie.coef_[:], tie.intercept_[:] = 0, 1e-17
estimators["a tie"] = tie


def data_of(name):
    if name == "texts":
        return texts
    if "colours" in name:
        return mixed
    return holes if "holes" in name or name in ("XGBoost", "LightGBM") else x


def direct(estimator, data):
    if isinstance(estimator, xgboost.Booster):
        return {"prediction": estimator.predict(xgboost.DMatrix(data))}
    if name_of(estimator) == "Booster" or not hasattr(estimator, "classes_") or isinstance(estimator.classes_, list):
        return {"prediction": estimator.predict(data)}
    answers = {"label": estimator.predict(data)}
    if hasattr(estimator, "predict_proba"):
        answers["probabilities"] = estimator.predict_proba(data)
    return answers


def name_of(estimator):
    return type(estimator).__name__


def arrays_of(inputs, data):
    """As they come out of a frame."""
    if isinstance(data, pd.Series):
        return [data.to_numpy()]
    dtypes = {"FP64": "<f8", "FP32": "<f4", "INT64": "<i8", "BYTES": object}
    return [data[one.name].to_numpy().astype(dtypes[one.datatype]) for one in inputs]


def with_categories(column, data):
    """As the manifest would declare them where the model does not tell."""
    return column._replace(categories=tuple(data[column.name].cat.categories)) if column.datatype == "BYTES" else column


def difference(name, estimator):
    data = data_of(name)
    asked = data.to_numpy() if name == "a matrix" else data
    expected = direct(estimator, asked)
    model = to_model(estimator, "sklearn_joblib", Source("model.joblib", {}, 1, "cpu"))
    said = model.describe()
    arrays = [asked.copy()] if said.matrix else arrays_of(said.inputs, data)
    inputs = [with_categories(one, data) if said.notes else one for one in said.inputs]
    signature = Signature(tuple(inputs), tuple(said.outputs or ()), said.matrix)
    run, convert = model.bind(signature), to_arrays(signature.outputs)
    for rows in (len(data), 7, 1):
        some = dict(convert(run([array[:rows] for array in arrays]), rows))
        wanted = expected if rows == len(data) else direct(estimator, asked[:rows].copy())
        if set(some) != set(wanted):
            return f"{rows} rows: {sorted(some)} in place of {sorted(wanted)}"
        for output, value in wanted.items():
            if not np.array_equal(some[output], np.asarray(value), equal_nan=False):
                return f"{rows} rows: {output} differs"
    return None


def attempt(name, estimator):
    try:
        return difference(name, estimator)
    except Exception as error:
        return f"{type(error).__name__}: {error}"


print(json.dumps({name: attempt(name, estimator) for name, estimator in estimators.items()}))
