"""Asks SciPy, NumPy, statsmodels, mpmath and river what packages/statistics must say, for src/testing/scipy.jsonl.

Run in a Python 3.11 environment with scipy==1.17.1, numpy==2.4.6, statsmodels==0.15.0, river==0.26.1, mpmath,
from the root of the project:

    python tools/goldens/statistics.py
"""

import json
import math
import sys
import warnings
from pathlib import Path

import mpmath
import numpy as np
from river import drift
from scipy import special, stats
from scipy.spatial import distance
from statsmodels.stats.proportion import proportions_ztest

sys.path.insert(0, str(Path(__file__).parent))
from made_up import mulberry, sample, spec  # noqa: E402

HERE = Path(__file__).parents[2] / "packages/statistics/src/testing/scipy.jsonl"
warnings.simplefilter("ignore")
lines = []


def say(kind, inputs, expected):
    def plain(value):
        if isinstance(value, (list, tuple, np.ndarray)):
            return [plain(part) for part in value]
        if isinstance(value, dict):
            return {key: plain(part) for key, part in value.items()}
        if isinstance(value, (float, np.floating)):
            value = float(value)
            return value if math.isfinite(value) else str(value)
        if isinstance(value, np.integer):
            return int(value)
        return value

    lines.append(json.dumps({"kind": kind, "in": plain(inputs), "out": plain(expected)}, allow_nan=False))


PAIRS = [
    (spec(2, 1), spec(3, 2)),
    (spec(5, 3), spec(7, 4, 0.5)),
    (spec(8, 5), spec(8, 6, 1.0)),
    (spec(8, 7, levels=2), spec(8, 8, 0.5, levels=2)),
    (spec(20, 9), spec(20, 10, 0.4)),
    (spec(20, 11, levels=1), spec(13, 12, levels=1)),
    (spec(24, 13), spec(24, 14, 0.0, 3.0)),
    (spec(30, 15), spec(50, 16, -0.3)),
    (spec(100, 17, 5.0, 0.01), spec(100, 18, 5.0, 0.01)),
    (spec(100, 19, levels=4), spec(150, 20, 0.25, 1.0, 4)),
    (spec(500, 21), spec(733, 22, 0.1)),
    (spec(500, 23, levels=1), spec(733, 24, 0.1, 1.2, 1)),
    (spec(1000, 25), spec(1000, 26, 1.0)),
    (spec(1001, 27), spec(1999, 28)),
    (spec(3000, 29), spec(50, 30, 0.2)),
    (spec(12000, 31), spec(60, 32, 0.3)),
    (spec(12000, 33), spec(9000, 34, 0.03)),
    (spec(15000, 35, levels=10), spec(11000, 36, 0.2, 1.0, 10)),
]


def attempt(function):
    try:
        values = function()
        return "error: nan" if np.all(np.isnan(values)) else values
    except ValueError as error:
        return "error: " + str(error).splitlines()[0][:60]


def pairs():
    for a_spec, b_spec in PAIRS:
        a, b = sample(**a_spec), sample(**b_spec)
        both = {"a": a_spec, "b": b_spec}
        ks = stats.ks_2samp(a, b)
        # Not its location: where several are the same, SciPy's is decided by a rounding error.
        say("ks", both, [ks.statistic, ks.pvalue, int(ks.statistic_sign)])
        asymptotic = stats.ks_2samp(a, b, method="asymp")
        say("ks-asymptotic", both, [asymptotic.statistic, asymptotic.pvalue])
        say("wasserstein", both, stats.wasserstein_distance(a, b))
        say("energy", both, stats.energy_distance(a, b))
        say("anderson", both, attempt(lambda: list(stats.anderson_ksamp([a, b], variant="midrank"))))
        cvm = stats.cramervonmises_2samp(a, b)
        say("cramer-von-mises", both, [cvm.statistic, cvm.pvalue])
        for alternative in ("two-sided", "less", "greater"):
            say("mann-whitney", both | {"alternative": alternative}, list(stats.mannwhitneyu(a, b, alternative=alternative)))
        for equal in (True, False):
            t = stats.ttest_ind(a, b, equal_var=equal)
            say("t", both | {"variances": "equal" if equal else "unequal"}, [t.statistic, t.pvalue, t.df])
        say("epps-singleton", both, attempt(lambda: list(stats.epps_singleton_2samp(a, b))))
        pooled = a + b
        edges = np.histogram_bin_edges(np.asarray(pooled), bins="sturges")
        say("histogram", both, [edges, np.histogram(a, edges)[0]])
        say("quantiles", both, np.percentile(a, [0, 1, 25, 50, 73.3, 99, 100]))


