import { trackingUri } from "../home/snippets.ts";

/** A text as Python writes it. JSON's escapes are Python's, but for what is beyond 16 bits, which JSON leaves as it is. */
const python = (text: string) => JSON.stringify(text);

/** How a training registers what it logs. */
export const registering = `mlflow.sklearn.log_model(
    model,
    "model",
    registered_model_name="my-model",
)`;

/** Lines that load a version. @param which its number, its stage, or `@` and an alias. */
export function loading(project: string, model: string, which: string): string {
  const uri = which.startsWith("@") ? `models:/${model}${which}` : `models:/${model}/${which}`;
  return `import mlflow

mlflow.set_tracking_uri(${python(trackingUri(project))})
model = mlflow.pyfunc.load_model(${python(uri)})
predictions = model.predict(data)`;
}
