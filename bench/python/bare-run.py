"""scikit-learn by itself in this process: no server, no protocol, no log. `python bare-run.py QUESTIONS SECONDS`.

BENCH_MODEL is the pickle (see ../peers/common/model.py), QUESTIONS a JSON file, of which the first one is measured. Prints a report as
JSON, and with SECONDS 0 the answers alone.
"""

import json
import sys
import time

import numpy as np

import model as common

with open(sys.argv[1]) as file:
    questions = json.load(file)
seconds = float(sys.argv[2])
model = common.load()


def to_rows(question):
    (given,) = question["inputs"]
    return np.array(given["data"], np.float64).reshape(given["shape"])


def run_for(duration, batch):
    """Rows a second of runs of so many rows, and the median of how long one takes and its CPU time, in microseconds."""
    x = np.resize(rows, (batch, rows.shape[1]))
    times = []
    spent = time.process_time()
    before = started = time.perf_counter()
    while before - started < duration:
        model.predict({"X": x})
        after = time.perf_counter()
        times.append(after - before)
        before = after
    cpu = (time.process_time() - spent) / len(times)
    return len(times) * batch / (before - started), sorted(times)[len(times) // 2] * 1e6, cpu * 1e6


if seconds == 0:
    print(json.dumps([common.to_json(model.predict({"X": to_rows(question)})) for question in questions]))
else:
    rows = to_rows(questions[0])
    run_for(0.3, len(rows))
    as_asked, run_us, cpu_us = run_for(seconds, len(rows))
    rates = {batch: run_for(seconds / 6, batch)[0] for batch in (len(rows), 128, 256, 512, 1024)}
    best = max(rates, key=rates.get)
    print(
        json.dumps(
            {
                "rowsPerSecond": as_asked,
                "runUs": run_us,
                "cpuUs": cpu_us,
                "bestBatch": best,
                "bestRowsPerSecond": run_for(seconds, best)[0],
            }
        )
    )
