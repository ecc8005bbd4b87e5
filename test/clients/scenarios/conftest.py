"""What the scenarios share. They are run by the real MLflow clients of several versions against MLFLOW_TRACKING_URI."""

import json
import os
import uuid

import matplotlib

matplotlib.use("Agg")

import mlflow
import pytest
from mlflow.tracking import MlflowClient

VERSION = tuple(int(part) for part in mlflow.__version__.split(".")[:2])


def pytest_configure(config):
    config.addinivalue_line("markers", "since(major, minor): the client can do this only from that version on")
    assert os.environ["MLFLOW_TRACKING_URI"].startswith("http"), "the scenarios need a server"


def pytest_collection_modifyitems(items):
    for item in items:
        since = item.get_closest_marker("since")
        if since is not None and VERSION < since.args:
            wanted = ".".join(map(str, since.args))
            item.add_marker(pytest.mark.skip(reason=f"needs MLflow {wanted}"))


def pytest_runtest_logreport(report):
    """Appends what became of a scenario to the file SCENARIO_RESULTS, a line of JSON each."""
    if "SCENARIO_RESULTS" not in os.environ or (report.when != "call" and report.passed):
        return
    outcome = {"name": report.nodeid, "outcome": report.outcome, "text": report.longreprtext}
    with open(os.environ["SCENARIO_RESULTS"], "a", encoding="utf-8") as file:
        print(json.dumps(outcome), file=file)


@pytest.fixture
def client():
    return MlflowClient()


@pytest.fixture
def name():
    """A name that nothing has yet."""
    return f"scenario {uuid.uuid4().hex}"


@pytest.fixture
def experiment(client, name):
    """The id of an experiment of the scenario's own, which is the active one."""
    experiment_id = client.create_experiment(name)
    mlflow.set_experiment(experiment_id=experiment_id)
    yield experiment_id
    while mlflow.active_run() is not None:
        mlflow.end_run()


@pytest.fixture
def run(client, experiment):
    """The id of a run without anything in it."""
    return client.create_run(experiment).info.run_id
