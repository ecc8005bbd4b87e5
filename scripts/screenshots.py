"""Logs what the screenshots show: a sweep of a classifier, with children, failures and curves. The same every time."""

import math
import os
import random
import time

import requests
from mlflow.entities import Metric, Param
from mlflow.tracking import MlflowClient

random.seed(7)
client = MlflowClient()
now = int(time.time() * 1000)

NOTE = """Tunes a classifier on the **wine** dataset, chemistry of 178 wines from three cultivars.

- baseline: `0.91` accuracy
- the best so far: see the view *best of all*
"""
experiment = client.create_experiment("wine quality", tags={"team": "cellar", "stage": "tuning", "mlflow.note.content": NOTE})
for name, tags in [
    ("fraud detection", {"team": "risk", "data": "2026-10"}),
    ("image segmentation", {"team": "vision"}),
    ("churn/gradient boosting", {"team": "growth"}),
    ("recommender two-tower", {}),
    ("speech to text, small", {"team": "audio"}),
]:
    client.create_run(client.create_experiment(name, tags=tags))
client.delete_experiment(client.create_experiment("first attempt"))

ADJECTIVES = "amber brisk calm dusky eager fuzzy grand hazel ivory jolly keen lucid".split()
ANIMALS = "otter heron lynx finch moose wren ibex crane".split()
parent = None
for number in range(96):
    start = now - (96 - number) * 2_900_000 - random.randrange(900_000)
    tags = {"mlflow.runName": f"{random.choice(ADJECTIVES)}-{random.choice(ANIMALS)}-{number}", "mlflow.source.name": "train.py", "mlflow.user": random.choice(["ada", "grace", "linus"])}
    if parent is not None and number % 12 not in (0, 1, 2):
        tags["mlflow.parentRunId"] = parent
    run = client.create_run(experiment, start_time=start, tags=tags).info.run_id
    if number % 12 == 0:
        parent = run
    rate, depth = 10 ** random.uniform(-4, -1), random.randrange(3, 10)
    best = 0.86 + 0.12 * random.random() - 0.3 * abs(math.log10(rate) + 2.4) / 10
    points = []
    for step in range(30):
        loss = 0.9 * math.exp(-step / 6) + (1 - best) + random.gauss(0, 0.012)
        at = start + step * 20_000
        points += [
            Metric("loss", loss, at, step),
            Metric("accuracy", min(1, best - 0.5 * math.exp(-step / 5) + random.gauss(0, 0.006)), at, step),
            Metric("val/loss", loss * 1.12 + random.gauss(0, 0.01), at, step),
            Metric("val/accuracy", min(1, best - 0.02 - 0.5 * math.exp(-step / 5)), at, step),
        ]
    params = {"learning_rate": f"{rate:.2e}", "depth": depth, "model": random.choice(["forest", "tree", "boosting"]), "batch_size": 2 ** random.randrange(4, 9)}
    client.log_batch(run, points, [Param(key, str(value)) for key, value in params.items()])
    status = "FAILED" if number % 17 == 3 else "KILLED" if number % 23 == 5 else "FINISHED"
    if number < 94:
        client.set_terminated(run, status, end_time=start + 600_000 + random.randrange(4_000_000))

# Models that runs were registered as, with stages, aliases and what people wrote about them.
def ask(call, /, **body):
    answer = requests.post(f"{os.environ['MLFLOW_TRACKING_URI']}/api/{call}", json=body)
    answer.raise_for_status()
    return answer.json()


best = client.search_runs([experiment], order_by=["metrics.accuracy DESC"], max_results=4)
for name, tags, note in [
    ("wine-quality", {"team": "cellar", "task": "classification"}, "Says which of **three cultivars** a wine is from.\n\n- trained on 178 wines\n- asked by the label printer, 40 times a minute"),
    ("churn-gradient-boosting", {"team": "growth"}, ""),
    ("fraud-detection", {"team": "risk", "reviewed": "2026-10"}, "Scores card payments."),
    ("speech-to-text-small", {}, ""),
]:
    client.create_registered_model(name, tags, note)
    for number, run in enumerate(reversed(best[: 4 if name == "wine-quality" else 2])):
        client.create_model_version(name, f"{run.info.artifact_uri}/model", run.info.run_id, description=["", "Deeper trees; worse on the rare cultivar.", "The one that the label printer asks.", "Learning rate from the sweep of October."][number])
client.transition_model_version_stage("wine-quality", "2", "Production")
client.transition_model_version_stage("wine-quality", "3", "Production", archive_existing_versions=True)
client.transition_model_version_stage("wine-quality", "4", "Staging")
client.transition_model_version_stage("fraud-detection", "2", "Production")
client.set_model_version_tag("wine-quality", "3", "approved-by", "grace")
ask("2.0/mlflow/registered-models/alias", name="wine-quality", alias="champion", version="3")
ask("2.0/mlflow/registered-models/alias", name="wine-quality", alias="challenger", version="4")

# People, tokens and another project.
ask("1.0/loggia/projects/update", description="Tells the cultivars of wines apart.", quota_runs=500, quota_artifact_bytes=2 * 10**10, retention_days=30)
for path in ["risk/fraud", "vision/segmentation"]:
    ask("1.0/loggia/projects/create", path=path)
for username, name, role in [("ada", "Ada Lovelace", "owner"), ("grace", "Grace Hopper", "maintainer"), ("linus", "Linus", "developer"), ("printer", "", "reporter")]:
    ask("1.0/loggia/users/create", username=username, name=name, is_admin=username == "ada")
    ask("1.0/loggia/members/set", username=username, role=role)
ask("1.0/loggia/users/block", username="linus")
day = 86_400_000
ask("1.0/loggia/tokens/create", name="nightly training", role="developer", expires_at=now + 90 * day)
ask("1.0/loggia/tokens/create", name="label printer", role="reporter", scopes=["read_api", "read_artifacts"], expires_at=now + 5 * day)
print(ask("1.0/loggia/tokens/personal/create", name="notebook", username="ada")["secret"])
