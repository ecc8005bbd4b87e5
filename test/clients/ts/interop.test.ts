import { randomUUID } from "node:crypto";
import type { DescMethod } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import { createLoggia, type Loggia, services } from "../../../clients/ts/src/node.ts";
import type { Deps } from "../../../src/services/deps.ts";
import { services as served } from "../../../src/services/index.ts";
import { ciServer } from "../../support/ci.ts";
import { person } from "../../support/person.ts";
import { administrationCalls } from "./calls/administration.ts";
import type { Call, Learned } from "./calls/call.ts";
import { mlflowCalls } from "./calls/mlflow.ts";
import { pageCalls } from "./calls/pages.ts";
import { registryCalls } from "./calls/registry.ts";
import { streamCalls } from "./calls/streams.ts";

const calls: Call[] = [
  ...mlflowCalls,
  ...registryCalls,
  ...streamCalls,
  ...pageCalls,
  ...administrationCalls,
];
const nameOf = ({ parent, name }: DescMethod) => `${parent.typeName}/${name}`;

const server = await ciServer();
const admin = await person(server.db, { isAdmin: true });

test("the client has every service that the server has", () => {
  const there = served({} as Deps).map(({ service }) => service.typeName);
  expect(
    Object.values(services)
      .map(({ typeName }) => typeName)
      .sort(),
  ).toEqual(there.sort());
});

test("every RPC of every service is called below", () => {
  const there = Object.values(services).flatMap(({ methods }) => methods.map(nameOf));
  expect(there.filter((name) => !calls.some(({ method }) => nameOf(method) === name))).toEqual([]);
});

describe.each(["connect", "grpc", "grpc-web"] as const)("over %s", (protocol) => {
  const project = server.project();
  const id = randomUUID().slice(0, 8);
  const learned: Learned = {
    project: 0n,
    projectPath: `team/made-${id}`,
    username: `user-${id}`,
    experiment: "",
    run: "",
    model: "",
    token: 0n,
    personalToken: 0n,
    trust: 0n,
  };
  const client = project.then(({ id, uri }) => {
    learned.project = id;
    return createLoggia({ baseUrl: uri, token: admin.token, protocol });
  });

  test.each(calls.map((call) => ({ name: nameOf(call.method), call })))("$name", async ({ call }) => {
    const result = ask(await client, call, learned);
    if (typeof call.answer === "string") {
      await expect(result).rejects.toMatchObject({ name: "LoggiaError", code: call.answer });
      return;
    }
    (call.answer as (answer: unknown, learned: Learned) => void)(await result, learned);
  });
});

/** Calls as a user of the client does: by the name of the service and the method. */
async function ask(loggia: Loggia, { method, ask }: Call, learned: Learned): Promise<unknown> {
  const name = Object.entries(services).find(([, { typeName }]) => typeName === method.parent.typeName)?.[0];
  const client = loggia[name as keyof typeof services] as unknown as Record<
    string,
    (...given: unknown[]) => unknown
  >;
  const request = ask(learned);
  const invoke = (given: unknown, options = {}) => client[method.localName]?.(given, options);
  switch (method.methodKind) {
    case "unary":
      return invoke(request);
    case "bidi_streaming":
      return Array.fromAsync(invoke(requests(request as object[])) as AsyncIterable<unknown>);
    default: {
      const end = new AbortController();
      const messages: unknown[] = [];
      for await (const message of invoke(request, { signal: end.signal }) as AsyncIterable<unknown>) {
        messages.push(message);
        if (nameOf(method) === "loggia.v1.WatchService/Watch") break; // it never ends
      }
      end.abort();
      return messages;
    }
  }
}

async function* requests(messages: object[]) {
  yield* messages;
}
