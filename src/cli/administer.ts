/** Runs a command that works on the database and ends, beside a running server or without one. */
import { localArtifacts } from "../artifacts/local.ts";
import { SettingError } from "../config.ts";
import { LoggiaError } from "../errors.ts";
import { joinEmbedded } from "../store/embedded-running.ts";
import { migrateToLatest } from "../store/migrate.ts";
import { inProjects } from "../store/scope.ts";
import type { Action, Given } from "./action.ts";
import { checkSecured, connect, StartError } from "./database.ts";
import { output } from "./output.ts";

/**
 * @param say writes a line of what the command was asked for; what else happens is told on standard error.
 * @throws SettingError, before any database is touched; StartError; LoggiaError as the store says.
 */
export async function administer(action: Action, given: Given, say: (line: string) => void): Promise<void> {
  const work = wellAsked(() => action(given));
  const tell = (message: string) => void process.stderr.write(`${message}\n`);
  const database = await connect(given.config, { info: tell, warn: tell }, joinEmbedded);
  try {
    const { pending, embedded, db, owner } = database;
    if (pending.length > 0 && !embedded)
      throw new StartError(
        `the database lacks ${pending.length} migration${pending.length === 1 ? "" : "s"}: run "loggia migrate" first`,
      );
    if (pending.length > 0) await migrateToLatest(owner);
    await checkSecured(database);
    const out = output(given.switches.has("json"), say);
    // An administrator at the machine is above all projects.
    await inProjects("all", () => work({ db, artifacts: () => localArtifacts(given.config.artifacts), out }));
  } finally {
    await database.close();
  }
}

/** What the rules of the API refuse of a command line is wrongly asked for. */
function wellAsked<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof LoggiaError) throw new SettingError(error.message);
    throw error;
  }
}
