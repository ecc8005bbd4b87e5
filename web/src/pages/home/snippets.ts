/** The tracking URI of a project, as MLflow's clients take it. */
export const trackingUri = (project: string): string =>
  `${window.location.origin}/api/v4/projects/${encodeURIComponent(project)}/ml/mlflow`;

/**
 * Python code that logs a few runs to an experiment, so that there is something to compare.
 * @param experiment its name; a text of JSON is one of Python.
 */
export const training = (experiment: string): string => `import mlflow

mlflow.set_experiment(${JSON.stringify(experiment)})
for rate in (0.1, 0.3, 0.9):
    with mlflow.start_run(run_name=f"rate {rate}"):
        mlflow.log_param("learning_rate", rate)
        for step in range(20):
            mlflow.log_metric("loss", 1 / (1 + rate * step), step=step)`;