COUNTS = [
    ([10, 20, 30], [12, 18, 33]),
    ([100, 0, 3], [90, 5, 0]),
    ([1, 1], [1, 1]),
    ([5, 0], [0, 7]),
    ([1000, 2000, 1500, 10, 3], [1100, 1900, 1550, 4, 9]),
    ([100000, 50000], [52000, 24000]),
    (list(range(1, 61)), list(range(60, 0, -1))),
    ([40, 60, 0], [40, 60, 0]),
]


def counts():
    for a, b in COUNTS:
        both = {"a": a, "b": b}
        table = np.array([[x, y] for x, y in zip(a, b) if x + y > 0]).T
        for kind, lambda_ in (("chi-square-homogeneity", 1), ("g-homogeneity", "log-likelihood")):
            result = stats.chi2_contingency(table, correction=False, lambda_=lambda_)
            say(kind, both, [result.statistic, result.pvalue, result.dof])
        expected = np.asarray(b, dtype=float) * sum(a) / sum(b)
        if all(expected > 0):
            say("chi-square-fit", {"observed": a, "expected": expected}, list(stats.chisquare(a, expected)))
            likelihood = stats.power_divergence(a, expected, lambda_="log-likelihood")
            say("g-fit", {"observed": a, "expected": expected}, list(likelihood))
        p, q = np.asarray(a) / sum(a), np.asarray(b) / sum(b)
        say("jensen-shannon", both, [distance.jensenshannon(p, q), distance.jensenshannon(p, q, 2)])
        say("kullback-leibler", both, stats.entropy(p, q))
        say("hellinger", both, np.linalg.norm(np.sqrt(p) - np.sqrt(q)) / math.sqrt(2))
        say("total-variation", both, [distance.cityblock(p, q) / 2, distance.chebyshev(p, q)])
        if len(a) == 2:
            say("fisher", {"table": a + b}, stats.fisher_exact([a, b])[1])
            z = proportions_ztest([a[0], b[0]], [sum(a), sum(b)])
            say("z", both, list(z))
    for table in ([3, 9, 13, 4], [0, 5, 5, 0], [8, 2, 1, 5], [7, 12, 8, 8], [120, 80, 90, 110], [1, 9, 11, 3], [0, 0, 3, 4]):
        say("fisher", {"table": table}, stats.fisher_exact([table[:2], table[2:]])[1])


def cramer_von_mises_tail(x):
    """Anderson and Darling's series (1952, 4.35) with enough digits for 1 - P."""
    mpmath.mp.dps = 400
    x = mpmath.mpf(x)
    total = mpmath.mpf(0)
    for k in range(400):
        y = 4 * k + 1
        q = mpmath.mpf(y) ** 2 / (16 * x)
        factor = mpmath.gamma(k + mpmath.mpf(1) / 2) / mpmath.gamma(k + 1) / (mpmath.pi ** 1.5 * mpmath.sqrt(x))
        term = factor * mpmath.sqrt(y) * mpmath.exp(-q) * mpmath.besselk(mpmath.mpf(1) / 4, q)
        total += term
        if term < mpmath.mpf(10) ** -390:
            break
    return float(1 - total)


