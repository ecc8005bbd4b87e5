import { findLoggedModel } from "../store/logged-models.ts";
import { findModelVersion, type ModelVersion } from "../store/model-versions.ts";
import type { Deps } from "./deps.ts";

/**
 * Follows the source of a new version when that is itself the address of a model. MLflow 3 registers `models:/m-<id>`, a
 * logged model, and copies versions as `models:/<name>/<version>`; clients of 1.28 and 2.x can resolve neither, so MLflow's
 * own server does it for them. It is done once, so that a version outlives what it was copied from. Any other source, and
 * one that leads nowhere in the project, is data.
 * @returns where the files are, null when the source says it itself; and the run that made the logged model, "" when there
 * is none.
 */
export async function followSource(
  db: Deps["db"],
  project: bigint,
  { source, modelId }: { source: string; modelId: string },
): Promise<{ location: string | null; runId: string }> {
  const loggedId = /^models:\/(m-[0-9a-f]{32})$/.exec(source)?.[1];
  const logged = loggedId ?? modelId;
  const model = logged === "" ? undefined : await findLoggedModel(db, project, logged);
  const runId = model?.row.source_run_id ?? "";
  if (loggedId !== undefined) return { location: model?.row.artifact_uri ?? null, runId };
  const [, name, version] = /^models:\/(.+)\/(\d{1,18})$/s.exec(source) ?? [];
  if (name === undefined || version === undefined) return { location: null, runId };
  const copied = await findModelVersion(db, project, name, BigInt(version));
  return { location: copied === undefined ? null : versionLocation(copied), runId };
}

/** Where the files of a version are, as far as its source is an address. */
export const versionLocation = ({ location, source }: Pick<ModelVersion, "location" | "source">): string =>
  location ?? source;
