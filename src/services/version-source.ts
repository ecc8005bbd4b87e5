import type { Database } from "../store/database.ts";
import { findModelArtifactUri } from "../store/logged-models.ts";
import { findModelVersion } from "../store/model-versions.ts";

/** Copies of copies that are followed. */
const mostSteps = 8;

/**
 * Where the files of a version are, of which `source` was given as its source. MLflow 3 registers `models:/m-<id>`, a logged
 * model, and copies versions as `models:/<name>/<version>`; clients of 1.28 and 2.x cannot resolve either, so MLflow's own
 * server does it for them. Everything else, and what leads nowhere, is answered as it is.
 */
export async function artifactLocation(db: Database, project: bigint, source: string): Promise<string> {
  let location = source;
  for (let step = 0; step < mostSteps; step++) {
    const logged = /^models:\/(m-[0-9a-f]{32})$/.exec(location)?.[1];
    if (logged !== undefined) return (await findModelArtifactUri(db, project, logged)) ?? location;
    const [, name, version] = /^models:\/([^/]+)\/(\d{1,18})$/.exec(location) ?? [];
    if (name === undefined || version === undefined) return location;
    const copied = await findModelVersion(db, project, name, BigInt(version));
    if (copied === undefined) return location;
    location = copied.source;
  }
  return source;
}
