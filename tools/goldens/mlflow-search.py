"""Records what MLflow's own parser and store answer to searches, for packages/server/src/tracking/search/testing/goldens.jsonl.

Run in a Python 3.11 environment with mlflow-skinny==3.17.2, sqlalchemy, alembic, pandas, from the root of the project:

    python tools/goldens/mlflow-search.py
"""

import json
import math
import tempfile
from pathlib import Path

from mlflow.entities import (
    Dataset,
    DatasetInput,
    InputTag,
    LoggedModelParameter,
    LoggedModelStatus,
    LoggedModelTag,
    Metric,
    Param,
    RunStatus,
    RunTag,
    ViewType,
)
from mlflow.entities.model_registry import ModelVersionTag, RegisteredModelTag
from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore as RegistryStore
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore
from mlflow.utils.search_utils import SearchUtils

HERE = Path(__file__).parents[2] / "packages/server/src/tracking/search/testing/goldens.jsonl"
VIEWS = {"ACTIVE_ONLY": ViewType.ACTIVE_ONLY, "DELETED_ONLY": ViewType.DELETED_ONLY, "ALL": ViewType.ALL}

# Filters that say how the grammar is read; what they are about does not matter.
GRAMMAR = r"""
metrics.a > 1
metrics.a>1
metrics.a >=-1.5e-3
metrics.a > 1e+5
metrics.a > +1
metrics.a > 5.
metrics.a > .5
metrics.a > -.5
metrics.a > 0x1f
metrics.a > 1E400
metrics.a > 1_000
metrics.`a b` < 2
metrics."a/b-c" < 2
metrics.'a' < 2
`metrics`.`a` < 2
"metrics".a < 2
metric.a.b.c = 1
metrics.a-b = 1
metrics.a/b = 1
metrics.2fa = 1
metrics.1 = 1
metrics.a = nan
metrics.a = '1'
metrics.ä = 1
metrics.a:b = 1
metrics.a b = 1
params.a = 'x'
params.a = "x"
params.a = x
params.a = `x`
params.a = 'it''s'
params.a = 'a\'b'
params.a = 'x\' AND tags.b = 'y'
params.a = ''
params.a = 5
params.a == 'x'
params.a <> 'x'
params.a > 'x'
params.a LIKE '%x'
params.a like 'x'
params.a iLike 'x'
params.a IS NULL
params.a is not null
params.a is 'x'
params.a = null
params.a = true
tags.a = 'x' AND
AND tags.a = 'x'
tags.a = 'x' AND AND tags.b = 'y'
tags.a = 'x' and tags.b = 'y'
tags.a = 'x' tags.b = 'y'
tags.a = 'x', tags.b = 'y'
tags.a = 'x';
tags.a = 'x' OR tags.b = 'y'
(tags.a = 'x')
NOT tags.a = 'x'
AND
tags.a
'x' = tags.a
tags.a = 'x' -- c
run_id IN ('abc','DEF')
run_id IN ('abc',)
run_id IN ('abc')
run_id in ()
run_id IN (1)
run_id IN('a')
run_id NOT IN ('a', "b")
run_id not  in ('a')
run_id IN 'a'
run_name IN ('a')
attributes.run_id IN ('a','b')
status = 'FINISHED'
Run name = 'x'
attributes.`Run name` = 'x'
`Run Name` = 'x'
"run name" = 'x'
run_name = 'x'
attr.user_id = 'x'
run.status = 'x'
attribute.start_time > 5
start_time > 5.5
start_time > '5'
created > 5
Created > 5
Start_time > 5
Metrics.a > 1
lifecycle_stage = 'active'
end_time = 5
artifact_uri like 'x'
start_time IS NULL
dataset.name = 'x'
datasets.digest IN ('a','b')
dataset.context LIKE 'x'
datasets.source = 'x'
name = 'x'
run_id = abc
tags.`mlflow.runName` = 'x'
tags.mlflow.runName = 'x'
tags.user = 'x'
tags.order = 'x'
tags.and = 'x'
tags.a.and = 'x'
tags.`a.b` = "it's"
tags.a = "say \"x\""
tags.a = "a""b"
params.a = 'ä 😀'
params.a !='x'
params.a ! = 'x'
tags.a= 'x'AND tags.b='y'
metrics.a > 1AND metrics.b > 2
metrics.a > 1 and metrics.b>2
tags.`a"b` = 'x'
tags."a`b" = 'x'
tags. = 'x'
.a = 'x'
params.a ILIKE '%X%' and metrics.m <= -2
metrics.a IS NOT NULL
params.true = 'x'
"""

