"""`log-for-long.py URL COUNT`: logs points one by one, in the default experiment, while somebody kills the server."""

import os
import sys

URL, COUNT = sys.argv[1], int(sys.argv[2])
os.environ.update(
    MLFLOW_TRACKING_URI=URL,
    MLFLOW_DISABLE_TELEMETRY="true",
    GIT_PYTHON_REFRESH="quiet",
    # It retries as ever, but waits tenths of seconds where it would wait seconds.
    MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR="1",
    MLFLOW_HTTP_REQUEST_BACKOFF_JITTER="0.1",
)

import mlflow  # noqa: E402

with mlflow.start_run() as run:
    for step in range(COUNT):
        mlflow.log_metric("m", step * 2, step=step)
print(f"RUN {run.info.run_id}")
