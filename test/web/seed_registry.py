"""Registers, with the real client, what the tests of the models' pages look at. Prints the ids as its last line, in JSON."""

import json
import os
import tempfile

from mlflow.tracking import MlflowClient

ATTACK = "<img src=x onerror=\"document.documentElement.dataset.attacked='yes'\"><script>document.documentElement.dataset.attacked='yes'</script>"

client = MlflowClient()
ids = {}

orchard = client.create_experiment("orchard")
for name in ["apple", "banana"]:
    run = client.create_run(orchard, tags={"mlflow.runName": name}).info
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "MLmodel"), "w") as file:
            file.write("flavors: {}\n")
        client.log_artifacts(run.run_id, folder, "model")
    ids[name] = run.run_id
    ids[f"{name} artifacts"] = run.artifact_uri

for name in ["ripeness", "to change", "to delete", "to move", "100% sweet", "100 sweet", "sorts/fruit"]:
    client.create_registered_model(name)
    for fruit in ["apple", "banana"]:
        client.create_model_version(name, f"{ids[f'{fruit} artifacts']}/model", ids[fruit])
client.update_registered_model("ripeness", "Says whether a fruit is *ripe*.")
client.set_registered_model_tag("ripeness", "team", "fruit")
client.transition_model_version_stage("ripeness", "1", "Production")
client.transition_model_version_stage("to move", "1", "Production")

client.create_registered_model(f"hostile {ATTACK}", {"note": ATTACK}, f"{ATTACK}\n\n[click](javascript:document.documentElement.dataset.attacked='yes')\n\n![x](https://example.org/x.png)")
client.create_model_version(f"hostile {ATTACK}", f"javascript:{ATTACK}", ids["apple"], tags={"note": ATTACK}, description=f"{ATTACK} [click](javascript:0)")

print(json.dumps(ids))
