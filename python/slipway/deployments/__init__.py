"""The target ``slipway`` of ``mlflow.deployments``: models that Slipway has tracked, served by the same server.

    from mlflow.deployments import get_deploy_client

    client = get_deploy_client("slipway:http://127.0.0.1:8080")
    client.create_deployment("flight-delay", "models:/flight-delay@champion")
    client.predict("flight-delay", [[12.0, 800.0]])
"""

from typing import Any, Dict, Optional

from .client import SlipwayDeploymentClient

__all__ = ["SlipwayDeploymentClient", "run_local", "target_help"]


def run_local(
    name: str, model_uri: str, flavor: Optional[str] = None, config: Optional[Dict[str, Any]] = None
) -> None:
    """Deploys as ``create_deployment`` does, to the server that the environment names, else the one on this machine."""
    SlipwayDeploymentClient("slipway").create_deployment(name, model_uri, flavor, config)


def target_help() -> str:
    """What ``mlflow deployments help -t slipway`` prints."""
    return """\
Target: slipway, or slipway:http://HOST:PORT

Without an address it is SLIPWAY_URL, else MLFLOW_TRACKING_URI where that is one of http(s), else http://127.0.0.1:8080.
A token is taken from SLIPWAY_TOKEN or MLFLOW_TRACKING_TOKEN, or from MLFLOW_TRACKING_USERNAME and
MLFLOW_TRACKING_PASSWORD.

A deployment is an endpoint of Slipway: NAME is the endpoint, and it serves one version. Model URIs are those of the
tracking server: models:/NAME/VERSION, models:/NAME@ALIAS, models:/m-ID, runs:/ID/PATH. create_deployment and
update_deployment wait until the version serves: it has been opened, has answered its examples and got past the gates.

Config of create_deployment and update_deployment (on the command line: -C KEY=VALUE, VALUE as JSON):
  message         why, as it stands in the history
  allow_breaking  also where the signature breaks those who call the endpoint now
  model           of runs:/ and models:/m-: the model that gets a version (by default NAME)
  runtime         auto, python or onnx
  serve, log, labels
                  these sections of slipway.yaml; what is left out stays

Endpoints: an endpoint of Slipway comes with its first deployment, so create_endpoint is refused; update_endpoint takes
the sections above.
"""
