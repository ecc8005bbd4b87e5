/** `loggia serve`. */
import { mkdir } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { localArtifacts } from "../artifacts/local.ts";
import { connectCi } from "../ci/connection.ts";
import type { Config } from "../config.ts";
import type { OidcProvider } from "../oidc/provider.ts";
import { createServer } from "../server.ts";
import { sweepHourly } from "../services/artifact-garbage.ts";
import { purgeHourly } from "../services/retention.ts";
import { settleMetrics } from "../services/settle-metrics.ts";
import { accessChannel } from "../store/access.ts";
import { migrateToLatest } from "../store/migrate.ts";
import { hintChannel } from "../store/run-hints.ts";
import { inProjects } from "../store/scope.ts";
import { areTokensRequired, forgetTokens } from "../store/token-requirement.ts";
import { exposure, namesOf } from "./address.ts";
import { checkSecured, connect, type Journal, type OpenedDatabase, reason, StartError } from "./database.ts";
import { greeting } from "./greeting.ts";
import { textLog } from "./log.ts";
import { onShutdown } from "./shutdown.ts";
import { version } from "./version.ts";

/**
 * Runs the server; returns when it listens. The process ends by a signal.
 *
 * @param migrate whether the schema of a database server is brought up to date; an embedded one always is.
 * @param reopen whether a server that had tokens once, and has none now, is to work without them again.
 * @param say writes a line for the person who started it.
 * @throws StartError when it cannot run.
 */
