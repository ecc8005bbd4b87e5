import { uncancelled } from "./cancellation.ts";
import type { Database } from "./database.ts";

const secrets = new WeakMap<Database, Promise<Uint8Array>>();

/** The key with which page tokens are signed: the same for every replica on a database. Read once. */
export function pageTokenSecret(db: Database): Promise<Uint8Array> {
  let secret = secrets.get(db);
  if (secret === undefined) {
    secret = uncancelled(() =>
      db
        .selectFrom("secrets")
        .select("value")
        .where("name", "=", "page_token")
        .executeTakeFirstOrThrow()
        .then((row) => row.value),
    );
    secret.catch(() => secrets.delete(db));
    secrets.set(db, secret);
  }
  return secret;
}
