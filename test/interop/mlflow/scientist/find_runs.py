"""Search, compare, delete, restore: what is done with runs afterwards."""

from setting import MARK, RestException, client, experiment, mlflow

from checks import refused

ids = {}


def make_runs():
    """Six runs, which are told by their names."""
    if ids:
        return ids["experiment"]
    ids["experiment"] = experiment("search")
    for i, name in enumerate(["a", "b", "c", "d", "e", "f"]):
        with mlflow.start_run(run_name=f"Run {name}") as run:
            if i < 5:
                mlflow.log_metric("loss", [0.5, float("nan"), 2.0, -1.0, 0.5][i])
            mlflow.log_metric("step/count", i)
            mlflow.log_params({"lr": f"0.{i}", "kind of": "Odd" if i % 2 else "even"})
            if i > 2:
                mlflow.set_tag("late", "100% sure_" if i == 4 else "no")
        ids[name] = run.info.run_id
    client().set_terminated(ids["c"], "FAILED")
    return ids["experiment"]


def find(text="", **options):
    return "".join(r.info.run_name[-1] for r in client().search_runs([make_runs()], text, **options))


def check_filters():
    for text, names in [
        ("metrics.loss > 0", "eca"),
        ("metrics.loss >= 0.5 and params.lr != '0.0'", "ec"),
        ("metric.loss = 0.5 AND params.`kind of` = 'even'", "ea"),
        ('metrics."step/count" < 2', "ba"),
        ("metrics.loss != 0.5", "dcb"),
        ("metrics.loss < -5e-1", "d"),
        ("params.lr LIKE '0.%'", "fedcba"),
        ("parameters.`kind of` ILIKE 'ODD'", "fdb"),
        ("params.`kind of` LIKE 'ODD'", ""),
        ("tags.late = 'no'", "fd"),
        ("tag.late LIKE '100%'", "e"),
        ("tags.late != 'no'", "e"),
        ("tags.late IS NULL", "cba"),
        ("tags.late IS NOT NULL", "fed"),
        ("params.never IS NULL", "fedcba"),
        ("status = 'FAILED'", "c"),
        ("attributes.status != 'FINISHED'", "c"),
        ("run_name LIKE 'Run %'", "fedcba"),
        ("attr.`run name` = 'Run b'", "b"),
        ("attributes.run_name ILIKE 'rUN F'", "f"),
        ("tags.mlflow.runName = 'Run a'", "a"),
        ("start_time > 0 and end_time > 0", "fedcba"),
        ("attributes.start_time < 10", ""),
        ("user_id != 'nobody'", "fedcba"),
        (f"artifact_uri LIKE 'mlflow-artifacts:/{make_runs()}/%'", "fedcba"),
        (f"attributes.run_id = '{ids['b']}'", "b"),
        (f"run_id IN ('{ids['b']}', '{ids['e']}')", "eb"),
        (f"attributes.run_id NOT IN ('{ids['b']}', '{ids['e']}')", "fdca"),
        ("params.lr = \"0.3\"", "d"),
        ("metrics.loss > 0 and metrics.`step/count` > 0 and params.lr ILIKE '0._' and tags.late IS NULL", "c"),
    ]:
        assert find(text) == names, (text, find(text), names)


def check_bad_filters():
    make_runs()
    for text in [
        "metrics.loss > 'a'",
        "metrics.loss LIKE 1",
        "params.lr > '1'",
        "params.lr = 1",
        "nothing.lr = '1'",
        "attributes.lifecycle_stage = 'active'",
        "tags.late == 'no'",
        "metrics.loss",
        "start_time = 'yesterday'",
        "params.lr IS 'x'",
    ]:
        refused(lambda text=text: find(text), RestException, "INVALID_PARAMETER_VALUE")


def check_order():
    for order, names in [
        (["metrics.loss"], "deacbf"),
        (["metrics.loss DESC"], "ceadbf"),
        (["metrics.loss DESC", "params.lr ASC"], "caedbf"),
        (["params.lr DESC"], "fedcba"),
        (["tags.late", "params.lr"], "edfabc"),
        (["attributes.start_time ASC"], "abcdef"),
        (["run_name DESC"], "fedcba"),
        (["status ASC", "attributes.run_name"], "cabdef"),
        (["metrics.`step/count` DESC"], "fedcba"),
    ]:
        found = find(order_by=order)
        assert found == names or (order == ["metrics.loss"] and found == "daecbf"), (order, found, names)
    for order in [["metrics.loss UP"], ["nothing.a"], ["metrics.loss", "metrics.loss DESC DESC"]]:
        refused(lambda order=order: find(order_by=order), RestException, "INVALID_PARAMETER_VALUE")


