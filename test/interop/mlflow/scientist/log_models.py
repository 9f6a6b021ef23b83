"""Models of every flavor that is at hand, logged, found, loaded by every form of address, registered on the way."""

import json
from pathlib import Path

import numpy
import pandas
from setting import FOLDER, MARK, V3, MlflowException, client, experiment, has, mlflow
from sklearn.linear_model import LinearRegression, LogisticRegression

from checks import refused

FRAME = pandas.DataFrame({"a": [0.0, 1.0, 2.0, 3.0], "b": [1.0, 1.0, 0.0, 0.0]})
TARGET = FRAME["a"] * 2 + FRAME["b"]
# Without, the client would start a process to see what the model imports.
PINS = {"pip_requirements": ["scikit-learn"]}


def named(name):
    return {"name": name} if V3 else {"artifact_path": name}


def linear():
    return LinearRegression().fit(FRAME, TARGET)


def log_linear(name="model", **options):
    return mlflow.sklearn.log_model(linear(), **named(name), input_example=FRAME.head(2), **PINS, **options)


def predicts(model):
    return numpy.allclose(model.predict(FRAME), TARGET)


def check_sklearn():
    experiment("sklearn")
    with mlflow.start_run() as run:
        info = log_linear("model", metadata={"kind": "test"})
    run_id = run.info.run_id
    assert info.run_id == run_id and info.signature.inputs.input_names() == ["a", "b"]
    assert predicts(mlflow.sklearn.load_model(info.model_uri))
    loaded = mlflow.pyfunc.load_model(f"runs:/{run_id}/model")
    assert predicts(loaded) and loaded.metadata.metadata == {"kind": "test"}
    files = {Path(file.path).name for file in mlflow.artifacts.list_artifacts(info.model_uri)}
    assert {"MLmodel", "requirements.txt", "python_env.yaml", "conda.yaml", "input_example.json"} <= files
    folder = Path(mlflow.artifacts.download_artifacts(f"runs:/{run_id}/model", dst_path=str(FOLDER / f"down{MARK}")))
    assert (folder / "MLmodel").read_text().count(run_id) >= 1
    assert mlflow.models.get_model_info(info.model_uri).flavors["python_function"]
    refused(lambda: mlflow.pyfunc.load_model(f"runs:/{run_id}/none"), Exception)
    if not V3:
        history = json.loads(client().get_run(run_id).data.tags["mlflow.log-model.history"])
        assert [one["artifact_path"] for one in history] == ["model"] and history[0]["run_id"] == run_id
        return
    assert info.model_uri == f"models:/{info.model_id}" and predicts(mlflow.pyfunc.load_model(info.model_uri))
    model = mlflow.get_logged_model(info.model_id)
    assert model.status == "READY" and model.source_run_id == run_id and model.name == "model"
    assert model.artifact_location == f"mlflow-artifacts:/{run.info.experiment_id}/models/{info.model_id}/artifacts"
    outputs = client().get_run(run_id).outputs.model_outputs
    assert [one.model_id for one in outputs] == [info.model_id]


def check_pyfunc():
    experiment("pyfunc")

    class Adds(mlflow.pyfunc.PythonModel):
        def load_context(self, context):
            self.amount = float(Path(context.artifacts["amount"]).read_text())

        def predict(self, context, model_input, params=None):
            return model_input + self.amount * (params or {}).get("times", 1)

    amount = FOLDER / "amount.txt"
    amount.write_text("2")
    signature = mlflow.models.infer_signature(FRAME, FRAME, {"times": 1})
    options = {"artifacts": {"amount": str(amount)}, "pip_requirements": [], "signature": signature}
    with mlflow.start_run() as run:
        info = mlflow.pyfunc.log_model(**named("adds"), python_model=Adds(), **options)
    for address in [info.model_uri, f"runs:/{run.info.run_id}/adds"]:
        loaded = mlflow.pyfunc.load_model(address)
        assert numpy.allclose(loaded.predict(FRAME), FRAME + 2)
        assert numpy.allclose(loaded.predict(FRAME, params={"times": 3}), FRAME + 6)


