import os
import subprocess
import sys
import time

import mlflow
import pytest
from conftest import VERSION
from mlflow.entities import RunStatus, ViewType
from mlflow.exceptions import MlflowException


def test_start_and_end(client, experiment):
    before = int(time.time() * 1000)
    run = mlflow.start_run(run_name="first", tags={"a": "1"}, description="what it is")
    running = client.get_run(run.info.run_id)
    assert running.info.status == "RUNNING"
    assert running.info.end_time is None
    assert running.info.experiment_id == experiment
    assert before <= running.info.start_time <= int(time.time() * 1000)
    assert running.data.tags["mlflow.runName"] == "first"
    assert running.data.tags["mlflow.note.content"] == "what it is"
    assert running.data.tags["a"] == "1"
    assert running.info.artifact_uri.endswith(f"{run.info.run_id}/artifacts")
    mlflow.end_run()
    ended = client.get_run(run.info.run_id)
    assert ended.info.status == "FINISHED"
    assert ended.info.end_time >= ended.info.start_time


def test_a_run_that_raises_has_failed(client, experiment):
    with pytest.raises(ZeroDivisionError):
        with mlflow.start_run() as run:
            1 / 0
    assert client.get_run(run.info.run_id).info.status == "FAILED"


@pytest.mark.parametrize("status", ["FAILED", "KILLED", "FINISHED"])
def test_end_run_with_a_status(client, experiment, status):
    run = mlflow.start_run()
    mlflow.end_run(status)
    assert client.get_run(run.info.run_id).info.status == status


def test_nested_runs_know_their_parent(client, experiment):
    with mlflow.start_run() as parent:
        with mlflow.start_run(nested=True) as child:
            with mlflow.start_run(nested=True) as grandchild:
                mlflow.log_metric("depth", 2)
        mlflow.log_metric("depth", 0)
    assert client.get_run(child.info.run_id).data.tags["mlflow.parentRunId"] == parent.info.run_id
    assert client.get_run(grandchild.info.run_id).data.tags["mlflow.parentRunId"] == child.info.run_id
    assert "mlflow.parentRunId" not in client.get_run(parent.info.run_id).data.tags
    assert client.get_run(parent.info.run_id).data.metrics == {"depth": 0}
    children = client.search_runs([experiment], f"tags.mlflow.parentRunId = '{parent.info.run_id}'")
    assert [run.info.run_id for run in children] == [child.info.run_id]


def test_resume(client, experiment):
    with mlflow.start_run() as first:
        mlflow.log_param("p", 1)
        mlflow.log_metric("m", 1, step=1)
    with mlflow.start_run(run_id=first.info.run_id) as second:
        assert second.info.run_id == first.info.run_id
        assert client.get_run(first.info.run_id).info.status == "RUNNING"
        mlflow.log_param("p", 1)
        mlflow.log_param("q", 2)
        mlflow.log_metric("m", 2, step=2)
    resumed = client.get_run(first.info.run_id)
    assert resumed.info.status == "FINISHED"
    assert resumed.info.start_time == first.info.start_time
    assert resumed.data.params == {"p": "1", "q": "2"}
    assert [point.value for point in sorted(client.get_metric_history(first.info.run_id, "m"), key=lambda p: p.step)] == [1, 2]


def test_resume_from_another_process(client, experiment, tmp_path):
    with mlflow.start_run() as run:
        mlflow.log_metric("m", 1, step=0)
    script = """
import mlflow
with mlflow.start_run():
    mlflow.log_metric("m", 2, step=1)
    mlflow.set_tag("from", "another process")
    mlflow.log_text("from another process", "note.txt")
"""
    environment = {**os.environ, "MLFLOW_RUN_ID": run.info.run_id}
    subprocess.run([sys.executable, "-c", script], env=environment, cwd=tmp_path, check=True, timeout=120)
    resumed = client.get_run(run.info.run_id)
    assert resumed.info.status == "FINISHED"
    assert resumed.data.metrics == {"m": 2}
    assert resumed.data.tags["from"] == "another process"
    assert [file.path for file in client.list_artifacts(run.info.run_id)] == ["note.txt"]


