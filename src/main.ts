/** The `loggia` command. Exit codes: 0 done, 1 it could not be done, 2 wrongly asked for. */
import { flushCompileCache } from "node:module";
import { checkWords, readArguments } from "./cli/arguments.ts";
import { commands } from "./cli/commands.ts";
import { help } from "./cli/help.ts";
import { type Config, clientSetting, readConfig, SettingError, type Shown } from "./config.ts";

const say = (line: string) => void process.stdout.write(`${line}\n`);

// Whoever reads the first lines only (`loggia serve | head -1`) does not end the server.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});

try {
  await main(process.argv.slice(2));
} catch (error) {
  const known = error instanceof Error && ["SettingError", "StartError", "LoggiaError"].includes(error.name);
  process.stderr.write(`loggia: ${known ? error.message : error instanceof Error ? error.stack : error}\n`);
  process.exitCode = error instanceof SettingError ? 2 : 1;
}

async function main(argv: string[]): Promise<void> {
  const { command, rest, switches, values, flags } = readArguments(argv);
  if (switches.has("version")) return say((await import("./cli/version.ts")).version);
  if (command === "help") return say(help(readArguments(rest).command));
  const one = command === undefined ? undefined : commands[command];
  if (command === undefined || one === undefined || switches.has("help")) return say(help(command));
  checkWords(command, rest);
  const { config, shown } = readConfig({ flags });
  if (command === "config") return printConfig(shown, switches.has("json"));
  if (one.load !== undefined) {
    const { administer } = await import("./cli/administer.ts");
    return administer(await one.load(), { words: rest, values, switches, config }, say);
  }
  // Loaded late: help and a wrong setting need no server.
  if (command === "watch") {
    const { watch } = await import("./cli/watch.ts");
    return watch(config, {
      run: rest[0],
      experiment: values.experiment,
      trackingUri: values["tracking-uri"] ?? clientSetting("MLFLOW_TRACKING_URI"),
      token: clientSetting("MLFLOW_TRACKING_TOKEN"),
      json: switches.has("json"),
      say,
      tell: (line) => void process.stderr.write(`loggia: ${line}\n`),
    });
  }
  if (command === "migrate") return migrate(config);
  const { serve } = await import("./cli/serve.ts");
  await serve(config, { migrate: switches.has("migrate"), reopen: switches.has("open"), say });
  // Now, for a server that is killed would not keep it (scripts/run says where it goes).
  flushCompileCache();
}

function printConfig(shown: Shown[], json: boolean): void {
  if (json) {
    say(JSON.stringify(shown, undefined, 2));
    return;
  }
  const width = (pick: (one: Shown) => string) => Math.max(...shown.map((one) => pick(one).length));
  const names = width((one) => one.name);
  const values = width((one) => one.value ?? "(unset)");
  for (const one of shown)
    say(`${one.name.padEnd(names)}  ${(one.value ?? "(unset)").padEnd(values)}  ${one.source}`);
}

async function migrate(config: Config): Promise<void> {
  const { connect, reason, StartError } = await import("./cli/database.ts");
  const { migrateToLatest } = await import("./store/migrate.ts");
  const database = await connect(config, { info: say, warn: say });
  try {
    const applied = await migrateToLatest(database.owner).catch((error: unknown) => {
      throw new StartError(`cannot migrate ${database.place}: ${reason(error)}`, { cause: error });
    });
    for (const name of applied) say(`applied ${name}`);
    say(`The schema of ${database.place} is up to date.`);
  } finally {
    await database.close();
  }
}