def check_onnx():
    if not has("onnx") or not has("skl2onnx"):
        return
    import onnx
    from skl2onnx import to_onnx

    model = to_onnx(linear(), FRAME.head(1).to_numpy(dtype=numpy.float32), target_opset=15)
    experiment("onnx")
    with mlflow.start_run():
        info = mlflow.onnx.log_model(model, **named("net"), pip_requirements=["onnxruntime"])
    assert mlflow.onnx.load_model(info.model_uri).graph.name == model.graph.name
    found = mlflow.pyfunc.load_model(info.model_uri).predict(FRAME.to_numpy(dtype=numpy.float32))
    assert numpy.allclose(next(iter(found.values())).ravel(), TARGET, atol=1e-4)
    onnx.checker.check_model(model)


def check_pytorch():
    """Where there is PyTorch: its environment is one of the heavy ones."""
    if not has("torch"):
        return
    import torch

    net = torch.nn.Linear(2, 1)
    experiment("pytorch")
    with mlflow.start_run() as run:
        options = {"serialization_format": "pickle"} if V3 else {}
        info = mlflow.pytorch.log_model(net, **named("net"), pip_requirements=["torch"], **options)
    row = torch.tensor([[1.0, 2.0]])
    for address in [info.model_uri, f"runs:/{run.info.run_id}/net"]:
        assert torch.equal(mlflow.pytorch.load_model(address)(row), net(row))


def check_autolog():
    experiment_id = experiment("autolog")
    mlflow.sklearn.autolog(log_input_examples=True, log_model_signatures=True, silent=True)
    try:
        with mlflow.start_run() as run:
            LogisticRegression(C=0.5).fit(FRAME, [0, 0, 1, 1]).score(FRAME, [0, 0, 1, 1])
    finally:
        mlflow.sklearn.autolog(disable=True)
    found = client().get_run(run.info.run_id)
    assert found.data.params["C"] == "0.5" and found.data.metrics["training_accuracy_score"] == 1.0
    assert found.data.tags["estimator_name"] == "LogisticRegression"
    assert any(key.startswith("LogisticRegression_score") for key in found.data.metrics), found.data.metrics
    names = {file.path for file in client().list_artifacts(run.info.run_id)}
    assert "estimator.html" in names, names
    train = next(one for one in found.inputs.dataset_inputs if one.tags[0].value == "train")
    assert train.dataset.source_type == "code" and json.loads(train.dataset.profile)
    assert mlflow.pyfunc.load_model(f"runs:/{run.info.run_id}/model").predict(FRAME).shape == (4,)
    if not V3:
        return
    model = mlflow.search_logged_models([experiment_id], output_format="list")[0]
    assert model.params["C"] == "0.5" and model.source_run_id == run.info.run_id
    metric = next(one for one in model.metrics if one.key == "training_accuracy_score")
    assert (metric.value, metric.dataset_name, metric.model_id) == (1.0, "dataset", model.model_id)
    assert metric.dataset_digest == train.dataset.digest
    inputs = client().get_run(run.info.run_id).outputs.model_outputs
    assert [one.model_id for one in inputs] == [model.model_id]


def check_autolog_boosters():
    if not has("xgboost") or not has("lightgbm"):
        return
    import lightgbm
    import xgboost

    experiment_id = experiment("boosters")
    x, y = numpy.random.default_rng(1).random((60, 3)), numpy.arange(60) % 2
    mlflow.xgboost.autolog(silent=True)
    mlflow.lightgbm.autolog(silent=True)
    try:
        with mlflow.start_run(run_name="xgb") as xgb:
            data = xgboost.DMatrix(x, label=y)
            xgboost.train({"objective": "binary:logistic"}, data, 5, evals=[(data, "train")], verbose_eval=False)
        with mlflow.start_run(run_name="lgb") as lgb:
            data = lightgbm.Dataset(x, label=y)
            options = {"objective": "binary", "verbose": -1, "num_leaves": 4}
            lightgbm.train(options, data, 5, valid_sets=[data], valid_names=["train"])
    finally:
        mlflow.xgboost.autolog(disable=True)
        mlflow.lightgbm.autolog(disable=True)
    for run, metric in [(xgb, "train-logloss"), (lgb, "train-binary_logloss")]:
        run_id = run.info.run_id
        assert client().get_run(run_id).data.params["num_boost_round"] == "5"
        history = client().get_metric_history(run_id, metric)
        assert [one.step for one in history] == [0, 1, 2, 3, 4], history
        assert "feature_importance_weight.json" in {f.path for f in client().list_artifacts(run_id)} or run is lgb
        model = mlflow.pyfunc.load_model(f"runs:/{run_id}/model")
        assert numpy.asarray(model.predict(x)).shape == (60,)
    frame = mlflow.search_runs([experiment_id], "params.num_boost_round = '5'", order_by=["attributes.run_name"])
    assert list(frame["tags.mlflow.runName"]) == ["lgb", "xgb"]


