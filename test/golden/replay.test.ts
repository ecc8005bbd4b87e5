import { readFile } from "node:fs/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { compatibility } from "../../scripts/compatibility.ts";
import { type TestServer, testServer } from "../support/server.ts";
import { readDeviations } from "./deviations.ts";
import {
  differsFromDeviation,
  differsFromRecorded,
  type Replayed,
  readRecordings,
  replay,
} from "./replay.ts";
import { rpcs } from "./rpcs.ts";

const recordings = await readRecordings();
const deviations = await readDeviations();
const additions = new Set(Object.keys(deviations.additions));

let server: TestServer;
beforeAll(async () => {
  server = await testServer();
});

const seen = new Set<string>();

for (const recording of recordings) {
  describe(recording.scenario, () => {
    let answers: Map<string, Replayed>;
    beforeAll(async () => {
      answers = await replay((await server.project()).uri, recording);
    });

    for (const exchange of recording.exchanges) {
      const deviation = deviations.exchanges[`${recording.scenario}/${exchange.name}`];
      it(`${exchange.name}: ${deviation === undefined ? "as MLflow 1.28" : deviation.reason}`, () => {
        const answer = answers.get(exchange.name);
        if (answer === undefined) throw new Error("it was not sent");
        const difference = differsFromRecorded(exchange, answer, additions, (addition) => seen.add(addition));
        if (deviation === undefined) {
          expect(difference).toBeUndefined();
        } else {
          expect(difference, "it is as MLflow's now: the deviation is stale").toBeDefined();
          expect(differsFromDeviation(exchange, deviation, answer, additions)).toBeUndefined();
        }
      });
    }
  });
}

describe("the list of deviations", () => {
  const names = new Set(
    recordings.flatMap(({ scenario, exchanges }) => exchanges.map(({ name }) => `${scenario}/${name}`)),
  );

  it("names only exchanges that were recorded", () => {
    expect(Object.keys(deviations.exchanges).filter((name) => !names.has(name))).toEqual([]);
  });
  it("has no reason that nothing needs", () => {
    const used = new Set(Object.values(deviations.exchanges).map(({ reason }) => reason));
    expect(Object.keys(deviations.reasons).filter((reason) => !used.has(reason))).toEqual([]);
  });
  it("has no addition that no answer had", () => {
    expect([...additions].filter((addition) => !seen.has(addition))).toEqual([]);
  });
});

describe("the recordings", () => {
  it("have at least 500 exchanges, and some of each of the 46 RPCs", () => {
    const all = recordings.flatMap(({ exchanges }) => exchanges);
    const asked = new Set(all.map(({ rpc }) => rpc));
    expect(all.length).toBeGreaterThanOrEqual(500);
    expect(rpcs.length).toBe(46);
    expect(rpcs.filter((rpc) => !asked.has(rpc))).toEqual([]);
  });
});

describe("docs/compatibility.md", () => {
  it("is what scripts/compatibility.ts writes", async () => {
    const page = await readFile(new URL("../../docs/compatibility.md", import.meta.url), "utf8");
    expect(page).toBe(compatibility(recordings, deviations));
  });
});
