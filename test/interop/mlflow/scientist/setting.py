"""What all scripts of the data scientist begin with: an unmodified MLflow client of version 2 or 3 and a server's address."""

import importlib.util
import os
import sys
import tempfile
import uuid
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent.parent))
sys.dont_write_bytecode = True
warnings.filterwarnings("ignore")

URL = sys.argv[1] if len(sys.argv) > 1 else ""
os.environ.update(
    MLFLOW_TRACKING_URI=URL,
    MLFLOW_DISABLE_TELEMETRY="true",
    DO_NOT_TRACK="true",
    GIT_PYTHON_REFRESH="quiet",
    MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR="false",
    # An endpoint that answers 5xx is a mistake here: no minutes of backoff.
    MLFLOW_HTTP_REQUEST_MAX_RETRIES="1",
    # Autologging would try each model in a process of its own to see what it imports.
    MLFLOW_REQUIREMENTS_INFERENCE_TIMEOUT="1",
    MLFLOW_RECORD_ENV_VARS_IN_MODEL_LOGGING="false",
)

import logging  # noqa: E402

import mlflow  # noqa: E402
from mlflow import MlflowClient  # noqa: E402
from mlflow.exceptions import MlflowException, RestException  # noqa: E402

logging.disable(logging.WARNING)

V3 = int(mlflow.__version__.split(".")[0]) >= 3
# So that the same server can be asked again.
MARK = uuid.uuid4().hex[:6]
FOLDER = Path(tempfile.mkdtemp(prefix="slipway-scientist-"))
os.chdir(FOLDER)


def client() -> MlflowClient:
    return MlflowClient(URL)


def experiment(name: str) -> str:
    """A new experiment, which is the active one now; its id."""
    return mlflow.set_experiment(f"{name} {MARK}").experiment_id


def has(package: str) -> bool:
    return importlib.util.find_spec(package) is not None


def write(name: str, content: "str | bytes") -> Path:
    path = FOLDER / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


__all__ = ["FOLDER", "MARK", "URL", "V3", "MlflowClient", "MlflowException", "RestException"]
__all__ += ["client", "experiment", "has", "mlflow", "write"]