def check_logged_models():
    if not V3:
        return
    experiment_id = experiment("logged models")
    outside = client().create_logged_model(experiment_id, name="outside", tags={"k": "v"}, params={"p": "1"})
    assert outside.status == "PENDING"
    client().set_logged_model_tags(outside.model_id, {"k2": "v2"})
    client().delete_logged_model_tag(outside.model_id, "k")
    client().log_model_params(outside.model_id, {f"p{i}": str(i) for i in range(150)})
    client().finalize_logged_model(outside.model_id, "FAILED")
    found = mlflow.get_logged_model(outside.model_id)
    assert found.status == "FAILED" and found.tags.get("k2") == "v2" and "k" not in found.tags
    assert len(found.params) == 151
    frame = mlflow.data.from_pandas(FRAME, name="held out")
    with mlflow.start_run() as run:
        for c in [0.1, 1.0]:
            model = mlflow.initialize_logged_model(name="step", params={"c": c}, model_type="agent")
            mlflow.log_metric("acc", c / 2, dataset=frame, model_id=model.model_id, step=int(c * 10))
            mlflow.log_metric("plain", c, model_id=model.model_id)
            mlflow.finalize_logged_model(model.model_id, "READY")
    search = lambda text, **more: [  # noqa: E731
        one.params.get("c", one.name)
        for one in mlflow.search_logged_models([experiment_id], text, output_format="list", **more)
    ]
    best = [{"field_name": "metrics.acc", "ascending": False}]
    assert search("attributes.model_type = 'agent'", order_by=best) == ["1.0", "0.1"]
    assert search("metrics.acc > 0.1") == ["1.0"] and search("params.c = '0.1'") == ["0.1"]
    assert search("attributes.name IN ('outside', 'x')") == ["outside"] and search("tags.k2 = 'v2'") == ["outside"]
    assert search(f"source_run_id = '{run.info.run_id}'", order_by=best, max_results=1) == ["1.0"]
    digest = [{"dataset_name": "held out", "dataset_digest": frame.digest}]
    assert search("metrics.acc > 0", datasets=digest, order_by=best) == ["1.0", "0.1"]
    assert search("metrics.plain > 0", datasets=digest) == []
    acc = next(m for m in mlflow.get_logged_model(model.model_id).metrics if m.key == "acc")
    assert (acc.dataset_name, acc.run_id, acc.step) == ("held out", run.info.run_id, 10)
    client().delete_logged_model(outside.model_id)
    refused(lambda: mlflow.get_logged_model(outside.model_id), MlflowException, "not found")
    assert len(search("")) == 2
    refused(lambda: client().create_logged_model(experiment_id, name="a/b"), MlflowException)


def check_load_by_every_address():
    experiment("addresses")
    name = f"addresses {MARK}"
    with mlflow.start_run() as run:
        info = log_linear("model", registered_model_name=name)
        mlflow.register_model(f"runs:/{run.info.run_id}/model", name, tags={"from": "run"})
        if V3:
            mlflow.register_model(info.model_uri, name)
    client().set_registered_model_alias(name, "Champion", "1")
    client().transition_model_version_stage(name, "2", "Staging")
    forms = [f"models:/{name}/1", f"models:/{name}/latest", f"models:/{name}@Champion", f"models:/{name}/staging"]
    forms += [f"runs:/{run.info.run_id}/model", info.model_uri]
    versions = client().search_model_versions(f"name = '{name}'", order_by=["version_number ASC"])
    assert [int(v.version) for v in versions] == ([1, 2, 3] if V3 else [1, 2])
    for form in forms + [client().get_model_version_download_uri(name, "2")]:
        assert predicts(mlflow.pyfunc.load_model(form)), form
    assert versions[1].tags == {"from": "run"} and {v.run_id for v in versions} == {run.info.run_id}
    assert {v.status for v in versions} == {"READY"}
    refused(lambda: mlflow.pyfunc.load_model(f"models:/{name}/9"), MlflowException)
    refused(lambda: mlflow.pyfunc.load_model(f"models:/{name}@nobody"), MlflowException)
    if V3:
        model = mlflow.get_logged_model(info.model_id)
        marked = json.loads(model.tags["mlflow.modelVersions"])
        assert {int(one["version"]) for one in marked if one["name"] == name} == {1, 2, 3}