def distributions():
    for x in (1e-8, 0.1, 1.0, 3.84, 30.0, 200.0, 1400.0):
        for df in (1, 2, 3, 10, 57, 1000):
            say("chi-square-tail", [x, df], stats.chi2.sf(x, df))
    for z in (-40, -8.3, -3, -0.5, -1e-9, 0, 1e-5, 0.7, 1, 1.96, 2.5, 4, 6.5, 9, 20, 37):
        say("normal-tail", z, stats.norm.sf(z))
    for p in (1e-300, 1e-20, 1e-5, 0.0243, 0.025, 0.3, 0.5, 0.7, 0.975, 0.999999):
        say("normal-quantile", p, stats.norm.ppf(p))
    for t in (0, 1e-6, 0.3, 1, 2.1, 6, 30, 500):
        for df in (1, 2, 5, 29, 300, 20000, 1000000):
            say("student", [t, df], 2 * stats.t.sf(t, df))
    for n in (1, 2, 3, 10, 50, 140, 141, 500, 5000, 40000, 200000, 900000):
        for z in (0.3, 0.5, 0.7, 0.9, 1.2, 1.6, 2.2, 4, 9):
            d = z / math.sqrt(n)
            if d < 1:
                say("kolmogorov", [n, d], stats.kstwo.sf(d, n))
                if n < 900000 or z > 2:
                    say("smirnov", [n, d], special.smirnov(n, d))
    for n, d in ((200000, 1e-6), (200000, 1e-5), (100000, 5e-5)):
        say("smirnov", [n, d], special.smirnov(n, d))
    for x in (0.02, 0.1, 0.3, 0.49, 0.51, 1.0, 3.0, 10.0, 40.0, 120.0):
        say("cramer-von-mises-tail", x, cramer_von_mises_tail(x))
    for x in (0.1, 0.5, 1.0, 2.5, 7.0, 14.9, 15.0, 15.1, 100.0, 1e6):
        say("log-gamma", x, special.gammaln(x))
    for a, b in ((0.5, 0.5), (2.0, 3.0), (40.0, 0.5), (500.0, 300.0), (1e5, 0.5)):
        say("log-beta", [a, b], special.betaln(a, b))
        for x in (0.001, 0.3, 0.5, 0.7, 0.999):
            say("incomplete-beta", [x, a, b], special.betainc(a, b, x))
    for ps in ([0.01, 0.02, 0.03, 0.5], [0.5], [0.04, 0.04, 0.001, 1.0, 0.2, 0.03], [0.9, 0.8, 0.0]):
        say("benjamini-hochberg", ps, stats.false_discovery_control(ps))


def streams():
    detectors = {
        "page-hinkley": drift.PageHinkley,
        "adwin": drift.ADWIN,
        "ddm": drift.binary.DDM,
        "eddm": drift.binary.EDDM,
    }
    for seed in range(1, 7):
        for name, make in detectors.items():
            # Bits whose share of ones changes at 1,000 and at 2,000; numbers whose level does for the two that take any.
            levels = [(0.2, 0.5, 0.3), (0.3, 0.3, 0.6), (0.5, 0.2, 0.25)][seed % 3]
            bits = seed % 2 == 1 or name in ("ddm", "eddm")
            draw = mulberry(1000 + seed)
            found, warned, detector = [], [], make()
            for i in range(3000):
                u = draw()
                level = levels[i // 1000]
                x = (1 if u < level else 0) if bits else 10 * level + u
                detector.update(x)
                if detector.drift_detected:
                    found.append(i)
                elif getattr(detector, "warning_detected", False):
                    warned.append(i)
            say("stream", {"detector": name, "seed": 1000 + seed, "levels": levels, "bits": bits}, [found, len(warned)])


pairs()
counts()
distributions()
streams()
HERE.write_text("\n".join(lines) + "\n")
print(f"{len(lines)} lines, {HERE.stat().st_size} bytes")
