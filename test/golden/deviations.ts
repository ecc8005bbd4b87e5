/** Where our answer is meant to differ from MLflow 1.28's, and why: deviations.json, read and checked. */
import { readFile } from "node:fs/promises";
import { type Json, parseExact } from "./exact-json.ts";

export interface Deviation {
  /** A key of `reasons`. */
  reason: string;
  /** Our answer. Of an error, `error_code` and a regular expression for the whole `message`; else its `body`. */
  status: number;
  error_code?: string;
  message?: string;
  body?: Json;
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
  const exact = parseExact(text) as { exchanges: Record<string, { body?: Json }> };
  for (const [name, deviation] of Object.entries(plain.exchanges)) {
    const body = exact.exchanges[name]?.body;
    if (body !== undefined) deviation.body = body;
    if (!(deviation.reason in plain.reasons)) throw new Error(`${name}: no reason ${deviation.reason}`);
  }
  return plain;
}