export async function serve(
  config: Config,
  { migrate, reopen, say }: { migrate: boolean; reopen: boolean; say: (line: string) => void },
): Promise<void> {
  growHeap();
  // Until there is a log, what happens is told to whoever started the server.
  let journal: Journal = { info: say, warn: say };
  const database = await connect(config, {
    info: (message) => journal.info(message),
    warn: (message) => journal.warn(message),
  });
  try {
    await prepare(database, migrate);
    await checkSecured(database);
    const open = await isOpen(config, database, reopen);
    await makeDirectory(config.artifacts);
    const draining = new AbortController();
    const deps = { db: database.db, artifacts: localArtifacts(config.artifacts) };
    const server = await createServer({
      ...deps,
      ping: database.ping,
      version,
      draining: draining.signal,
      log: {
        level: config.logLevel,
        stream: config.logFormat === "text" ? textLog(process.stderr) : process.stderr,
      },
      limits: {
        bodyTimeout: config.requestTimeout,
        drainTimeout: config.drainTimeout,
        connectionsPerAddress: config.connectionsPerAddress,
      },
      callsPerToken: config.callsPerToken,
      edge: { host: config.host, names: namesOf(config), trustedProxies: config.trustedProxies },
      ci: connectCi(
        {
          ...config,
          issuers: config.ciIssuers,
          audience: config.ciAudience,
          tokenLifetime: config.ciTokenLifetime,
        },
        { failed: (error) => journal.warn(`could not read facts of jobs from GitLab: ${reason(error)}`) },
      ),
      open,
      anonymousReads: config.anonymousReads,
      web: builtPages,
      pages: { sessionLifetime: config.sessionLifetime },
      publicUrl: config.publicUrl,
      ...(await oidcOf(config)),
      listenToAccess: (changed) => database.listen(accessChannel, changed),
      listenToHints: (heard) => database.listen(hintChannel, heard),
    });
    journal = server.log;
    await server.listen({ host: config.host, port: config.port }).catch(async (error: unknown) => {
      // It listens to the database, if to nothing else.
      await server.close();
      throw new StartError(listenFailure(error, config), { cause: error });
    });
    const stopSweeping = sweepHourly(deps, {
      swept: (count) => count > 0 && server.log.info({ count }, "removed artifacts that nothing names"),
      failed: (error) => server.log.warn({ err: error }, "could not remove artifacts that nothing names"),
    });
    const stopPurging = purgeHourly(deps, {
      purged: (what) => server.log.info(what, "purged what was deleted"),
      failed: (error) => server.log.warn({ err: error }, "could not purge what was deleted"),
    });
    const stopSettling = settleMetrics(deps, {
      failed: (error) => server.log.warn({ err: error }, "could not settle metrics"),
    });
    onShutdown(
      async (why) => {
        draining.abort();
        const rounds = Promise.all([stopSweeping(), stopPurging(), stopSettling()]);
        server.log.info(`ending (${why})`);
        await sleep(config.drainDelay);
        // Calls are told at the timeout; the grace is for their answers. What hangs still is left to the exit.
        await atMost(config.drainTimeout + grace, server.close());
        await atMost(grace, rounds);
        await atMost(database.embedded ? lastCheckpoint : grace, database.close());
      },
      (error) => server.log.fatal(error),
    );
    const address = server.server.address() as AddressInfo;
    for (const line of greeting(config, database, { port: address.port, open })) say(line);
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** Where scripts/build-web.ts puts them. */
const builtPages = fileURLToPath(new URL("../../web/dist", import.meta.url));

/** Milliseconds for what should take none. */
const grace = 2_000;

/** Milliseconds for an embedded Postgres, which ends with a checkpoint. */
const lastCheckpoint = 8_000;

async function atMost(milliseconds: number, work: Promise<unknown>): Promise<void> {
  await Promise.race([work, sleep(milliseconds)]);
}

async function prepare({ owner, pending, embedded }: OpenedDatabase, migrate: boolean): Promise<void> {
  if (pending.length === 0) return;
  if (!embedded && !migrate)
    throw new StartError(
      `the database lacks ${pending.length} migration${pending.length === 1 ? "" : "s"} (${pending.join(", ")}): run "loggia migrate", or start with --migrate`,
    );
  await migrateToLatest(owner);
}

/** @throws StartError when only a part of it is told */
async function oidcOf(config: Config): Promise<{ oidc?: OidcProvider }> {
  const { oidcIssuer: issuer, oidcClientId: clientId } = config;
  if (issuer === undefined && clientId === undefined) return {};
  if (issuer === undefined || clientId === undefined)
    throw new StartError("signing in with an OpenID provider needs both --oidc-issuer and --oidc-client-id");
  // Loaded where one is set alone: a start has other things to do.
  const { oidcProvider } = await import("../oidc/provider.ts");
  return {
    oidc: oidcProvider({
      issuer,
      clientId,
      clientSecret: config.oidcClientSecret,
      label: config.oidcLabel,
      scopes: config.oidcScopes,
      usernameClaim: config.oidcUsernameClaim,
      linksUsers: config.oidcLinkUsers,
    }),
  };
}

/**
 * Whether the server works without tokens: until the first one is made, and while nobody but the users of this machine can
 * reach it. One that had tokens does not open because the last of them is revoked.
 * @throws StartError when others could reach it, or when it is to be opened and there are tokens.
 */
async function isOpen(config: Config, { db }: OpenedDatabase, reopen: boolean): Promise<boolean> {
  // Whoever connects it with a provider wants people to sign in.
  if (config.oidcIssuer !== undefined) return false;
  const why = exposure(config);
  if (reopen && why !== undefined)
    throw new StartError(`others can reach this server (${why}), so it cannot be opened to all who do`);
  if (reopen && !(await inProjects("all", () => forgetTokens(db))))
    throw new StartError(
      `there are tokens, so the server is not opened: revoke them first ("loggia token list --all" tells which there are)`,
    );
  if (await areTokensRequired(db)) return false;
  if (why !== undefined)
    throw new StartError(
      `others can reach this server (${why}), so it needs a token, and there is none: make one with "loggia token create --project default --role owner" and the same settings, and start again`,
    );
  return true;
}

async function makeDirectory(directory: string): Promise<void> {
  // Artifacts are for this process alone, even where the data directory is passable for Postgres' account.
  await mkdir(directory, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
    throw new StartError(`cannot make the artifacts directory ${directory}: ${reason(error)}`, {
      cause: error,
    });
  });
}

function listenFailure(error: unknown, { host, port }: Config): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "EADDRINUSE") return `port ${port} on ${host} is in use; choose another with --port`;
  if (code === "EACCES")
    return `port ${port} needs rights that this user has not; choose one above 1023 with --port`;
  return `cannot listen on ${host}, port ${port}: ${reason(error)}`;
}

/**
 * Lets the heap grow to 1.6 times what is alive before all of it is marked anew. V8 would grow a heap as small as ours
 * by a few megabytes, of which one long history takes that many: half of its work was marking. More takes less of that, and
 * more memory (docs/performance.md).
 * NODE_OPTIONS, which bin/loggia sets for the rest, does not take this flag.
 */
function growHeap(): void {
  setFlagsFromString("--heap-growing-percent=60");
}
