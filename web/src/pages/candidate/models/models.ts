import type { ArtifactSource } from "../../../api/artifacts.ts";
import type { CandidateDetail } from "../../../api/candidate.ts";

/** A model that the candidate logged. */
export interface LoggedModel {
  /** The model id of MLflow 3, else its path among the run's artifacts. */
  id: string;
  name: string;
  /** How clients name it: `models:/m-…` or `runs:/…`. */
  uri: string;
  /** Where its files are, and in which folder of it; MLmodel is one of them. */
  source: ArtifactSource;
  folder: string;
  /** PENDING, READY or FAILED, of MLflow 3's. */
  status?: string;
  type?: string;
  /** What the run's own list of models says of it, where MLmodel cannot be read. */
  recorded?: unknown;
}

/** The tag in which clients list the models of a run. */
const historyTag = "mlflow.log-model.history";

/** The models of a candidate, each once: those of MLflow 3, then those that stand among the run's artifacts. */
export function modelsOf({ candidate, models }: CandidateDetail, project = ""): LoggedModel[] {
  const newer = models.map(
    ({ id, name, status, type, artifactUri }): LoggedModel => ({
      id,
      name: name || id,
      uri: `models:/${id}`,
      source: { project, kind: "model", id, uri: artifactUri },
      folder: "",
      status,
      ...(type === "" ? {} : { type }),
    }),
  );
  const known = new Set(models.flatMap(({ id, name }) => [id, name]));
  const older = new Map<string, LoggedModel>();
  for (const recorded of history(candidate.tags.get(historyTag))) {
    const path = textOf(recorded, "artifact_path");
    const model = textOf(recorded, "model_id");
    if (path === undefined || known.has(path) || (model !== undefined && known.has(model))) continue;
    older.set(path, {
      id: path,
      name: path,
      uri: `runs:/${candidate.id}/${path}`,
      source: { project, kind: "run", id: candidate.id, uri: candidate.artifactUri },
      folder: path,
      recorded,
    });
  }
  return [...newer, ...older.values()];
}

function history(text: string | undefined): object[] {
  try {
    const list: unknown = JSON.parse(text ?? "[]");
    return Array.isArray(list) ? list.filter((one) => typeof one === "object" && one !== null) : [];
  } catch {
    return [];
  }
}

function textOf(value: object, key: string): string | undefined {
  const found = (value as Record<string, unknown>)[key];
  return typeof found === "string" ? found : undefined;
}