def test_resume_refuses_a_deleted_run(client, experiment, run):
    client.delete_run(run)
    with pytest.raises(MlflowException, match="deleted"):
        mlflow.start_run(run_id=run)


def test_create_run_with_times_and_tags(client, experiment):
    run = client.create_run(experiment, start_time=1_660_000_000_123, tags={"k": "v"})
    read = client.get_run(run.info.run_id)
    assert read.info.start_time == 1_660_000_000_123
    assert read.data.tags["k"] == "v"
    assert read.info.status == "RUNNING"


def test_set_terminated(client, run):
    client.set_terminated(run)
    assert client.get_run(run).info.status == "FINISHED"
    client.set_terminated(run, status="FAILED", end_time=1_660_000_000_999)
    read = client.get_run(run)
    assert read.info.status == "FAILED"
    assert read.info.end_time == 1_660_000_000_999


@pytest.mark.since(2, 0)
def test_update_run(client, experiment):
    run_id = client.create_run(experiment, run_name="old").info.run_id
    client.update_run(run_id, status="KILLED", name="new")
    read = client.get_run(run_id)
    assert read.info.status == "KILLED"
    assert read.info.run_name == "new"
    assert read.data.tags["mlflow.runName"] == "new"
    client.set_tag(run_id, "mlflow.runName", "by its tag")
    assert client.get_run(run_id).info.run_name == "by its tag"


@pytest.mark.since(2, 0)
def test_the_name_of_a_run_is_its_tag(client, experiment):
    with mlflow.start_run(run_name="näme") as run:
        pass
    read = client.get_run(run.info.run_id)
    assert read.info.run_name == read.data.tags["mlflow.runName"] == "näme"
    with mlflow.start_run() as unnamed:
        pass
    read = client.get_run(unnamed.info.run_id)
    assert not read.info.run_name and "mlflow.runName" not in read.data.tags


def test_delete_and_restore(client, experiment, run):
    client.log_metric(run, "m", 1)
    client.delete_run(run)
    assert client.get_run(run).info.lifecycle_stage == "deleted"
    assert client.search_runs([experiment]) == []
    assert [each.info.run_id for each in client.search_runs([experiment], run_view_type=ViewType.DELETED_ONLY)] == [run]
    with pytest.raises(MlflowException, match="must be in the 'active' state"):
        client.log_metric(run, "m", 2)
    client.restore_run(run)
    assert client.get_run(run).info.lifecycle_stage == "active"
    client.log_metric(run, "m", 2, step=1)
    assert client.get_run(run).data.metrics == {"m": 2}


def test_an_unknown_run_is_not_found(client):
    with pytest.raises(MlflowException, match="Run with id=nobody not found") as error:
        client.get_run("nobody")
    assert error.value.error_code == "RESOURCE_DOES_NOT_EXIST"


def test_statuses_read_back(client, run):
    for status in ("SCHEDULED", "RUNNING", "FAILED", "FINISHED"):
        client.set_terminated(run, status=status)
        assert client.get_run(run).info.status == status
        assert RunStatus.from_string(status) in RunStatus.all_status()


def test_autolog_of_a_fit(client, experiment):
    from sklearn.linear_model import LogisticRegression

    mlflow.sklearn.autolog(silent=True)
    try:
        LogisticRegression(C=0.5, max_iter=50).fit([[0.0], [1.0], [2.0], [3.0]], [0, 0, 1, 1])
    finally:
        mlflow.sklearn.autolog(disable=True)
    (found,) = client.search_runs([experiment])
    assert found.info.status == "FINISHED"
    assert found.data.params["C"] == "0.5"
    assert found.data.metrics["training_score" if VERSION < (2, 0) else "training_accuracy_score"] == 1
    assert found.data.tags["estimator_name"] == "LogisticRegression"
