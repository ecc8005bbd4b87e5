/**
 * Under which account an embedded Postgres runs. Postgres refuses root and needs a user that the system knows by name;
 * everyone else runs it as themselves. Each way is tried before it is taken, for containers and sandboxes forbid some.
 */
import { execFile } from "node:child_process";
import { chown, lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { environment } from "./embedded-programs.ts";

const run = promisify(execFile);

export interface Account {
  /** A command line goes behind these words. */
  prefix: string[];
  /** What spawn() changes to; absent: nothing. */
  ids: { uid: number; gid: number } | Record<string, never>;
  /** Who owns the files of the cluster, as this process sees it. */
  owner: { uid: number; gid: number };
}

/**
 * The first account that can run the programs in `bin` and write into `directory`, which is given to it.
 * As root: the owner of the directory, `postgres` or `nobody`; where those may not reach the programs or the data (a
 * checkout in a 0700 home), root's own rights under another name (a user namespace), else theirs with the right to
 * pass directories.
 *
 * @throws Error that says what was tried, when no account will do.
 */
export async function findAccount(bin: string, directory: string): Promise<Account> {
  const { uid, gid } = await lstat(directory);
  const accounts = await candidates({ uid, gid });
  for (const account of accounts) {
    await give(directory, account);
    if (await works(account, bin, directory)) return account;
  }
  throw new Error(
    process.getuid?.() === 0
      ? `Postgres does not run as root, and no other account (postgres, nobody, a user namespace) can use ${bin} and ${directory}`
      : `cannot run ${bin}/postgres on ${directory} as this user`,
  );
}

async function candidates(current: { uid: number; gid: number }): Promise<Account[]> {
  const me = { uid: process.getuid?.() ?? -1, gid: process.getgid?.() ?? -1 };
  const renamed: Account = {
    prefix: ["unshare", "-U", "--map-user=65534", "--map-group=65534"],
    ids: {},
    owner: me,
  };
  if (me.uid !== 0) return [{ prefix: [], ids: {}, owner: me }, renamed];
  const users = await Promise.all(["postgres", "nobody"].map(idsOf));
  const owners = [...(current.uid === 0 ? [] : [current]), ...users.filter((ids) => ids !== undefined)];
  return [
    ...owners.map((owner): Account => ({ prefix: [], ids: owner, owner })),
    renamed,
    // DAC_OVERRIDE second: containers often have it and not the other, but it allows more than to pass directories.
    ...owners.flatMap((owner) => ["dac_read_search", "dac_override"].map((right) => withRight(owner, right))),
  ];
}

/** `no_setuid_fixup`, because access(2) otherwise ignores the right for a process whose real user is not root. */
function withRight(owner: { uid: number; gid: number }, right: string): Account {
  return {
    prefix: [
      "setpriv",
      `--reuid=${owner.uid}`,
      `--regid=${owner.gid}`,
      "--clear-groups",
      "--securebits=+no_setuid_fixup",
      `--inh-caps=+${right}`,
      `--ambient-caps=+${right}`,
    ],
    ids: {},
    owner,
  };
}

async function idsOf(user: string): Promise<{ uid: number; gid: number } | undefined> {
  try {
    const [uid, gid] = await Promise.all(["-u", "-g"].map((flag) => run("id", [flag, user])));
    return { uid: Number(uid?.stdout), gid: Number(gid?.stdout) };
  } catch {
    return undefined;
  }
}

/** Whether the account has a name (`id -un`), may write into the directory and can start Postgres. */
async function works(account: Account, bin: string, directory: string): Promise<boolean> {
  // Postgres looks for itself through PATH and access(2); when it cannot, it complains and still prints its version.
  const script =
    'id -un >/dev/null && cd "$1" && test -w . && out=$("$2" -V 2>&1) && case $out in postgres*) ;; *) exit 1 ;; esac';
  const [program = "sh", ...args] = [
    ...account.prefix,
    "sh",
    "-c",
    script,
    "sh",
    directory,
    join(bin, "postgres"),
  ];
  try {
    // Awaited here: spawn itself throws for an id that a user namespace does not know.
    await run(program, args, { ...account.ids, cwd: "/", env: environment });
    return true;
  } catch {
    return false;
  }
}

/** Makes the account the owner of a directory and all in it. */
async function give(path: string, account: Account): Promise<void> {
  const { uid, gid } = account.owner;
  const info = await lstat(path);
  if (info.uid === uid || process.getuid?.() !== 0) return;
  await chown(path, uid, gid).catch(() => undefined);
  for (const entry of await readdir(path, { recursive: true, withFileTypes: true }))
    if (!entry.isSymbolicLink())
      await chown(join(entry.parentPath, entry.name), uid, gid).catch(() => undefined);
}
