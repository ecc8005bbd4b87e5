import mlflow
import pytest
from mlflow.entities import ViewType
from mlflow.exceptions import MlflowException


def test_create_and_get(client, name):
    experiment_id = client.create_experiment(name, tags={"team": "cellar", "größe": "日本 🍷"})
    for found in (client.get_experiment(experiment_id), client.get_experiment_by_name(name), mlflow.get_experiment(experiment_id)):
        assert found.experiment_id == experiment_id
        assert found.name == name
        assert found.lifecycle_stage == "active"
        assert found.tags == {"team": "cellar", "größe": "日本 🍷"}
        assert found.artifact_location.endswith(f"/{experiment_id}")


def test_get_by_name_of_nothing_is_none(client, name):
    assert client.get_experiment_by_name(name) is None
    assert mlflow.get_experiment_by_name(name) is None


def test_get_of_an_unknown_id_says_so(client):
    with pytest.raises(MlflowException, match="No Experiment with id=987654321 exists") as error:
        client.get_experiment("987654321")
    assert error.value.error_code == "RESOURCE_DOES_NOT_EXIST"


def test_set_experiment_makes_what_is_missing_and_finds_what_is_there(client, name):
    made = mlflow.set_experiment(name)
    assert client.get_experiment(made.experiment_id).name == name
    assert mlflow.set_experiment(name).experiment_id == made.experiment_id
    assert mlflow.set_experiment(experiment_id=made.experiment_id).name == name
    with mlflow.start_run() as run:
        assert run.info.experiment_id == made.experiment_id


def test_a_name_is_taken_once(client, name):
    client.create_experiment(name)
    with pytest.raises(MlflowException, match="already exists") as error:
        client.create_experiment(name)
    assert error.value.error_code == "RESOURCE_ALREADY_EXISTS"


def test_rename_tag_delete_restore(client, experiment, name):
    client.rename_experiment(experiment, f"{name} renamed")
    client.set_experiment_tag(experiment, "k", "v")
    run_id = client.create_run(experiment).info.run_id
    renamed = client.get_experiment_by_name(f"{name} renamed")
    assert renamed.experiment_id == experiment
    assert renamed.tags["k"] == "v"
    assert client.get_experiment_by_name(name) is None

    client.delete_experiment(experiment)
    assert client.get_experiment(experiment).lifecycle_stage == "deleted"
    assert client.get_run(run_id).info.lifecycle_stage == "deleted"
    with pytest.raises(MlflowException, match="must be in the 'active' state"):
        client.create_run(experiment)
    client.restore_experiment(experiment)
    assert client.get_experiment(experiment).lifecycle_stage == "active"
    assert client.get_run(run_id).info.lifecycle_stage == "active"


def test_set_experiment_refuses_a_deleted_one(client, experiment, name):
    client.delete_experiment(experiment)
    with pytest.raises(MlflowException, match="deleted"):
        mlflow.set_experiment(name)


def test_search_and_pages(client, name):
    ids = [client.create_experiment(f"{name} {i}", tags={"scenario": name, "even": str(i % 2 == 0)}) for i in range(5)]
    client.delete_experiment(ids[4])
    everything = f"name LIKE '{name} %'"
    found = client.search_experiments(filter_string=everything)
    assert [each.experiment_id for each in found] == ids[3::-1], "the newest come first"
    found = client.search_experiments(filter_string=f"tags.scenario = '{name}' AND tags.even = 'True'", order_by=["name ASC"])
    assert [each.name for each in found] == [f"{name} 0", f"{name} 2"]
    found = client.search_experiments(view_type=ViewType.DELETED_ONLY, filter_string=everything)
    assert [each.experiment_id for each in found] == [ids[4]]
    found, token = [], None
    while True:
        page = client.search_experiments(view_type=ViewType.ALL, filter_string=everything, max_results=2, order_by=["name"], page_token=token)
        found += [each.experiment_id for each in page]
        token = page.token
        if not token:
            break
    assert found == ids


def test_list_experiments(client, experiment):
    if not hasattr(client, "list_experiments"):
        pytest.skip("this client has no list_experiments any more")
    assert experiment in [each.experiment_id for each in client.list_experiments()]
    assert len(client.list_experiments(max_results=1)) == 1