ORDERS = r"""
metrics.acc
metrics.acc ASC
metrics.acc desc
metrics.`a b` DESC
metrics."a b" DESC
`metrics.acc` DESC
start_time
attributes.start_time DESC
Created
created desc
run_id
run_id DESC
status
user_id
artifact_uri
end_time
end_time DESC
Run name
`Run name` DESC
run_name
metrics.acc  DESC
metrics.acc DESC NULLS LAST
metrics.acc, metrics.b
metrics.`a-b` DESC
dataset.name
lifecycle_stage
tags.`mlflow.user` asc
params.lr Desc
params.lr
foo
metrics.acc dsc
metrics.missing
tags.team
attribute.run_name DESC
""".strip().splitlines()

RUN_FILTERS = r"""
metrics.acc > 0.5
metrics.acc >= 0.5
metrics.acc < 0.5
metrics.acc <= 0.5
metrics.acc = 0.5
metrics.acc != 0.5
metrics.acc = 0
metrics.acc > 1e308
metrics.acc < -1e308
metrics.acc > 1e400
metrics.missing != 1
metrics.`a b` > 0
params.lr = '0.1'
params.lr != '0.1'
params.lr LIKE '0%'
params.lr like '0._'
params.name LIKE 'Net%'
params.name LIKE 'net%'
params.name ILIKE 'net%'
params.name ILIKE '%ÄRM%'
params.name LIKE '%[x]%'
params.name LIKE '%*%'
params.name LIKE '%?'
params.name LIKE '%\%'
params.name LIKE ''
params.name = ''
params.missing != 'x'
params.missing IS NULL
params.lr IS NOT NULL
params.lr IS NULL
tags.team = 'red'
tags.team != 'red'
tags.team IS NULL
tags.team ILIKE 'R%'
tags.`mlflow.runName` = 'b'
run_name = 'b'
run_name != 'b'
run_name LIKE 'B'
run_name ILIKE 'B'
`Run name` = 'c'
attributes.run_id IN ('{a}', '{c}', 'ABC')
run_id NOT IN ('{a}')
run_id = '{b}'
run_id != '{b}'
run_id LIKE '%'
status = 'FINISHED'
status != 'FINISHED'
status = 'finished'
status LIKE 'F%'
user_id = 'alice'
user_id != 'alice'
artifact_uri LIKE '%artifacts'
start_time > 1000
start_time >= 1000
start_time = 1000
start_time != 1000
start_time > 999.5
start_time < 1000.5
Created = 2000
end_time > 0
end_time != 5000
dataset.name = 'iris'
dataset.name != 'iris'
dataset.name LIKE 'I%'
dataset.name ILIKE 'I%'
datasets.name IN ('iris', 'wine')
datasets.name NOT IN ('iris')
dataset.digest = 'd1'
dataset.context = 'train'
dataset.context != 'train'
dataset.context LIKE 't%'
metrics.acc > 0.1 AND params.lr = '0.1'
metrics.acc > 0.1 AND metrics.loss < 1 AND tags.team = 'red'
params.lr = '0.1' AND params.name LIKE 'Net%'
dataset.name = 'iris' AND dataset.context = 'test'
""".strip().splitlines()

EXPERIMENT_FILTERS = r"""
name = 'alpha'
name != 'alpha'
name LIKE 'Al%'
name LIKE 'al%'
name ILIKE 'AL%'
attribute.name = 'beta'
creation_time > 0
creation_time = {time}
last_update_time >= {time}
creation_time > 1.5
creation_time > '5'
experiment_id = '1'
experiment_id != '1'
experiment_id IN ('1', '2')
experiment_id NOT IN ('1', '2')
experiment_id = 'x'
experiment_id LIKE '1'
tags.kind = 'a'
tags.kind != 'a'
tags.kind LIKE 'A'
tags.kind ILIKE 'A'
tags.kind IS NULL
tag.kind IS NOT NULL
name = 'alpha' AND tags.kind = 'a'
metrics.a > 1
lifecycle_stage = 'active'
""".strip().splitlines()

