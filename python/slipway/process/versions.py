"""Which packages a model runs with, and whether they are those of its training."""

import os
import re
import sys
import warnings
from typing import Dict, List, Optional

DISTRIBUTIONS = {
    "sklearn": "scikit-learn",
    "cv2": "opencv-python-headless",
    "PIL": "pillow",
    "yaml": "PyYAML",
    "bs4": "beautifulsoup4",
    "dateutil": "python-dateutil",
    "category_encoders": "category-encoders",
    "imblearn": "imbalanced-learn",
    "skimage": "scikit-image",
    "dotenv": "python-dotenv",
    "attr": "attrs",
    "google.protobuf": "protobuf",
    "umap": "umap-learn",
    "hdbscan": "hdbscan",
    "lifelines": "lifelines",
    "xgboost": "xgboost",
}
"""Names in the package index of modules that are called otherwise."""


_MODULES: Dict[str, List[str]] = {}
for _module, _name in DISTRIBUTIONS.items():
    _MODULES.setdefault(_name.lower(), []).append(_module)
# Distributions of one module under several names.
_MODULES.update({"mlflow-skinny": ["mlflow"], "xgboost-cpu": ["xgboost"], "tensorflow-cpu": ["tensorflow"]})


def distribution_of(module: str) -> str:
    top = module.split(".")[0]
    return DISTRIBUTIONS.get(module) or DISTRIBUTIONS.get(top) or top.replace("_", "-")


def imported_packages() -> Dict[str, str]:
    """Name and version of each distribution of which something has been imported."""
    found: Dict[str, str] = {}
    for folder in sys.path:
        try:
            entries = os.listdir(folder)
        except OSError:
            continue
        for entry in entries:
            if not entry.endswith(".dist-info"):
                continue
            name, _, version = entry[: -len(".dist-info")].rpartition("-")
            name = re.sub(r"[-_.]+", "-", name).lower()
            if name not in found and any(module in sys.modules for module in _modules_of(folder, entry, name)):
                found[name] = version
    return dict(sorted(found.items()))


def _modules_of(folder: str, entry: str, name: str) -> List[str]:
    try:
        with open(os.path.join(folder, entry, "top_level.txt"), encoding="utf-8") as file:
            return file.read().split()
    except OSError:
        return _MODULES.get(name) or [name.replace("-", "_")]


_OF_VERSION = re.compile(r"unpickle estimator .* from version (\S+) when using version (\S+?)\.? ")


def note_of_warning(warning: "warnings.WarningMessage") -> Optional[str]:
    """A sentence where the warning tells that the model was trained with another version."""
    old = _OF_VERSION.search(str(warning.message))
    if old is None:
        return None
    saved, runs = old.groups()
    message = f"The model was saved with scikit-learn {saved} and runs with {runs}: its answers may differ"
    return f"{message}. Require scikit-learn=={saved} to run it as it was trained."
