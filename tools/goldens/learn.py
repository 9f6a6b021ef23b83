"""Figures of scikit-learn and NannyML that the statistics of this project are held against.

    uv venv --python 3.11 && uv pip install nannyml==0.13.1 statsmodels
    SLIPWAY_TEST_DATA=../shared/data python tools/goldens/learn.py [metrics|boosting|nannyml ...]

Writes packages/statistics/src/testing/learn/*.json. Small samples come from a generator that the tests have too
(`lcg` below), so that the files hold figures only.
"""
import json
import os
import sys
import warnings
from pathlib import Path

sys.path.pop(0)  # A neighbour here is called like a module of the standard library.

import numpy as np
import pandas as pd

os.environ["NML_DISABLE_USAGE_LOGGING"] = "1"
warnings.filterwarnings("ignore")
ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "packages/statistics/src/testing/learn"
DATA = Path(os.environ.get("SLIPWAY_TEST_DATA", ROOT / "../shared/data"))


def lcg(seed):
    """Numbers in [0, 1): Numerical Recipes' linear congruential generator."""
    state = seed
    while True:
        state = (1664525 * state + 1013904223) % 2**32
        yield state / 2**32


def binary_sample(n, seed, digits):
    u = lcg(seed)
    score, truth = [], []
    for _ in range(n):
        s = np.floor(next(u) * 10**digits) / 10**digits
        score.append(s)
        truth.append(int(next(u) < s * s * 0.75 + 0.1))
    return np.array(truth), np.array(score)


def class_sample(n, k, seed):
    u = lcg(seed)
    raw = np.array([[next(u) for _ in range(k)] for _ in range(n)]) + 0.01
    truth = []
    for row in raw:
        edges, at = np.cumsum(row * row), next(u)
        truth.append(int(np.searchsorted(edges, at * edges[-1], side="right")))
    return np.array(truth), raw / raw.sum(axis=1, keepdims=True)


def number_sample(n, seed):
    u = lcg(seed)
    truth = np.array([10 * next(u) for _ in range(n)])
    return truth, np.array([t + 3 * (next(u) - 0.4) for t in truth])


def plain(value):
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [plain(each) for each in value]
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        return None if not np.isfinite(value) else float(value)
    return value


def write(name, value):
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / name).write_text(json.dumps(plain(value), separators=(",", ":")) + "\n")
    print(name, (OUT / name).stat().st_size)


def bootstrap(figures, columns, rounds=300):
    """Standard errors by drawing rows again: what the analytic ones are held against, loosely."""
    random = np.random.default_rng(5)
    n = len(columns[0])
    drawn = []
    for _ in range(rounds):
        rows = random.integers(0, n, n)
        drawn.append(figures(*[c[rows] for c in columns]))
    return {name: float(np.std([each[name] for each in drawn])) for name in drawn[0]}


