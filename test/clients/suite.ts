import { beforeAll, describe, expect, it } from "vitest";
import type { ClientName } from "../../scripts/clients.ts";
import { runScenarios, type ScenarioOutcome, scenarioNames, train } from "../support/python.ts";
import { testServer } from "../support/server.ts";

/** Everything that one version of the Python client must be able to do, at every address of a server. */
export async function clientSuite(client: ClientName): Promise<void> {
  const names = await scenarioNames(client);
  const server = await testServer();
  const project = await server.project();
  const prefix = (reference: string) => `${server.url}/api/v4/projects/${reference}/ml/mlflow`;

  for (const [place, uri] of Object.entries({ "at the root": server.url, "in a project": project.uri })) {
    describe(`the ${client} client ${place}`, () => {
      let outcomes: Map<string, ScenarioOutcome>;
      beforeAll(async () => {
        outcomes = await runScenarios(client, uri);
      }, 600_000);

      for (const name of names) {
        it(name.replace(/^test_(\w+)\.py::test_/, "$1: ").replaceAll("_", " "), ({ skip }) => {
          const { outcome, text } = outcomes.get(name) ?? { outcome: "failed", text: "it was not run" };
          skip(outcome === "skipped", text);
          expect(outcome, text).toBe("passed");
        });
      }
    });
  }

  describe(`examples/train.py with the ${client} client`, () => {
    for (const [place, uri] of Object.entries({
      "at the root": server.url,
      "in the project 1": prefix("1"),
      "in the project default": prefix("default"),
      "in a project of its own": project.uri,
    })) {
      it(`trains, searches, loads and predicts ${place}`, async () => {
        const { status, output } = await train(client, uri);
        expect(status, output.slice(-3000)).toBe(0);
        expect(output).toContain("Best of 20");
        expect(output).toContain("predicts with accuracy 0.9");
      });
    }
  });
}
