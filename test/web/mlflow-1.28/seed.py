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
client.delete_experiment(client.create_experiment("gone"))
# What the tests change: a test each.
nuts = client.create_experiment("nuts")
# More runs than a page of the table has.
grains = client.create_experiment("grains")
ids.update(fruit=fruit, nuts=nuts, grains=grains)


def run(experiment, name, number, depth=3, model="tree", losses=(0.5,)):
    """A finished run with a history of `loss` and one point of `accuracy`."""
    start = START + number * 60_000
    tags = {"mlflow.runName": name, "mlflow.user": "ada", "mlflow.source.name": "train.py", "colour": f"c{number}"}
    run_id = client.create_run(experiment, start_time=start, tags=tags).info.run_id
    client.log_param(run_id, "depth", depth)
    client.log_param(run_id, "model", model)
    for step, loss in enumerate(losses):
        client.log_metric(run_id, "loss", loss, timestamp=start + 1000 * step, step=10 * step)
    client.log_metric(run_id, "accuracy", 1 - losses[-1], timestamp=start + 9000, step=9)
    client.set_terminated(run_id, "FINISHED", end_time=start + 30_000)
    ids[name] = run_id
    return run_id


apple = run(fruit, "apple", 0, 3, "tree", [0.9, 0.5, 0.25, 0.125])
run(fruit, "banana", 1, 5, "tree", [0.8, 0.75, 0.5])
run(fruit, "cherry", 2, 7, "forest", [0.75, 0.375])
run(fruit, "damson", 3, 9, "forest", [0.625, 0.5625])
for number, name in enumerate(["almond", "beech", "chestnut"]):
    run(nuts, name, number)
for number in range(105):
    client.create_run(grains, start_time=START + number, tags={"mlflow.runName": f"grain {number}"})

client.log_text(apple, "first line\nsecond line ü\n", "notes/read me.txt")
client.log_dict(apple, {"classes": ["ripe", "unripe"]}, "classes.json")
# A picture of 3 columns and 2 rows, in red.
client.log_image(apple, np.full((2, 3, 3), [255, 0, 0], dtype=np.uint8), "plots/red.png")

# A model of the run, with a signature.
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
for name, run_id in {"ripeness": apple, "sweetness": ids["beech"]}.items():
    client.create_registered_model(name, tags={"team": "orchard"}, description=f"Tells {name} apart.")
    for _ in range(2):
        client.create_model_version(name, source, run_id, description="Straight lines.")
    client.transition_model_version_stage(name, "1", "Staging")
client.create_registered_model("weight")

print(json.dumps(ids))
