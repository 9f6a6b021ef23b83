"""The target of mlflow.deployments, found as an installed package is, against a server: argv is its address."""

import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
url = sys.argv[1]
os.environ["MLFLOW_TRACKING_URI"] = url

import mlflow  # noqa: E402
import numpy as np  # noqa: E402
import onnx  # noqa: E402
import pandas as pd  # noqa: E402
from mlflow.deployments import get_deploy_client  # noqa: E402
from mlflow.entities.webhook import WebhookEvent  # noqa: E402
from mlflow.exceptions import MlflowException  # noqa: E402
from onnx import TensorProto, helper  # noqa: E402

from checks import refused, run_checks  # noqa: E402


def scaled(by):
    """y = x * by, of one matrix with two columns."""
    value = helper.make_tensor("by", TensorProto.FLOAT, [1], [by])
    graph = helper.make_graph(
        [helper.make_node("Mul", ["x", "by"], ["y"])],
        "scaled",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, 2])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, 2])],
        [value],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


rows = np.array([[1, 2], [3, 4]], dtype=np.float32)
mlflow.set_experiment("deployments")
registry = mlflow.MlflowClient()
registry.create_registered_model("scaled")
with mlflow.start_run() as run, tempfile.TemporaryDirectory() as folder:
    # Files that need no Python to run: this is about the target, not about flavors.
    for by in (2, 3):
        path = os.path.join(folder, "model.onnx")
        onnx.save(scaled(float(by)), path)
        mlflow.log_artifact(path, "by-%d" % by)
        registry.create_model_version("scaled", "%s/by-%d" % (run.info.artifact_uri, by), run.info.run_id)
registry.set_registered_model_alias("scaled", "champion", 1)
client = get_deploy_client("slipway:" + url)


def answers(name, inputs=rows):
    return np.array(client.predict(name, inputs)["predictions"]["y"])


def check_deploy_by_alias():
    made = client.create_deployment("one", "models:/scaled@champion", config={"message": "the first"})
    assert made["name"] == "one" and made["model_uri"] == "models:/scaled/1", made
    assert np.array_equal(answers("one"), rows * 2)
    assert np.array_equal(answers("one", rows.tolist()), rows * 2)
    assert np.array_equal(answers("one", {"instances": rows}), rows * 2)
    refused(lambda: client.create_deployment("one", "models:/scaled/2"), MlflowException, "already")


def check_update():
    client.update_deployment("one", "models:/scaled/2", config={"serve": '{"timeout": "7s"}'})
    assert np.array_equal(answers("one"), rows * 3)
    client.update_endpoint("one", {"serve": {"timeout": "9s"}})
    assert client.get_endpoint("one")["serve"]["timeout_ms"] == 9000
    assert client.get_deployment("one")["model_uri"] == "models:/scaled/2"
    refused(lambda: client.update_deployment("one"), MlflowException, "nothing to change")
    refused(lambda: client.update_deployment("one", config={"colour": 1}), MlflowException, "colour", "allow_breaking")
    refused(lambda: client.update_deployment("none", "models:/scaled/1"), MlflowException, "none")


def check_deploy_a_run():
    made = client.create_deployment("of-a-run", "runs:/%s/by-3" % run.info.run_id)
    assert made["model_uri"] == "models:/of-a-run/1", made
    assert np.array_equal(answers("of-a-run"), rows * 3)


def check_errors_say_why():
    error = refused(lambda: client.create_deployment("two", "models:/nothing/1"), MlflowException, "nothing")
    assert error.error_code == "RESOURCE_DOES_NOT_EXIST", error.error_code
    refused(lambda: client.predict("two", rows), MlflowException, "two")
    refused(lambda: client.predict("one", {"inputs": "text"}), MlflowException)
    refused(lambda: client.get_deployment("two"), MlflowException, "two")
    refused(lambda: client.create_endpoint("two"), MlflowException, "create_deployment")
    refused(lambda: client.create_deployment("a", "models:/scaled/1", endpoint="b"), MlflowException, "endpoint")
    silent = get_deploy_client("slipway:http://127.0.0.1:9")
    refused(silent.list_deployments, MlflowException, "127.0.0.1:9", "Is the server up?")
    refused(lambda: get_deploy_client("slipway:nowhere"), MlflowException, "names no server")


def check_find_the_server():
    for target in ("slipway", "slipway://" + url[len("http://") :]):
        assert any(each["name"] == "one" for each in get_deploy_client(target).list_deployments()), target
    from mlflow.deployments import run_local
    from slipway.deployments import target_help

    assert "models:/NAME@ALIAS" in target_help()
    run_local("slipway:" + url, "local", "models:/scaled/1")
    assert np.array_equal(answers("local", pd.DataFrame(rows, columns=["a", "b"]).to_numpy()), rows * 2)


def check_delete():
    names = {each["name"] for each in client.list_deployments()}
    assert {"one", "of-a-run"} <= names, names
    client.delete_deployment("one")
    client.delete_deployment("one")
    assert "one" not in {each["name"] for each in client.list_deployments()}
    made = client.create_deployment("one", "models:/scaled/1")
    assert made["model_uri"] == "models:/scaled/1"


def check_webhooks_of_the_same_client():
    events = [WebhookEvent("model_version", "created"), WebhookEvent("model_version_alias", "deleted")]
    made = registry.create_webhook("ci", "https://93.184.215.14/hook", events, description="tells CI", secret="hush")
    assert made.name == "ci" and made.events == events and made.secret is None, made
    assert registry.get_webhook(made.webhook_id).url == made.url
    changed = registry.update_webhook(made.webhook_id, status="DISABLED", events=events[:1])
    assert changed.status == "DISABLED" and changed.events == events[:1] and changed.description == "tells CI"
    other = registry.create_webhook("other", "https://93.184.215.14/", events)
    page = registry.list_webhooks(max_results=1)
    assert [each.webhook_id for each in page] == [other.webhook_id], page
    rest = registry.list_webhooks(max_results=1, page_token=page.token)
    assert [each.webhook_id for each in rest] == [made.webhook_id] and not rest.token, rest
    registry.delete_webhook(made.webhook_id)
    refused(lambda: registry.get_webhook(made.webhook_id), MlflowException, "not found")
    refused(lambda: registry.create_webhook("a b", "https://93.184.215.14/", events), MlflowException, "invalid")
    refused(lambda: registry.create_webhook("a", "https://10.0.0.1/", events), MlflowException, "public")
    refused(lambda: registry.test_webhook(made.webhook_id), MlflowException, "not found")


run_checks(globals())
