"""Logs, with the real client, what the tests of charts and of comparing look at. Prints the ids as its last line, in JSON."""

import json
import math

from mlflow.entities import Metric, Param
from mlflow.tracking import MlflowClient

START = 1_660_000_000_000  # 2022-08-08, ms
client = MlflowClient()
ids = {}

ATTACK = "<img src=x onerror=\"document.documentElement.dataset.attacked='yes'\"><script>document.documentElement.dataset.attacked='yes'</script>"


def run(experiment, name, metrics, params=(), tags=()):
    run_id = client.create_run(experiment, start_time=START, tags={"mlflow.runName": name, **dict(tags)}).info.run_id
    client.log_batch(run_id, [], [Param(key, value) for key, value in params])
    for at in range(0, len(metrics), 1000):
        client.log_batch(run_id, metrics[at : at + 1000], [])
    client.set_terminated(run_id, end_time=START + 600_000)
    ids[name] = run_id


def history(key, values, every=1000):
    return [Metric(key, value, START + step * every, step) for step, value in enumerate(values)]


curves = client.create_experiment("curves")
# A wave with one spike that no even sample would meet, and its opposite in the other direction.
wave = [1 + math.sin(step / 400) for step in range(20_000)]
wave[12_347] = 77.125
wave[5_001] = -33.5
run(curves, "spiky", history("wave", wave) + history("loss", [1 / (step + 1) for step in range(40)]), [("depth", "3"), ("model", "tree"), ("same", "x")], [("team", "a")])
run(
    curves,
    "broken",
    history("loss", [0.5, math.nan, 0.25, math.inf, 0.125, -math.inf, 0.0, 0.1 + 0.2]) + history("train/loss", [3, 2, 1]) + history("val/accuracy", [0.5, 0.75]),
    [("depth", "5"), ("model", "forest"), ("same", "x")],
    [("team", "b")],
)
run(curves, "short", history("loss", [0.4, 0.2]) + history("val/accuracy", [0.25, 0.875]), [("depth", "9"), ("model", "forest"), ("same", "x")])
other = client.create_experiment("elsewhere")
run(other, "abroad", history("loss", [0.9, 0.05]), [("depth", "3"), ("only", "here")])
many = client.create_experiment("many")
run(many, "wide", [Metric(f"layer{number // 100}/unit{number}", number, START, 0) for number in range(1000)])
hostile = client.create_experiment("hostile")
run(
    hostile,
    f"run {ATTACK}",
    [Metric("loss", 1.5, START, 0), Metric("loss", 0.5, START + 1000, 1)],
    [("text", ATTACK), ("depth", "1")],
    [("note", ATTACK)],
)
ids["hostile run"] = ids.pop(f"run {ATTACK}")
ids.update(curves=curves, elsewhere=other, many=many, hostile=hostile)
print(json.dumps(ids))
