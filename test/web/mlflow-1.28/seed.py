"""Logs, with the real client, what the tests of MLflow's pages look at. Prints the ids as its last line, in JSON."""

import json

import mlflow
import numpy as np
from mlflow.models.signature import infer_signature
from mlflow.tracking import MlflowClient
from sklearn.linear_model import LinearRegression

START = 1_660_000_000_000  # 2022-08-08, ms
client = MlflowClient()
ids = {}

# The Default experiment is there already. Nothing of the others depends on the machine or on the day.
fruit = client.create_experiment("fruit", tags={"mlflow.note.content": "Which fruit is *ripe*?"})
client.create_experiment("vegetables äöü 😀")
gone = client.create_experiment("gone")
client.delete_experiment(gone)
ids["fruit"] = fruit


def run(name, number, depth, model, losses):
    """A finished run with a history of `loss` and one point of `accuracy`."""
    start = START + number * 60_000
    info = client.create_run(
        fruit,
        start_time=start,
        tags={"mlflow.runName": name, "mlflow.user": "ada", "mlflow.source.name": "train.py", "colour": f"c{number}"},
    ).info
    client.log_param(info.run_id, "depth", depth)
    client.log_param(info.run_id, "model", model)
    for step, loss in enumerate(losses):
        client.log_metric(info.run_id, "loss", loss, timestamp=start + 1000 * step, step=step)
    client.log_metric(info.run_id, "accuracy", 1 - losses[-1], timestamp=start + 9000, step=9)
    client.set_terminated(info.run_id, "FINISHED", end_time=start + 30_000)
    ids[name] = info.run_id
    return info.run_id


apple = run("apple", 0, 3, "tree", [0.9, 0.5, 0.25, 0.125])
banana = run("banana", 1, 5, "tree", [0.8, 0.75, 0.5])
cherry = run("cherry", 2, 7, "forest", [0.75, 0.375])
damson = run("damson", 3, 9, "forest", [0.625, 0.5625])

client.log_text(apple, "first line\nsecond line ü\n", "notes/read me.txt")
client.log_dict(apple, {"classes": ["ripe", "unripe"]}, "classes.json")
# A picture of 3 columns and 2 rows, in red.
client.log_image(apple, np.full((2, 3, 3), [255, 0, 0], dtype=np.uint8), "plots/red.png")

# A model of the run, with a signature; twice registered.
features = np.array([[0.0], [1.0], [2.0]])
model = LinearRegression().fit(features, np.array([1.0, 3.0, 5.0]))
with mlflow.start_run(run_id=apple):
    mlflow.sklearn.log_model(
        model,
        "model",
        signature=infer_signature(features, model.predict(features)),
        pip_requirements=["scikit-learn"],
    )
client.set_terminated(apple, "FINISHED", end_time=START + 30_000)

source = client.get_run(apple).info.artifact_uri + "/model"
client.create_registered_model("ripeness", tags={"team": "orchard"}, description="Tells ripe from unripe.")
for _ in range(2):
    client.create_model_version("ripeness", source, apple, description="Straight lines.")
client.transition_model_version_stage("ripeness", "1", "Staging")
client.create_registered_model("weight")

print(json.dumps(ids))
