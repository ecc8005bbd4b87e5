import { Code, ConnectError } from "@connectrpc/connect";
import { describe, expect, test } from "vitest";
import { MlflowService } from "../../gen/mlflow/service_pb.js";
import { newToken } from "../../src/auth/token.ts";
import { rawHttp } from "../support/raw-http.ts";
import { failure, protocols, testServer } from "../support/server.ts";

/** What guessing at tokens achieves, against a server that trusts what a proxy on loopback says of addresses. */

const server = await testServer({ open: false, edge: { trustedProxies: ["127.0.0.1"] } });
const untrusting = await testServer({ open: false });
const project = await server.project();

/** A network of documentation per test, so that none pays for another's failures. */
let networks = 0;
const network = () => `198.51.${100 + networks++}`;

/** The status and Retry-After of a call from `address`. */
async function call(address: string, token: string, { uri } = project) {
  const { status, headers } = await rawHttp(uri, "GET", "/api/2.0/mlflow/experiments/get?experiment_id=0", {
    headers: { authorization: `Bearer ${token}`, "x-forwarded-for": address },
  });
  return { status, wait: Number(headers["retry-after"]) };
}

const wrong = () => newToken("project");

describe("wrong tokens from one address", () => {
  test("are 401 ten times, and then 429 that says for how long", async () => {
    const from = `${network()}.1`;
    for (let i = 0; i < 10; i++) expect((await call(from, wrong())).status).toBe(401);
    const refused = await call(from, wrong());
    expect(refused.status).toBe(429);
    expect(refused.wait).toBeGreaterThan(0);
    expect(refused.wait).toBeLessThanOrEqual(60);
  });

  test("do not count with another address, nor with a token that is in use at the same one", async () => {
    const from = network();
    const good = await project.token();
    expect((await call(`${from}.1`, good)).status).toBe(200);
    const fresh = await project.token();
    for (let i = 0; i < 12; i++) await call(`${from}.1`, wrong());
    expect((await call(`${from}.1`, good)).status).toBe(200);
    expect((await call(`${from}.2`, wrong())).status).toBe(401);
    // One that has never been seen may be a guess.
    expect((await call(`${from}.1`, fresh)).status).toBe(429);
    expect((await call(`${from}.2`, fresh)).status).toBe(200);
  });

  test("of which one is sent again and again are that one's own trouble", async () => {
    const from = `${network()}.1`;
    const stale = await project.token({ expiresAt: new Date(Date.now() - 1000) });
    const statuses = [];
    for (let i = 0; i < 12; i++) statuses.push((await call(from, stale)).status);
    expect(statuses).toEqual([...Array(10).fill(401), 429, 429]);
    expect((await call(from, await project.token())).status).toBe(200);
  });

  test("sent all at once are not heard more often", async () => {
    const from = `${network()}.1`;
    const answers = await Promise.all(Array.from({ length: 40 }, () => call(from, wrong())));
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(10);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(30);
  });

  test("count alike over every protocol", async () => {
    for (const protocol of protocols) {
      const own = await untrusting.project();
      const client = own.client(MlflowService, protocol, wrong());
      // All of them come from this machine, which has used up its failures after the first protocol.
      const codes = [];
      for (let i = 0; i < 11; i++)
        codes.push((await failure(client.getExperiment({ experimentId: "0" }))).errorCode);
      expect(codes.at(-1)).toBe("REQUEST_LIMIT_EXCEEDED");
      const error = await client.getExperiment({ experimentId: "0" }).catch(ConnectError.from);
      expect(error).toMatchObject({ code: Code.ResourceExhausted });
      if (protocol !== "rest")
        expect(Number((error as ConnectError).metadata.get("retry-after"))).toBeGreaterThan(0);
    }
  });
});

describe("guesses at one token", () => {
  test("count together, wherever they come from", async () => {
    const from = network();
    const start = wrong().slice(0, 20);
    const statuses = [];
    for (let i = 0; i < 12; i++) statuses.push((await call(`${from}.${i}`, `${start}${i}`)).status);
    expect(statuses).toEqual([...Array(10).fill(401), 429, 429]);
    expect((await call(`${from}.100`, wrong())).status).toBe(401);
  });
});

describe("good tokens", () => {
  test("never count, however many and however often", async () => {
    const from = `${network()}.1`;
    for (let i = 0; i < 15; i++) {
      const token = await project.token();
      for (let j = 0; j < 3; j++) expect((await call(from, token)).status).toBe(200);
    }
  });

  test("that are refused something are not wrong ones", async () => {
    const from = `${network()}.1`;
    const foreign = await (await server.project()).token();
    for (let i = 0; i < 15; i++) expect((await call(from, foreign)).status).toBe(404);
    expect((await call(from, await project.token())).status).toBe(200);
  });

  test("a request without any is no failed login", async () => {
    const own = await untrusting.project();
    for (let i = 0; i < 15; i++) {
      const { status } = await own.rest("GET", "experiments/get?experiment_id=0");
      expect(status).toBe(401);
    }
  });
});

describe("the address of a caller", () => {
  test("is what the trusted proxy saw, not what the caller wrote before it", async () => {
    const from = network();
    const statuses = [];
    for (let i = 0; i < 12; i++) statuses.push((await call(`203.0.113.${i}, ${from}.1`, wrong())).status);
    expect(statuses.slice(10)).toEqual([429, 429]);
  });

  test("is that of the connection where no proxy is trusted", async () => {
    const own = await untrusting.project();
    const statuses = new Set();
    for (let i = 0; i < 12; i++) statuses.add((await call(`203.0.113.${i}`, wrong(), own)).status);
    expect(statuses).toContain(429);
  });

  test("is that of the connection where the proxy writes none", async () => {
    for (const garbage of ["unknown", "<script>", "999.1.1.1", "x".repeat(5_000)]) {
      const { status } = await call(garbage, await project.token());
      expect(status).toBe(200);
    }
  });
});
