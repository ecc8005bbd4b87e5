import type { ArtifactStore } from "../artifacts/store.ts";
import type { CiConnection } from "../ci/connection.ts";
import type { Database } from "../store/database.ts";

/** What the implementations of the RPCs work on. */
export interface Deps {
  db: Database;
  artifacts: ArtifactStore;
  /** The CI systems that the server is connected to; none when absent. */
  ci?: CiConnection | undefined;
}
