"""What can be seen, without running it elsewhere, to break or to differ there."""

from __future__ import annotations

import os
import re
from typing import Any, Iterable, List, Optional, Sequence

from .distributions import Pinned
from .findings import Findings
from .table import Table

_HOMES = re.compile(
    r"^(?:/(?:home|Users|root|mnt|tmp|data|opt|srv|var|Volumes|content|workspace)/|[A-Za-z]:[\\/]|~/|\\\\\w)\S"
)


def looks_absolute(text: str) -> bool:
    if len(text) > 1000 or "\n" in text or not _HOMES.match(text):
        return False
    # Where a function was written stands in what cloudpickle keeps of it, and is never opened.
    return not text.endswith((".py", ".ipynb")) and "ipykernel" not in text


def check_paths(texts: Iterable[str], where: str, findings: Findings) -> None:
    found = sorted({text for text in texts if looks_absolute(text)})
    if found:
        findings.add(
            "absolute_path",
            "{} names {}, a path of this machine{}.".format(
                where, found[0], "" if len(found) == 1 else f" (and {len(found) - 1} more)"
            ),
            "If it is read when the model answers, it is not there on the server: pass include=[{!r}] and open it "
            "as Path(__file__).with_name(...).".format(os.path.basename(found[0].rstrip("/\\")) or found[0]),
        )


def check_distributions(pinned: Sequence[Pinned], findings: Findings) -> None:
    for one in pinned:
        if one.origin is not None:
            findings.add(
                "not_from_index",
                "{} {} was installed from {}; a server will look for {} in its package index.".format(
                    one.name, one.version, one.origin, one.line.split(" ;")[0]
                ),
                "Publish that version where the server installs from, put its wheel into the server's wheelhouse "
                "(pip wheel), or pass "
                "include=[...] for its modules and requirements=[...] without it.",
            )
        elif "+" in one.version:
            findings.add(
                "local_version",
                f"{one.name} {one.version} is a build of its own (the part behind the +), which the usual package "
                "index does not have.",
                "Have the server use the index that it came from (--index-url), or train with {}.".format(
                    one.version.split("+")[0]
                ),
            )
        elif one.built:
            findings.add(
                "no_wheel",
                f"{one.name} {one.version} did not come as a wheel of a package index: it was built here, or by conda.",
                "Try `pip download --no-deps --only-binary :all: {}`: if there is none, put the wheel into the "
                "server's wheelhouse.".format(one.line.split(" ;")[0]),
            )


def check_order(model: Any, table: Table, findings: Findings) -> Optional[List[str]]:
    """The order of columns that fit saw, where X has the same ones in another."""
    seen = fitted_names(model)
    given = [column.name for column in table.columns]
    if seen is None or table.kind != "frame" or seen == given or set(seen) != set(given):
        return None
    findings.add(
        "column_order",
        f"X has its columns in another order than fit saw: {seen[0]} comes first there, {given[0]} here.",
        "It was recorded in the order of fit, which is what is served; names decide in a request, so callers need "
        "not care.",
    )
    return seen


def fitted_names(model: Any) -> Optional[List[str]]:
    """The columns of fit, as the libraries keep them."""
    for attribute in ("feature_names_in_", "feature_names_", "feature_name_", "feature_names", "feature_name"):
        try:
            names = getattr(model, attribute, None)
            names = names() if attribute == "feature_name" and callable(names) else names
        except Exception:  # noqa: BLE001 - a delegated property may raise anything
            continue
        if names is not None and not callable(names) and len(names) > 0:
            return [str(name) for name in names]
    return None


def check_device(model: Any, findings: Findings) -> None:
    """Settings that ask for a GPU; a torch module is looked at where it is saved."""
    try:
        parameters = model.get_params(deep=True)
    except Exception:  # noqa: BLE001 - not everything with get_params is whole
        return
    asked = [
        (name, value)
        for name, value in parameters.items()
        if name.split("__")[-1] in ("device", "device_type", "task_type", "tree_method")
        and re.match(r"(?i)cuda|gpu", str(value))
    ]
    if asked:
        findings.add(
            "gpu",
            "The model was set up for a GPU ({}={!r}).".format(*asked[0]),
            f"Where there is none it fails or is slow: model.set_params({asked[0][0]}='cpu') before recording, "
            "unless the server has one.",
        )
