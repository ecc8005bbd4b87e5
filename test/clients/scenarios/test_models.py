import json

import mlflow
import mlflow.pyfunc
import mlflow.sklearn
import pytest
from conftest import VERSION
from mlflow.exceptions import MlflowException
from sklearn.linear_model import LinearRegression

INPUTS = [[0.0], [1.0], [2.0]]


def log(path="model", **more):
    """Logs a model that doubles its input to the active run."""
    model = LinearRegression().fit(INPUTS, [0.0, 2.0, 4.0])
    return mlflow.sklearn.log_model(
        model, artifact_path=path, serialization_format="cloudpickle", pip_requirements=["scikit-learn"], **more
    )


def doubles(uri):
    model = mlflow.pyfunc.load_model(uri)
    return [round(float(value), 6) for value in model.predict(INPUTS)] == [0, 2, 4]


def test_log_model_and_load_it_from_the_run(client, experiment):
    with mlflow.start_run() as run:
        log()
    assert doubles(f"runs:/{run.info.run_id}/model")
    loaded = mlflow.sklearn.load_model(f"runs:/{run.info.run_id}/model")
    assert round(float(loaded.predict([[21.0]])[0]), 6) == 42


@pytest.mark.skipif(VERSION >= (3, 0), reason="3.x keeps models outside the run")
def test_a_logged_model_is_among_the_artifacts_and_in_the_history(client, experiment):
    with mlflow.start_run() as run:
        log("some/where/model")
        log("other")
    files = [file.path for file in client.list_artifacts(run.info.run_id, "some/where/model")]
    assert "some/where/model/MLmodel" in files
    history = json.loads(client.get_run(run.info.run_id).data.tags["mlflow.log-model.history"])
    assert [entry["artifact_path"] for entry in history] == ["some/where/model", "other"]
    assert all(entry["run_id"] == run.info.run_id for entry in history)
    assert doubles(f"runs:/{run.info.run_id}/some/where/model")


def test_register_and_load_by_version_and_stage(client, experiment, name):
    with mlflow.start_run() as run:
        log(registered_model_name=name)
        log("second")
    second = mlflow.register_model(f"runs:/{run.info.run_id}/second", name)
    assert str(second.version) == "2"
    # A 3.x client tells the logged model that a version is of; the run is that model's.
    for version in ("1", "2"):
        assert client.get_model_version(name, version).run_id == run.info.run_id
    assert doubles(f"models:/{name}/1")
    client.transition_model_version_stage(name, "1", "Staging")
    client.transition_model_version_stage(name, "2", "Production")
    assert doubles(f"models:/{name}/Production")
    latest = {str(version.version): version.current_stage for version in client.get_latest_versions(name)}
    assert latest == {"1": "Staging", "2": "Production"}
    client.transition_model_version_stage(name, "1", "Production", archive_existing_versions=True)
    assert client.get_model_version(name, "2").current_stage == "Archived"
    assert client.get_model_version_download_uri(name, "1")


def test_registered_models(client, name):
    client.create_registered_model(name, tags={"team": "cellar"}, description="first")
    with pytest.raises(MlflowException) as error:
        client.create_registered_model(name)
    assert error.value.error_code == "RESOURCE_ALREADY_EXISTS"
    client.update_registered_model(name, description="größe")
    client.set_registered_model_tag(name, "k", "v")
    client.delete_registered_model_tag(name, "team")
    read = client.get_registered_model(name)
    assert read.description == "größe"
    assert read.tags == {"k": "v"}
    client.rename_registered_model(name, f"{name} renamed")
    with pytest.raises(MlflowException) as error:
        client.get_registered_model(name)
    assert error.value.error_code == "RESOURCE_DOES_NOT_EXIST"
    client.delete_registered_model(f"{name} renamed")
    with pytest.raises(MlflowException):
        client.get_registered_model(f"{name} renamed")


