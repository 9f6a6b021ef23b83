"""Records models of all kinds, in one process: `cases.py TARGET`. Prints what came of each, as JSON."""

import json
import os
import sys
import warnings
from pathlib import Path

HERE = Path(__file__).resolve().parent
TARGET = Path(sys.argv[1])
sys.path[0] = str(HERE.parents[2] / "python")
# A project of its own, as a notebook has it beside itself.
PROJECT = TARGET / "project"
PROJECT.mkdir()
sys.path.insert(1, str(PROJECT))
(PROJECT / "my_steps.py").write_text(
    "import numpy as np\n"
    "import my_numbers\n"
    "TABLE = '/home/somebody/table.csv'\n"
    "class Twice:\n"
    "    def fit(self, X, y=None):\n"
    "        return self\n"
    "    def transform(self, X):\n"
    "        return np.asarray(X) * my_numbers.FACTOR\n"
    "    def get_params(self, deep=True):\n"
    "        return {}\n"
    "def twice(rows):\n"
    "    return rows[:, 0] * my_numbers.FACTOR\n"
)
(PROJECT / "my_numbers.py").write_text("FACTOR = 2\n")


def install(name, version, **files):
    """A module as an installer leaves it."""
    (PROJECT / (name + ".py")).write_text("def answer(rows):\n    return rows[:, 0]\n")
    info = PROJECT / "{}-{}.dist-info".format(name, version)
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: {}\nVersion: {}\n".format(name, version))
    (info / "RECORD").write_text("{}.py,,\n".format(name))
    (info / "WHEEL").write_text("Wheel-Version: 1.0\nTag: py3-none-any\n")
    for file, text in files.items():
        (info / file.replace("_json", ".json")).write_text(text)


install("mine_edited", "1.0", direct_url_json='{"url": "file:///home/me/mine", "dir_info": {"editable": true}}')
install(
    "mine_cloned",
    "1.1",
    direct_url_json='{"url": "https://example.com/x.git", "vcs_info": {"commit_id": "0123456789abcdef"}}',
)
install("mine_built", "1.2", WHEEL="Wheel-Version: 1.0\nTag: cp311-cp311-linux_x86_64\n")
install("mine_patched", "1.3+ours")
install("mine_published", "1.4")
os.chdir(str(PROJECT))

import lightgbm  # noqa: E402
import mine_built  # noqa: E402
import mine_cloned  # noqa: E402
import mine_edited  # noqa: E402
import mine_patched  # noqa: E402
import mine_published  # noqa: E402
import my_steps  # noqa: E402
import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
import xgboost  # noqa: E402
from sklearn.compose import make_column_transformer  # noqa: E402
from sklearn.ensemble import RandomForestClassifier  # noqa: E402
from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: E402
from sklearn.impute import SimpleImputer  # noqa: E402
from sklearn.linear_model import LinearRegression, LogisticRegression  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder  # noqa: E402

import slipway  # noqa: E402

warnings.simplefilter("ignore")
random = np.random.RandomState(7)
ROWS = 300
said = {}

flights = pd.DataFrame(
    {
        "origin": random.choice(["ATL", "JFK", "SFO", "Zürich"], ROWS).astype(object),
        "hour": random.randint(0, 24, ROWS),
        "share": random.uniform(0, 1, ROWS).round(3),
        "at": pd.Timestamp("2026-03-01") + pd.to_timedelta(random.randint(0, 10**6, ROWS), unit="s"),
    }
)
flights.loc[5:9, "share"] = np.nan
flights.loc[11, "origin"] = None
late = pd.Series(np.where(flights["hour"] + random.normal(0, 3, ROWS) > 14, "late", "on_time"), name="late")
kinds = flights[["hour", "share"]].assign(plane=pd.Categorical(random.choice(["jet", "prop"], ROWS)))
numbers = random.uniform(0, 1, (ROWS, 3))
target = numbers.sum(axis=1)
texts = ["a fine day", "an awful night", "fine", "awful"] * 10


