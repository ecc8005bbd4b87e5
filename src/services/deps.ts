import type { ArtifactStore } from "../artifacts/store.ts";
import type { Database } from "../store/database.ts";

/** What the implementations of the RPCs work on. */
export interface Deps {
  db: Database;
  artifacts: ArtifactStore;
}