def check_pages():
    experiment_id = make_runs()
    seen, token = [], None
    while True:
        page = client().search_runs([experiment_id], max_results=4, page_token=token, order_by=["metrics.loss"])
        seen += [run.info.run_id for run in page]
        token = page.token
        if not token:
            break
    assert len(seen) == 6 and set(seen) == set(ids.values()) - {experiment_id}
    frame = mlflow.search_runs([experiment_id], max_results=3, filter_string="params.lr != 'x'")
    assert len(frame) == 3 and {"run_id", "metrics.loss", "params.lr", "tags.late"} <= set(frame.columns)
    everything = mlflow.search_runs(search_all_experiments=True, output_format="list")
    assert set(seen) <= {run.info.run_id for run in everything}


def check_compare():
    """What notebooks compare: histories of several runs side by side."""
    make_runs()
    import requests
    from setting import URL

    path = f"{URL}/ajax-api/2.0/mlflow/metrics/get-history-bulk-interval"
    query = [("run_ids", ids["a"]), ("run_ids", ids["c"]), ("metric_key", "loss"), ("max_results", "10")]
    answer = requests.get(path, params=query, timeout=30)
    assert answer.status_code == 200, answer.text
    assert {(m["run_id"], m["value"]) for m in answer.json()["metrics"]} == {(ids["a"], 0.5), (ids["c"], 2.0)}
    path = f"{URL}/ajax-api/2.0/mlflow/metrics/get-history-bulk"
    query = [("run_id", ids["a"]), ("run_id", ids["c"]), ("metric_key", "loss")]
    answer = requests.get(path, params=query, timeout=30)
    assert answer.status_code == 200 and len(answer.json()["metrics"]) == 2, answer.text


def check_delete_and_restore_runs():
    from mlflow.entities import ViewType

    experiment_id = experiment("deleted runs")
    with mlflow.start_run() as run:
        mlflow.log_metric("m", 1)
    with mlflow.start_run():
        pass
    run_id = run.info.run_id
    mlflow.delete_run(run_id)
    assert client().get_run(run_id).info.lifecycle_stage == "deleted"
    assert [r.info.run_id for r in client().search_runs([experiment_id], run_view_type=ViewType.DELETED_ONLY)] == [run_id]
    assert len(client().search_runs([experiment_id])) == 1
    assert len(client().search_runs([experiment_id], run_view_type=ViewType.ALL)) == 2
    refused(lambda: client().log_metric(run_id, "m", 2), RestException, "must be in the 'active' state")
    client().restore_run(run_id)
    client().log_metric(run_id, "m", 2, step=1)
    assert client().get_run(run_id).data.metrics == {"m": 2}


def check_rename_runs():
    experiment("renamed runs")
    with mlflow.start_run(run_name="before") as run:
        pass
    run_id = run.info.run_id
    client().update_run(run_id, name="after")
    assert client().get_run(run_id).data.tags["mlflow.runName"] == "after"
    client().set_tag(run_id, "mlflow.runName", "again")
    found = client().get_run(run_id)
    assert found.info.run_name == "again" and found.info.status == "FINISHED"
    client().delete_tag(run_id, "mlflow.note.content") if "mlflow.note.content" in found.data.tags else None
    client().set_tag(run_id, "t", "1")
    client().delete_tag(run_id, "t")
    assert "t" not in client().get_run(run_id).data.tags


def check_experiments():
    from mlflow.entities import ViewType

    suffix = MARK
    one = client().create_experiment(f"exp one {suffix}", tags={"team": "x"})
    two = client().create_experiment(f"exp two {suffix}")
    refused(lambda: client().create_experiment(f"exp one {suffix}"), RestException, "already exists")
    found = client().get_experiment_by_name(f"exp one {suffix}")
    assert (found.experiment_id, found.tags) == (one, {"team": "x"})
    assert found.artifact_location == f"mlflow-artifacts:/{one}" and found.creation_time > 0
    assert client().get_experiment_by_name("never was") is None
    client().set_experiment_tag(one, "team", "y")
    client().rename_experiment(two, f"exp second {suffix}")
    client().delete_experiment(two)
    assert client().get_experiment(two).lifecycle_stage == "deleted"
    mine = f"name LIKE 'exp % {suffix}'"
    assert [e.experiment_id for e in client().search_experiments(filter_string=mine)] == [one]
    deleted = client().search_experiments(view_type=ViewType.DELETED_ONLY, filter_string=mine)
    assert [e.experiment_id for e in deleted] == [two]
    client().restore_experiment(two)
    ordered = client().search_experiments(filter_string=mine, order_by=["name DESC"])
    assert [e.name for e in ordered] == [f"exp second {suffix}", f"exp one {suffix}"]
    tagged = client().search_experiments(filter_string=f"{mine} AND tags.team = 'y'")
    assert [e.experiment_id for e in tagged] == [one]
    ilike = client().search_experiments(filter_string=f"name ILIKE 'EXP one {suffix}'", max_results=1)
    assert [e.experiment_id for e in ilike] == [one]
    page = client().search_experiments(filter_string=mine, max_results=1)
    assert page.token and len(client().search_experiments(filter_string=mine, page_token=page.token)) == 1
    assert client().get_experiment("0").name == "Default"
    if hasattr(client(), "delete_experiment_tag"):
        client().delete_experiment_tag(one, "team")
        assert client().get_experiment(one).tags == {}