EXPERIMENT_ORDERS = [
    [], ["name"], ["name DESC"], ["experiment_id ASC"], ["experiment_id DESC"], ["creation_time"],
    ["creation_time DESC", "name"], ["last_update_time DESC"], ["attribute.name ASC"], ["tags.kind"], ["foo"],
]

MODEL_FILTERS = r"""
name = 'net'
name != 'net'
name LIKE 'N%'
name ILIKE 'N%'
name IN ('net', 'tree')
name NOT IN ('net')
attributes.name = 'tree'
model_id = '{m1}'
attributes.model_id IN ('{m1}', '{m2}')
status = 'READY'
status != 'READY'
model_type = 'classifier'
model_type != 'classifier'
source_run_id = '{a}'
source_run_id != '{a}'
creation_time > 0
creation_timestamp = 5
last_updated_timestamp > 0
metrics.acc > 0.5
metrics.acc < 0.5
metrics.acc != 0.5
metrics.acc = 0.25
metrics.missing > 0
params.lr = '0.1'
params.lr != '0.1'
params.lr LIKE '0%'
params.lr IN ('0.1', '0.2')
tags.team = 'red'
tags.team ILIKE 'RED'
tags.`a key` = 'x'
metrics.acc > 0.1 AND params.lr = '0.1'
name like 'n%'
foo = 'x'
name > 'x'
metrics.acc LIKE 'x'
""".strip().splitlines()

MODEL_ORDERS = [
    [],
    [{"field_name": "name"}],
    [{"field_name": "name", "ascending": False}],
    [{"field_name": "creation_time", "ascending": True}],
    [{"field_name": "model_id", "ascending": False}],
    [{"field_name": "metrics.acc"}],
    [{"field_name": "metrics.acc", "ascending": False}],
    [{"field_name": "metrics.acc", "dataset_name": "iris"}],
    [{"field_name": "metrics.acc", "ascending": False, "dataset_name": "iris", "dataset_digest": "d2"}],
    [{"field_name": "metrics.missing"}, {"field_name": "name"}],
    [{"field_name": "params.lr"}],
]

REGISTERED_FILTERS = r"""

name = 'net'
name LIKE 'n%'
name ILIKE 'N%'
name != 'net'
tags.team = 'red'
tags.team != 'red'
tags.team LIKE 'R%'
tag.team ILIKE 'R%'
name LIKE '%e%' AND tags.team = 'red'
tags.`mlflow.prompt.is_prompt` = 'true'
tags.`mlflow.prompt.is_prompt` != 'true'
tags.`mlflow.prompt.is_prompt` = 'false'
tags.`mlflow.prompt.is_prompt` != 'false'
name LIKE '%' AND tag.`mlflow.prompt.is_prompt` != 'true'
tags.team = 'red' AND tags.`mlflow.prompt.is_prompt` = 'true'
""".split("\n")[1:-1]

VERSION_FILTERS = r"""

name = 'net'
name IN ('net', 'tree')
run_id = 'run1'
run_id != 'run1'
run_id IN ('run1', 'run2')
source_path = 's3://a/1'
source_path LIKE 's3://a/%'
version_number > 1
version_number = 1
version_number = '1'
version_number != 1
tags.team = 'red'
tags.team != 'red'
name = 'net' AND version_number >= 2
tags.`mlflow.prompt.is_prompt` != 'true'
tags.`mlflow.prompt.is_prompt` = 'true'
""".split("\n")[1:-1]