def case(name, model, X, folder=None, **options):
    """What record said, or why it refused."""
    try:
        done = slipway.record(model, X, TARGET / (folder or name), **options)
    except slipway.RecordError as error:
        said[name] = {"error": str(error), "left": sorted(path.name for path in TARGET.glob("*" + name + "*"))}
        return
    said[name] = {
        "error": None,
        "shown": repr(done),
        "files": [file for file, _ in done.files],
        "warnings": {one.code: str(one) for one in done.warnings},
        "manifest": (done.path / "slipway.yaml").read_text(encoding="utf-8"),
        "requirements": (done.path / "requirements.txt").read_text().split(),
        "examples": json.loads((done.path / "examples.json").read_text(encoding="utf-8")),
    }


def pipeline():
    columns = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), ["origin"]),
        (SimpleImputer(add_indicator=True), ["hour", "share"]),
    )
    return make_pipeline(columns, RandomForestClassifier(10, random_state=0)).fit(flights, late)


def night(rows):
    return {"night": rows["at"].dt.hour < 6, "name": rows["origin"].fillna("?").str.upper()}


twice = make_pipeline(my_steps.Twice(), LinearRegression()).fit(numbers, target)
unnamed = make_pipeline(FunctionTransformer(lambda X: X * 2), LinearRegression()).fit(numbers, target)
plain = LinearRegression().fit(numbers, target)
named = LinearRegression().fit(flights[["hour"]].assign(late=late == "late"), target)

# Whole ones: a new process answers as this one.
case("flights", pipeline(), flights, y=late, data="made up")
case("xgb", xgboost.XGBClassifier(n_estimators=4, enable_categorical=True).fit(kinds, late == "late"), kinds)
case("lgb", lightgbm.train({"objective": "regression", "verbose": -1}, lightgbm.Dataset(numbers, target), 4), numbers)
case("night", night, flights, requirements=TARGET / "flights" / "requirements.txt")
case("packaged", twice, numbers, include=[my_steps, PROJECT / "my_numbers.py"], columns=["a", "b", "c"])

# What a new process shows.
case("unpackaged", my_steps.twice, numbers)
os.environ["SLIPWAY_TEST_FACTOR"] = "3"
case("variable", lambda rows: rows[:, 0] * int(os.environ["SLIPWAY_TEST_FACTOR"]), numbers)
case("elsewhere", lambda rows: rows[:, 0] + os.getpid(), numbers)
case("neighbours", lambda rows: rows[:, 0] - rows[:, 0].mean(), numbers)

# What is seen without one.
quick = {"verify": False}
case("words", make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(texts, [1, 0, 1, 0] * 10), texts, **quick)
case("drawn", lambda rows: np.random.rand(len(rows)), numbers)
# In the last digits only, as threads add up in any order.
case("shaken", lambda rows: rows[:, 0] * (1 + 1e-12 * np.random.rand(len(rows))), numbers, **quick)
case("wavering", lambda rows: rows[:, 0] * (1 + 1e-5 * np.random.rand(len(rows))), numbers, **quick)
case("drawn_unproved", lambda rows: np.random.rand(len(rows)), numbers, **quick)
case("lambda", unnamed, numbers, **quick)
case("unpackaged_unproved", twice, numbers, **quick)
case("turned", named, flights[["hour"]].assign(late=late == "late")[["late", "hour"]], **quick)
case("path", plain, numbers, include=[PROJECT / "my_steps.py"], **quick)
case(
    "gpu",
    xgboost.XGBRegressor(n_estimators=2, device="cuda:0"),
    numbers,
    predict=lambda model, rows: rows[:, 0],
    **quick,
)
case("constant", lambda rows: 1.0, numbers, **quick)
case("sparse", plain, __import__("scipy.sparse", fromlist=["x"]).csr_matrix(numbers), **quick)
case("mixed", plain, pd.DataFrame({"a": [1, "x"]}), **quick)
case("columns_of_fit", named, flights[["hour"]], **quick)
case("ranges", plain, numbers, ranges=True, sample=0, examples=4, **quick)

for module in (mine_edited, mine_cloned, mine_built, mine_patched, mine_published):
    case(module.__name__, module.answer, numbers, **quick)

# What a folder may hold.
case("swapped", numbers, plain, **quick)
case("series", plain, flights["hour"], **quick)
case("few", plain, numbers[:1], **quick)
case("again", plain, numbers, folder="ranges", **quick)
case("foreign", plain, numbers, folder="project", overwrite=True, **quick)
case("overwritten", plain, numbers, folder="lambda", overwrite=True, **quick)
print(json.dumps(said))
