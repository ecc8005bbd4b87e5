"""Logs with the real client what it is told: the steps, as JSON, are its argument. Prints the run ids by name, in JSON."""

import json
import sys

from mlflow.tracking import MlflowClient

client = MlflowClient()
ids = {}
for step in json.loads(sys.argv[1]):
    if "experiment" in step:
        ids[step["experiment"]] = client.create_experiment(step["experiment"])
    if "run" in step:
        tags = {"mlflow.runName": step["run"], **step.get("tags", {})}
        ids[step["run"]] = client.create_run(ids.get(step["in"], step["in"]), tags=tags).info.run_id
    run_id = step.get("id") or ids.get(step.get("run"))
    for key, value in step.get("metrics", {}).items():
        client.log_metric(run_id, key, value)
    if "status" in step:
        client.set_terminated(run_id, step["status"])
print(json.dumps(ids))
