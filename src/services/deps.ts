import type { ArtifactStore } from "../artifacts/store.ts";
import type { CiConnection } from "../ci/connection.ts";
import type { Database } from "../store/database.ts";

/** What the implementations of the RPCs work on. */
export interface Deps {
  db: Database;
  artifacts: ArtifactStore;
  /** The CI systems that the server is connected to; none when absent. */
  ci?: CiConnection | undefined;
  /** What pages are told of the server, and how long a session lives. */
  pages?: PageSettings | undefined;
}

export interface PageSettings {
  version: string;
  /** Whether no token is needed (local mode). */
  isOpen: boolean;
  /** Whether public projects are read without a token. */
  anonymousReads: boolean;
  /** Milliseconds that a session lives at most. */
  sessionLifetime: number;
  /** Where signing in with the OpenID provider begins, and what the button to it says; absent when there is none. */
  oidc?: { signInPath: string; label: string } | undefined;
}

export const usualPages: PageSettings = {
  version: "0.0.0",
  isOpen: true,
  anonymousReads: false,
  // A week, as GitLab has it.
  sessionLifetime: 7 * 24 * 3_600_000,
};
