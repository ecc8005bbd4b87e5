/** Where our answer is meant to differ from MLflow 1.28's, and why: deviations.json, read and checked. */
import { readFile } from "node:fs/promises";
import { type Json, parseExact } from "./exact-json.ts";

export interface Deviation {
  /** A key of `reasons`. */
  reason: string;
  /** Our answer, with holes. */
  status: number;
  body: Json;
}

export interface Deviations {
  /** Why, in a sentence for a user: what MLflow 1.28 does, and what we do. */
  reasons: Record<string, string>;
  /** Members that our answers have besides MLflow's: `parent.member` → why. */
  additions: Record<string, string>;
  /** By `scenario/exchange`. */
  exchanges: Record<string, Deviation>;
}

export async function readDeviations(): Promise<Deviations> {
  const text = await readFile(new URL("deviations.json", import.meta.url), "utf8");
  const plain = JSON.parse(text) as Deviations;
  const exact = parseExact(text) as unknown as Deviations;
  for (const [name, deviation] of Object.entries(plain.exchanges)) {
    deviation.body = exact.exchanges[name]?.body ?? null;
    if (!(deviation.reason in plain.reasons)) throw new Error(`${name}: no reason ${deviation.reason}`);
  }
  return plain;
}
