import math
from concurrent.futures import ThreadPoolExecutor

import mlflow
import pytest
from mlflow.entities import Metric, Param, RunTag
from mlflow.exceptions import MlflowException


def history(client, run, key):
    points = client.get_metric_history(run, key)
    return sorted(((point.step, point.timestamp, point.value) for point in points), key=str)


def test_log_metric_and_its_history(client, run):
    for step, value in enumerate([3.5, 2.25, 1.125]):
        client.log_metric(run, "loss", value, timestamp=1000 + step, step=step)
    assert history(client, run, "loss") == [(0, 1000, 3.5), (1, 1001, 2.25), (2, 1002, 1.125)]
    assert client.get_run(run).data.metrics == {"loss": 1.125}


def test_the_latest_metric_is_that_of_the_largest_step(client, run):
    client.log_metric(run, "m", 1, timestamp=10, step=5)
    client.log_metric(run, "m", 2, timestamp=99, step=4)
    assert client.get_run(run).data.metrics == {"m": 1}
    client.log_metric(run, "m", 3, timestamp=11, step=5)
    assert client.get_run(run).data.metrics == {"m": 3}


def test_a_point_logged_twice_is_there_once(client, run):
    for _ in range(2):
        client.log_metric(run, "m", 1.5, timestamp=7, step=1)
    assert history(client, run, "m") == [(1, 7, 1.5)]


def test_log_metrics_params_and_tags_together(client, experiment):
    with mlflow.start_run() as run:
        mlflow.log_metrics({"a": 1, "b": 2.5}, step=3)
        mlflow.log_params({"lr": 0.1, "layers": [1, 2], "none": None, "text": ""})
        mlflow.set_tags({"k": "v", "n": 5})
        mlflow.log_metric("c", 9)
        mlflow.log_param("single", "x")
        mlflow.set_tag("one", "more")
    data = client.get_run(run.info.run_id).data
    assert data.metrics == {"a": 1, "b": 2.5, "c": 9}
    assert data.params == {"lr": "0.1", "layers": "[1, 2]", "none": "None", "text": "", "single": "x"}
    assert data.tags["k"] == "v" and data.tags["n"] == "5" and data.tags["one"] == "more"
    assert client.get_metric_history(run.info.run_id, "b")[0].step == 3


def test_log_batch(client, run):
    client.log_batch(
        run,
        metrics=[Metric("m", i / 10, 1000 + i, i) for i in range(900)],
        params=[Param(f"p{i}", str(i)) for i in range(50)],
        tags=[RunTag(f"t{i}", str(i)) for i in range(50)],
    )
    read = client.get_run(run).data
    assert read.metrics == {"m": 89.9}
    assert read.params == {f"p{i}": str(i) for i in range(50)}
    assert {f"t{i}": str(i) for i in range(50)}.items() <= read.tags.items()
    assert sorted(point.step for point in client.get_metric_history(run, "m")) == list(range(900))


def test_log_batch_again_changes_nothing(client, run):
    batch = {"metrics": [Metric("m", 1, 1, i) for i in range(20)], "params": [Param("p", "1")], "tags": [RunTag("t", "1")]}
    client.log_batch(run, **batch)
    client.log_batch(run, **batch)
    assert len(client.get_metric_history(run, "m")) == 20
    assert client.get_run(run).data.params == {"p": "1"}


def test_numbers_that_are_not_finite(client, run):
    client.log_metric(run, "nan", float("nan"))
    client.log_metric(run, "inf", float("inf"))
    client.log_metric(run, "-inf", float("-inf"))
    metrics = client.get_run(run).data.metrics
    assert math.isnan(metrics["nan"])
    assert metrics["inf"] >= 1.7e308
    assert metrics["-inf"] <= -1.7e308


@pytest.mark.parametrize("value", [0.1, 1 / 3, 5e-324, 1.7976931348623157e308, -12.5, 2**53 + 2])
def test_numbers_come_back_exactly(client, run, value):
    client.log_metric(run, "m", value)
    assert client.get_run(run).data.metrics["m"] == value
    assert client.get_metric_history(run, "m")[0].value == value


@pytest.mark.parametrize("step", [0, -1, 2**53 + 1, 2**63 - 1, -(2**63)])
def test_steps_come_back_exactly(client, run, step):
    client.log_metric(run, "m", 1, step=step, timestamp=5)
    assert history(client, run, "m") == [(step, 5, 1)]


def test_a_param_does_not_change(client, run):
    client.log_param(run, "p", "1")
    client.log_param(run, "p", "1")
    with pytest.raises(MlflowException, match="Changing param values is not allowed") as error:
        client.log_param(run, "p", "2")
    assert error.value.error_code == "INVALID_PARAMETER_VALUE"
    assert client.get_run(run).data.params == {"p": "1"}


