"""Which packages a model runs with, and whether they are those of its training."""

import re
import sys
import warnings
from typing import Dict, Optional

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


def distribution_of(module: str) -> str:
    top = module.split(".")[0]
    return DISTRIBUTIONS.get(module) or DISTRIBUTIONS.get(top) or top.replace("_", "-")


def imported_packages() -> Dict[str, str]:
    """Name and version of each distribution of which something has been imported."""
    try:
        from importlib import metadata
    except ImportError:
        return {}
    found = {}
    try:
        listed = list(metadata.distributions())
    except OSError:
        return {}
    for distribution in listed:
        name = distribution.metadata["Name"]
        if name and any(module in sys.modules for module in _modules_of(distribution, name)):
            found[name] = distribution.version
    return dict(sorted(found.items(), key=lambda item: item[0].lower()))


def _modules_of(distribution: object, name: str) -> "list[str]":
    text = distribution.read_text("top_level.txt")  # type: ignore[attr-defined]
    if text:
        return text.split()
    for module, package in DISTRIBUTIONS.items():
        if package.lower() == name.lower():
            return [module]
    return [name.replace("-", "_"), name.lower().replace("-", "_")]


def note_of_warning(warning: "warnings.WarningMessage") -> Optional[str]:
    """A sentence where the warning tells that the model was trained with another version."""
    text = str(warning.message)
    if warning.category.__name__ == "InconsistentVersionWarning":
        saved = getattr(warning.message, "original_sklearn_version", "another version")
        runs = getattr(warning.message, "current_sklearn_version", "this one")
        return _version_note("scikit-learn", saved, runs)
    old = re.search(r"unpickle estimator .* from version (\S+) when using version (\S+?)\.? ", text)
    return None if old is None else _version_note("scikit-learn", old.group(1), old.group(2))


def _version_note(package: str, saved: str, runs: str) -> str:
    message = f"The model was saved with {package} {saved} and runs with {runs}: its answers may differ"
    return f"{message}. Require {package}=={saved} to run it as it was trained."
