"""Records what the real `mlflow models serve` answers, for test/interop/mlflow-serve/goldens.jsonl.

Run in a Python 3.11 environment with the packages of test/interop/mlflow-serve/requirements.txt, from the root of the project:

    python tools/goldens/mlflow-serve.py
"""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

HERE = Path(__file__).parents[2] / "test/interop/mlflow-serve"
READY_SECONDS = 120
NOTHING = object()

FLOWERS = [
    {"length": 3.1, "width": 2.0, "depth": 1.5, "weight": 0.25},
    {"length": 0.5, "width": 0.1, "depth": 6.0, "weight": 7.75},
    {"length": 5.0, "width": 4.2, "depth": -1.0, "weight": 3.0},
]
FLATS = [
    {"area": 71.5, "rooms": 3, "district": "old town", "heating": "gas", "lift": True},
    {"area": None, "rooms": 1, "district": "ß-Straße", "heating": "oil", "lift": False},
    {"area": 44.0, "rooms": 2, "district": "never heard of", "heating": "", "lift": True},
]
VISITS = [
    {"at": "2026-03-01T12:30:00", "page": "start", "seconds": 90.5, "member": True},
    {"at": "2026-03-06T00:00:00", "page": 'say "hi", ä', "seconds": None, "member": False},
    {"at": "2026-12-31T23:59:59", "page": "", "seconds": 0.0, "member": True},
]
NAMES = [{"name": "bolt", "count": 3}, {"name": "ä, ö", "count": -7}, {"name": "", "count": 9007199254740991}]
IMAGES = [
    {"image": [[1, 2, 3], [4, 5, 6]], "offset": 0.5},
    {"image": [[0.25, 0, -1], [1e3, 2, 2]], "offset": -1},
]

ROWS = {
    "classifier": FLOWERS,
    "words": FLOWERS,
    "probabilities": FLOWERS,
    "xgboost": FLOWERS,
    "lightgbm": [*FLOWERS, {**FLOWERS[0], "depth": None}],
    "pipeline": FLATS,
    "visits": VISITS,
    "listing": NAMES,
    "column": NAMES,
}


def split(rows, names=None):
    names = names or list(rows[0])
    return {"dataframe_split": {"columns": names, "data": [[row[name] for name in names] for row in rows]}}


def by_column(rows):
    return {name: [row[name] for row in rows] for name in rows[0]}


def to_csv(rows, names=None):
    names = names or list(rows[0])

    def field(value):
        text = "" if value is None else str(value)
        return '"' + text.replace('"', '""') + '"' if any(mark in text for mark in ',"\n') else text

    lines = [",".join(names), *(",".join(field(row[name]) for name in names) for row in rows)]
    return "\n".join(lines) + "\n"


def frames(rows):
    """Every form in which named columns may come."""
    backwards = list(rows[0])[::-1]
    yield "dataframe_split", split(rows)
    yield "dataframe_split, another order", split(rows, backwards)
    yield "dataframe_split with index", {"dataframe_split": {"index": [7 + i for i in range(len(rows))], **split(rows)["dataframe_split"]}}
    yield "dataframe_records", {"dataframe_records": rows}
    yield "dataframe_records, one row", {"dataframe_records": rows[:1]}
    yield "dataframe_records, an extra column", {"dataframe_records": [{**row, "more": 1} for row in rows]}
    yield "inputs, records", {"inputs": rows}
    yield "inputs by column", {"inputs": by_column(rows)}
    yield "instances", {"instances": rows}
    yield "csv", to_csv(rows)
    yield "csv, another order", to_csv(rows, backwards)
    yield "params that the model does not know", {"dataframe_records": rows[:1], "params": {"temperature": 1}}
    first = list(rows[0])[0]
    yield "a missing column", {"dataframe_records": [{k: v for k, v in row.items() if k != first} for row in rows]}
    yield "a missing column in csv", to_csv(rows, list(rows[0])[1:])
    yield "a text for a number", {"dataframe_records": [{**rows[0], number(rows[0]): "much"}]}
    yield "no form", {"rows": rows}
    yield "no object", rows


def number(row):
    return next(name for name, value in row.items() if isinstance(value, (int, float)) and not isinstance(value, bool))


def matrices():
    rows = [[3.1, 2.0, 1.5, 0.25], [0.5, 0.1, 6.0, 7.75]]
    yield "inputs", {"inputs": rows}
    yield "inputs, integers", {"inputs": [[1, 2, 3, 4]]}
    yield "instances", {"instances": rows}
    yield "dataframe_split", {"dataframe_split": {"columns": ["a", "b", "c", "d"], "data": rows}}
    yield "dataframe_split without columns", {"dataframe_split": {"data": rows}}
    yield "too few columns", {"inputs": [[1, 2, 3]]}
    yield "a flat list", {"inputs": [1, 2, 3, 4]}
    yield "a text", {"inputs": [["x", 2, 3, 4]]}


