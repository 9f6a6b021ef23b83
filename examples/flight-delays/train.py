"""Trains v1 and v2 of the flight-delay model, measures both on April, writes them as ONNX.

    pip install --require-hashes -r requirements.txt
    python train.py [--data FOLDER]      # the `data` folder of the npm package vega-datasets

Small on purpose: a server may run a model in its event loop if a session opens within a few
milliseconds. Six times the trees bring v2 from .755 to .758.

An airport's name reaches the trees as two numbers: how often flights from it (and flights to it)
are late at this hour of the day. Both come from tables counted on the training months, and the
tables travel inside the ONNX file, so a caller sends plain columns: "ATL", 17, ...
"""

import argparse
import json
import math
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

import duckdb
import lightgbm
import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from sklearn.metrics import log_loss, roc_auc_score

HERE = Path(__file__).resolve().parent
HOURS = 24
EXAMPLES = 100
SCHEDULE = ["origin", "destination", "hour", "weekday", "distance"]


def month_starts_at(month: int) -> int:
    """The first moment of a month of 2001, in ms since 1970, UTC."""
    return int(datetime(2001, month, 1, tzinfo=timezone.utc).timestamp() * 1000)


APRIL = (month_starts_at(4), month_starts_at(5))


@dataclass(frozen=True)
class Recipe:
    version: str
    columns: list[str]
    months: tuple[int, int]  # from the first month up to, not including, the second
    trees: int
    learning_rate: float


RECIPES = [
    Recipe("v1", SCHEDULE, (1, 2), trees=20, learning_rate=0.25),
    Recipe("v2", [*SCHEDULE, "origin_late_3h"], (1, 4), trees=40, learning_rate=0.3),
]


# ---------------------------------------------------------------- data


def read_flights(data: Path) -> dict[str, np.ndarray]:
    """January to April in order of take-off, one array a column. An unknown share is NaN."""
    db = duckdb.connect()
    flights, airports = (str(data / name).replace("'", "''") for name in ("flights-3m.parquet", "airports.csv"))
    db.execute(
        f"CREATE VIEW flights AS SELECT * FROM read_parquet('{flights}', file_row_number = true) "
        "WHERE date < TIMESTAMP '2001-05-02'"
    )
    db.execute(f"CREATE VIEW airports AS SELECT * FROM read_csv('{airports}')")
    db.execute((HERE / "features.sql").read_text())
    columns = db.execute(
        "SELECT * EXCLUDE (flight_id, landed_at, delay) FROM flight_features "
        f"WHERE departed_at < {APRIL[1]} ORDER BY departed_at, flight_id"
    ).fetchnumpy()
    columns["origin_late_3h"] = np.ma.filled(columns["origin_late_3h"], np.nan).astype(np.float32)
    columns["late"] = np.asarray(columns["late"], dtype=np.float64)
    for name in ("origin", "destination"):
        columns[name] = np.asarray(columns[name], dtype=str)
    return columns


def between(flights: dict[str, np.ndarray], span: tuple[int, int]) -> dict[str, np.ndarray]:
    inside = (flights["departed_at"] >= span[0]) & (flights["departed_at"] < span[1])
    return {name: values[inside] for name, values in flights.items()}


# ---------------------------------------------------------------- model


@dataclass(frozen=True)
class RateTable:
    """Late share of an airport at an hour, [airports + 1, 24]; the last row serves unknown airports."""

    airports: np.ndarray  # sorted names
    rates: np.ndarray

    @staticmethod
    def count(airport: np.ndarray, hour: np.ndarray, late: np.ndarray) -> "RateTable":
        names, index = np.unique(airport, return_inverse=True)

        def smooth(cell, size, prior, weight):
            """Shares per cell, drawn towards `prior` as if `weight` flights had behaved like it."""
            seen = np.bincount(cell, minlength=size)
            return (np.bincount(cell, weights=late, minlength=size) + weight * prior) / (seen + weight)

        overall = late.mean()
        by_airport = np.append(smooth(index, len(names), overall, 100), overall)
        by_hour = smooth(hour, HOURS, overall, 100)
        prior = np.clip(np.outer(by_airport, by_hour) / overall, 0, 0.95)
        cells = smooth(index * HOURS + hour, prior.size, prior.ravel(), 50)
        return RateTable(names, cells.reshape(prior.shape).astype(np.float32))

    def look_up(self, airport: np.ndarray, hour: np.ndarray) -> np.ndarray:
        row = np.minimum(np.searchsorted(self.airports, airport), len(self.airports) - 1)
        row = np.where(self.airports[row] == airport, row, len(self.airports))
        return self.rates[row, np.clip(hour, 0, HOURS - 1)]


@dataclass(frozen=True)
class Model:
    recipe: Recipe
    tables: dict[str, RateTable]
    booster: lightgbm.Booster

    def predict(self, flights: dict[str, np.ndarray]) -> np.ndarray:
        return self.booster.predict(to_matrix(self.recipe, self.tables, flights))


