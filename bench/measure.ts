/** One measurement, and the processor time that it took. */
import type { Generator, Spec } from "./generator.ts";
import type { Postgres } from "./postgres.ts";
import { cpuMilliseconds } from "./processes.ts";
import type { Sample } from "./table.ts";

/**
 * Measures one spec. `pid` is the server's; absent when Postgres is asked itself.
 * @returns what went wrong when nothing could be measured, for one system that cannot do a thing must not end the others.
 */
export async function measure(
  { generator, postgres }: { generator: Generator; postgres: Postgres },
  spec: Spec,
  pid?: number,
): Promise<Sample | Error> {
  const used = () => ({
    server: pid === undefined ? 0 : cpuMilliseconds(pid),
    postgres: cpuMilliseconds(postgres.pid),
  });
  let before = used();
  try {
    const report = await generator.measure(spec, () => {
      before = used();
    });
    const after = used();
    const calls = report.calls + report.errors;
    return {
      report,
      serverCpu: (after.server - before.server) / calls,
      postgresCpu: (after.postgres - before.postgres) / calls,
    };
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
