"""Logs and registers a scikit-learn model with a client that knows nothing of Slipway, and tells what came of it as JSON."""

import json
import sys
from pathlib import Path

import mlflow
import pandas
from mlflow import MlflowClient
from sklearn.linear_model import LogisticRegression

# Those of test/interop/mlflow-serve, whose environment serves this model, too.
REQUIREMENTS = [
    line.strip()
    for line in (Path(__file__).parents[2] / "frameworks/requirements.in").read_text().splitlines()
    if line.strip() and not line.startswith("#")
]
frame = pandas.DataFrame({"age": [20.0, 30.0, 40.0, 50.0] * 8, "visits": [1.0, 4.0, 2.0, 9.0] * 8})
target = (frame["age"] > 35).astype(int)


def train(step: int) -> str:
    """Logs a model and registers it. Returns the id of its run."""
    with mlflow.start_run() as run:
        mlflow.log_param("C", step)
        mlflow.log_input(mlflow.data.from_pandas(frame, name="visitors"), context="training")
        mlflow.set_tag("mlflow.source.git.commit", "c0ffee%d" % step)
        model = LogisticRegression(C=step).fit(frame, target)
        mlflow.sklearn.log_model(
            model,
            name="model",
            registered_model_name="Visitors",
            input_example=frame.head(3),
            pip_requirements=REQUIREMENTS,
        )
    return run.info.run_id


mlflow.set_tracking_uri(sys.argv[1])
mlflow.set_experiment("visitors")
runs = [train(1), train(2)]
client = MlflowClient()
client.set_registered_model_alias("Visitors", "best", "1")
loaded = mlflow.pyfunc.load_model("models:/Visitors@best").predict(frame.head(2))
client.transition_model_version_stage("Visitors", "2", "Production")
copied = client.copy_model_version("models:/Visitors/2", "visitors-live")
client.set_model_version_tag("Visitors", "1", "reviewed", "yes")
client.update_model_version("Visitors", "1", description="the first one")
found = client.search_model_versions("name = 'Visitors' AND tags.reviewed = 'yes'")
print(
    json.dumps(
        {
            "runs": runs,
            "loaded": [int(label) for label in loaded],
            "latest": client.get_latest_versions("Visitors", ["Production"])[0].version,
            "copied": [copied.name, copied.version, copied.run_id],
            "found": [[version.version, version.description] for version in found],
            "models": [model.name for model in client.search_registered_models()],
            "by_alias": client.get_model_version_by_alias("Visitors", "best").version,
        }
    )
)
