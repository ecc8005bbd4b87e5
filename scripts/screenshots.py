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
    if number == 95:
        # A long history with a spike and what is no number, for the chart that is sampled.
        long = [Metric("grad/norm", 1 + math.sin(step / 300) + random.gauss(0, 0.15), start + step * 40, step) for step in range(12_000)]
        long[7_321] = Metric("grad/norm", 19.5, start + 7_321 * 40, 7_321)
        for at in (2_000, 9_000):
            long[at] = Metric("grad/norm", math.nan, start + at * 40, at)
        for at in range(0, len(long), 1000):
            client.log_batch(run, long[at : at + 1000])
    if number < 94:
        client.set_terminated(run, status, end_time=start + 600_000 + random.randrange(4_000_000))

# One candidate with all that its page shows.
import json
import os
import tempfile

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import mlflow
import mlflow.sklearn
from mlflow.models.signature import infer_signature
from sklearn.datasets import load_wine
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import confusion_matrix

wine = load_wine(as_frame=True)
forest = RandomForestClassifier(n_estimators=8, random_state=7).fit(wine.data, wine.target)
tags = {
    "mlflow.runName": "lucid-heron-best",
    "mlflow.user": "ada",
    "mlflow.parentRunId": parent,
    "mlflow.source.name": "train.py",
    "mlflow.source.git.commit": "8f14e45fceea167a5a36dedd4bea2543ab12cd34",
    "mlflow.source.git.branch": "tuning",
    "mlflow.note.content": "The best of the sweep: **0.978** on the held-out third. Depth beyond 7 gained nothing.",
    "gitlab.CI_JOB_ID": "481516",
    "stage": "tuning",
    "team": "cellar",
    "data": "wine 2026-10",
}
best = client.create_run(experiment, start_time=now - 7_200_000, tags=tags).info.run_id
names = ["loss", "accuracy", "val/loss", "val/accuracy", "val/f1", "precision/barolo", "precision/grignolino", "precision/barbera", "recall/barolo", "recall/grignolino", "recall/barbera", "system/cpu", "system/memory"]
values = [0.0712, 0.9831, 0.0934, 0.9778, 0.1 + 0.8761, 0.9846, 0.9722, 1, 1, 0.9589, 0.9792, 71.25, 1_843_212_288]
client.log_batch(best, [Metric(name, value, now - 6_500_000, 29) for name, value in zip(names, values)])
client.log_batch(best, params=[Param(key, str(value)) for key, value in {**forest.get_params(), "features": ", ".join(wine.data.columns)}.items()])
with mlflow.start_run(run_id=best):
    mlflow.sklearn.log_model(forest, "model", signature=infer_signature(wine.data, wine.target), pip_requirements=["scikit-learn"])
client.set_terminated(best, end_time=now - 6_400_000)
with tempfile.TemporaryDirectory() as folder:
    os.mkdir(f"{folder}/figures")
    figure, axes = plt.subplots(figsize=(6, 4.5))
    shown = axes.imshow(confusion_matrix(wine.target, forest.predict(wine.data)), cmap="Blues")
    axes.set_title("Confusion on the held-out third")
    figure.colorbar(shown)
    figure.savefig(f"{folder}/figures/confusion.png", dpi=110)
    wine.frame.to_csv(f"{folder}/wine.csv", index=False)
    with open(f"{folder}/config.json", "w") as file:
        json.dump({"optimizer": {"name": "adam", "rate": 3.2e-3}, "layers": [64, 32, 3], "seed": 7}, file)
    with open(f"{folder}/report.md", "w") as file:
        file.write("# Wine, October\n\nThree cultivars, 178 bottles.\n\n| cultivar | precision | recall |\n| - | -: | -: |\n| Barolo | 0.98 | 1.00 |\n| Grignolino | 0.97 | 0.96 |\n| Barbera | 1.00 | 0.98 |\n\n1. Scale the features.\n2. Keep `proline`: it decides most.\n")
    with open(f"{folder}/train.log", "w") as file:
        file.writelines(f"2026-10-12 08:{step // 60:02}:{step % 60:02} INFO step={step} loss={0.9 * math.exp(-step / 90):.5f}\n" for step in range(1200))
    with open(f"{folder}/report.html", "w") as file:
        file.write("<style>body { font: 16px Georgia, serif; max-width: 40em; margin: 2em auto } td { border-bottom: 1px solid #ccc; padding: .3em 1em }</style><h1>Wine, October</h1><p>Three cultivars, told apart by their chemistry.</p><table><tr><td>Barolo<td>0.98<tr><td>Grignolino<td>0.97<tr><td>Barbera<td>1.00</table>")
    client.log_artifacts(best, folder)
wide = client.create_run(experiment, start_time=now - 3_600_000, tags={"mlflow.runName": "thousand-metrics"}).info.run_id
for at in range(0, 1000, 500):
    client.log_batch(wide, [Metric(f"layer {number // 10:02}/unit {number % 10}", random.gauss(0, 1), now, 99) for number in range(at, at + 500)])
client.set_terminated(wide, "FAILED")

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
