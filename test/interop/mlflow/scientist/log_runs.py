"""Runs, metrics, params, tags, datasets and files, as training code and notebooks log them."""

import math
import os
import time

from setting import FOLDER, RestException, client, experiment, has, mlflow, write

from checks import refused


def check_fluent_logging():
    experiment_id = experiment("fluent")
    with mlflow.start_run(run_name="first", description="what it is", tags={"team": "ä"}) as run:
        mlflow.log_param("lr", 0.1)
        mlflow.log_params({"depth": 3, "name": "x" * 500})
        mlflow.log_metric("loss", 1.5, step=1)
        mlflow.log_metrics({"loss": 0.5, "acc": 0.25}, step=2)
        mlflow.log_metric("bad", float("nan"))
        mlflow.log_metric("high", float("inf"))
        mlflow.log_metric("low", float("-inf"))
        mlflow.set_tag("stage", 1)
        mlflow.set_tags({"a/b c": "v", "empty": ""})
        assert mlflow.active_run().info.run_id == run.info.run_id
    found = mlflow.get_run(run.info.run_id)
    assert found.info.status == "FINISHED" and found.info.experiment_id == experiment_id
    assert found.info.run_name == "first" and found.info.end_time >= found.info.start_time
    assert found.info.artifact_uri == f"mlflow-artifacts:/{experiment_id}/{run.info.run_id}/artifacts"
    assert found.data.params == {"lr": "0.1", "depth": "3", "name": "x" * 500}
    metrics = found.data.metrics
    assert metrics["loss"] == 0.5 and metrics["acc"] == 0.25 and math.isnan(metrics["bad"])
    assert metrics["high"] == 1.7976931348623157e308 and metrics["low"] == -1.7976931348623157e308
    tags = found.data.tags
    assert tags["team"] == "ä" and tags["stage"] == "1" and tags["a/b c"] == "v" and tags["empty"] == ""
    assert tags["mlflow.note.content"] == "what it is" and tags["mlflow.runName"] == "first"
    assert tags["mlflow.source.name"] and tags["mlflow.user"] == found.info.user_id


def check_resume_and_fail():
    experiment("resume")
    with mlflow.start_run() as run:
        mlflow.log_metric("m", 1, step=0)
    assert run.info.run_name
    with mlflow.start_run(run_id=run.info.run_id):
        mlflow.log_metric("m", 2, step=1)
    try:
        with mlflow.start_run(run_id=run.info.run_id):
            raise KeyError("x")
    except KeyError:
        pass
    found = mlflow.get_run(run.info.run_id)
    assert found.info.status == "FAILED" and found.data.metrics == {"m": 2}


def check_params_do_not_change():
    experiment("params")
    with mlflow.start_run() as run:
        mlflow.log_param("a", 1)
        mlflow.log_param("a", 1)
        mlflow.log_params({"a": 1, "b": 2})
        refused(lambda: mlflow.log_param("a", 2), mlflow.MlflowException, "Changing param values is not allowed")
        many = {f"p{i}": i for i in range(250)}
        mlflow.log_params(many)
        mlflow.log_param("long", "y" * 7000)
    params = client().get_run(run.info.run_id).data.params
    assert len(params) == 253 and params["p249"] == "249" and params["long"] == "y" * 6000


def check_nested_runs():
    experiment_id = experiment("nested")
    with mlflow.start_run(run_name="parent") as parent:
        for i in range(3):
            with mlflow.start_run(nested=True, run_name=f"child {i}") as child:
                mlflow.log_metric("i", i)
                with mlflow.start_run(nested=True):
                    mlflow.log_param("grandchild", True)
    children = client().search_runs([experiment_id], f"tags.mlflow.parentRunId = '{parent.info.run_id}'")
    assert sorted(run.info.run_name for run in children) == ["child 0", "child 1", "child 2"]
    assert mlflow.get_parent_run(child.info.run_id).info.run_id == parent.info.run_id
    assert len(client().search_runs([experiment_id])) == 7


def check_thousand_steps():
    from mlflow.entities import Metric, Param, RunTag

    experiment("steps")
    with mlflow.start_run() as run:
        run_id = run.info.run_id
        points = [Metric("loss", 1 / (step + 1), 1_700_000_000_000 + step, step) for step in range(1000)]
        client().log_batch(run_id, points, [Param("p", "1")], [RunTag("t", "1")])
        # What a client sends again after an answer that it did not get.
        client().log_batch(run_id, points, [Param("p", "1")], [RunTag("t", "1")])
        other = [Metric("acc", step, 1_700_000_000_000, step) for step in range(2500)]
        client().log_batch(run_id, other)
    history = client().get_metric_history(run_id, "loss")
    assert [(m.step, m.timestamp) for m in history] == [(i, 1_700_000_000_000 + i) for i in range(1000)]
    assert history[999].value == 1 / 1000
    assert len(client().get_metric_history(run_id, "acc")) == 2500
    assert client().get_metric_history(run_id, "none") == []
    assert mlflow.get_run(run_id).data.metrics == {"loss": 1 / 1000, "acc": 2499.0}


