import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Page } from "playwright-core";
import { afterAll, describe, expect, test } from "vitest";
import { createLoggia, RunStatus } from "../../../clients/ts/src/node.ts";
import { services } from "../../../clients/ts/src/services.ts";
import { testBrowser } from "../../support/browser.ts";
import { testServer } from "../../support/server.ts";
import { until } from "../../support/until.ts";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../../..", import.meta.url));
const source = join(root, "clients/ts");
const home = await mkdtemp(join(tmpdir(), "loggia-ts-package-"));
afterAll(() => rm(home, { recursive: true, force: true }));

const server = await testServer();
const { uri } = await server.project();

const json = async (file: string) => JSON.parse(await readFile(file, "utf8"));

/** The paths in the package, which is then all that is installed in `home`. */
const packed = (async () => {
  const { stdout } = await run("npm", ["pack", "--json", "--pack-destination", home], { cwd: source });
  const [{ filename, files }] = JSON.parse(stdout);
  await writeFile(join(home, "package.json"), JSON.stringify({ private: true, type: "module" }));
  await run("npm", ["install", "--no-audit", "--no-fund", `./${filename}`], { cwd: home });
  return files.map(({ path }: { path: string }) => path) as string[];
})();

test("the package pins what the server pins", async () => {
  const [client, ours] = [await json(join(source, "package.json")), await json(join(root, "package.json"))];
  const pins = { ...ours.devDependencies, ...ours.dependencies };
  for (const [name, version] of Object.entries(client.dependencies))
    expect([name, version]).toEqual([name, pins[name]]);
  expect(client.version).toBe(ours.version);
});

test("the README names every service", async () => {
  const readme = await readFile(join(source, "README.md"), "utf8");
  const [, named = ""] = /Each service is a property: (.*?)\. /s.exec(readme) ?? [];
  expect(Array.from(named.matchAll(/`(\w+)`/g), ([, name]) => name).sort()).toEqual(
    Object.keys(services).sort(),
  );
});

test("the README's programs run word by word where nothing but the package is installed", async () => {
  expect(await packed).toEqual(
    expect.arrayContaining(["README.md", "LICENSE", "dist/node.js", "dist/browser.d.ts"]),
  );
  const readme = await readFile(join(source, "README.md"), "utf8");
  const programs = [...readme.matchAll(/^```js\n(.*?)^```$/gms)].flatMap(([, text = ""]) => text);
  expect(programs.length).toBeGreaterThan(3);
  const printed: string[] = [];
  for (const [n, text] of programs.entries()) {
    await writeFile(join(home, `${n}.mjs`), text);
    const { stdout } = await run(process.execPath, [`${n}.mjs`], {
      cwd: home,
      env: { PATH: process.env.PATH, MLFLOW_TRACKING_URI: uri },
    });
    printed.push(stdout.trim());
  }
  const id = /^logged ([0-9a-f]{32})$/.exec(printed[0] ?? "")?.[1] ?? "";
  const loggia = createLoggia({ baseUrl: uri });
  const { metrics } = await loggia.mlflow.getMetricHistory({ runId: id, metricKey: "loss" });
  expect(metrics).toHaveLength(1_000);
  expect(printed[2]).toMatch(new RegExp(`^\\[ '${id}' \\]\n`));
  expect(printed[2]).toContain("RESOURCE_DOES_NOT_EXIST Run with id=0000");
  expect(printed[3]).toBe("loss [ 0.5 ]");
  const { runs } = await loggia.mlflow.searchRuns({ experimentIds: ["2"] });
  expect(runs.map(({ info }) => info?.runName).sort()).toEqual(["all", "fold 1", "fold 2", "fold 3"]);
  loggia.close();
});

test("programs compile against its types with strict settings", async () => {
  await packed;
  await writeFile(
    join(home, "types.ts"),
    `import { createLoggia, type Run, RunStatus } from "@loggia/client";
import type { RunInfo } from "@loggia/client/gen/mlflow/service_pb";
const run: Run = await createLoggia({ protocol: "grpc" }).startRun();
export const more: boolean = run.metric("m", 1, 2n, new Date());
// @ts-expect-error: a value is a number
run.metric("m", "1");
export const status = (info: RunInfo) => info.status === RunStatus.FINISHED;
`,
  );
  const compiler = join(root, "node_modules/.bin/tsc");
  const options =
    "--noEmit --strict --module nodenext --target es2022 --skipLibCheck --exactOptionalPropertyTypes";
  await run(compiler, [...options.split(" "), "types.ts"], { cwd: home }).catch(({ stdout }) => {
    throw new Error(stdout);
  });
});

