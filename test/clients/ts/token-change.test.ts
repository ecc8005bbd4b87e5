import { expect, test } from "vitest";
import { createLoggia } from "../../../clients/ts/src/node.ts";
import { testServer } from "../../support/server.ts";
import { revokeToken } from "../../support/tokens.ts";
import { until } from "../../support/until.ts";

const server = await testServer({ open: false });

/** A client with a token that is good until `renew` takes it back and gives another. */
async function renewable() {
  const project = await server.project();
  let token = await project.token();
  return {
    loggia: createLoggia({ baseUrl: project.uri, token: () => token, logger: { flushInterval: 1 } }),
    async renew() {
      const old = token;
      token = await project.token();
      await revokeToken(server.db, old);
    },
    revoke: () => revokeToken(server.db, token),
  };
}

test("a run logs on and a watch goes on when the token is renewed, and both fail when it is not", async () => {
  const { loggia, renew, revoke } = await renewable();
  const run = await loggia.startRun();
  const interruptions: string[] = [];
  const watch = loggia.watch({
    runIds: [run.id],
    pointKeys: ["m"],
    onRetry: ({ code }) => void interruptions.push(code),
  });
  const steps = new Set<number>();
  let step = 0;
  run.metric("m", step, step);
  let renewals = 0;
  for await (const { points } of watch) {
    for (const series of points) for (const told of series.steps) steps.add(Number(told));
    if (steps.size <= step) continue;
    if (interruptions.length === 2) break;
    if (renewals === interruptions.length) {
      renewals++;
      await renew();
    }
    run.metric("m", ++step, step);
  }
  await run.drain();
  const { metrics } = await loggia.mlflow.getMetricHistory({ runId: run.id, metricKey: "m" });
  const all = Array.from({ length: step + 1 }, (_, i) => i);
  expect(metrics.map((point) => Number(point.step))).toEqual(all);
  expect([...steps].sort((a, b) => a - b)).toEqual(all);
  expect(interruptions).toEqual(["CUSTOMER_UNAUTHORIZED", "CUSTOMER_UNAUTHORIZED"]);

  await revoke();
  let refused: unknown;
  await until("the log is refused", async () => {
    run.metric("m", 1, 1);
    refused = await run.drain().catch((error: unknown) => error);
    return refused !== undefined;
  });
  expect(refused).toMatchObject({ code: "CUSTOMER_UNAUTHORIZED" });
  const another = loggia.watch({ runIds: [run.id] })[Symbol.asyncIterator]();
  await expect(another.next()).rejects.toMatchObject({ code: "CUSTOMER_UNAUTHORIZED" });
  await expect(run.end("KILLED")).rejects.toMatchObject({ code: "CUSTOMER_UNAUTHORIZED" });
  loggia.close();
});
