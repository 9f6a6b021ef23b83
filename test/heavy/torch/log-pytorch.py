"""`log-pytorch.py URL FOLDER`: the check of the data scientist that needs PyTorch, with the MLflow whose packages are in FOLDER."""

import sys
from pathlib import Path

# Behind its own ones: PyTorch's environment takes gigabytes, a second one with MLflow would take them again.
sys.path.append(sys.argv[2])
sys.path.insert(0, str(Path(__file__).parents[2] / "interop/mlflow/scientist"))

from log_models import check_pytorch, has  # noqa: E402

from checks import run_checks  # noqa: E402


def check_torch_is_here():
    assert has("torch")


if __name__ == "__main__":
    run_checks({"check_torch_is_here": check_torch_is_here, "check_pytorch": check_pytorch})
