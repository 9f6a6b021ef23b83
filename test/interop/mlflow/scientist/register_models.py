"""The registry through the client: models, versions, aliases, stages, tags, searches, and what is refused."""

from setting import MARK, MlflowException, RestException, client, experiment, mlflow

from checks import refused


def new_model(name, versions=0, **options):
    """A registered model of its own for each client version, and versions of a made-up source."""
    full = f"{name} {MARK}"
    client().create_registered_model(full, **options)
    experiment_id = experiment("registry")
    with mlflow.start_run(experiment_id=experiment_id) as run:
        mlflow.log_text("x", "model/MLmodel")
    for _ in range(versions):
        client().create_model_version(full, f"{run.info.artifact_uri}/model", run.info.run_id)
    return full


def check_models():
    name = new_model("models", tags={"team": "x"}, description="first")
    found = client().get_registered_model(name)
    assert (found.name, found.tags, found.description) == (name, {"team": "x"}, "first")
    assert found.creation_timestamp <= found.last_updated_timestamp and found.latest_versions == []
    refused(lambda: client().create_registered_model(name), RestException, "RESOURCE_ALREADY_EXISTS")
    client().update_registered_model(name, "second")
    client().set_registered_model_tag(name, "team", "y")
    client().set_registered_model_tag(name, "other", "z")
    client().delete_registered_model_tag(name, "other")
    client().delete_registered_model_tag(name, "never was")
    client().rename_registered_model(name, f"{name} renamed")
    renamed = client().get_registered_model(f"{name} renamed")
    assert renamed.description == "second" and renamed.tags == {"team": "y"}
    refused(lambda: client().get_registered_model(name), RestException, "not found")
    client().delete_registered_model(renamed.name)
    refused(lambda: client().get_registered_model(renamed.name), RestException, "RESOURCE_DOES_NOT_EXIST")
    # Deleted names are free again, and numbers begin again.
    assert client().create_registered_model(renamed.name).tags == {}
    for bad in ["", "a/b", "a:b"]:
        refused(lambda bad=bad: client().create_registered_model(bad), MlflowException, "INVALID_PARAMETER_VALUE")


def check_versions():
    name = new_model("versions", versions=3)
    first = client().get_model_version(name, "1")
    assert (first.current_stage, first.status) == ("None", "READY") and first.aliases == []
    assert first.source.endswith("/artifacts/model") and first.run_id
    assert client().get_model_version_download_uri(name, "1") == first.source
    client().update_model_version(name, "1", "about it")
    client().set_model_version_tag(name, "1", "k", "v")
    client().set_model_version_tag(name, "2", "k", "w")
    client().delete_model_version_tag(name, "2", "k")
    assert client().get_model_version(name, "1").tags == {"k": "v"}
    assert client().get_model_version(name, "1").description == "about it"
    client().delete_model_version(name, "3")
    refused(lambda: client().get_model_version(name, "3"), RestException, "not found")
    assert str(client().create_model_version(name, first.source, first.run_id).version) == "4"
    assert [str(v.version) for v in client().get_latest_versions(name)] == ["4"]
    refused(lambda: client().create_model_version(f"{name} none", first.source, first.run_id), RestException, "not found")
    for source in ["mlflow-artifacts:/../x", "runs:/x/../../y"]:
        refused(lambda source=source: client().create_model_version(name, source), MlflowException)


def check_aliases():
    name = new_model("aliases", versions=2)
    client().set_registered_model_alias(name, "champion", "1")
    client().set_registered_model_alias(name, "Other-1_x", "1")
    assert sorted(client().get_model_version(name, "1").aliases) == ["Other-1_x", "champion"]
    client().set_registered_model_alias(name, "champion", "2")
    assert client().get_registered_model(name).aliases == {"champion": "2", "Other-1_x": "1"}
    assert str(client().get_model_version_by_alias(name, "champion").version) == "2"
    client().delete_registered_model_alias(name, "champion")
    client().delete_registered_model_alias(name, "champion")
    refused(
        lambda: client().get_model_version_by_alias(name, "champion"),
        RestException,
        "INVALID_PARAMETER_VALUE",
        "alias champion not found",
    )
    refused(lambda: client().set_registered_model_alias(name, "a", "9"), RestException, "RESOURCE_DOES_NOT_EXIST")
    for bad in ["latest", "v2", "a b", ""]:
        refused(lambda bad=bad: client().set_registered_model_alias(name, bad, "1"), MlflowException)
    client().set_registered_model_alias(name, "gone", "1")
    client().delete_model_version(name, "1")
    assert client().get_registered_model(name).aliases == {}