RUNS = [
    dict(name="a", start=1000, end=5000, status="FINISHED", user="alice", metrics={"acc": 0.5, "loss": 1.0, "a b": 1.0},
         params={"lr": "0.1", "name": "Net A"}, tags={"team": "red"}, datasets=[("iris", "d1", "train"), ("iris", "d2", "test")]),
    dict(name="b", start=2000, end=None, status="RUNNING", user="bob", metrics={"acc": math.nan, "loss": 0.5},
         params={"lr": "0.1", "name": "netb"}, tags={"team": "Red"}, datasets=[("Iris", "d1", "Train")]),
    dict(name="c", start=2000, end=6000, status="FAILED", user="alice", metrics={"acc": math.inf},
         params={"lr": "0.01", "name": "Wärme [x] *"}, tags={}, datasets=[]),
    dict(name="d", start=500, end=5000, status="FINISHED", user="", metrics={"acc": -math.inf, "loss": 0.5},
         params={"name": ""}, tags={"team": "blue"}, datasets=[("wine", "d3", None)]),
    dict(name="e", start=3000, end=7000, status="KILLED", user="carol", metrics={}, params={"lr": "1", "name": "what?"},
         tags={"team": "red"}, datasets=[]),
    dict(name="f", start=3000, end=None, status="FINISHED", user="alice", metrics={"acc": 0.5, "loss": 2.0},
         params={"lr": "0.10", "name": "a\\"}, tags={}, datasets=[("wine", "d3", "test")]),
    dict(name="g", start=100, end=100, status="FINISHED", user="alice", metrics={"acc": 0.0, "loss": math.nan}, params={},
         tags={"team": "rEd"}, datasets=[]),
    dict(name="h", start=4000, end=None, status="SCHEDULED", user="dave", metrics={"acc": -0.5, "loss": -1.0, "a b": -2.0},
         params={"lr": "0.1"}, tags={"team": "red"}, datasets=[]),
    dict(name="gone", start=4500, end=None, status="FINISHED", user="alice", metrics={"acc": 0.7},
         params={"lr": "0.1"}, tags={"team": "red"}, datasets=[], deleted=True),
]