def check_latest_metric():
    """The last one is the one with the highest step, then time, then value; in whatever order they came."""
    experiment("latest")
    with mlflow.start_run() as run:
        for step, at, value in [(5, 10, 1.0), (5, 20, 2.0), (5, 20, 1.5), (4, 99, 9.0), (-3, 100, 8.0)]:
            client().log_metric(run.info.run_id, "m", value, at, step)
    assert mlflow.get_run(run.info.run_id).data.metrics == {"m": 2.0}
    history = client().get_metric_history(run.info.run_id, "m")
    assert [(m.timestamp, m.step, m.value) for m in history] == [
        (10, 5, 1.0),
        (20, 5, 1.5),
        (20, 5, 2.0),
        (99, 4, 9.0),
        (100, -3, 8.0),
    ]


def check_async_logging():
    experiment("async")
    with mlflow.start_run() as run:
        waiting = [mlflow.log_metric("m", i, step=i, synchronous=False) for i in range(200)]
        waiting.append(mlflow.log_params({"a": 1}, synchronous=False))
        waiting.append(mlflow.set_tags({"t": "1"}, synchronous=False))
        for one in waiting:
            one.wait()
    mlflow.flush_async_logging()
    found = mlflow.get_run(run.info.run_id).data
    assert found.params == {"a": "1"} and found.tags["t"] == "1" and found.metrics == {"m": 199}
    assert len(client().get_metric_history(run.info.run_id, "m")) == 200


def check_dataset_inputs():
    import numpy
    import pandas

    experiment_id = experiment("inputs")
    frame = pandas.DataFrame({"x": [1, 2], "y": ["a", "b"]})
    with mlflow.start_run() as run:
        mlflow.log_input(mlflow.data.from_pandas(frame, name="train", targets="y"), context="training")
        mlflow.log_input(mlflow.data.from_numpy(numpy.eye(3), name="eye"), context="test", tags={"k": "v"})
        mlflow.log_input(mlflow.data.from_pandas(frame, name="train", targets="y"), context="training")
    found = mlflow.get_run(run.info.run_id).inputs.dataset_inputs
    assert sorted(one.dataset.name for one in found) == ["eye", "train"]
    eye = next(one for one in found if one.dataset.name == "eye")
    assert {tag.key: tag.value for tag in eye.tags}["k"] == "v"
    assert len(eye.dataset.digest) == 8 and "tensor" in eye.dataset.schema
    train = next(one for one in found if one.dataset.name == "train")
    for text in ["dataset.name = 'train'", f"dataset.digest = '{train.dataset.digest}'", "datasets.context = 'test'"]:
        assert [r.info.run_id for r in client().search_runs([experiment_id], text)] == [run.info.run_id], text
    assert list(client().search_runs([experiment_id], "dataset.name = 'none'")) == []


def check_system_metrics():
    if not has("psutil"):
        return
    experiment("system")
    mlflow.set_system_metrics_sampling_interval(0.2)
    mlflow.set_system_metrics_samples_before_logging(1)
    with mlflow.start_run(log_system_metrics=True) as run:
        until = time.monotonic() + 30
        while time.monotonic() < until:
            if "system/cpu_utilization_percentage" in mlflow.get_run(run.info.run_id).data.metrics:
                break
            time.sleep(0.1)
    metrics = mlflow.get_run(run.info.run_id).data.metrics
    assert "system/cpu_utilization_percentage" in metrics and "system/system_memory_usage_megabytes" in metrics


