"""The client of one Slipway server, as ``mlflow.deployments`` wants it."""

import json
import time
import urllib.parse
from typing import Any, Dict, List, Mapping, Optional

from mlflow.deployments import BaseDeploymentClient, PredictionsResponse
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import INTERNAL_ERROR, RESOURCE_ALREADY_EXISTS, RESOURCE_DOES_NOT_EXIST

from .inputs import to_scoring_body
from .transport import Refused, Transport, address_of

_SECTIONS = ("serve", "log", "labels")
_DEPLOY_SETTINGS = ("message", "allow_breaking", "runtime")
_POLL_SECONDS = 0.2


class SlipwayDeploymentClient(BaseDeploymentClient):
    """Deployments are endpoints of Slipway; each serves one version. ``target_help`` says what ``config`` may hold."""

    def __init__(self, target_uri: str) -> None:
        super().__init__(target_uri)
        self._server = Transport(address_of(target_uri))

    def create_deployment(
        self,
        name: str,
        model_uri: str,
        flavor: Optional[str] = None,
        config: Optional[Mapping[str, Any]] = None,
        endpoint: Optional[str] = None,
    ) -> Dict[str, Any]:
        """Serves a model under a name that serves nothing yet; returns when it serves."""
        _same(name, endpoint)
        found = self._find(name)
        if found is not None and found["target"] is not None:
            raise MlflowException(
                "There is a deployment %r already; update_deployment changes what it serves." % name,
                error_code=RESOURCE_ALREADY_EXISTS,
            )
        self._deploy(name, model_uri, flavor, _parse(config))
        return self.get_deployment(name)

    def update_deployment(
        self,
        name: str,
        model_uri: Optional[str] = None,
        flavor: Optional[str] = None,
        config: Optional[Mapping[str, Any]] = None,
        endpoint: Optional[str] = None,
    ) -> Dict[str, Any]:
        """Serves another model, or by other settings; what serves now goes on until the new one does."""
        _same(name, endpoint)
        self.get_deployment(name)
        settings = _parse(config)
        if model_uri is not None:
            self._deploy(name, model_uri, flavor, settings)
        elif any(section in settings for section in _SECTIONS):
            self._apply(name, settings)
        else:
            raise MlflowException.invalid_parameter_value(
                "There is nothing to change: give model_uri, or config with %s." % ", ".join(_SECTIONS)
            )
        return self.get_deployment(name)

    def delete_deployment(
        self, name: str, config: Optional[Mapping[str, Any]] = None, endpoint: Optional[str] = None
    ) -> None:
        """Takes it out of service; versions and predictions stay. Nothing happens where there is none."""
        _same(name, endpoint)
        try:
            self._server.ask("DELETE", _path(name))
        except Refused as error:
            if error.slipway_code != "endpoint_not_found":
                raise

    def list_deployments(self, endpoint: Optional[str] = None) -> List[Dict[str, Any]]:
        """Endpoints that serve a version."""
        every = [_view(each) for each in self._server.items("/api/v1/endpoints") if each["target"] is not None]
        return [each for each in every if endpoint is None or each["name"] == endpoint]

    def get_deployment(self, name: str, endpoint: Optional[str] = None) -> Dict[str, Any]:
        """What serves under the name."""
        _same(name, endpoint)
        found = self._find(name)
        if found is not None and found["target"] is not None:
            return _view(found)
        raise MlflowException("There is no deployment %r." % name, error_code=RESOURCE_DOES_NOT_EXIST)

    def predict(
        self, deployment_name: Optional[str] = None, inputs: Any = None, endpoint: Optional[str] = None
    ) -> PredictionsResponse:
        """Predictions for a DataFrame, arrays, lists, or a body of the scoring protocol."""
        name = deployment_name or endpoint
        if name is None:
            raise MlflowException.invalid_parameter_value("Name the deployment to predict with.")
        _same(name, endpoint)
        path = "/endpoints/%s/invocations" % urllib.parse.quote(name, safe="")
        return PredictionsResponse.from_json(self._server.text("POST", path, to_scoring_body(inputs)))

    def create_endpoint(self, name: str, config: Optional[Mapping[str, Any]] = None) -> Dict[str, Any]:
        """Refused: an endpoint comes with its first deployment."""
        raise MlflowException.invalid_parameter_value(
            "An endpoint of Slipway comes with its first deployment: create_deployment(%r, model_uri)." % name
        )

    def update_endpoint(self, endpoint: str, config: Optional[Mapping[str, Any]] = None) -> Dict[str, Any]:
        """Changes the sections of slipway.yaml that ``config`` has: serve, log, labels."""
        self.update_deployment(endpoint, config=config)
        return self.get_endpoint(endpoint)

    def delete_endpoint(self, endpoint: str) -> None:
        """The same as ``delete_deployment``."""
        self.delete_deployment(endpoint)

    def list_endpoints(self) -> List[Dict[str, Any]]:
        """All endpoints, also those that serve nothing now."""
        return [_view(each) for each in self._server.items("/api/v1/endpoints")]

    def get_endpoint(self, endpoint: str) -> Dict[str, Any]:
        """An endpoint, also one that serves nothing now."""
        found = self._find(endpoint)
        if found is None:
            raise MlflowException("There is no endpoint %r." % endpoint, error_code=RESOURCE_DOES_NOT_EXIST)
        return _view(found)

    def _find(self, name: str) -> Optional[Dict[str, Any]]:
        try:
            found: Dict[str, Any] = self._server.ask("GET", _path(name))
            return found
        except Refused as error:
            if error.slipway_code == "endpoint_not_found":
                return None
            raise

    def _deploy(self, name: str, model_uri: str, flavor: Optional[str], settings: Dict[str, Any]) -> None:
        order: Dict[str, Any] = {"source": model_uri, "endpoint": name}
        if model_uri.startswith(("runs:", "models:/m-")):
            order["name"] = settings.get("model", name)
        order.update({key: settings[key] for key in _DEPLOY_SETTINGS if key in settings})
        if flavor is not None:
            order["flavor"] = flavor
        if any(section in settings for section in _SECTIONS):
            order["manifest"] = _manifest(name, settings)
        self._wait(self._server.ask("POST", "/api/v1/deployments", order))

    def _apply(self, name: str, settings: Dict[str, Any]) -> None:
        body: Dict[str, Any] = {"manifest": _manifest(name, settings)}
        if "message" in settings:
            body["message"] = settings["message"]
        self._server.ask("PUT", _path(name), body)

    def _wait(self, operation: Dict[str, Any]) -> None:
        while operation["state"] in ("queued", "running"):
            time.sleep(_POLL_SECONDS)
            operation = self._server.ask("GET", "/api/v1/operations/%s" % operation["id"])
        if operation["state"] != "succeeded":
            error = operation["error"] or {"code": operation["state"], "message": "It was %s." % operation["state"]}
            raise Refused(error["message"], INTERNAL_ERROR, error["code"])