def test_tags_change_and_go(client, run):
    client.set_tag(run, "t", "1")
    client.set_tag(run, "t", "2")
    assert client.get_run(run).data.tags["t"] == "2"
    client.delete_tag(run, "t")
    assert "t" not in client.get_run(run).data.tags
    with pytest.raises(MlflowException, match="No tag with name: t"):
        client.delete_tag(run, "t")


@pytest.mark.parametrize("text", ["größe/été", "日本語", "ключ 1", "a b-c_d.e/f"])
def test_names_and_values_in_every_script(client, run, text):
    value = f"{text} 🍷 \"quoted\" 'single' \\ \n line % _"
    client.log_param(run, text, value)
    client.set_tag(run, text, value)
    client.log_metric(run, text, 1)
    data = client.get_run(run).data
    assert data.params == {text: value}
    assert data.tags[text] == value
    assert data.metrics == {text: 1}
    assert len(client.get_metric_history(run, text)) == 1


@pytest.mark.parametrize("key", ["a$b", "/a", "a//b", "..", "🍷"])
def test_names_that_are_refused(client, run, key):
    for log in (client.log_metric, client.log_param, client.set_tag):
        with pytest.raises(MlflowException) as error:
            log(run, key, 1)
        assert error.value.error_code == "INVALID_PARAMETER_VALUE"
    data = client.get_run(run).data
    assert data.metrics == {} and data.params == {} and key not in data.tags


def test_long_names_and_values(client, run):
    client.log_param(run, "k" * 250, "v" * 500)
    client.set_tag(run, "k" * 250, "v" * 5000)
    client.log_metric(run, "k" * 250, 1)
    data = client.get_run(run).data
    assert data.params == {"k" * 250: "v" * 500}
    assert data.tags["k" * 250] == "v" * 5000
    assert data.metrics == {"k" * 250: 1}
    for too_long in (
        lambda: client.log_param(run, "k" * 251, "v"),
        lambda: client.log_metric(run, "k" * 251, 1),
        lambda: client.set_tag(run, "k" * 251, "v"),
    ):
        with pytest.raises(MlflowException):
            too_long()
    assert client.get_run(run).data.to_dictionary() == data.to_dictionary()


def test_the_client_splits_what_is_too_much_for_one_batch(client, experiment):
    with mlflow.start_run() as run:
        mlflow.log_params({f"p{i}": i for i in range(100)})
        mlflow.log_metrics({f"m{i}": i for i in range(1000)})
        mlflow.set_tags({f"t{i}": i for i in range(100)})
    data = client.get_run(run.info.run_id).data
    assert len(data.params) == 100 and len(data.metrics) == 1000
    assert all(data.tags[f"t{i}"] == str(i) for i in range(100))


def test_sixteen_threads_log_at_once(client, experiment, run):
    def work(thread):
        for step in range(25):
            client.log_metric(run, f"own {thread}", step, timestamp=step, step=step)
            client.log_metric(run, "shared", thread, timestamp=step, step=step)
        client.log_param(run, f"p{thread}", thread)
        client.set_tag(run, f"t{thread}", thread)
        client.log_batch(run, metrics=[Metric("batched", thread, 1, i) for i in range(50)])
        mine = client.create_run(experiment).info.run_id
        client.log_metric(mine, "m", thread)
        client.set_terminated(mine)
        return mine

    with ThreadPoolExecutor(16) as pool:
        runs = list(pool.map(work, range(16)))
    assert len(set(runs)) == 16
    data = client.get_run(run).data
    assert {key: value for key, value in data.metrics.items() if key.startswith("own")} == {f"own {i}": 24 for i in range(16)}
    assert data.metrics["shared"] == 15, "the largest value of the last step and time"
    assert data.params == {f"p{i}": str(i) for i in range(16)}
    assert len(client.get_metric_history(run, "shared")) == 16 * 25
    assert len(client.get_metric_history(run, "batched")) == 16 * 50
    assert len(client.search_runs([experiment], "attributes.status = 'FINISHED' and metrics.m >= 0")) == 16


def test_a_history_of_many_points(client, run):
    for start in range(0, 3000, 1000):
        client.log_batch(run, metrics=[Metric("m", i, i, i) for i in range(start, start + 1000)])
    points = client.get_metric_history(run, "m")
    assert sorted(point.step for point in points) == list(range(3000))
    assert all(point.value == point.step == point.timestamp for point in points)


def test_a_history_of_nothing_is_empty(client, run):
    assert list(client.get_metric_history(run, "nothing")) == []
