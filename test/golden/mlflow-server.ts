/** The real MLflow 1.28.0 server, from its Python package, on a Postgres of its own: what we are compared with. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, open, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { ensureClient } from "../../scripts/clients.ts";
import { startEmbedded } from "../../src/store/embedded.ts";

/** Experiment ids begin here, so that an id can be told from every other number in an answer. */
export const firstExperimentId = 7_300_001;

export interface MlflowServer {
  /** `http://127.0.0.1:<port>` */
  url: string;
  /** Empties the store: only the experiment `Default` and no artifacts are left. */
  reset(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts it with one worker, so that requests are handled in order. @param home an absent or empty directory. */
export async function startMlflow(home: string): Promise<MlflowServer> {
  const bin = dirname(await ensureClient("mlflow-1.28"));
  const postgres = await startEmbedded({ dataDir: join(home, "postgres"), durable: false });
  const { host, user, database } = postgres.connection;
  // Two levels down, beside a file of ours: MLflow serves what is outside its root to whoever asks with `..`.
  const artifacts = join(home, "store", "of", "artifacts");
  await mkdir(artifacts, { recursive: true });
  await writeFile(join(home, "store", "outside.txt"), "outside");
  const port = await freePort();
  const log = await open(join(home, "mlflow.log"), "a");
  const server = spawn(
    join(bin, "mlflow"),
    [
      ...["server", "--host", "127.0.0.1", "--port", String(port), "--workers", "1"],
      ...[
        "--backend-store-uri",
        `postgresql+psycopg2://${user}@/${database}?host=${encodeURIComponent(host)}`,
      ],
      ...["--serve-artifacts", "--artifacts-destination", artifacts],
      ...["--default-artifact-root", "mlflow-artifacts:/"],
    ],
    // A group of its own: mlflow starts gunicorn, which starts workers.
    {
      env: { ...process.env, PATH: `${bin}:${process.env.PATH}` },
      stdio: ["ignore", log.fd, log.fd],
      detached: true,
    },
  );
  const url = `http://127.0.0.1:${port}`;
  const stop = async () => {
    const { pid } = server;
    if (pid !== undefined && server.exitCode === null && server.signalCode === null) {
      const gone = once(server, "exit");
      process.kill(-pid, "SIGTERM");
      await gone;
    }
    await log.close();
    await postgres.stop();
  };
  try {
    await answering(url, () => server.exitCode);
  } catch (error) {
    await stop();
    const tail = (await readFile(join(home, "mlflow.log"), "utf8")).split("\n").slice(-15).join("\n");
    throw new Error(`MLflow did not start:\n${tail}`, { cause: error });
  }
  let next = firstExperimentId;
  return {
    url,
    stop,
    async reset() {
      const client = new pg.Client({ host, user, database });
      await client.connect();
      const { rows } = await client.query<{ name: string }>(
        "select quote_ident(tablename) as name from pg_tables where schemaname = 'public' and tablename <> 'alembic_version'",
      );
      await client.query(`truncate ${rows.map(({ name }) => name).join(", ")} cascade`);
      await client.query(
        "insert into experiments (experiment_id, name, artifact_location, lifecycle_stage) values (0, 'Default', 'mlflow-artifacts:/0', 'active')",
      );
      // Sequences are not rolled back: each scenario has ids that no other had.
      await client.query("select setval('experiments_experiment_id_seq', $1, false)", [next]);
      next += 1000;
      await client.end();
      for (const name of await readdir(artifacts)) await rm(join(artifacts, name), { recursive: true });
    },
  };
}

async function answering(url: string, exitCode: () => number | null): Promise<void> {
  const deadline = Date.now() + 90_000;
  for (;;) {
    const answer = await fetch(`${url}/health`).catch(() => undefined);
    if (answer?.ok) return;
    if (exitCode() !== null) throw new Error(`mlflow ended with status ${exitCode()}`);
    if (Date.now() > deadline) throw new Error("mlflow did not answer within 90 seconds");
    await sleep(200);
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  await once(probe, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}
