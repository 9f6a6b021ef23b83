"""
Everything that a client sees of stores, as a JSON list on stdout: dump-store.py URI PREFIX [URI PREFIX …].
Ids that an import may change are left out.
"""
import contextlib
import hashlib
import json
import os
import pathlib
import sys
import tempfile

import mlflow
from mlflow import MlflowClient
from mlflow.artifacts import download_artifacts
from mlflow.entities import ViewType

os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"
os.environ["MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR"] = "false"
client: MlflowClient


def text(value: float) -> str:
    """Infinities as a database of MLflow has them."""
    return str(max(-sys.float_info.max, min(sys.float_info.max, value)) if value == value else value)


def pages(search):
    """All items of all pages."""
    token = None
    while True:
        page = search(token)
        yield from page
        token = page.token
        if not token:
            return


def files(address: str):
    """The digest of each file below an address."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            root = pathlib.Path(download_artifacts(artifact_uri=address, dst_path=folder))
        except Exception:  # A run without files has no folder, and each store says so in its own way.
            return {}
        found = [path for path in root.rglob("*") if path.is_file()]
        return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


def dump_run(run_id: str, experiment: str):
    """A run with the history of its metrics."""
    run = client.get_run(run_id)
    info, data = run.info, run.data
    return {
        "info": [experiment, info.run_name, info.user_id, info.status, info.start_time, info.end_time],
        "lifecycle": info.lifecycle_stage,
        "params": data.params,
        "tags": data.tags,
        "metrics": {key: text(value) for key, value in data.metrics.items()},
        "history": {
            key: [[point.timestamp, point.step, text(point.value)] for point in client.get_metric_history(run_id, key)]
            for key in data.metrics
        },
        "datasets": [
            [each.dataset.to_dictionary(), [[tag.key, tag.value] for tag in each.tags]]
            for each in run.inputs.dataset_inputs
        ],
        "models": [
            sorted(each.model_id for each in run.inputs.model_inputs),
            sorted([each.model_id, each.step] for each in run.outputs.model_outputs),
        ],
        "files": files(info.artifact_uri),
    }


def dump_model(model, experiment: str):
    """A logged model."""
    metrics = [
        [each.key, each.value, each.timestamp, each.step, each.run_id, each.dataset_name, each.dataset_digest]
        for each in model.metrics or []
    ]
    return {
        "info": [experiment, model.name, model.model_type, str(model.status), model.source_run_id],
        "times": [model.creation_timestamp, model.last_updated_timestamp],
        "tags": model.tags,
        "params": model.params,
        "metrics": sorted(metrics),
        "files": files(model.artifact_location),
    }


def dump_version(version, has_files: bool):
    """A version of a registered model."""
    return {
        # A folder is read without HTTP, where nothing and an empty text are one.
        "info": [version.description or "", version.current_stage, version.run_id or "", version.source, version.status],
        "times": [version.creation_timestamp, version.last_updated_timestamp],
        "tags": version.tags,
        "files": files(client.get_model_version_download_uri(version.name, version.version)) if has_files else None,
    }


def dump_models(prefix: str, condition: str):
    """Registered models with their versions."""
    out = {}
    for model in pages(lambda token: client.search_registered_models(condition or None, page_token=token)):
        if not model.name.startswith(prefix):
            continue
        latest = sorted([each.current_stage, str(each.version)] for each in model.latest_versions)
        aliases = {alias: str(version) for alias, version in model.aliases.items()}
        times = [model.creation_timestamp, model.last_updated_timestamp]
        out[f"model {model.name}"] = [model.description or "", times, model.tags, aliases, latest]
        also = f" AND {condition}" if condition else ""
        query = f"name='{model.name}'{also}"
        for version in pages(lambda token: client.search_model_versions(query, page_token=token)):
            out[f"{model.name}@{version.version}"] = dump_version(version, not condition)
    return out


def dump(prefix: str):
    """Whatever has the prefix."""
    out = {}
    for experiment in pages(lambda token: client.search_experiments(view_type=ViewType.ALL, page_token=token)):
        name, ids = experiment.name, [experiment.experiment_id]
        if not name.startswith(prefix):
            continue
        times = [experiment.creation_time, experiment.last_update_time]
        out[name] = {"lifecycle": experiment.lifecycle_stage, "tags": experiment.tags, "times": times}
        for run in pages(lambda token: client.search_runs(ids, run_view_type=ViewType.ALL, page_token=token)):
            out[run.info.run_id] = dump_run(run.info.run_id, name)
        for model in pages(lambda token: client.search_logged_models(ids, page_token=token)):
            out[model.model_id] = dump_model(model, name)
    for condition in ["", "tags.`mlflow.prompt.is_prompt` = 'true'"]:
        out.update(dump_models(prefix, condition))
    return out


found = []
with contextlib.redirect_stdout(sys.stderr):
    for uri, prefix in zip(sys.argv[1::2], sys.argv[2::2]):
        mlflow.set_tracking_uri(uri)
        client = MlflowClient(uri)
        found.append(dump(prefix))
json.dump(found, sys.stdout, sort_keys=True)
