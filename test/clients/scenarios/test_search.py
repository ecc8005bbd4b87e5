import mlflow
import pytest
from mlflow.exceptions import MlflowException


@pytest.fixture
def sweep(client, experiment):
    """Six runs, oldest first."""
    runs = []
    for i, (accuracy, kind) in enumerate([(0.5, "a"), (0.9, "b"), (0.7, "a"), (float("nan"), "b"), (0.9, "a"), (None, "c")]):
        run = client.create_run(experiment, start_time=1000 + i, tags={"kind": kind, "mlflow.runName": f"run {i}"})
        client.log_param(run.info.run_id, "p", i % 2)
        if accuracy is not None:
            client.log_metric(run.info.run_id, "accuracy", accuracy)
        runs.append(run.info.run_id)
    client.set_terminated(runs[0], end_time=5000)
    client.set_terminated(runs[1], status="FAILED", end_time=4000)
    return runs


def test_filters(client, experiment, sweep):
    def found(text):
        return sorted(sweep.index(run.info.run_id) for run in client.search_runs([experiment], text))

    assert found("") == [0, 1, 2, 3, 4, 5]
    assert found("metrics.accuracy > 0.6") == [1, 2, 4]
    assert found("metrics.accuracy = 0.9 and params.p = '0'") == [4]
    assert found("params.p != '0'") == [1, 3, 5]
    assert found("tags.kind = 'a' AND metrics.accuracy < 0.8") == [0, 2]
    assert found("tags.kind LIKE 'a%'") == [0, 2, 4]
    assert found("tags.kind ILIKE 'B'") == [1, 3]
    assert found("tags.mlflow.runName = 'run 3'") == [3]
    assert found("tags.`mlflow.runName` LIKE '%5'") == [5]
    assert found("attributes.status = 'RUNNING'") == [2, 3, 4, 5]
    assert found("attributes.status != 'RUNNING' and attributes.start_time >= 1001") == [1]
    assert found("metrics.absent > 0") == []


def test_orders(client, experiment, sweep):
    def ordered(*order):
        return [sweep.index(run.info.run_id) for run in client.search_runs([experiment], order_by=list(order))]

    assert ordered() == [5, 4, 3, 2, 1, 0], "the newest first"
    assert ordered("metrics.accuracy DESC") == [4, 1, 2, 0, 3, 5], "then NaN, then those without"
    assert ordered("metrics.accuracy ASC", "attribute.start_time ASC") == [0, 2, 1, 4, 3, 5]
    assert ordered("params.p", "attribute.start_time ASC") == [0, 2, 4, 1, 3, 5]
    assert ordered("tags.kind DESC", "metrics.accuracy DESC") == [5, 1, 3, 4, 2, 0]
    assert ordered("attributes.end_time ASC") == [1, 0, 5, 4, 3, 2]


def test_pages(client, experiment, sweep):
    found, token = [], None
    while True:
        page = client.search_runs([experiment], order_by=["metrics.accuracy DESC"], max_results=2, page_token=token)
        assert len(page) <= 2
        found += [sweep.index(run.info.run_id) for run in page]
        token = page.token
        if not token:
            break
    assert found == [4, 1, 2, 0, 3, 5]


def test_what_a_found_run_holds(client, experiment, sweep):
    (run,) = client.search_runs([experiment], "tags.mlflow.runName = 'run 1'")
    assert run.data.metrics == {"accuracy": 0.9}
    assert run.data.params == {"p": "1"}
    assert run.data.tags["kind"] == "b"
    assert run.info.status == "FAILED" and run.info.end_time == 4000 and run.info.start_time == 1001
    assert run.to_dictionary() == client.get_run(sweep[1]).to_dictionary()


def test_as_a_table(experiment, name, sweep):
    table = mlflow.search_runs(experiment_names=[name], order_by=["attribute.start_time ASC"])
    assert list(table["run_id"]) == sweep
    assert list(table["params.p"]) == ["0", "1", "0", "1", "0", "1"]
    assert list(table["status"])[:3] == ["FINISHED", "FAILED", "RUNNING"]


def test_several_experiments(client, experiment, sweep, name):
    other = client.create_experiment(f"{name} other")
    run = client.create_run(other, start_time=1).info.run_id
    assert [each.info.run_id for each in client.search_runs([experiment, other])] == [*reversed(sweep), run]
    assert client.search_runs([]) == []


@pytest.mark.parametrize("text", ["m > 1", "metrics.m > 'a'", "params.p = 1", "foo.m > 0", "metrics.m > 0 OR metrics.m < 0", "attributes.nonsense = 'x'"])
def test_a_filter_that_is_wrong_says_so_at_once(client, experiment, text):
    with pytest.raises(MlflowException) as error:
        client.search_runs([experiment], text)
    assert error.value.error_code == "INVALID_PARAMETER_VALUE"


def test_a_wrong_order_says_so_at_once(client, experiment):
    with pytest.raises(MlflowException) as error:
        client.search_runs([experiment], order_by=["nonsense"])
    assert error.value.error_code == "INVALID_PARAMETER_VALUE"
