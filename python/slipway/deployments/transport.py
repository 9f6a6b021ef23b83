"""JSON over HTTP to a Slipway server."""

import base64
import json
import os
import urllib.error
import urllib.parse
import urllib.request
from typing import Any, Dict, Iterator, Mapping, Optional

from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import (
    INTERNAL_ERROR,
    INVALID_PARAMETER_VALUE,
    PERMISSION_DENIED,
    RESOURCE_ALREADY_EXISTS,
    RESOURCE_DOES_NOT_EXIST,
    TEMPORARILY_UNAVAILABLE,
    UNAUTHENTICATED,
)

_TIMEOUT = 120.0
_CODES = {
    400: INVALID_PARAMETER_VALUE,
    401: UNAUTHENTICATED,
    403: PERMISSION_DENIED,
    404: RESOURCE_DOES_NOT_EXIST,
    409: RESOURCE_ALREADY_EXISTS,
    412: INVALID_PARAMETER_VALUE,
    422: INVALID_PARAMETER_VALUE,
    503: TEMPORARILY_UNAVAILABLE,
}


class Refused(MlflowException):
    """What the server answered where it did not do what it was asked."""

    def __init__(self, message: str, code: int, slipway_code: str) -> None:
        super().__init__(message, error_code=code)
        self.slipway_code = slipway_code
        """The code of Slipway's own table, such as ``endpoint_not_found``."""


def address_of(target_uri: str) -> str:
    """The server's address of ``slipway``, ``slipway:http://HOST:PORT`` or ``slipway://HOST:PORT``."""
    rest = target_uri[len("slipway") :] if target_uri.startswith("slipway") else target_uri
    if rest.startswith("://"):
        rest = "http" + rest
    rest = rest.lstrip(":").rstrip("/")
    if rest == "":
        rest = os.environ.get("SLIPWAY_URL", "") or _tracking_address() or "http://127.0.0.1:8080"
    if urllib.parse.urlsplit(rest).scheme not in ("http", "https"):
        raise MlflowException.invalid_parameter_value(
            "%r names no server: use slipway:http://HOST:PORT, or slipway with SLIPWAY_URL." % target_uri
        )
    return rest.rstrip("/")


def _tracking_address() -> str:
    uri = os.environ.get("MLFLOW_TRACKING_URI", "")
    return uri if uri.startswith(("http://", "https://")) else ""


def _authorization() -> Dict[str, str]:
    token = os.environ.get("SLIPWAY_TOKEN") or os.environ.get("MLFLOW_TRACKING_TOKEN")
    if token:
        return {"authorization": "Bearer " + token}
    user = os.environ.get("MLFLOW_TRACKING_USERNAME", "")
    password = os.environ.get("MLFLOW_TRACKING_PASSWORD", "")
    if not user and not password:
        return {}
    pair = base64.b64encode(("%s:%s" % (user, password)).encode()).decode()
    return {"authorization": "Basic " + pair}


class Transport:
    """Requests to one server; the token is read from the environment at each."""

    def __init__(self, address: str) -> None:
        self.address = address

    def text(self, method: str, path: str, body: Optional[Mapping[str, Any]] = None) -> str:
        """The body of the answer. Raises ``Refused`` where it is an error."""
        data = None if method == "GET" else json.dumps(body or {}).encode()
        headers = {"content-type": "application/json", "accept": "application/json", **_authorization()}
        request = urllib.request.Request(self.address + path, data=data, headers=headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT) as answer:
                return answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                raise _refused(error) from None
        except (urllib.error.URLError, OSError) as error:
            reason = getattr(error, "reason", error)
            message = "There is no answer from %s: %s. Is the server up?" % (self.address, reason)
            raise Refused(message, TEMPORARILY_UNAVAILABLE, "") from error

    def ask(self, method: str, path: str, body: Optional[Mapping[str, Any]] = None) -> Any:
        """The JSON of the answer."""
        text = self.text(method, path, body)
        return json.loads(text) if text else {}

    def items(self, path: str) -> Iterator[Dict[str, Any]]:
        """All items of a list, page after page."""
        cursor = ""
        while True:
            page = self.ask("GET", "%s?limit=1000%s" % (path, cursor))
            yield from page["items"]
            if page["next"] is None:
                return
            cursor = "&cursor=" + urllib.parse.quote(page["next"])


def _refused(error: urllib.error.HTTPError) -> Refused:
    text = error.read().decode(errors="replace")
    try:
        problem = json.loads(text)
    except ValueError:
        problem = {}
    if not isinstance(problem, dict):
        problem = {}
    message = problem.get("detail") or problem.get("message") or "The server answered %d: %s" % (error.code, text[:500])
    return Refused(message, _CODES.get(error.code, INTERNAL_ERROR), str(problem.get("code", "")))
