/**
 * `npm run golden:record [SCENARIO ...]`: sends the scenarios of test/golden/scenarios to the real MLflow 1.28.0 server
 * and writes its answers, with ids and times replaced by holes, to test/golden/recordings.
 */
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { settle } from "../test/golden/compare.ts";
import { at, Exact, exact, type Json, print, printExact } from "../test/golden/exact-json.ts";
import { type Answer, captured, fillJson, type Recorded, send } from "../test/golden/exchange.ts";
import { startMlflow } from "../test/golden/mlflow-server.ts";
import { rpcOf, rpcs } from "../test/golden/rpcs.ts";
import type { Scenario } from "../test/golden/scenario.ts";

const folder = new URL("../test/golden/", import.meta.url);

async function scenarios(): Promise<Scenario[]> {
  const files = (await readdir(new URL("scenarios/", folder)))
    .filter((name) => name.endsWith(".ts"))
    .toSorted();
  const found: Scenario[] = [];
  for (const file of files) {
    const module = (await import(new URL(`scenarios/${file}`, folder).href)) as { default: Scenario };
    found.push(module.default);
  }
  return found;
}

/** Records one scenario against a server with an empty store. */
async function record(base: string, scenario: Scenario): Promise<Recorded[]> {
  const captures = new Map<string, string>();
  const windows: { name: string; from: number; to: number }[] = [];
  const recorded: Recorded[] = [];
  for (const exchange of scenario.exchanges) {
    const from = Date.now();
    const answer = await send(base, exchange.request, captures);
    windows.push({ name: exchange.name, from, to: Date.now() });
    // The windows of two exchanges never share a millisecond, so a time tells which of them it is from.
    await sleep(2);
    try {
      for (const [name, value] of captured(exchange, (path) => at(answer.body, path)))
        captures.set(name, value);
    } catch (error) {
      throw new Error(
        `${scenario.name}/${exchange.name} was answered ${answer.status} ${print(answer.body)}`,
        {
          cause: error,
        },
      );
    }
    const rpc = rpcOf(exchange.request.method, exchange.request.path);
    const sent = print(fillJson(members(exchange.request), captures));
    const body = shorten(settle(withHoles(answer, captures, windows), rpc));
    const loose = print(body)
      .match(/\b(?:[0-9a-f]{32}|73\d{5})\b/g)
      ?.filter((id) => !sent.includes(id));
    if (loose?.length)
      throw new Error(`${scenario.name}/${exchange.name} has an id that nothing captures: ${loose[0]}`);
    recorded.push({ ...exchange, ...(rpc === undefined ? {} : { rpc }), status: answer.status, body });
  }
  return recorded;
}

/** Replaces what differs from one recording to the next. */
function withHoles(
  answer: Answer,
  captures: ReadonlyMap<string, string>,
  windows: readonly { name: string; from: number; to: number }[],
): Json {
  const ids = [...captures].filter(([, value]) => /^(?:[0-9a-f]{32}|73\d{5})$/.test(value));
  const walk = (value: Json, key: string): Json => {
    if (value instanceof Exact && /_timestamp$/.test(key)) {
      const time = Number(value.source);
      const window = windows.find(({ from, to }) => time >= from && time <= to);
      return window === undefined ? value : `{{time:${window.name}}}`;
    }
    if (typeof value === "string") {
      if (key === "next_page_token") return "{{token}}";
      let text = value;
      for (const [name, id] of ids) text = text.replaceAll(id, `{{${name}}}`);
      return key === "message" ? withoutDriverText(text) : text;
    }
    if (value === null || typeof value !== "object" || value instanceof Exact) return value;
    if (Array.isArray(value)) return value.map((item) => walk(item, key));
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, walk(item, name)]));
  };
  return walk(answer.body, "");
}

/** What SQLAlchemy and psycopg2 say is not MLflow's to say, and holds ids. */
function withoutDriverText(message: string): string {
  return message
    .replace(/ Error: \(raised as a result.*$/s, "{{any}}")
    .replace(/ Error: \(.*$/s, "{{any}}")
    .replace(/^\((?:raised as a result|psycopg2|sqlalchemy|builtins).*$/s, "{{any}}");
}

/** `xxxx…` → `{{x*251}}`. */
function shorten(value: Json): Json {
  if (typeof value === "string")
    return value.replace(/([^{}*])\1{59,}/gu, (run, char: string) => `{{${char}*${[...run].length}}}`);
  if (value === null || typeof value !== "object" || value instanceof Exact) return value;
  if (Array.isArray(value)) return value.map(shorten);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, shorten(item)]));
}

const asked = process.argv.slice(2);
const chosen = (await scenarios()).filter(({ name }) => asked.length === 0 || asked.includes(name));
const home = await mkdtemp(join(tmpdir(), "loggia-golden-"));
const server = await startMlflow(home);
const counts = new Map(rpcs.map((rpc) => [rpc, 0]));
let total = 0;
try {
  for (const scenario of chosen) {
    await server.reset();
    const exchanges = await record(server.url, scenario);
    for (const { rpc } of exchanges) if (rpc !== undefined) counts.set(rpc, (counts.get(rpc) ?? 0) + 1);
    total += exchanges.length;
    const lines = exchanges.map((exchange) => `  ${printExact(inOrder(exchange), "  ")}`);
    await writeFile(
      new URL(`recordings/${scenario.name}.json`, folder),
      `{"scenario": ${JSON.stringify(scenario.name)}, "exchanges": [\n${lines.join(",\n")}\n]}\n`,
    );
    console.log(`${scenario.name}: ${exchanges.length}`);
  }
} finally {
  await server.stop();
  await rm(home, { recursive: true, force: true });
}
console.log("");
for (const [rpc, count] of counts) console.log(`${String(count).padStart(4)}  ${rpc}`);
console.log(`${String(total).padStart(4)}  exchanges`);

/** The members in the order in which one reads them. */
function inOrder({ name, rpc, request, capture, status, body }: Recorded): Json {
  return { ...members({ name, rpc, request: members(request), capture, status }), body };
}

/** A plain object as JSON, without its undefined members; what is JSON already stays as it is. */
function members(record: object): { [key: string]: Json } {
  const known = Object.entries(record).filter(([, value]) => value !== undefined);
  return Object.fromEntries(
    known.map(([key, value]) => [key, key === "request" || key === "body" ? (value as Json) : exact(value)]),
  );
}