def test_model_versions(client, run, name):
    client.create_registered_model(name)
    source = client.get_run(run).info.artifact_uri + "/model"
    for number in (1, 2, 3):
        version = client.create_model_version(name, source, run, tags={"n": str(number)}, description=f"number {number}")
        assert str(version.version) == str(number)
        assert version.status == "READY"
    client.update_model_version(name, "1", description="new")
    client.set_model_version_tag(name, "1", "k", "v")
    client.delete_model_version_tag(name, "1", "n")
    read = client.get_model_version(name, "1")
    assert read.description == "new" and read.tags == {"k": "v"} and read.source == source and read.run_id == run
    client.delete_model_version(name, "3")
    with pytest.raises(MlflowException):
        client.get_model_version(name, "3")
    assert str(client.create_model_version(name, source).version) == "4", "a number is not used again"
    found = client.search_model_versions(f"name = '{name}'")
    assert sorted(str(version.version) for version in found) == ["1", "2", "4"]
    found = client.search_model_versions(f"run_id = '{run}'")
    assert {version.name for version in found} == {name}


def test_search_registered_models(client, name):
    names = [f"{name} {i}" for i in range(5)]
    for each in names:
        client.create_registered_model(each, tags={"scenario": name})
    search = lambda **query: client.search_registered_models(filter_string=f"name LIKE '{name}%'", **query)
    assert [model.name for model in search()] == names
    assert [model.name for model in search(order_by=["name DESC"])] == names[::-1]
    found, token = [], None
    while True:
        page = search(max_results=2, page_token=token)
        found += [model.name for model in page]
        token = page.token
        if not token:
            break
    assert found == names
    assert names[0] in [model.name for model in client.search_registered_models()]


@pytest.mark.since(2, 3)
def test_aliases(client, experiment, name):
    with mlflow.start_run():
        log(registered_model_name=name)
        log("second", registered_model_name=name)
    client.set_registered_model_alias(name, "champion", "1")
    assert str(client.get_model_version_by_alias(name, "champion").version) == "1"
    client.set_registered_model_alias(name, "champion", "2")
    assert {alias: str(version) for alias, version in client.get_registered_model(name).aliases.items()} == {"champion": "2"}
    assert client.get_model_version(name, "2").aliases == ["champion"]
    assert doubles(f"models:/{name}@champion")
    client.delete_registered_model_alias(name, "champion")
    with pytest.raises(MlflowException):
        client.get_model_version_by_alias(name, "champion")


@pytest.mark.since(3, 0)
def test_logged_models(client, experiment):
    with mlflow.start_run() as run:
        info = log("model", params={"depth": "3"})
        mlflow.log_metric("accuracy", 0.75, model_id=info.model_id)
    assert doubles(f"models:/{info.model_id}")
    assert doubles(f"runs:/{run.info.run_id}/model")
    model = mlflow.get_logged_model(info.model_id)
    assert model.name == "model" and model.status == "READY"
    assert model.source_run_id == run.info.run_id
    assert model.params == {"depth": "3"}
    assert {metric.key: metric.value for metric in model.metrics} == {"accuracy": 0.75}
    assert client.get_run(run.info.run_id).outputs.model_outputs[0].model_id == info.model_id
    mlflow.set_logged_model_tags(info.model_id, {"k": "v"})
    found = mlflow.search_logged_models([experiment], filter_string="tags.k = 'v' AND metrics.accuracy > 0.5", output_format="list")
    assert [each.model_id for each in found] == [info.model_id]


@pytest.mark.since(2, 4)
def test_log_input_of_a_dataset(client, experiment):
    import numpy as np

    dataset = mlflow.data.from_numpy(np.array(INPUTS), name="inputs")
    with mlflow.start_run() as run:
        mlflow.log_input(dataset, context="training")
        mlflow.log_input(dataset, context="training")
    (found,) = client.get_run(run.info.run_id).inputs.dataset_inputs
    assert found.dataset.name == "inputs" and found.dataset.digest == dataset.digest
    assert {tag.key: tag.value for tag in found.tags} == {"mlflow.data.context": "training"}