def metrics():
    from sklearn import metrics as m
    from sklearn.isotonic import IsotonicRegression

    def binary(truth, score):
        predicted = (score >= 0.5).astype(int)
        figures = {
            "roc_auc": m.roc_auc_score(truth, score) if 0 < truth.sum() < len(truth) else None,
            "average_precision": m.average_precision_score(truth, score),
            "accuracy": m.accuracy_score(truth, predicted),
            "precision": m.precision_score(truth, predicted),
            "recall": m.recall_score(truth, predicted),
            "specificity": m.recall_score(1 - truth, 1 - predicted),
            "f1": m.f1_score(truth, predicted),
            "mcc": m.matthews_corrcoef(truth, predicted),
            "brier": m.brier_score_loss(truth, score),
            "log_loss": m.log_loss(truth, score, labels=[0, 1]),
        }
        return figures

    result = {"binary": [], "multiclass": [], "regression": [], "isotonic": []}
    for n, seed, digits in [(8, 1, 3), (40, 2, 1), (200, 3, 2), (5000, 4, 2), (5000, 5, 8)]:
        truth, score = binary_sample(n, seed, digits)
        result["binary"].append({"n": n, "seed": seed, "digits": digits, "figures": binary(truth, score)})
        weight = np.array([1 + (i % 3) for i in range(n)], dtype=float)
        plain_fit = IsotonicRegression(out_of_bounds="clip").fit(score, truth)
        heavy_fit = IsotonicRegression(out_of_bounds="clip").fit(score, truth, sample_weight=weight)
        grid = np.linspace(-0.2, 1.2, 29)
        result["isotonic"].append({
            "n": n, "seed": seed, "digits": digits, "x": plain_fit.X_thresholds_, "y": plain_fit.y_thresholds_,
            "predicted": plain_fit.predict(grid), "weighted": heavy_fit.predict(grid),
        } if n <= 200 else {
            "n": n, "seed": seed, "digits": digits, "x": None, "y": None,
            "predicted": plain_fit.predict(grid), "weighted": heavy_fit.predict(grid),
        })
    truth, score = binary_sample(400, 6, 8)
    result["errors"] = {"n": 400, "seed": 6, "digits": 8, "figures": bootstrap(binary, (truth, score))}
    for n, k, seed in [(30, 3, 11), (500, 4, 12), (3000, 6, 13)]:
        truth, p = class_sample(n, k, seed)
        predicted = p.argmax(axis=1)
        figures = {
            "accuracy": m.accuracy_score(truth, predicted), "mcc": m.matthews_corrcoef(truth, predicted),
            "roc_auc_macro": m.roc_auc_score(truth, p, multi_class="ovr", average="macro"),
            "roc_auc_weighted": m.roc_auc_score(truth, p, multi_class="ovr", average="weighted"),
            "average_precision_macro": m.average_precision_score(np.eye(k)[truth], p, average="macro"),
            "log_loss": m.log_loss(truth, p), "brier": float(((p - np.eye(k)[truth]) ** 2).sum(axis=1).mean()),
            "confusion": m.confusion_matrix(truth, predicted, labels=range(k)),
        }
        for average in ["macro", "weighted", "micro"]:
            for name, score in [("precision", m.precision_score), ("recall", m.recall_score), ("f1", m.f1_score)]:
                figures[f"{name}_{average}"] = score(truth, predicted, average=average)
        figures["precision"] = m.precision_score(truth, predicted, average=None)
        figures["recall"] = m.recall_score(truth, predicted, average=None)
        figures["f1"] = m.f1_score(truth, predicted, average=None)
        entry = {"n": n, "k": k, "seed": seed, "figures": figures}
        if n == 500:
            entry["errors"] = bootstrap(lambda t, q: {
                "mcc": m.matthews_corrcoef(t, q), "accuracy": m.accuracy_score(t, q),
                "f1_macro": m.f1_score(t, q, average="macro"), "f1_weighted": m.f1_score(t, q, average="weighted"),
                "precision_macro": m.precision_score(t, q, average="macro"),
                "precision_weighted": m.precision_score(t, q, average="weighted"),
                "recall_macro": m.recall_score(t, q, average="macro"),
            }, (truth, predicted))
        result["multiclass"].append(entry)
    for n, seed in [(5, 21), (300, 22), (4000, 23)]:
        truth, predicted = number_sample(n, seed)
        clipped = np.maximum(predicted, 0)
        figures = lambda t, q: {
            "mae": m.mean_absolute_error(t, q), "mse": m.mean_squared_error(t, q),
            "rmse": m.root_mean_squared_error(t, q), "mape": m.mean_absolute_percentage_error(t, q),
            "msle": m.mean_squared_log_error(t, q), "rmsle": m.root_mean_squared_log_error(t, q),
            "r2": m.r2_score(t, q), "maxError": m.max_error(t, q), "meanError": float((q - t).mean()),
        }
        entry = {"n": n, "seed": seed, "figures": figures(truth, clipped)}
        if n == 300:
            entry["errors"] = bootstrap(figures, (truth, clipped))
        result["regression"].append(entry)
    write("metrics-sklearn.json", result)


def census():
    folder = DATA / "census-ma"
    reference = pd.read_parquet(folder / "reference.parquet")
    analysis = pd.read_parquet(folder / "analysis.parquet").merge(pd.read_parquet(folder / "target.parquet"), on="id")
    return reference, analysis


def california():
    folder = DATA / "california-housing"
    name = "california_housing_"
    reference = pd.read_csv(folder / f"{name}reference.csv")
    analysis = pd.read_csv(folder / f"{name}analysis.csv").merge(
        pd.read_csv(folder / f"{name}analysis_gt.csv"), on="id")
    return reference, analysis


CENSUS_CATEGORIES = ["SCHL", "MAR", "RELP", "DIS", "ESP", "CIT", "MIG", "MIL", "ANC", "NATIVITY", "DEAR", "DEYE",
                     "DREM", "SEX", "RAC1P"]
