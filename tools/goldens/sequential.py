"""Asks confseq and gbstats what packages/statistics/src/sequential must say, for src/testing/sequential.jsonl.

    uv venv --python 3.10 && uv pip install confseq==0.0.11 gbstats==0.8.0 numpy pandas
    pip download confseq==0.0.11 --no-binary :all: --no-deps     # its demo/ate_data.csv (MIT) is in the source archive
    python tools/goldens/sequential.py PATH/TO/ate_data.csv
"""
import json
import math
import sys
from pathlib import Path

sys.path.pop(0)  # A neighbour here is called like a module of the standard library.

import numpy as np
import pandas as pd
from confseq import boundaries, quantiles
from confseq.predmix import predmix_empbern_twosided_cs
from gbstats.frequentist.tests import SequentialConfig, SequentialTwoSidedTTest
from gbstats.models.statistics import ProportionStatistic, SampleMeanStatistic

OUT = Path(__file__).resolve().parents[2] / "packages/statistics/src/testing/sequential.jsonl"
lines = []


def say(kind, inputs, out):
    def plain(value):
        if isinstance(value, (list, tuple, np.ndarray)):
            return [plain(part) for part in value]
        if isinstance(value, (float, np.floating)):
            value = float(value)
            return value if math.isfinite(value) else str(value)
        return value.item() if isinstance(value, np.integer) else value

    lines.append(json.dumps({"kind": kind, "in": inputs, "out": plain(out)}, allow_nan=False))


MIXTURES = [
    ("normal", {"sides": 2}, (), lambda f: {"is_one_sided": False}),
    ("normal", {"sides": 1}, (), lambda f: {"is_one_sided": True}),
    ("gamma_exponential", {"scale": 0.5}, (0.5,), lambda f: {}),
    ("gamma_exponential", {"scale": 3}, (3,), lambda f: {}),
    ("gamma_poisson", {"scale": 0.5}, (0.5,), lambda f: {}),
    ("gamma_poisson", {"scale": 3}, (3,), lambda f: {}),
    ("beta_binomial", {"below": 0.02, "above": 0.98, "sides": 2}, (0.02, 0.98), lambda f: {"is_one_sided": False}),
    ("beta_binomial", {"below": 0.7, "above": 0.3, "sides": 1}, (0.7, 0.3), lambda f: {"is_one_sided": True}),
]
for name, own, extra, flags in MIXTURES:
    log_mixture = getattr(boundaries, f"{name}_log_mixture")
    bound = getattr(boundaries, f"{name}_mixture_bound")
    for v_opt in (10, 1000):
        for v in (2, 50, 5000):
            options = {**own, "vOpt": v_opt, "alpha": 0.02}
            for factor in (0.5, 2, 5):
                s = factor * math.sqrt(v)
                # A sum of bounded values has a largest value.
                if "below" in own and s > 0.9 * v / own["below"]:
                    continue
                found = log_mixture(s, v, v_opt, *extra, alpha_opt=0.02, **flags(0))
                say("mixture", {"name": name, "options": options, "s": s, "v": v}, float(found))
            say(
                "mixture-bound",
                {"name": name, "options": options, "v": v, "alpha": 0.01},
                float(bound(v, 0.01, v_opt, *extra, alpha_opt=0.02, **flags(0))),
            )

for v in (3, 200, 1e6):
    for scale in (-2, 0, 5):
        say("polynomial", {"v": v, "alpha": 0.03, "vMin": 7, "scale": scale}, boundaries.poly_stitching_bound(v, 0.03, 7, scale))
for t in (50, 5000, 1_000_000):
    for A in (0.8, 1.2):
        say("empirical-process", {"t": t, "alpha": 0.02, "tMin": 20, "A": A}, quantiles.empirical_process_lil_bound(t, 0.02, 20, A))
    for p in (0.01, 0.5, 0.99):
        say("double-stitching", {"p": p, "t": t, "alpha": 0.02, "tOpt": 200}, quantiles.double_stitching_bound(p, t, 0.02, 200))

for trials in (20, 3000, 200_000):
    for share in (0, 0.002, 0.1, 0.5, 0.97, 1):
        hits = round(share * trials)
        for t_opt in (50, 20_000):
            say(
                "bernoulli",
                {"hits": hits, "trials": trials, "alpha": 0.02, "tOpt": t_opt},
                boundaries.bernoulli_confidence_interval(hits, trials, 0.02, t_opt),
            )

for n, m in ((40, 300), (500, 500), (2000, 900)):
    for shift in (0, 0.1, 0.4):
        for rounded in (False, True):
            u = lambda k, start: np.array([(start + (i + 1) * 0.6180339887498949) % 1 for i in range(k)])
            a, b = u(n, 0), u(m, 0.3) + shift
            if rounded:
                a, b = np.round(a * 8) / 8, np.round(b * 8) / 8
            for p in (0.5, 0.9):
                say(
                    "quantile-test",
                    {"n": n, "m": m, "shift": shift, "rounded": rounded, "quantile": p, "tOpt": 300},
                    quantiles.quantile_ab_p_value(a, b, p, 300),
                )

x = np.array([((i + 1) * 0.6180339887498949) % 1 for i in range(400)]) ** 3
lower, upper = predmix_empbern_twosided_cs(x, alpha=0.02)
say("bounded", {"alpha": 0.02, "at": [10, 50, 400]}, [[lower[i - 1], upper[i - 1]] for i in (10, 50, 400)])

MEANS = [(100, 52.5, 40.2), (3000, 1396.87, 52377.9767), (50_000, 5100, 5900.5)]
SHARES = [(100, 12), (3000, 1396), (250_000, 2600)]


def arms(kind):
    if kind == "mean":
        return [(dict(n=n, sum=s, squares=q), SampleMeanStatistic(n=n, sum=s, sum_squares=q)) for n, s, q in MEANS]
    return [(dict(n=n, hits=h), ProportionStatistic(n=n, sum=h)) for n, h in SHARES]


for kind in ("mean", "share"):
    for a, stat_a in arms(kind):
        for b, stat_b in arms(kind):
            for difference in ("relative", "absolute"):
                config = SequentialConfig(difference_type=difference, alpha=0.02, sequential_tuning_parameter=2000)
                test = SequentialTwoSidedTTest(stat_a, stat_b, config)
                say(
                    "growthbook",
                    {"kind": kind, "a": a, "b": b, "difference": difference, "alpha": 0.02, "tuning": 2000},
                    [test.point_estimate, math.sqrt(test.variance), *test.confidence_interval, test.p_value],
                )

data = pd.read_csv(sys.argv[1])
say(
    "treatment",
    {"outcomes": "".join(str(y) for y in data["y"]), "treated": "".join(str(z) for z in data["treatment"])},
    [
        [int(row.t), row.point_estimate, row.lower_confidence_bound, row.upper_confidence_bound, row.p_value]
        for row in data.itertuples()
        if row.t < 60 or row.t % 20 == 0 or row.t >= 999
    ],
)
OUT.write_text("\n".join(lines) + "\n")
print(len(lines), OUT)
