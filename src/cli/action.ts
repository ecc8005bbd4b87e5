import type { ArtifactStore } from "../artifacts/store.ts";
import type { Config } from "../config.ts";
import type { Database } from "../store/database.ts";
import type { Output } from "./output.ts";

/** What the command line gave to a command. */
export interface Given {
  /** The words after the command; as many as it takes. */
  words: readonly string[];
  /** Its own flags with a value, by name. */
  values: Readonly<Record<string, string>>;
  switches: ReadonlySet<string>;
  config: Config;
}

/** What a command works with. */
export interface Tools {
  db: Database;
  /** Opens the place of the artifacts, which makes its directory. */
  artifacts(): ArtifactStore;
  out: Output;
}

/**
 * A command on the database: it looks at what was given first, and what it returns is done with the database open.
 * @throws SettingError for a wrong word or value, before any database is started.
 */
export type Action = (given: Given) => (tools: Tools) => Promise<void>;