CALIFORNIA_NUMBERS = ["MedInc", "HouseAge", "AveRooms", "AveBedrms", "Population", "AveOccup", "Latitude", "Longitude"]


def boosting():
    """HistGradientBoosting with its defaults, no early stopping; even rows train, odd rows test."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
    from sklearn.metrics import log_loss, mean_absolute_error, r2_score, roc_auc_score

    reference, _ = california()
    columns = reference[CALIFORNIA_NUMBERS]
    result = {}
    even = np.arange(len(columns)) % 2 == 0
    model = HistGradientBoostingClassifier(early_stopping=False).fit(columns[even], reference.clf_target[even])
    p = model.predict_proba(columns[~even])[:, 1]
    truth = reference.clf_target[~even]
    result["california"] = {"roc_auc": roc_auc_score(truth, p), "log_loss": log_loss(truth, p)}
    holes = columns.copy()
    for i, name in enumerate(CALIFORNIA_NUMBERS):
        holes.loc[np.arange(len(holes)) % 7 == i % 7, name] = np.nan
    model = HistGradientBoostingClassifier(early_stopping=False).fit(holes[even], reference.clf_target[even])
    p = model.predict_proba(holes[~even])[:, 1]
    result["california_missing"] = {"roc_auc": roc_auc_score(truth, p), "log_loss": log_loss(truth, p)}
    # Regression: the income from the rest.
    rest = columns.drop(columns="MedInc")
    model = HistGradientBoostingRegressor(early_stopping=False).fit(rest[even], columns.MedInc[even])
    predicted = model.predict(rest[~even])
    result["california_regression"] = {
        "r2": r2_score(columns.MedInc[~even], predicted), "mae": mean_absolute_error(columns.MedInc[~even], predicted)}
    reference, _ = census()
    columns = reference[["AGEP", *CENSUS_CATEGORIES]].copy()
    even = np.arange(len(columns)) % 2 == 0
    for name in CENSUS_CATEGORIES:
        columns[name] = columns[name].cat.codes
    model = HistGradientBoostingClassifier(early_stopping=False, categorical_features=CENSUS_CATEGORIES)
    model.fit(columns[even], reference.employed[even])
    p = model.predict_proba(columns[~even])[:, 1]
    truth = reference.employed[~even]
    result["census"] = {"roc_auc": roc_auc_score(truth, p), "log_loss": log_loss(truth, p)}
    # A part of it, quick enough for each run of the tests.
    part = np.arange(len(columns)) < 12000
    model = HistGradientBoostingClassifier(early_stopping=False, categorical_features=CENSUS_CATEGORIES)
    model.fit(columns[even & part], reference.employed[even & part])
    p = model.predict_proba(columns[~even & part])[:, 1]
    truth = reference.employed[~even & part]
    result["census_part"] = {"roc_auc": roc_auc_score(truth, p), "log_loss": log_loss(truth, p)}
    write("boosting-sklearn.json", result)


BINARY = ["roc_auc", "f1", "precision", "recall", "specificity", "accuracy", "average_precision"]


def estimates(frame, names):
    rows = []
    for _, row in frame.iterrows():
        entry = {"period": row[("chunk", "period")], "key": row[("chunk", "key")]}
        for name in names:
            entry[name] = [row[(name, "value")], row[(name, "sampling_error")], row[(name, "lower_threshold")],
                           row[(name, "upper_threshold")], bool(row[(name, "alert")]), row[(name, "realized")]]
        rows.append(entry)
    return rows


def nannyml():
    import nannyml as nml

    result = {}
    reference, analysis = census()
    cbpe = nml.CBPE(problem_type="classification_binary", y_pred_proba="predicted_probability", y_pred="prediction",
                    y_true="employed", metrics=[*BINARY, "confusion_matrix", "business_value"],
                    business_value_matrix=[[1, -3], [-2, 5]], chunk_size=5000)
    cbpe.fit(reference)
    names = [*BINARY, "true_positive", "true_negative", "false_positive", "false_negative", "business_value"]
    result["census_cbpe"] = estimates(cbpe.estimate(analysis).to_df(), names)

    univariate = nml.UnivariateDriftCalculator(
        column_names=["AGEP", *CENSUS_CATEGORIES], continuous_methods=CONTINUOUS, categorical_methods=CATEGORICAL,
        chunk_size=5000)
    univariate.fit(reference)
    result["census_univariate"] = drifts(univariate.calculate(analysis).to_df(), ["AGEP"], CENSUS_CATEGORIES)[::4]
    columns = ["AGEP", *CENSUS_CATEGORIES]
    result["census_reconstruction"] = reconstruction(nml, reference, analysis, columns)
    result["california_reconstruction"] = reconstruction(nml, *california(), CALIFORNIA_NUMBERS)
    domain = nml.DomainClassifierCalculator(feature_column_names=CALIFORNIA_NUMBERS, chunk_size=730)
    reference, analysis = california()
    domain.fit(reference)
    frame = domain.calculate(analysis).to_df()
    frame = frame[frame[("chunk", "period")] == "analysis"]
    result["california_domain"] = frame[("domain_classifier_auroc", "value")].tolist()

    result["multiclass_cbpe"] = multiclass(nml)
    result["regression_dle"] = dle(nml)
    write("nannyml.json", result)


CONTINUOUS = ["kolmogorov_smirnov", "jensen_shannon", "wasserstein", "hellinger"]
CATEGORICAL = ["chi2", "jensen_shannon", "l_infinity", "hellinger"]


def drifts(frame, numbers, categories):
    rows = []
    for _, row in frame.iterrows():
        entry = {"period": row[("chunk", "chunk", "period")]}
        for column in [*numbers, *categories]:
            entry[column] = {
                method: [row[(column, method, "value")], row[(column, method, "upper_threshold")],
                         bool(row[(column, method, "alert")])]
                for method in (CONTINUOUS if column in numbers else CATEGORICAL)
            }
        rows.append(entry)
    return rows


def reconstruction(nml, reference, analysis, columns):
    calculator = nml.DataReconstructionDriftCalculator(column_names=columns, chunk_size=5000 if len(reference) > 10000 else 730)
    calculator.fit(reference)
    frame = calculator.calculate(analysis).to_df()
    return [[row[("reconstruction_error", "value")], row[("reconstruction_error", "sampling_error")],
             row[("reconstruction_error", "upper_threshold")], bool(row[("reconstruction_error", "alert")])]
            for _, row in frame.iterrows()]


def multiclass(nml):
    truth, p = class_sample(6000, 3, 31)
    predicted = p.argmax(axis=1)
    # Sharper than the truth, so that calibration has something to do.
    sharp = p * p / (p * p).sum(axis=1, keepdims=True)
    frame = pd.DataFrame({"truth": truth.astype(str), "predicted": predicted.astype(str),
                          **{f"p{c}": sharp[:, c] for c in range(3)}})
    names = ["roc_auc", "f1", "precision", "recall", "specificity", "accuracy", "average_precision", "business_value"]
    cbpe = nml.CBPE(problem_type="classification_multiclass", y_pred_proba={str(c): f"p{c}" for c in range(3)},
                    y_pred="predicted", y_true="truth", metrics=[*names, "confusion_matrix"], chunk_size=1000,
                    business_value_matrix=[[2, -1, 0], [-1, 3, -2], [0, -4, 1]])
    cbpe.fit(frame[:4000])
    cells = [f"true_{i}_pred_{j}" for i in range(3) for j in range(3)]
    return estimates(cbpe.estimate(frame[4000:].drop(columns="truth").assign(truth=frame.truth[4000:])).to_df(),
                     [*names, *cells])


def dle(nml):
    """NannyML's direct loss estimation on the income of California from the rest, its predictions off by place."""
    reference, analysis = california()
    columns = [name for name in CALIFORNIA_NUMBERS if name != "MedInc"]
    for frame in (reference, analysis):
        frame["predicted"] = np.round(2 + frame["AveRooms"].clip(0, 12) * 0.35, 6)
    result = {}
    estimator = nml.DLE(feature_column_names=columns, y_pred="predicted", y_true="MedInc", chunk_size=730,
                        metrics=["mae", "rmse", "mape", "msle", "rmsle", "mse"])
    estimator.fit(reference)
    for name in ["mae", "rmse", "mape", "msle", "rmsle", "mse"]:
        rows = estimates(estimator.estimate(analysis).to_df(), [name])
        result[name] = [row[name] for row in rows if row["period"] == "analysis"]
    return result


STEPS = {"metrics": metrics, "boosting": boosting, "nannyml": nannyml}

if __name__ == "__main__":
    for step in sys.argv[1:] or STEPS:
        STEPS[step]()