def check_files():
    experiment("files")
    with mlflow.start_run() as run:
        run_id = run.info.run_id
        mlflow.log_artifact(str(write("local/notes ü.txt", "hello")))
        mlflow.log_artifact(str(write("local/deep.bin", bytes(range(256)) * 4000)), "sub dir/deeper")
        for name in ["one.txt", "inner/two.txt", "inner/empty"]:
            write(f"tree/{name}", "" if name.endswith("empty") else name)
        mlflow.log_artifacts(str(FOLDER / "tree"), "tree")
        mlflow.log_text("text", "texts/t.txt")
        mlflow.log_dict({"a": [1, None]}, "d.json")
        mlflow.log_dict({"a": 1}, "d.yaml")
        mlflow.log_table({"q": ["a", "b"], "n": [1, 2]}, "table.json")
        mlflow.log_table({"q": ["c"], "n": [3]}, "table.json")
    listed = {file.path: (file.is_dir, file.file_size) for file in client().list_artifacts(run_id)}
    assert listed["tree"] == (True, None) and listed["notes ü.txt"] == (False, 5) and listed["sub dir"][0]
    assert sorted(listed) == ["d.json", "d.yaml", "notes ü.txt", "sub dir", "table.json", "texts", "tree"]
    assert [file.path for file in client().list_artifacts(run_id, "tree")] == ["tree/inner", "tree/one.txt"]
    assert client().list_artifacts(run_id, "tree/one.txt") == [] and client().list_artifacts(run_id, "no") == []
    deep = mlflow.artifacts.download_artifacts(run_id=run_id, artifact_path="sub dir/deeper/deep.bin")
    assert open(deep, "rb").read() == bytes(range(256)) * 4000
    tree = mlflow.artifacts.download_artifacts(f"runs:/{run_id}/tree", dst_path=str(FOLDER / "back"))
    assert (FOLDER / "back/tree/inner/two.txt").read_text() == "inner/two.txt", tree
    assert (FOLDER / "back/tree/inner/empty").read_bytes() == b""
    assert mlflow.artifacts.load_dict(f"runs:/{run_id}/d.json") == {"a": [1, None]}
    assert mlflow.artifacts.load_text(f"{run.info.artifact_uri}/texts/t.txt") == "text"
    table = mlflow.load_table("table.json", run_ids=[run_id])
    assert list(table["n"]) == [1, 2, 3]
    refused(
        lambda: mlflow.artifacts.download_artifacts(run_id=run_id, artifact_path="nothing.txt"), Exception, "nothing.txt"
    )


def check_files_in_parts():
    experiment("parts")
    name = "MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD"
    os.environ.update(
        {
            name: "true",
            "MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE": str(5 * 1024 * 1024),
            "MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE": str(5 * 1024 * 1024),
        }
    )
    whole = bytes(range(256)) * 45000
    try:
        with mlflow.start_run() as run:
            mlflow.log_artifact(str(write("local/big file.bin", whole)), "sub dir")
    finally:
        for key in [name, "MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE", "MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE"]:
            del os.environ[key]
    back = mlflow.artifacts.download_artifacts(run_id=run.info.run_id, artifact_path="sub dir/big file.bin")
    assert open(back, "rb").read() == whole


def check_images_and_figures():
    if not has("PIL"):
        return
    import numpy

    experiment("pictures")
    with mlflow.start_run() as run:
        mlflow.log_image(numpy.zeros((4, 4, 3), dtype=numpy.uint8), "black.png")
        mlflow.log_image(numpy.zeros((4, 4, 3), dtype=numpy.uint8), key="dream", step=3, synchronous=True)
    names = [file.path for file in client().list_artifacts(run.info.run_id)]
    assert "black.png" in names and "images" in names
    assert len(client().list_artifacts(run.info.run_id, "images")) == 2


def check_delete_files():
    experiment("delete files")
    with mlflow.start_run() as run:
        mlflow.log_text("1", "a/1.txt")
        mlflow.log_text("2", "a/2.txt")
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

    repository = get_artifact_repository(run.info.artifact_uri)
    repository.delete_artifacts("a/1.txt")
    assert [file.path for file in client().list_artifacts(run.info.run_id, "a")] == ["a/2.txt"]
    repository.delete_artifacts("a")
    repository.delete_artifacts("never was")
    assert client().list_artifacts(run.info.run_id) == []


def check_refusals():
    experiment_id = experiment("refusals")
    run = client().create_run(experiment_id)
    run_id = run.info.run_id
    for call, words in [
        (lambda: client().get_run("0" * 32), "not found"),
        (lambda: client().log_metric("0" * 32, "m", 1), "not found"),
        (lambda: client().delete_tag(run_id, "none"), "No tag with name: none"),
        (lambda: client().search_runs([experiment_id], "metrics.m ="), "Invalid"),
        (lambda: client().search_runs([experiment_id], page_token="nonsense"), "token"),
        (lambda: client().get_experiment("123456789"), "No Experiment with id=123456789 exists"),
    ]:
        error = refused(call, RestException)
        assert words.lower() in str(error).lower(), error
    # The server's own refusals, which a client of MLflow finds before it asks.
    for body, words in [
        ({"run_id": run_id, "key": "m", "value": 1.0}, "Missing value for required parameter 'timestamp'"),
        ({"run_id": run_id, "key": "a//b", "value": 1.0, "timestamp": 1}, "a//b"),
    ]:
        answer = send("POST", "runs/log-metric", body)
        assert answer.status_code == 400 and words in answer.json()["message"], answer.text


def send(method, path, body):
    import requests
    from setting import URL

    return requests.request(method, f"{URL}/api/2.0/mlflow/{path}", json=body, timeout=30)

