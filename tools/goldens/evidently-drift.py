"""Asks Evidently's own statistical tests about made-up columns, for packages/statistics/src/testing/evidently-made-up.jsonl.

Run in a Python 3.11 environment with evidently==0.7.21, pandas<3, from the root of the project (PYTHONHASHSEED=0: it walks over sets):

    PYTHONHASHSEED=0 python tools/goldens/evidently-drift.py
"""

import json
import math
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from evidently.legacy.calculations.stattests import get_stattest
from evidently.legacy.core import ColumnType

sys.path.insert(0, str(Path(__file__).parent))
from made_up import mulberry, sample, spec  # noqa: E402

HERE = Path(__file__).parents[2] / "packages/statistics/src/testing/evidently-made-up.jsonl"
warnings.simplefilter("ignore")

NUMBERS = [
    (spec(60, 1), spec(40, 2, 0.4)),
    (spec(900, 3), spec(300, 4)),
    (spec(1000, 5), spec(400, 6, 0.1)),
    (spec(1001, 7), spec(400, 8, 0.1)),
    (spec(1500, 9, levels=1), spec(700, 10, 0.3, 1.0, 1)),
    (spec(400, 11, 0.0, 0.4, 1), spec(500, 12, 0.0, 0.6, 1)),
    (spec(1500, 13, 0.0, 0.4, 1), spec(700, 14, 0.0, 0.6, 1)),
    (spec(300, 15, 0.3, 0.01, 1), spec(300, 16, 0.9, 0.2, 1)),
    (spec(20, 17, levels=1), spec(15, 18, levels=1)),
    (spec(100, 19, 3.0, 0.0), spec(80, 20, 3.0, 0.0)),
    (spec(12000, 21), spec(500, 22, 3.0)),
    (spec(1200, 23, levels=1), spec(300, 24, levels=10)),
]
# Shares of the levels "a", "b", ... in the two samples, and their sizes.
CATEGORIES = [
    ([0.5, 0.5], [0.3, 0.7], 50, 50),
    ([0.5, 0.5], [0.5, 0.5], 40, 60),
    ([0.9, 0.1], [0.6, 0.4], 20, 20),
    ([0.5, 0.3, 0.2], [0.2, 0.3, 0.5], 80, 80),
    ([0.5, 0.3, 0.2], [0.45, 0.3, 0.2, 0.05], 300, 200),
    ([1.0], [1.0], 30, 30),
    ([1.0], [0.0, 1.0], 30, 30),
    ([0.4, 0.3, 0.1, 0.1, 0.1], [0.4, 0.3, 0.1, 0.1, 0.1], 1200, 500),
]
OF_NUMBERS = ["ks", "wasserstein", "anderson", "cramer_von_mises", "mannw", "ed", "es", "t_test"]
OF_CATEGORIES = ["chisquare", "z", "fisher_exact", "g_test", "TVD"]
OF_BOTH = ["jensenshannon", "psi", "kl_div", "hellinger"]


def categories(shares, n, seed):
    draw, values = mulberry(seed), []
    edges = np.cumsum(shares)
    for _ in range(n):
        u = draw()
        values.append("abcdefgh"[int(sum(u >= edge for edge in edges[:-1]))])
    return values


def ask(reference, current, kind, test):
    def series(values):
        return pd.Series(values).replace([-np.inf, np.inf], np.nan).dropna()

    chosen = get_stattest(series(reference), series(current), kind, test)
    try:
        result = chosen(series(reference), series(current), kind, None)
    except Exception:
        return {"test": chosen.name, "error": True}
    score = float(result.drift_score)
    return {
        "test": chosen.name,
        "score": score if math.isfinite(score) else str(score),
        "drifted": bool(result.drifted),
        "threshold": result.actual_threshold,
    }


lines = []
for a, b in NUMBERS:
    reference, current = sample(**a), sample(**b)
    answers = [{"asked": None} | ask(reference, current, ColumnType.Numerical, None)]
    for test in OF_NUMBERS + OF_BOTH:
        answers.append({"asked": test} | ask(reference, current, ColumnType.Numerical, test))
    lines.append({"kind": "number", "a": a, "b": b, "answers": answers})
for seed, (p, q, n, m) in enumerate(CATEGORIES):
    reference, current = categories(p, n, 100 + seed), categories(q, m, 200 + seed)
    answers = [{"asked": None} | ask(reference, current, ColumnType.Categorical, None)]
    for test in OF_CATEGORIES + OF_BOTH:
        answers.append({"asked": test} | ask(reference, current, ColumnType.Categorical, test))
    text = {"a": "".join(reference), "b": "".join(current)}
    lines.append({"kind": "category", **text, "answers": answers})
HERE.write_text("\n".join(json.dumps(line) for line in lines) + "\n")
print(f"{len(lines)} columns, {HERE.stat().st_size} bytes")
