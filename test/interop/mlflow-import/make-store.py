"""Logs one of everything to stores: make-store.py FOLDER URI PREFIX [URI PREFIX …]. Experiments and models get the prefix."""
import os
import pathlib
import sys

import mlflow
from mlflow import MlflowClient
from mlflow.entities import Dataset, DatasetInput, InputTag, LoggedModelInput, LoggedModelOutput, Metric, Param, RunTag


def log_run(client: MlflowClient, experiment: str, i: int, folder: pathlib.Path, before: str | None):
    """A run with points, a dataset, files, and a logged model with files."""
    tags = {"mlflow.user": "ada", "mlflow.source.git.commit": f"abc{i}"}
    run = client.create_run(experiment, run_name=f"run {i}", tags=tags, start_time=1700000000000 + i).info.run_id
    points = [Metric("loss", 1 / (s + 1), 1700000000000 + s, s) for s in range(500)]
    client.log_batch(run, metrics=points, params=[Param("lr", "0.1")], tags=[RunTag("kind", "Bäume")])
    for step, value in enumerate([float("nan"), float("inf"), float("-inf")]):
        client.log_metric(run, "odd/one two", value, 1700000000000 + step, step)
    dataset = Dataset(name="train", digest=f"d{i}", source_type="local", source="{}", schema='{"a":1}', profile=None)
    client.log_inputs(run, datasets=[DatasetInput(dataset, [InputTag("mlflow.data.context", "training")])])
    file = folder / f"a{i}.txt"
    file.write_text(f"hello {i}")
    client.log_artifact(run, str(file))
    client.log_artifact(run, str(file), "sub/ü dir")
    model = client.create_logged_model(
        experiment, name="net", source_run_id=run, tags={"t": "1"}, params={"p": "1"}, model_type="net"
    )
    content = folder / f"m{i}"
    content.mkdir()
    (content / "MLmodel").write_text(f"flavors: {{}}\nmodel_id: {model.model_id}\n")
    (content / "model.bin").write_bytes(bytes([i]) * 100_000)
    client.log_model_artifacts(model.model_id, str(content))
    client.finalize_logged_model(model.model_id, "READY")
    client.log_outputs(run, models=[LoggedModelOutput(model.model_id, 5)])
    on = {"model_id": model.model_id}
    # Of a point that names a dataset, MLflow's reader of folders forgets the step.
    if mlflow.get_tracking_uri().startswith("http"):
        on = {**on, "dataset_name": "train", "dataset_digest": f"d{i}"}
    client.log_metric(run, "acc", 0.5 + i / 10, 1700000000009, 3, **on)
    if before:
        client.log_inputs(run, models=[LoggedModelInput(before)])
    client.set_terminated(run, "FINISHED" if i else "FAILED", end_time=1700000100000 + i)
    return run, model.model_id


def fill(uri: str, prefix: str, folder: pathlib.Path) -> None:
    """Fills one store."""
    folder.mkdir(parents=True)
    mlflow.set_tracking_uri(uri)
    client = MlflowClient(uri)
    churn = client.create_experiment(f"{prefix} churn", tags={"team": "growth", "note": "Kündigung"})
    old = client.create_experiment(f"{prefix} old idea")
    name = f"{prefix} model"
    client.create_registered_model(name, tags={"a": "b"}, description="who leaves")
    before = None
    for i in range(3):
        run, before = log_run(client, churn, i, folder, before)
        client.create_model_version(
            name, f"models:/{before}", run_id=run, tags={"v": str(i)}, description=f"v{i}", model_id=before
        )
    client.delete_model_version(name, "2")
    client.set_registered_model_alias(name, "champion", "1")
    client.set_registered_model_alias(name, "Best", "3")
    client.transition_model_version_stage(name, "1", "Production")
    # MLflow keeps prompts as models with a tag, which its searches leave out.
    client.register_prompt(f"{prefix}-prompt", "Hello {{name}}", tags={"tone": "kind"})
    gone = client.create_run(churn, run_name="gone").info.run_id
    client.log_param(gone, "x", "1")
    client.delete_run(gone)
    last = client.create_run(old, run_name="last").info.run_id
    client.log_metric(last, "m", 1.5, 1700000000000, 0)
    client.set_terminated(last)
    client.delete_experiment(old)


os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"
for uri, prefix in zip(sys.argv[2::2], sys.argv[3::2]):
    fill(uri, prefix, pathlib.Path(sys.argv[1]) / prefix)
