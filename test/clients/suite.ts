import { beforeAll, describe, expect, it } from "vitest";
import type { ClientName } from "../../scripts/clients.ts";
import { createProject } from "../../src/store/projects.ts";
import {
  type ClientAt,
  runPython,
  runScenarios,
  type ScenarioOutcome,
  scenarioNames,
  train,
} from "../support/python.ts";
import { type TestServer, testServer } from "../support/server.ts";

/**
 * Everything that one version of the Python client must be able to do: at the root of a server without tokens, and by two
 * tenants at the same time, each with a token of its own in a project of its own.
 */
export async function clientSuite(client: ClientName): Promise<void> {
  const names = await scenarioNames(client);
  const open = await testServer();
  const shared = await testServer({ open: false });
  // The paths as GitLab's documentation has its clients write them.
  const vision = await tenant(shared, "team/vision");
  const speech = await tenant(shared, "other-team/speech");

  /** One test per scenario, all of which `run` runs at once. */
  const scenarios = (place: string, run: () => Promise<Map<string, ScenarioOutcome>>) =>
    describe(`the ${client} client ${place}`, () => {
      let outcomes: Map<string, ScenarioOutcome>;
      beforeAll(async () => {
        outcomes = await run();
      }, 600_000);

      for (const name of names) {
        it(name.replace(/^test_(\w+)\.py::test_/, "$1: ").replaceAll("_", " "), ({ skip }) => {
          const { outcome, text } = outcomes.get(name) ?? { outcome: "failed", text: "it was not run" };
          skip(outcome === "skipped", text);
          expect(outcome, text).toBe("passed");
        });
      }
    });

  scenarios("at the root", () => runScenarios(client, { uri: open.url }));

  // Whichever is asked for first starts both, so that they work beside each other.
  let both: Promise<Map<string, ScenarioOutcome>[]> | undefined;
  for (const [i, { path, at }] of [vision, speech].entries())
    scenarios(`with a token of ${path}, beside another tenant`, async () => {
      both ??= Promise.all([vision, speech].map((one) => runScenarios(client, one.at)));
      const outcomes = (await both)[i];
      if (outcomes === undefined) throw new Error(`nothing was run at ${at.uri}`);
      return outcomes;
    });

  describe(`two tenants of the ${client} client`, () => {
    for (const [mine, theirs] of [
      [vision, speech],
      [speech, vision],
    ] as const) {
      it(`each see nothing of the other: ${mine.path} of ${theirs.path}`, async () => {
        const [own, foreign] = [await logged(client, mine.at), new Set(await logged(client, theirs.at))];
        expect(own.length).toBeGreaterThan(100);
        expect(own.filter((id) => foreign.has(id))).toEqual([]);
      });

      it(`${mine.path} cannot tell the project ${theirs.path} from one that is not there`, async () => {
        const { status, output } = await runPython(client, { uri: theirs.at.uri, token: mine.at.token }, [
          "-c",
          "from mlflow.tracking import MlflowClient; MlflowClient().get_experiment('0')",
        ]);
        expect(status).not.toBe(0);
        expect(output).toContain(`Project '${theirs.path}' not found`);
      });
    }
  });

  describe(`examples/train.py with the ${client} client`, () => {
    const places = {
      "at the root": { uri: open.url },
      "with a token in team/vision": vision.at,
    };
    // A training takes up to a minute, and the suites above go to a project by its address with each client.
    const more = {
      "in the project 1": { uri: `${open.url}/api/v4/projects/1/ml/mlflow` },
      "with a token of team/vision, at the root": { ...vision.at, uri: shared.url },
    };
    for (const [place, at] of Object.entries({ ...places, ...(client === "mlflow-1.28" ? more : {}) })) {
      it(`trains, searches, loads and predicts ${place}`, async () => {
        const { status, output } = await train(client, at);
        expect(status, output.slice(-3000)).toBe(0);
        expect(output).toContain("Best of 20");
        expect(output).toContain("predicts with accuracy 0.9");
      });
    }
  });
}

/** A project of that path, and how a client with a token of it is set up. */
async function tenant(server: TestServer, path: string) {
  const id = await createProject(server.db, path);
  if (id === undefined) throw new Error(`the path ${path} is taken`);
  const token = await server.at(id).token({ role: "developer", scopes: ["api"] });
  const uri = `${server.url}/api/v4/projects/${encodeURIComponent(path)}/ml/mlflow`;
  return { path, at: { uri, token } };
}

const listing = `
import json
from mlflow.entities import ViewType
from mlflow.tracking import MlflowClient

client = MlflowClient()
experiments = client.search_experiments(view_type=ViewType.ALL)
runs = []
token = None
while True:
    page = client.search_runs([e.experiment_id for e in experiments], run_view_type=ViewType.ALL, page_token=token)
    runs += [run.info.run_id for run in page]
    token = page.token
    if not token:
        break
models = [model.name for model in client.search_registered_models()]
names = [each.name for each in experiments if each.experiment_id != "0"]
print("LOGGED " + json.dumps(runs + names + models))
`;

/** The ids of all runs and the names of all experiments and models that a client sees, but for `Default`. */
async function logged(client: ClientName, at: ClientAt): Promise<string[]> {
  const { status, output } = await runPython(client, at, ["-c", listing]);
  expect(status, output.slice(-3000)).toBe(0);
  return JSON.parse(/^LOGGED (.*)$/m.exec(output)?.[1] ?? "[]");
}
