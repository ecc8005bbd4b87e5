"""Logs, with the real client, what the tests of our pages look at. Prints the ids as its last line, in JSON."""

import json
import math

from mlflow.entities import Metric, Param
from mlflow.tracking import MlflowClient

START = 1_660_000_000_000  # 2022-08-08, ms
client = MlflowClient()
ids = {}

ATTACK = "<img src=x onerror=\"document.documentElement.dataset.attacked='yes'\"><script>document.documentElement.dataset.attacked='yes'</script>"


def run(experiment, name, number, metrics=(), params=(), tags=(), status="FINISHED", parent=None):
    start = START + number * 60_000
    about = [("mlflow.runName", name), *tags]
    if parent is not None:
        about.append(("mlflow.parentRunId", parent))
    run_id = client.create_run(experiment, start_time=start, tags=dict(about)).info.run_id
    client.log_batch(
        run_id,
        [Metric(key, value, start + 1000, 0) for key, value in metrics],
        [Param(key, value) for key, value in params],
    )
    if status != "RUNNING":
        client.set_terminated(run_id, status, end_time=start + 30_000)
    ids[name] = run_id
    return run_id


orchard = client.create_experiment(
    "orchard",
    tags={"team": "fruit", "mlflow.note.content": "Which fruit is *ripe*?\n\n- `apple`\n- [more](https://example.org/)"},
)
for number, (name, loss, model, status) in enumerate(
    [
        ("apple", 0.125, "tree", "FINISHED"),
        ("banana", 0.5, "tree", "FINISHED"),
        ("cherry", 0.1 + 0.2, "forest", "FINISHED"),
        ("damson", math.nan, "forest", "FAILED"),
        ("elder", 2e-9, "forest", "RUNNING"),
    ]
):
    metrics = [("loss", loss), ("val/accuracy", 0.5 + number / 10), ("val/f1", number)]
    run(orchard, name, number, metrics, [("model", model), ("depth", str(number))], [("season", "late")], status)
sweep = run(orchard, "sweep", 10)
for number in range(3):
    run(orchard, f"sweep {number}", 11 + number, [("loss", 0.9 + number)], parent=sweep)

nested = client.create_experiment("nested")
root = run(nested, "root", 0)
for number in range(2):
    run(nested, f"branch {number}", 1 + number, [("loss", number)], parent=root)

# What the tests change: a test each.
for name in ["to delete", "to tag", "to rename", "to describe", "to view"]:
    ids[name] = client.create_experiment(name)
for number in range(4):
    run(ids["to delete"], f"leaf {number}", number)
    run(ids["to tag"], f"twig {number}", number)

# More than a page of them, to scroll through.
grains = client.create_experiment("grains")
for number in range(250):
    client.create_run(grains, start_time=START + number, tags={"mlflow.runName": f"grain {number}"})
client.create_experiment("empty")

hostile = client.create_experiment(
    f"hostile {ATTACK}",
    tags={"note": ATTACK, "mlflow.note.content": f"{ATTACK}\n\n[click](javascript:document.documentElement.dataset.attacked='yes')\n\n![x](https://example.org/x.png)"},
)
run(
    hostile,
    f"run {ATTACK}",
    0,
    params=[("text", ATTACK), ("link", "javascript:document.documentElement.dataset.attacked='yes'")],
    tags=[("note", ATTACK), ("mlflow.source.name", ATTACK), ("gitlab.CI_JOB_ID", "1"), ("mlflow.user", ATTACK)],
)
ids.update(orchard=orchard, nested=nested, grains=grains, hostile=hostile)
for name in ["empty"]:
    ids[name] = client.get_experiment_by_name(name).experiment_id

print(json.dumps(ids))
