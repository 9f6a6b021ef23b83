"""A drift report of Evidently over columns on the disk: `report.py FOLDER`, whose columns.json names them. Prints one line of JSON."""

import json
import resource
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from evidently import DataDefinition, Dataset, Report
from evidently.presets import DataDriftPreset

warnings.simplefilter("ignore")
folder = Path(sys.argv[1])
about = json.loads((folder / "columns.json").read_text())
levels = np.array(about["levels"], dtype=object)


def frame(side):
    columns = {name: np.fromfile(folder / f"{side}-{name}", dtype="<f8") for name in about["numbers"]}
    for name in about["categories"]:
        columns[name] = levels[np.fromfile(folder / f"{side}-{name}", dtype="u1")]
    return pd.DataFrame(columns)


definition = DataDefinition(numerical_columns=about["numbers"], categorical_columns=about["categories"])
reference = Dataset.from_pandas(frame("reference"), data_definition=definition)
current = Dataset.from_pandas(frame("current"), data_definition=definition)

started, before = time.perf_counter(), time.process_time()
snapshot = Report([DataDriftPreset()]).run(current, reference)
seconds, cpu_seconds = time.perf_counter() - started, time.process_time() - before

scores = {}
for metric in snapshot.dict()["metrics"]:
    name = metric["metric_name"]
    if name.startswith("ValueDrift(column="):
        scores[name.split("=")[1].split(",")[0]] = float(metric["value"])
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"seconds": seconds, "cpuSeconds": cpu_seconds, "megabytes": peak, "scores": scores}))