describe("in Chromium", () => {
  /** What `script` gives to `tell`, in a page of the server's origin that has the package and no bundler. */
  async function open(script: string): Promise<{ page: Page; told: Promise<unknown> }> {
    await packed;
    const imports = Object.assign({}, ...(await Promise.all(packages.map(importsOf))));
    const page = await (await testBrowser()).newPage();
    let tell: (value: unknown) => void = () => {};
    const told = new Promise<unknown>((resolve, reject) => {
      tell = resolve;
      page.on("pageerror", reject);
    });
    await page.exposeFunction("tell", (value: unknown) => tell(value));
    await page.route(`${server.url}/node_modules/**`, (route) =>
      route.fulfill({
        path: join(home, new URL(route.request().url()).pathname),
        contentType: "text/javascript",
      }),
    );
    await page.route(`${server.url}/page`, (route) =>
      route.fulfill({
        contentType: "text/html",
        body: `<script type="importmap">${JSON.stringify({ imports })}</script><script type="module">${script}</script>`,
      }),
    );
    await page.goto(`${server.url}/page`);
    return { page, told };
  }

  const packages = ["@bufbuild/protobuf", "@connectrpc/connect", "@connectrpc/connect-web", "@loggia/client"];

  /** The addresses that a browser's import conditions lead to. */
  async function importsOf(name: string): Promise<Record<string, string>> {
    const { exports } = await json(join(home, "node_modules", name, "package.json"));
    const target = (entry: Record<string, unknown> | string): string => {
      if (typeof entry === "string") return entry;
      return target((entry.browser ?? entry.import ?? entry.default) as string);
    };
    return Object.fromEntries(
      Object.entries<string>(exports)
        .filter(([path]) => !path.includes("*") && !path.endsWith(".json"))
        .map(([path, entry]) => [
          `${name}${path.slice(1)}`,
          `/node_modules/${name}/${target(entry).slice("./".length)}`,
        ]),
    );
  }

  test.each(["connect", "grpc-web"])("a page logs and reads over %s", async (protocol) => {
    const { id } = await server.project();
    const { page, told } = await open(`
      import { createLoggia } from "@loggia/client";
      const loggia = createLoggia({ project: ${id}, protocol: "${protocol}" });
      const run = await loggia.startRun({ experiment: "pages", params: { from: "a page" } });
      for (let step = 0; step < 7000; step++) run.metric("m", step, step);
      await run.end();
      const { run: read } = await loggia.mlflow.getRun({ runId: run.id });
      const missing = await loggia.mlflow.getRun({ runId: "0".repeat(32) }).catch(({ code }) => code);
      let watched;
      for await (const change of loggia.watch({ runIds: [run.id] })) {
        watched = change.info.runId === run.id;
        break;
      }
      tell({ watched, status: read.info.status, params: read.data.params.map(({ value }) => value), missing, id: run.id });
    `);
    const result = (await told) as { id: string };
    await page.close();
    expect(result).toMatchObject({
      watched: true,
      status: RunStatus.FINISHED,
      params: ["a page"],
      missing: "RESOURCE_DOES_NOT_EXIST",
    });
    const loggia = createLoggia({ baseUrl: server.url, project: id });
    const { metrics } = await loggia.mlflow.getMetricHistory({ runId: result.id, metricKey: "m" });
    expect(metrics.map(({ step }) => Number(step))).toEqual(Array.from({ length: 7000 }, (_, step) => step));
    loggia.close();
  });

  test("a page that is left sends what waits", async () => {
    const { id } = await server.project();
    const { page, told } = await open(`
      import { createLoggia } from "@loggia/client";
      const loggia = createLoggia({ project: ${id}, logger: { flushInterval: 600000 } });
      const run = await loggia.startRun();
      for (let step = 0; step < 1000; step++) run.metric("m", step, step);
      tell(run.id);
    `);
    const runId = (await told) as string;
    const loggia = createLoggia({ baseUrl: server.url, project: id });
    const points = async () =>
      (await loggia.mlflow.getMetricHistory({ runId, metricKey: "m" })).metrics.length;
    expect(await points()).toBe(0);
    await page.goto("about:blank");
    await until("what waited has arrived", async () => (await points()) === 1000);
    await page.close();
    loggia.close();
  });
});