def to_matrix(recipe: Recipe, tables: dict[str, RateTable], flights: dict[str, np.ndarray]) -> np.ndarray:
    """[N, columns] float32, in the order of the recipe."""
    return np.stack(
        [
            tables[name].look_up(flights[name], flights["hour"]) if name in tables else flights[name].astype(np.float32)
            for name in recipe.columns
        ],
        axis=1,
    )


def train(recipe: Recipe, flights: dict[str, np.ndarray]) -> Model:
    tables = {
        name: RateTable.count(flights[name], flights["hour"], flights["late"]) for name in ("origin", "destination")
    }
    settings = {
        "objective": "binary",
        "num_leaves": 24,
        "learning_rate": recipe.learning_rate,
        "min_data_in_leaf": 100,
        "seed": 1,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 2,
        "verbose": -1,
    }
    data = lightgbm.Dataset(to_matrix(recipe, tables, flights), flights["late"])
    return Model(recipe, tables, lightgbm.train(settings, data, recipe.trees))


# ---------------------------------------------------------------- ONNX


def tree_attributes(booster: lightgbm.Booster) -> dict:
    """LightGBM's trees as the attributes of ai.onnx.ml TreeEnsembleRegressor.

    ONNX compares in float32 and LightGBM in float64. The inputs are float32 already, so rounding a
    threshold DOWN to float32 leaves every comparison as it was.
    """
    nodes = {
        key: []
        for key in ("treeids", "nodeids", "modes", "featureids", "values", "truenodeids", "falsenodeids",
                    "missing_value_tracks_true")
    }  # fmt: skip
    leaves = {key: [] for key in ("treeids", "nodeids", "ids", "weights")}

    def round_down(threshold: float) -> float:
        rounded = np.float32(min(threshold, float(np.finfo(np.float32).max)))
        return float(np.nextafter(rounded, np.float32(-np.inf)) if float(rounded) > threshold else rounded)

    def add(tree: int, node: dict, next_id: list[int]) -> int:
        number = next_id[0]
        next_id[0] += 1
        place = len(nodes["treeids"])
        is_leaf = "leaf_value" in node
        if not is_leaf:
            assert node["decision_type"] == "<=" and node["missing_type"] in ("None", "NaN")
        nan_goes_left = not is_leaf and (
            node["default_left"] if node["missing_type"] == "NaN" else node["threshold"] >= 0
        )
        row = (tree, number, "LEAF" if is_leaf else "BRANCH_LEQ", 0 if is_leaf else node["split_feature"],
               0.0 if is_leaf else round_down(node["threshold"]), 0, 0, int(nan_goes_left))  # fmt: skip
        for values, value in zip(nodes.values(), row):
            values.append(value)
        if is_leaf:
            for values, value in zip(leaves.values(), (tree, number, 0, node["leaf_value"])):
                values.append(value)
        else:
            nodes["truenodeids"][place] = add(tree, node["left_child"], next_id)
            nodes["falsenodeids"][place] = add(tree, node["right_child"], next_id)
        return number

    for tree in booster.dump_model()["tree_info"]:
        add(tree["tree_index"], tree["tree_structure"], [0])
    return {f"nodes_{key}": values for key, values in nodes.items()} | {
        f"target_{key}": values for key, values in leaves.items()
    }


def to_onnx(model: Model) -> onnx.ModelProto:
    """Inputs: one [N, 1] tensor a column. Output: `late`, [N, 2], the probabilities of on_time and late."""
    recipe = model.recipe
    input_types = {"origin": TensorProto.STRING, "destination": TensorProto.STRING,
                   "hour": TensorProto.INT64, "weekday": TensorProto.INT64}  # fmt: skip
    inputs = [
        helper.make_tensor_value_info(name, input_types.get(name, TensorProto.FLOAT), ["N", 1])
        for name in recipe.columns
    ]
    constants = {
        "first_hour": np.array(0, dtype=np.int64),
        "last_hour": np.array(HOURS - 1, dtype=np.int64),
        "one": np.array(1, dtype=np.float32),
    }
    nodes = [helper.make_node("Clip", ["hour", "first_hour", "last_hour"], ["hour_of_day"])]
    columns = []
    for name in recipe.columns:
        if name in model.tables:
            table = model.tables[name]
            constants[f"{name}_rates"] = table.rates.ravel()
            nodes += [
                helper.make_node(
                    "LabelEncoder", [name], [f"{name}_start"], domain="ai.onnx.ml",
                    keys_strings=table.airports.tolist(), values_int64s=[HOURS * row for row in range(len(table.airports))],
                    default_int64=HOURS * len(table.airports),
                ),
                helper.make_node("Add", [f"{name}_start", "hour_of_day"], [f"{name}_cell"]),
                helper.make_node("Gather", [f"{name}_rates", f"{name}_cell"], [f"{name}_rate"]),
            ]  # fmt: skip
            columns.append(f"{name}_rate")
        elif name in input_types:
            nodes.append(helper.make_node("Cast", [name], [f"{name}_number"], to=TensorProto.FLOAT))
            columns.append(f"{name}_number")
        else:
            columns.append(name)
    nodes += [
        helper.make_node("Concat", columns, ["features"], axis=1),
        helper.make_node("TreeEnsembleRegressor", ["features"], ["score"], domain="ai.onnx.ml",
                         n_targets=1, post_transform="NONE", **tree_attributes(model.booster)),
        helper.make_node("Sigmoid", ["score"], ["is_late"]),
        helper.make_node("Sub", ["one", "is_late"], ["is_on_time"]),
        helper.make_node("Concat", ["is_on_time", "is_late"], ["late"], axis=1),
    ]  # fmt: skip
    graph = helper.make_graph(
        nodes,
        f"flight_delay_{recipe.version}",
        inputs,
        [helper.make_tensor_value_info("late", TensorProto.FLOAT, ["N", 2])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)]
    exported = helper.make_model(graph, opset_imports=opsets, ir_version=8, producer_name="flight-delays")
    onnx.checker.check_model(exported, full_check=True)
    return exported


