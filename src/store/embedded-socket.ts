/** Where the unix socket of an embedded Postgres lies: in a directory that only Postgres' account (and root) may enter. */
import { createHash } from "node:crypto";
import { chmod, chown, lstat, mkdir, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Account } from "./embedded-account.ts";
import { port } from "./embedded-programs.ts";

/** Bytes of a socket's path: 108 with the final NUL on Linux, 104 on macOS. */
const longestSocketPath = 103;

/** The cluster's own directory, or a private short one where the socket's path would be too long. */
export async function socketDirectory(cluster: string, account: Account): Promise<string> {
  const fits = (directory: string) =>
    Buffer.byteLength(join(directory, `.s.PGSQL.${port}`)) <= longestSocketPath;
  if (fits(cluster)) return cluster;
  const name = `loggia-${createHash("sha256").update(cluster).digest("hex").slice(0, 8)}-`;
  const base = fits(join(tmpdir(), `${name}XXXXXX`)) ? tmpdir() : "/tmp";
  const directory = await mkdtemp(join(base, name));
  await makePrivate(directory, account);
  return directory;
}

/** Makes sure that the directory of the socket is there and that only Postgres' account may enter it. */
export async function makePrivate(directory: string, { owner }: Account): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  // As root the first time; afterwards whoever else owns it has put it there.
  const { uid } = await lstat(directory);
  if (uid === process.getuid?.() && uid !== owner.uid) await chown(directory, owner.uid, owner.gid);
  else if (uid !== owner.uid) throw new Error(`${directory} belongs to another user`);
  if (((await lstat(directory)).mode & 0o777) !== 0o700) await chmod(directory, 0o700);
}
