"""Tunes a classifier on the wine dataset and keeps everything in a tracking server.

Start the server (`npm start`), then, in another terminal:

    pip install mlflow scikit-learn matplotlib
    export MLFLOW_TRACKING_URI=http://127.0.0.1:5000
    python examples/train.py

Nothing here is special to one server or one version: it runs on MLflow 1.28, 2.x and 3.x.
"""

import os
import sys
import tempfile
from pathlib import Path

import matplotlib

matplotlib.use("Agg")  # draw without a screen

import matplotlib.pyplot as plt
import mlflow
import mlflow.artifacts
import mlflow.pyfunc
import mlflow.sklearn
import numpy as np
import sklearn
from mlflow.models.signature import infer_signature
from mlflow.tracking import MlflowClient
from sklearn.datasets import load_wine
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import accuracy_score, confusion_matrix, log_loss
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

EXPERIMENT = "wine"
EPOCHS = 8
CANDIDATES = [{"alpha": a, "eta0": e} for a in (1e-5, 1e-4, 1e-3, 1e-2, 1e-1) for e in (0.001, 0.01, 0.1, 1.0)]


def check(condition, message):
    """Stops the script, with exit status 1, when what came back is not what was sent."""
    if not condition:
        sys.exit(f"FAILED: {message}")


def train_candidate(params, data):
    """Trains one candidate inside the current run; returns its last accuracy."""
    x_train, x_test, y_train, y_test = data
    scaler = StandardScaler().fit(x_train)
    classifier = SGDClassifier(loss="log_loss", learning_rate="constant", random_state=7, **params)
    mlflow.log_params({**params, "epochs": EPOCHS})

    # One point of each curve per epoch.
    for epoch in range(EPOCHS):
        classifier.partial_fit(scaler.transform(x_train), y_train, classes=[0, 1, 2])
        probabilities = classifier.predict_proba(scaler.transform(x_test))
        accuracy = accuracy_score(y_test, probabilities.argmax(axis=1))
        mlflow.log_metric("accuracy", accuracy, step=epoch)
        mlflow.log_metric("loss", log_loss(y_test, probabilities, labels=[0, 1, 2]), step=epoch)

    # The fitted scaler and classifier together are the model; it becomes the directory "model".
    model = make_pipeline(scaler, classifier)
    mlflow.sklearn.log_model(
        model,
        artifact_path="model",
        serialization_format="cloudpickle",
        signature=infer_signature(x_train, model.predict(x_train)),
        pip_requirements=[f"scikit-learn=={sklearn.__version__}"],
    )
    return accuracy


def log_overview(scores, wine):
    """Logs one artifact of every kind to the current run."""
    figure, axes = plt.subplots()
    axes.bar(range(len(scores)), scores)
    axes.set_xlabel("candidate")
    axes.set_ylabel("accuracy")
    mlflow.log_figure(figure, "plots/accuracy.png")
    plt.close(figure)

    pixels = np.corrcoef(wine.data.T)  # 13 x 13 correlations, from -1 to 1
    gray = ((pixels + 1) * 127.5).astype(np.uint8)
    mlflow.log_image(np.stack([gray] * 3, axis=-1), "plots/correlations.png")

    mlflow.log_text("Wine, sorted by chemistry: Grüner Veltliner, 白葡萄酒.\n", "notes/summary.txt")
    mlflow.log_dict({"classes": wine.target_names.tolist(), "rows": len(wine.data)}, "notes/dataset.json")

    # A tree of files, as a report generator might leave it.
    with tempfile.TemporaryDirectory() as folder:
        for name in ("index.html", "tables/scores.csv", "tables/deep/er/still.txt"):
            file = Path(folder, name)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f"{name}\n" + "\n".join(f"{score:.4f}" for score in scores), encoding="utf-8")
        mlflow.log_artifacts(folder, artifact_path="report")


