/** The tracking URI of a project, as MLflow's clients take it. */
export const trackingUri = (project: string): string =>
  `${window.location.origin}/api/v4/projects/${encodeURIComponent(project)}/ml/mlflow`;

export const training = `import mlflow

mlflow.set_experiment("first steps")
with mlflow.start_run(run_name="hello"):
    mlflow.log_param("learning_rate", 0.1)
    for step in range(10):
        mlflow.log_metric("loss", 1 / (step + 1), step=step)`;
