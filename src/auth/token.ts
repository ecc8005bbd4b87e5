import { hash, randomInt } from "node:crypto";
import { crc32 } from "node:zlib";

/**
 * The form of a token (security.md §3): a prefix for its kind, 32 random base62 characters (190 bits), and the CRC32 of all
 * before it in 6 more. With the checksum a scanner tells a token from look-alikes without asking a server, and a server turns
 * away a mistyped one without asking the database.
 */
const prefixes = { personal: "glmt_", project: "glmp_", ci: "glmc_", session: "glms_" } as const;

export type TokenKind = keyof typeof prefixes;

export const tokenKinds = Object.keys(prefixes) as TokenKind[];

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const randomLength = 32;
const checksumLength = 6;
const form = new RegExp(
  `^(?:${Object.values(prefixes).join("|")})[0-9A-Za-z]{${randomLength + checksumLength}}$`,
);

/** A new token: a secret, to be shown once and stored nowhere. */
export function newToken(kind: TokenKind): string {
  let body: string = prefixes[kind];
  for (let i = 0; i < randomLength; i++) body += alphabet[randomInt(alphabet.length)];
  return body + checksum(body);
}

/** Whether the text has the form of a token and its checksum is right; says nothing of whether anyone issued it. */
export const isWellFormed = (token: string): boolean =>
  form.test(token) && checksum(token.slice(0, -checksumLength)) === token.slice(-checksumLength);

/** What the database keeps in place of a token. A fast hash is right for a secret of 190 random bits. */
export const hashOf = (token: string): Buffer => hash("sha256", token, "buffer");

/** The last four characters, for a person to tell tokens apart. */
export const hintOf = (token: string): string => token.slice(-4);

function checksum(body: string): string {
  let rest = crc32(body);
  let digits = "";
  for (let i = 0; i < checksumLength; i++) {
    digits = alphabet[rest % alphabet.length] + digits;
    rest = Math.floor(rest / alphabet.length);
  }
  return digits;
}
