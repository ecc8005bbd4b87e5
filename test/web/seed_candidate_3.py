"""Logs, with MLflow 3, a run with a logged model. Prints its id and the model's as its last line, in JSON."""

import json

import mlflow
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, Schema

mlflow.set_experiment("newer")


class Doubling(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return model_input * 2


with mlflow.start_run(run_name="newer run") as run:
    model = mlflow.pyfunc.log_model(
        name="doubling",
        python_model=Doubling(),
        signature=ModelSignature(
            inputs=Schema([ColSpec("double", "weight"), ColSpec("string", "label", required=False)]),
            outputs=Schema([ColSpec("double", "twice")]),
        ),
        pip_requirements=["mlflow-skinny"],
        params={"factor": 2},
    )
    mlflow.log_metric("loss", 0.1 + 0.2, step=7, model_id=model.model_id)
print(json.dumps({"run": run.info.run_id, "model": model.model_id}))
