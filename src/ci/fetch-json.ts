import { isLoopback } from "../auth/address.ts";

/** What a CI server answered with a status other than 200. */
export class UnexpectedStatus extends Error {
  override readonly name = "UnexpectedStatus";
  readonly status: number;

  constructor(url: URL, status: number) {
    super(`${url.origin}${url.pathname} answered with status ${status}`);
    this.status = status;
  }
}

export interface FetchOptions {
  /** Milliseconds for the whole answer. */
  timeout: number;
  /** Bytes at most. */
  most: number;
  headers?: Record<string, string>;
}

/**
 * The one way in which this server asks another: a GET of JSON, in the clear from this machine alone, never redirected, with
 * limits of time and size. Which addresses are asked is for the caller to restrict to those of the settings.
 * @throws Error with a sentence for the log; UnexpectedStatus.
 */
export async function fetchJson(url: URL, { timeout, most, headers }: FetchOptions): Promise<unknown> {
  if (url.protocol !== "https:" && !(url.protocol === "http:" && isOfThisMachine(url)))
    throw new Error(`${url.origin} is asked over https alone`);
  const signal = AbortSignal.timeout(timeout);
  const response = await fetch(url, {
    redirect: "manual",
    signal,
    headers: { accept: "application/json", "user-agent": "loggia", ...headers },
  });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new UnexpectedStatus(url, response.status);
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > most) throw new Error(`${url.origin}${url.pathname} answered with more than ${most} bytes`);
    chunks.push(chunk);
  }
  return JSON.parse(Buffer.concat(chunks).toString("utf8"));
}

const isOfThisMachine = ({ hostname }: URL) =>
  hostname === "localhost" || isLoopback(hostname.replace(/^\[(.*)\]$/, "$1"));