def tensors():
    yield "inputs by name", {"inputs": by_column(IMAGES)}
    yield "instances", {"instances": IMAGES}
    yield "one instance", {"instances": IMAGES[:1]}
    yield "a tensor that lacks", {"inputs": {"image": [each["image"] for each in IMAGES]}}
    yield "another shape", {"inputs": {"image": [[[1, 2], [3, 4]]], "offset": [1]}}


def special():
    """What is worth asking of one model alone."""
    at = [{**VISITS[0], "at": text} for text in ("2026-03-01 12:30:00", "2026-03-01T12:30:00.250", "2026-03-01T12:30:00Z")]
    for row in at:
        yield "visits", f"a moment as {row['at']}", {"dataframe_records": [row]}
    yield "visits", "a moment with an offset", {"dataframe_records": [{**VISITS[0], "at": "2026-03-01T12:30:00+02:00"}]}
    yield "visits", "a day", {"dataframe_records": [{**VISITS[0], "at": "2026-12-31"}]}
    yield "visits", "no moment", {"dataframe_records": [{**VISITS[0], "at": "soon"}]}
    yield "visits", "a number for a moment", {"dataframe_records": [{**VISITS[0], "at": 1772368200000}]}
    yield "pipeline", "an optional column left out", {"dataframe_records": [{k: v for k, v in row.items() if k != "area"} for row in FLATS]}
    yield "pipeline", "null for a text", {"dataframe_records": [{**FLATS[0], "district": None}]}
    yield "pipeline", "null for an integer", {"dataframe_records": [{**FLATS[0], "rooms": None}]}
    yield "pipeline", "a fraction for an integer", {"dataframe_records": [{**FLATS[0], "rooms": 2.5}]}
    yield "pipeline", "a whole float for an integer", {"dataframe_records": [{**FLATS[0], "rooms": 2.0}]}
    yield "pipeline", "an integer for a float", {"dataframe_records": [{**FLATS[0], "area": 70}]}
    yield "pipeline", "a number for a text", {"dataframe_records": [{**FLATS[0], "heating": 5}]}
    yield "pipeline", "a number in quotes", {"dataframe_records": [{**FLATS[0], "rooms": "3"}]}
    yield "pipeline", "NaN", '{"dataframe_records": [{"area": NaN, "rooms": 3, "district": "north", "heating": "gas", "lift": true}]}'


def requests():
    for model, rows in ROWS.items():
        for title, body in frames(rows):
            yield model, title, body
    for title, body in matrices():
        yield "matrix", title, body
    for title, body in tensors():
        yield "tensors", title, body
    yield from special()


def find_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def ask(url, body=None, kind=None):
    request = urllib.request.Request(url, data=body, headers={} if kind is None else {"content-type": kind})
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def serve(model):
    """A server of one model; resolves to its process and its address."""
    port = find_port()
    place = Path(sys.executable).parent
    environment = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true", "PATH": f"{place}{os.pathsep}{os.environ['PATH']}"}
    command = [str(place / "mlflow"), "models", "serve", "-m", str(model), "--env-manager", "local", "--port", str(port)]
    process = subprocess.Popen(
        command, env=environment, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    url = f"http://127.0.0.1:{port}"
    until = time.monotonic() + READY_SECONDS
    while True:
        try:
            if ask(f"{url}/ping")[0] == 200:
                return process, url
        except OSError:
            pass
        if process.poll() is not None or time.monotonic() > until:
            raise RuntimeError(f"mlflow models serve did not come up with {model}")
        time.sleep(0.2)


def main():
    goldens = []
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, str(HERE / "make-models.py"), folder], check=True, stderr=subprocess.DEVNULL)
        asked = {}
        for model, title, body in requests():
            asked.setdefault(model, []).append((title, body))
        for model, questions in asked.items():
            process, url = serve(Path(folder) / model)
            for title, body in questions:
                kind = "text/csv" if isinstance(body, str) and "csv" in title else "application/json"
                text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
                status, answer = ask(f"{url}/invocations", text.encode(), kind)
                golden = {"model": model, "title": title, "type": kind, "body": text, "status": status}
                # Of a refusal its code counts, the words and the stack behind it do not.
                goldens.append({**golden, "answer": answer} if status == 200 else {**golden, "code": json.loads(answer).get("error_code")})
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            print(f"{model}: {len(questions)} requests")
    lines = [json.dumps(golden, ensure_ascii=False) + "\n" for golden in goldens]
    (HERE / "goldens.jsonl").write_text("".join(lines))


main()
