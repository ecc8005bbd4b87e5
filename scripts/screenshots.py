"""Logs what the screenshots show: a sweep of a classifier, with children, failures and curves. The same every time."""

import math
import random
import time

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
