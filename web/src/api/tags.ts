/** MLflow's tag with the description of an experiment or of a run. */
export const descriptionTag = "mlflow.note.content";

/** Tags that people gave: not MLflow's, not ours. */
export const ownTags = (tags: ReadonlyMap<string, string>): [key: string, value: string][] =>
  [...tags].filter(([key]) => !/^(mlflow|loggia)\./.test(key));