def jsonable(value):
    """NaN and infinities as text, for JSON has none."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def answer(ask):
    """What is found, or that it is refused."""
    try:
        return {"found": list(ask())}
    except Exception as error:
        return {"refused": str(error).split("\n")[0][:200]}


def all_pages(ask, name):
    """Page after page of two; the same as in one."""
    names, token = [], None
    while True:
        page = ask(2, token)
        names += [name(each) for each in page]
        token = page.token
        if not token:
            return names


def read_grammar():
    table = []
    for text in GRAMMAR.strip("\n").split("\n"):
        try:
            parsed = SearchUtils.parse_search_filter(text)
        except Exception:
            parsed = None
        # Comparators are judged later, by the store.
        for each in parsed or []:
            comparator = each["comparator"].upper()
            kind = each["type"]
            known = SearchUtils.VALID_METRIC_COMPARATORS | SearchUtils.VALID_PARAM_COMPARATORS | {"IN", "NOT IN"}
            if comparator not in known or (kind != "metric" and each["key"] not in SearchUtils.NUMERIC_ATTRIBUTES and comparator in {">", ">=", "<", "<="}):
                parsed = None
                break
            each["comparator"] = comparator
            if kind == "metric":
                value = float(each["value"])
                each["value"] = value if math.isfinite(value) else "1e999"
            if isinstance(each["value"], tuple):
                each["value"] = list(each["value"])
        table.append({"text": text, "parsed": parsed})
    return table


def make_runs(store, experiment):
    runs = {}
    for spec in RUNS:
        tags = [RunTag(key, value) for key, value in spec["tags"].items()]
        run = store.create_run(experiment, spec["user"], spec["start"], tags, spec["name"])
        run_id = run.info.run_id
        runs[spec["name"]] = run_id
        metrics = [Metric(key, value, 10, 0) for key, value in spec["metrics"].items()]
        params = [Param(key, value) for key, value in spec["params"].items()]
        store.log_batch(run_id, metrics, params, [])
        inputs = [
            DatasetInput(Dataset(name, digest, "local", "src"), [InputTag("mlflow.data.context", context)] if context else [])
            for name, digest, context in spec["datasets"]
        ]
        if inputs:
            store.log_inputs(run_id, inputs)
        store.update_run_info(run_id, RunStatus.from_string(spec["status"]), spec["end"], None)
        if spec.get("deleted"):
            store.delete_run(run_id)
    return runs


def read_runs(store):
    experiment = store.create_experiment("searched")
    runs = make_runs(store, experiment)

    def ask(text, order, view="ACTIVE_ONLY"):
        def page(size, token):
            return store.search_runs([experiment], text, VIEWS[view], size, order, token)

        found = answer(lambda: all_pages(page, lambda run: run.info.run_name))
        return {"filter": text, "order_by": order, "view": view, **found}

    queries = [ask(text.replace("{a}", runs["a"]).replace("{b}", runs["b"]).replace("{c}", runs["c"]), []) for text in RUN_FILTERS]
    queries += [ask("", [order]) for order in ORDERS]
    queries += [ask("", order) for order in (["metrics.acc DESC", "params.lr"], ["params.lr", "metrics.acc"], ["tags.team DESC", "start_time"],
                ["metrics.loss", "metrics.acc DESC"], ["status", "end_time DESC"], ["metrics.acc", "metrics.acc DESC"])]
    queries += [ask("metrics.acc > -10", ["metrics.acc"], view) for view in VIEWS]
    queries += [ask("metrics.acc != 0.5", ["metrics.acc DESC"]), ask("metrics.loss < 1", ["metrics.acc DESC"]), ask("tags.team = 'red'", ["metrics.loss DESC"])]
    queries += [ask("", [], view) for view in VIEWS]
    data = [{**spec, "id": runs[spec["name"]], "metrics": {k: jsonable(v) for k, v in spec["metrics"].items()},
             "artifact_uri": store.get_run(runs[spec["name"]]).info.artifact_uri} for spec in RUNS]
    return {"runs": data, "queries": queries}, experiment, runs


def read_experiments(store):
    made = []
    for name, tag in [("alpha", "a"), ("beta", None), ("Alps", "A"), ("gamma", "b")]:
        experiment = store.create_experiment(name)
        if tag:
            from mlflow.entities import ExperimentTag

            store.set_experiment_tag(experiment, ExperimentTag("kind", tag))
        made.append(experiment)
    store.delete_experiment(made[3])
    time = store.get_experiment(made[0]).creation_time

    def ask(text, order, view="ACTIVE_ONLY"):
        def page(size, token):
            return store.search_experiments(VIEWS[view], size, text, order, token)

        return {"filter": text, "order_by": order, "view": view, **answer(lambda: all_pages(page, lambda each: each.name))}

    queries = [ask(text.replace("{time}", str(time)), ["name"]) for text in EXPERIMENT_FILTERS]
    queries += [ask("", order) for order in EXPERIMENT_ORDERS]
    queries += [ask("", ["name"], view) for view in VIEWS]
    everything = store.search_experiments(ViewType.ALL, 100)
    data = [
        {"id": each.experiment_id, "name": each.name, "creation_time": each.creation_time, "last_update_time": each.last_update_time,
         "lifecycle": each.lifecycle_stage, "tags": {key: value for key, value in each.tags.items() if key == "kind"}}
        for each in everything
    ]
    return {"experiments": data, "queries": queries}


def make_models(store, experiment, runs):
    models = []
    specs = [
        ("net", "classifier", "a", {"lr": "0.1"}, {"team": "red", "a key": "x"}, [("acc", 0.25, "iris", "d1"), ("acc", 0.75, "iris", "d2")]),
        ("tree", "", "b", {"lr": "0.2"}, {"team": "Red"}, [("acc", 0.5, "wine", "d3")]),
        ("Net", "regressor", "", {}, {}, []),
        ("net", "classifier", "a", {"lr": "0.1"}, {}, [("acc", 0.9, None, None)]),
        ("last", "", "", {"lr": "1"}, {"team": "red"}, [("acc", 0.1, "iris", "d2"), ("acc", 0.6, None, None)]),
    ]
    for name, kind, run, params, tags, metrics in specs:
        model = store.create_logged_model(
            experiment, name, runs.get(run, ""), [LoggedModelTag(k, v) for k, v in tags.items()],
            [LoggedModelParameter(k, v) for k, v in params.items()], kind)
        for step, (key, value, dataset, digest) in enumerate(metrics):
            store.log_metric(runs[run or "a"], Metric(key, value, 100 + step, step, model_id=model.model_id, dataset_name=dataset, dataset_digest=digest))
        if name != "tree":
            store.finalize_logged_model(model.model_id, LoggedModelStatus.READY)
        models.append(dict(id=model.model_id, label=f"{name}{len(models)}", name=name, model_type=kind, run=runs.get(run, ""), params=params, tags=tags,
                           metrics=[dict(key=k, value=v, timestamp=100 + i, step=i, dataset=d, digest=g, run=runs[run or "a"]) for i, (k, v, d, g) in enumerate(metrics)]))
    gone = store.create_logged_model(experiment, "gone", "", [], [], "")
    store.delete_logged_model(gone.model_id)
    for each in models:
        stored = store.get_logged_model(each["id"])
        each.update(creation_time=stored.creation_timestamp, last_updated_time=stored.last_updated_timestamp, status=str(stored.status))
    return models


def read_models(store, experiment, runs):
    models = make_models(store, experiment, runs)
    labels = {each["id"]: each["label"] for each in models}

    def ask(text, order, datasets=None):
        def page(size, token):
            return store.search_logged_models([experiment], text or None, datasets, size, order or None, token)

        return {"filter": text, "order_by": order, "datasets": datasets or [], **answer(lambda: all_pages(page, lambda each: labels[each.model_id]))}

    queries = [ask(text.replace("{m1}", models[0]["id"]).replace("{m2}", models[1]["id"]).replace("{a}", runs["a"]), []) for text in MODEL_FILTERS]
    queries += [ask("", order) for order in MODEL_ORDERS]
    iris1 = [{"dataset_name": "iris", "dataset_digest": "d1"}]
    queries += [ask("metrics.acc > 0.5", [], iris1), ask("metrics.acc < 0.5", [], iris1), ask("", [], iris1), ask("params.lr = '0.1'", [], [{"dataset_name": "wine"}]),
                ask("metrics.acc > 0.2", [], [*iris1, {"dataset_name": "wine", "dataset_digest": "d3"}])]
    return {"models": models, "queries": queries}


def read_registry(url):
    store = RegistryStore(url)
    models = [("net", {"team": "red"}), ("tree", {"team": "Red"}), ("Net2", {}), ("talk", {"mlflow.prompt.is_prompt": "true", "team": "red"}), ("plain", {"mlflow.prompt.is_prompt": "false"})]
    for name, tags in models:
        store.create_registered_model(name, [RegisteredModelTag(k, v) for k, v in tags.items()])
    versions = [("net", "s3://a/1", "run1", {"team": "red"}), ("net", "s3://a/2", "run2", {}), ("tree", "s3://b/1", "", {"team": "blue"}),
                ("talk", "s3://c/1", "", {"mlflow.prompt.is_prompt": "true"}), ("net", "s3://a/3", "run1", {"team": "Red"})]
    for name, source, run, tags in versions:
        store.create_model_version(name, source, run, [ModelVersionTag(k, v) for k, v in tags.items()])

    def registered(text, order=("name",)):
        def page(size, token):
            return store.search_registered_models(text, size, list(order), token)

        return {"filter": text, "order_by": list(order), **answer(lambda: all_pages(page, lambda each: each.name))}

    def version(text, order=("name", "version_number")):
        def page(size, token):
            return store.search_model_versions(text, size, list(order), token)

        return {"filter": text, "order_by": list(order), **answer(lambda: all_pages(page, lambda each: f"{each.name}@{each.version}"))}

    return {
        "models": [{"name": name, "tags": tags} for name, tags in models],
        "versions": [{"name": name, "source": source, "run_id": run, "tags": tags} for name, source, run, tags in versions],
        "model_queries": [registered(text) for text in REGISTERED_FILTERS] + [registered("", ["name DESC"])],
        "version_queries": [version(text) for text in VERSION_FILTERS] + [version("", ["version_number DESC", "name DESC"])],
    }


def to_lines(goldens):
    """One line for each thing that is there and for each question."""
    lines = [{"about": "grammar", **each} for each in goldens["grammar"]]
    for noun in ("experiments", "runs", "models"):
        lines += [{"about": noun, **each} for each in goldens[noun][noun]]
        lines += [{"about": f"search {noun}", **each} for each in goldens[noun]["queries"]]
    for name, items in goldens["registry"].items():
        lines += [{"about": f"registry {name}", **each} for each in items]
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


def main():
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/mlflow.db"
        store = SqlAlchemyStore(url, f"{folder}/artifacts")
        experiments = read_experiments(store)
        runs, experiment, ids = read_runs(store)
        for run in runs["runs"]:
            run["artifact_uri"] = run["artifact_uri"].replace(f"{folder}/artifacts", "root")
        goldens = {"grammar": read_grammar(), "experiments": experiments, "runs": runs, "models": read_models(store, experiment, ids), "registry": read_registry(url)}
    HERE.write_text(to_lines(goldens))


main()
