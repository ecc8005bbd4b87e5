import type { AddressInfo } from "node:net";
import type { ServiceImpl } from "@connectrpc/connect";
import { createServiceImplSpec } from "@connectrpc/connect";
import type { FastifyInstance } from "fastify";
import { afterAll } from "vitest";
import { MlflowService } from "../../gen/mlflow/service_pb.js";
import type { AddressedProject } from "../../src/auth/access.ts";
import { type AppOptions, createApp } from "../../src/http/app.ts";
import { authenticate } from "../../src/interceptors/authenticate.ts";
import { authorize } from "../../src/interceptors/authorize.ts";
import { errors } from "../../src/interceptors/errors.ts";
import { localGate } from "../../src/interceptors/local-gate.ts";
import { observe } from "../../src/interceptors/observe.ts";

export interface TestApp {
  app: FastifyInstance;
  port: number;
  url: string;
  /** What was logged, parsed. */
  lines: Record<string, unknown>[];
}

/**
 * The whole of the HTTP side, listening, in front of RPCs that the test itself implements: for what is about the wire and
 * not about MLflow. Its projects are 1 (`default`) and 2 (`group/two`). Closed after the file.
 */
export async function testApp(
  implementation: Partial<ServiceImpl<typeof MlflowService>>,
  options: Partial<AppOptions> = {},
): Promise<TestApp> {
  const lines: Record<string, unknown>[] = [];
  const one: AddressedProject = { id: 1n, visibility: "members", archived: false };
  const two: AddressedProject = { ...one, id: 2n };
  const projects: Record<string, AddressedProject> = { default: one, "1": one, "group/two": two, "2": two };
  const app = await createApp({
    services: [createServiceImplSpec<typeof MlflowService>(MlflowService, implementation)],
    interceptors: (log) => [
      observe(log),
      errors(log),
      authenticate(localGate(async (reference) => projects[reference], "default")),
      authorize,
    ],
    health: { version: "1.2.3", reachable: async () => true },
    edge: { names: ["x"] }, // which tests that write requests by hand call it
    log: { level: "debug", stream: { write: (line: string) => void lines.push(JSON.parse(line)) } },
    ...options,
  });
  await app.listen({ host: "127.0.0.1", port: 0 });
  afterAll(() => app.close());
  const { port } = app.server.address() as AddressInfo;
  return { app, port, url: `http://127.0.0.1:${port}`, lines };
}
