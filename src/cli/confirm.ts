import { createInterface } from "node:readline/promises";
import { SettingError } from "../config.ts";
import type { Given } from "./action.ts";
import { StartError } from "./database.ts";
import { shown } from "./output.ts";

/**
 * Has whoever runs the command type `expected`, unless they said --yes.
 * @param what is going to happen, as a sentence without its end.
 * @throws SettingError where nobody can be asked; StartError when they typed something else.
 */
export async function confirm({ switches }: Given, what: string, expected: string): Promise<void> {
  if (switches.has("yes")) return;
  if (!process.stdin.isTTY) throw new SettingError(`${shown(what)}: say --yes to do it`);
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  // Ctrl-D ends the question without an answer.
  const gone = new Promise<undefined>((resolve) => asking.once("close", () => resolve(undefined)));
  try {
    const answer = await Promise.race([
      asking.question(`${shown(what)}. Type ${shown(expected)} to do it: `),
      gone,
    ]);
    if (answer?.trim() !== expected) throw new StartError("nothing was done");
  } finally {
    asking.close();
  }
}