def run_onnx(path: Path, recipe: Recipe, flights: dict[str, np.ndarray]) -> np.ndarray:
    session = onnxruntime.InferenceSession(path)
    feeds = {}
    for declared in session.get_inputs():
        kind = {"tensor(string)": object, "tensor(int64)": np.int64, "tensor(float)": np.float32}[declared.type]
        feeds[declared.name] = flights[declared.name].astype(kind).reshape(-1, 1)
    assert list(feeds) == recipe.columns and [output.name for output in session.get_outputs()] == ["late"]
    return session.run(None, feeds)[0]


def check_parity(path: Path, model: Model, flights: dict[str, np.ndarray]) -> float:
    """The greatest difference between ONNX Runtime and LightGBM; fails above 1e-5."""
    rows = np.random.default_rng(1).choice(len(flights["late"]), 10_000, replace=False)
    sample = {name: values[rows].copy() for name, values in flights.items()}
    sample["origin"][:100] = "?"  # unknown airports must not make a run fail
    sample["destination"][50:150] = ""
    sample["origin_late_3h"][150:250] = np.nan
    got, expected = run_onnx(path, model.recipe, sample), model.predict(sample)
    assert got.dtype == np.float32 and got.shape == (len(rows), 2)
    worst = float(np.abs(got - np.stack([1 - expected, expected], axis=1)).max())
    assert math.isfinite(worst) and worst < 1e-5, f"{path}: ONNX and LightGBM differ by {worst}"
    return worst


def write_examples(path: Path, model: Model, flights: dict[str, np.ndarray]) -> None:
    """Flights of April with LightGBM's own probabilities: what the served model must reproduce (`model.examples`)."""
    rows = np.random.default_rng(2).choice(len(flights["late"]), EXAMPLES, replace=False)
    sample = {name: values[rows].copy() for name, values in flights.items()}
    sample["origin"][:2] = "?"  # an unknown airport
    sample["origin_late_3h"][2:5] = np.nan  # an unknown share
    late = model.predict(sample)

    def to_json(row: int) -> dict:
        inputs = {name: sample[name][row].item() for name in model.recipe.columns}
        if math.isnan(inputs.get("origin_late_3h", 0.0)):
            inputs["origin_late_3h"] = None
        return {"inputs": inputs, "outputs": {"late": {"on_time": 1 - late[row], "late": late[row]}}}

    lines = ",\n  ".join(json.dumps(to_json(row)) for row in range(EXAMPLES))
    path.write_text(f"[\n  {lines}\n]\n")


# ---------------------------------------------------------------- all of it


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=HERE / "../../node_modules/vega-datasets/data")
    flights = read_flights(parser.parse_args().data)
    april = between(flights, APRIL)
    metrics = {"april": {"flights": len(april["late"]), "late_share": round(float(april["late"].mean()), 4)}}
    for recipe in RECIPES:
        seen = between(flights, (month_starts_at(recipe.months[0]), month_starts_at(recipe.months[1])))
        model = train(recipe, seen)
        path = HERE / recipe.version / "model.onnx"
        path.parent.mkdir(exist_ok=True)
        onnx.save(to_onnx(model), path)
        worst = check_parity(path, model, april)
        write_examples(HERE / recipe.version / "examples.json", model, april)
        predicted = run_onnx(path, recipe, april)[:, 1].astype(np.float64)
        metrics[recipe.version] = {
            "trained_on_flights": len(seen["late"]),
            "april_auc": round(float(roc_auc_score(april["late"], predicted)), 4),
            "april_log_loss": round(float(log_loss(april["late"], predicted)), 4),
            "april_mean_predicted": round(float(predicted.mean()), 4),
            "bytes": path.stat().st_size,
        }
        print(recipe.version, metrics[recipe.version], f"ONNX against LightGBM: {worst:.1e}", flush=True)
    (HERE / "metrics.json").write_text(json.dumps(metrics, indent=2) + "\n")


if __name__ == "__main__":
    main()
