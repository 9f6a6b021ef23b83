"""`slipway.record`: from a fitted model and some rows to a folder that `slipway deploy` takes as it is."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional, Sequence, Union

import numpy as np

from .adapt import to_model_table
from .answers import answer_rows, differences
from .checks import check_device, check_distributions, check_paths
from .choose_rows import choose_rows, sample_rows
from .distributions import Installed
from .errors import RecordError
from .files import input_lines, to_target, write_examples, write_sample
from .findings import Findings
from .formats import Format, Request, find_format
from .frame_client import Opening
from .fresh import Question, can_run_fresh
from .local_code import Included, copy_included, imports_of, local_modules, texts_of, to_included, with_imports
from .pickles import PickleFacts, facts_of
from .place import MARK, Place, move_into, to_place
from .provenance import find_commit, now
from .requirements import Needed, find_needed, write_requirements
from .result import Recording, list_files
from .table import Table, take_rows
from .try_out import Trial, require_parity, try_out
from .yaml_text import Block, yaml_text


def record(
    model: Any,
    X: Any,
    path: Union[str, "os.PathLike[str]", None] = None,
    *,
    name: Optional[str] = None,
    y: Any = None,
    predict: Optional[Callable[[Any, Any], Any]] = None,
    columns: Optional[Sequence[str]] = None,
    examples: int = 20,
    sample: int = 10_000,
    requirements: Union[Sequence[str], str, None] = None,
    include: Sequence[Any] = (),
    variables: Optional[Mapping[str, str]] = None,
    secrets: Sequence[str] = (),
    data: Optional[str] = None,
    format: Optional[str] = None,
    ranges: bool = False,
    overwrite: bool = False,
    verify: bool = True,
) -> Recording:
    """Writes one folder with the model and all that it takes to serve it: `slipway deploy FOLDER`.

    model         a fitted estimator, a booster, a network, or a function of rows
    X             rows as the model takes them, best those it was trained on: DataFrame, array, or list of texts
    path          the folder; ./NAME unless given
    name          of the model; the folder's unless given
    y             what was to be learnt: one more column of the training sample
    predict       a function of (model, rows) where `model.predict` is not what should be served
    columns       names for the columns of an array
    examples      rows that are kept with what the model answers here; every server has to give these answers
    sample        rows of X that are kept as a training sample; 0 leaves it out
    requirements  lines of a requirements file, or its path, instead of what is installed here
    include       modules of your own that the model needs (the modules, or paths of files and folders)
    variables     environment variables that the model reads, with their values
    secrets       names of variables whose values only the server knows
    data          a remark on what the model was trained on
    format        "skops" keeps a scikit-learn model without a pickle
    ranges        refuse numbers beyond those of X
    overwrite     replace a folder that was recorded before
    verify        run it in a new process and compare; what differs raises

    @raises RecordError with what happened and what to do. Nothing is left of the folder then.
    """
    findings = Findings()
    place = to_place(path, name, model, overwrite)
    options = _Options(
        *(
            examples,
            sample,
            requirements,
            to_included(include),
            dict(variables or {}),
            tuple(secrets),
            data,
            ranges,
            verify,
        )
    )
    table, X = to_model_table(model, X, columns, findings)
    check_device(model, findings)
    kept = find_format(Request(model, table, predict, _wants_skops(format), findings))
    # Beside its place, so that it is moved there in one step.
    place.path.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f".{place.path.name[:50]}-", dir=str(place.path.parent)))
    try:
        recording = _write(folder, _Subject(place, table, X, y, kept), options, findings)
        move_into(folder, place.path)
    finally:
        shutil.rmtree(str(folder), ignore_errors=True)
    return recording


class _Options(NamedTuple):
    examples: int
    sample: int
    requirements: Union[Sequence[str], str, None]
    included: List[Included]
    variables: Dict[str, str]
    secrets: Sequence[str]
    data: Optional[str]
    ranges: bool
    verify: bool


class _Subject(NamedTuple):
    place: Place
    table: Table
    X: Any
    y: Any
    kept: Format


def _write(folder: Path, subject: _Subject, options: _Options, findings: Findings) -> Recording:
    place, table, X, y, kept = subject
    rows = choose_rows(table, max(1, options.examples))
    chosen = take_rows(X, rows)
    outputs = answer_rows(kept.answer, chosen, len(rows))
    again = answer_rows(kept.answer, chosen, len(rows))
    _check_repeats(outputs, again, options.verify, findings)
    kept.save(folder)
    copy_included(options.included, folder)
    installed = Installed()
    facts = _look_at(kept, options.included, installed, findings)
    modules = try_out(
        Question(
            Opening(str(folder.resolve()), {"flavor": kept.flavor, "path": kept.path, "options": {}}),
            table,
            rows,
            {**options.variables, **_values_of(options.secrets)},
        ),
        outputs,
        Trial(options.verify, installed, findings),
    )
    needed = find_needed(modules or facts.modules, installed, kept.flavor, table)
    check_distributions(needed.pinned, findings)
    write_requirements(folder / "requirements.txt", needed, options.requirements)
    count = write_examples(folder / "examples.json", table, rows, outputs, findings)
    sampled = sample_rows(table.rows, options.sample)
    reference = None
    if sampled:
        reference = write_sample(folder, table, sampled, to_target(y, table, findings))
    manifest = _to_manifest(subject, options, needed, reference)
    (folder / "slipway.yaml").write_text(yaml_text(manifest, [f"{MARK} ({now()})."]), encoding="utf-8")
    return Recording(
        path=place.path,
        name=place.name,
        flavor=kept.flavor,
        files=list_files(folder),
        examples=count,
        sample=len(sampled),
        outputs=tuple(outputs),
        verified=options.verify and can_run_fresh(),
        warnings=tuple(findings),
    )


def _check_repeats(once: Dict[str, np.ndarray], again: Dict[str, np.ndarray], verify: bool, findings: Findings) -> None:
    """@raises RecordError for answers that no server could prove"""
    what = "The model answers the same rows differently when it is asked twice"
    advice = "Give it a fixed random_state, or take out what draws numbers or reads the clock when it predicts."
    found = differences(once, again)
    if verify:
        require_parity(found, what, advice)
    if found:
        findings.add("not_deterministic", what + ", so no server will give its examples.", advice)
    # Threads of a forest add in any order: the last digits say nothing.
    elif differences(once, again, share=0.01):
        findings.add("not_deterministic", what + ", by less than a server allows.", advice)


def _look_at(kept: Format, included: List[Included], installed: Installed, findings: Findings) -> PickleFacts:
    """What the pickle says of the code and the files that the model needs."""
    facts = PickleFacts(set(), [], []) if kept.pickled is None else facts_of(kept.pickled, kept.by_value)
    check_paths(facts.strings, "The model", findings)
    for file, texts in texts_of([each.source for each in included]).items():
        check_paths(texts, file, findings)
    names = {each.name.split(".")[0] for each in included}
    sources = [each.source for each in included]
    local = set(local_modules(facts.modules | imports_of(sources), installed)) - names
    missing = [module for module in with_imports(local, installed) if module not in names]
    if missing:
        findings.add(
            "local_module",
            "The model needs {} of this project, which {} not packaged.".format(
                " and ".join(missing), "is" if len(missing) == 1 else "are"
            ),
            "Pass include=[{}].".format(", ".join(missing)),
        )
    return facts


def _to_manifest(subject: _Subject, options: _Options, needed: Needed, reference: Optional[str]) -> Dict[str, Any]:
    place, table, _, _, kept = subject
    environment: Dict[str, Any] = {
        "python": "{}.{}".format(*sys.version_info[:2]),
        "requirements": "requirements.txt",
    }
    if options.variables:
        environment["variables"] = options.variables
    if options.secrets:
        environment["secrets"] = list(options.secrets)
    commit = find_commit()
    training: Dict[str, Any] = {"at": now()}
    if options.data is not None:
        training["data"] = options.data
    if commit is not None:
        training["commit"] = commit
    if reference is not None:
        training["reference"] = reference
    training["packages"] = Block({one.name: one.version for one in needed.pinned})
    return {
        "slipway": 1,
        "name": place.name,
        "model": {
            "path": kept.path,
            "flavor": kept.flavor,
            "environment": environment,
            "inputs": input_lines(table, options.ranges),
            "examples": "examples.json",
            "training": training,
        },
    }


def _wants_skops(format: Optional[str]) -> bool:
    if format not in (None, "skops"):
        raise RecordError(f'format={format!r} is unknown. Leave it out, or say "skops".')
    return format == "skops"


def _values_of(secrets: Sequence[str]) -> Dict[str, str]:
    absent = [name for name in secrets if name not in os.environ]
    if absent:
        raise RecordError(
            "secrets= names {}, which is not set here, so the model cannot be tried out. Set it in os.environ.".format(
                ", ".join(absent)
            )
        )
    return {name: os.environ[name] for name in secrets}
