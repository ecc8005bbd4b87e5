/** What making a cluster and running it share: the settings of Postgres, and how its programs are called and read. */

export const user = "loggia";
export const database = "loggia";
export const port = 5432;

export interface Log {
  info(message: string): void;
  warn(message: string): void;
}

/** What Postgres' programs see of the environment: nothing of ours may change what they do (PGDATA, LC_ALL, TZ). */
export const environment = {
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  LC_ALL: "C",
  TZ: "UTC",
};

/** For a laptop: small memory, no parallel workers for queries that answer in milliseconds, and quiet logs. */
export const settings = {
  listen_addresses: "",
  port: String(port),
  unix_socket_permissions: "0700",
  max_connections: "220",
  shared_buffers: "128MB",
  effective_cache_size: "1GB",
  work_mem: "16MB",
  maintenance_work_mem: "64MB",
  max_wal_size: "512MB",
  random_page_cost: "1.1",
  jit: "off",
  max_parallel_workers_per_gather: "0",
  dynamic_shared_memory_type: "mmap",
  log_checkpoints: "off",
  // What a statement did wrong is told to its sender; the file tells of the server itself.
  log_min_messages: "log",
  timezone: "UTC",
  log_timezone: "UTC",
};

/** For tests, whose data may vanish. */
export const forgetful = { fsync: "off", synchronous_commit: "off", full_page_writes: "off" };

/** `-c name=value` for each. */
export function flags(options: Record<string, string>): string[] {
  return Object.entries(options).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
}

/** The last line that says why, of what Postgres' programs print. */
export function lastLine(text: string | undefined): string | undefined {
  const lines = (text ?? "").split("\n").filter((line) => line.trim() !== "");
  const line = lines.findLast((one) => /FATAL|PANIC|ERROR|error:/.test(one)) ?? lines.at(-1);
  return line?.replace(/^.*?(FATAL|PANIC|ERROR|error):\s*/, "");
}