def check_parent(client, run_id, scores):
    """Reads the parent run back and compares."""
    run = client.get_run(run_id)
    check(run.info.status == "FINISHED", f"the parent run is {run.info.status}")
    check(run.data.params["candidates"] == str(len(CANDIDATES)), f"params are {run.data.params}")
    check(run.data.tags["team"] == "cellar", f"tags are {run.data.tags}")
    check(abs(run.data.metrics["best_accuracy"] - max(scores)) < 1e-12, f"metrics are {run.data.metrics}")

    def listing(path=None):
        return sorted(item.path for item in client.list_artifacts(run_id, path))

    check(listing() == ["notes", "plots", "report"], f"the artifacts are {listing()}")
    check(listing("plots") == ["plots/accuracy.png", "plots/correlations.png"], f"plots: {listing('plots')}")
    check(listing("report/tables") == ["report/tables/deep", "report/tables/scores.csv"], "report/tables")

    folder = Path(mlflow.artifacts.download_artifacts(run_id=run_id, artifact_path=""))
    summary = (folder / "notes" / "summary.txt").read_text(encoding="utf-8")
    check("Grüner Veltliner, 白葡萄酒" in summary, f"the text came back as {summary!r}")
    check((folder / "plots" / "accuracy.png").read_bytes().startswith(b"\x89PNG"), "the figure is no PNG")
    still = (folder / "report" / "tables" / "deep" / "er" / "still.txt").read_text(encoding="utf-8")
    check(still.startswith("tables/deep/er/still.txt\n"), f"the deepest file came back as {still!r}")


def main():
    wine = load_wine()
    data = train_test_split(wine.data, wine.target, test_size=0.4, random_state=1, stratify=wine.target)
    client = MlflowClient()
    experiment = mlflow.set_experiment(EXPERIMENT)

    # One parent run holds the sweep; each candidate is a run nested in it.
    scores = []
    with mlflow.start_run(run_name="sweep") as parent:
        mlflow.log_param("candidates", len(CANDIDATES))
        mlflow.set_tags({"team": "cellar", "dataset": "wine"})
        if "CI_JOB_ID" in os.environ:  # lets GitLab link the run to its pipeline job
            mlflow.set_tag("gitlab.CI_JOB_ID", os.environ["CI_JOB_ID"])
        for number, params in enumerate(CANDIDATES):
            with mlflow.start_run(run_name=f"candidate-{number:02}", nested=True):
                mlflow.set_tag("family", "linear")
                scores.append(train_candidate(params, data))
        log_overview(scores, wine)
        mlflow.log_metric("best_accuracy", max(scores))

    check_parent(client, parent.info.run_id, scores)

    # Find the best candidate: a filter, and an order with a tie-break.
    children = f"tags.mlflow.parentRunId = '{parent.info.run_id}'"
    found = client.search_runs([experiment.experiment_id], filter_string=children)
    check(len(found) == len(CANDIDATES), f"{len(found)} of {len(CANDIDATES)} candidates were found")
    ranked = client.search_runs(
        [experiment.experiment_id],
        filter_string=f"{children} and metrics.accuracy > 0.5 and params.epochs = '{EPOCHS}'",
        order_by=["metrics.accuracy DESC", "metrics.loss ASC"],
    )
    order = [(-run.data.metrics["accuracy"], run.data.metrics["loss"]) for run in ranked]
    check(ranked and order == sorted(order), "the candidates came back in another order")
    best = ranked[0]
    check(best.data.metrics["accuracy"] == max(scores), "the best candidate is not the first")
    history = client.get_metric_history(best.info.run_id, "loss")
    check({point.step for point in history} == set(range(EPOCHS)), "the loss curve lost points")

    # Load its model back and use it.
    model = mlflow.pyfunc.load_model(f"runs:/{best.info.run_id}/model")
    accuracy = accuracy_score(data[3], model.predict(data[1]))
    check(accuracy == max(scores), f"the loaded model has accuracy {accuracy}, not {max(scores)}")
    drawn = confusion_matrix(data[3], model.predict(data[1])).tolist()
    print(f"Best of {len(CANDIDATES)}: {best.data.tags['mlflow.runName']} with {best.data.params}")
    print(f"Its model, loaded from {mlflow.get_tracking_uri()}, predicts with accuracy {accuracy:.4f}: {drawn}")


if __name__ == "__main__":
    main()