def check_stages():
    name = new_model("stages", versions=3)
    moved = client().transition_model_version_stage(name, "1", "production")
    assert moved.current_stage == "Production"
    client().transition_model_version_stage(name, "2", "Production")
    client().transition_model_version_stage(name, "3", "Production", archive_existing_versions=True)
    stages = {int(v.version): v.current_stage for v in client().search_model_versions(f"name = '{name}'")}
    assert stages == {1: "Archived", 2: "Archived", 3: "Production"}
    latest = client().get_latest_versions(name, ["Production", "Archived"])
    assert sorted((v.current_stage, int(v.version)) for v in latest) == [("Archived", 2), ("Production", 3)]
    refused(lambda: client().transition_model_version_stage(name, "1", "Nowhere"), RestException, "Invalid")


def check_searches():
    names = [new_model(f"search {letter}", versions=2, tags={"of": "search"}) for letter in "abc"]
    mine = f"name LIKE 'search _ {MARK}'"
    find = lambda text, **more: [m.name for m in client().search_registered_models(text, **more)]  # noqa: E731
    assert find(mine) == names and find(f"name = '{names[1]}'") == [names[1]]
    assert find(f"name ILIKE 'SEARCH a {MARK}'") == [names[0]] and find(mine, order_by=["name DESC"]) == names[::-1]
    client().set_registered_model_tag(names[2], "of", "other")
    assert find(f"{mine} AND tags.of = 'search'") == names[:2] and find(f"{mine} and tag.of != 'search'") == names[2:]
    page = client().search_registered_models(mine, max_results=2)
    assert page.token and [m.name for m in client().search_registered_models(mine, 2, page_token=page.token)] == names[2:]
    versions = lambda text, **more: [  # noqa: E731
        (v.name, int(v.version)) for v in client().search_model_versions(text, **more)
    ]
    ordered = {"order_by": ["name", "version_number DESC"]}
    assert versions(f"name = '{names[0]}'", **ordered) == [(names[0], 2), (names[0], 1)]
    assert versions(f"name LIKE 'search % {MARK}' AND version_number > 1", **ordered) == [(n, 2) for n in names]
    run_id = client().get_model_version(names[1], "1").run_id
    assert len(versions(f"run_id = '{run_id}'")) == 2 and len(versions(f"run_id IN ('{run_id}')")) == 2
    source = client().get_model_version(names[1], "1").source
    assert versions(f"source_path = '{source}'", **ordered) == [(names[1], 2), (names[1], 1)]
    client().set_model_version_tag(names[0], "1", "k", MARK)
    assert versions(f"tags.k = '{MARK}'") == [(names[0], 1)]
    assert versions(f"name = '{names[1]}' AND tags.k = '{MARK}'") == []
    for text in ["name > 'a'", "nothing = 'a'", "name = a"]:
        refused(lambda text=text: find(text), RestException, "INVALID_PARAMETER_VALUE")
    refused(lambda: find(mine, page_token="nonsense"), RestException, "INVALID_PARAMETER_VALUE")


def check_copy():
    """`copy_model_version`: the same files below another name."""
    name = new_model("copied from", versions=1)
    made = client().copy_model_version(f"models:/{name}/1", f"copied to {MARK}")
    assert str(made.version) == "1" and made.source == f"models:/{name}/1"
    there = client().get_model_version_download_uri(made.name, "1")
    assert there == client().get_model_version_download_uri(name, "1")

