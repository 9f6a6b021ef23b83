"""`all_checks.py URL [MODULE...]`: the checks of the modules, or of all, by the names `MODULE.CHECK`."""

import importlib
import sys

import setting  # noqa: F401 (before MLflow is imported)

from checks import run_checks

MODULES = ["log_runs", "find_runs", "register_models", "log_models"]

if __name__ == "__main__":
    checks = {}
    for name in sys.argv[2:] or MODULES:
        module = importlib.import_module(name)
        found = {key: value for key, value in vars(module).items() if key.startswith("check_")}
        checks.update({f"check_{name}.{key.removeprefix('check_')}": value for key, value in found.items()})
    run_checks(checks)