def _manifest(name: str, settings: Mapping[str, Any]) -> Dict[str, Any]:
    """slipway.yaml with the sections of the settings."""
    return {"slipway": 1, "name": name, **{key: settings[key] for key in _SECTIONS if key in settings}}


def _path(name: str) -> str:
    return "/api/v1/endpoints/%s" % urllib.parse.quote(name, safe="")


def _same(name: str, endpoint: Optional[str]) -> None:
    if endpoint is not None and endpoint != name:
        raise MlflowException.invalid_parameter_value(
            "A deployment of Slipway is an endpoint: it cannot be %r below %r." % (name, endpoint)
        )


def _parse(config: Optional[Mapping[str, Any]]) -> Dict[str, Any]:
    """Values of the command line are text: JSON where they are no plain words."""
    settings = {}
    for key, value in (config or {}).items():
        if key not in _SECTIONS + _DEPLOY_SETTINGS + ("model",):
            known = ", ".join(_DEPLOY_SETTINGS + ("model",) + _SECTIONS)
            raise MlflowException.invalid_parameter_value("There is no config %r; there are: %s." % (key, known))
        if isinstance(value, str) and key not in ("message", "runtime", "model"):
            try:
                value = json.loads(value)
            except ValueError:
                raise MlflowException.invalid_parameter_value("Config %s is no JSON: %r" % (key, value)) from None
        settings[key] = value
    return settings


def _view(endpoint: Mapping[str, Any]) -> Dict[str, Any]:
    """An endpoint with what MLflow's users look for beside it."""
    target = endpoint["target"]
    served = {} if target is None else {"model_uri": "models:/%s/%d" % (target["model"], target["version"])}
    return {**endpoint, **served}
