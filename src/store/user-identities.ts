import { recordEvent, type Trail } from "./audit.ts";
import { type Database, transaction } from "./database.ts";
import { loadUser, type UserRow, userNamed } from "./users.ts";

/** Whom an OpenID provider means: issuer and subject, which it never gives to another; the name is what it calls them now. */
export interface Identity {
  issuer: string;
  subject: string;
  username: string;
}

/**
 * The user of an identity; made, or found by their name, when it is seen for the first time.
 *
 * A name can be taken by whoever may choose one at the provider. So an identity becomes a user who is there already only
 * while nobody has used that user: no administrator, no token ever, no other identity.
 * @param links whether it becomes any user of that name who has no identity of the issuer yet.
 * @returns undefined when the name is another's.
 */
export const userOfIdentity = (
  db: Database,
  { issuer, subject, username }: Identity,
  links: boolean,
  trail: Omit<Trail, "actor">,
): Promise<UserRow | undefined> =>
  transaction(db, async (tx) => {
    const known = await identified(tx, issuer, subject);
    if (known !== undefined) return known;
    const about = { ...trail, actor: username, project: 0n };
    const user = await userNamed(tx, username, about);
    // Locked, so that of two identities of one name the second sees the first, also when both came with a new name at once.
    await tx
      .selectFrom("users")
      .select("user_id")
      .where("user_id", "=", user.user_id)
      .forUpdate()
      .executeTakeFirst();
    const meanwhile = await identified(tx, issuer, subject);
    if (meanwhile !== undefined) return meanwhile;
    if (!(await isFree(tx, user, issuer, links))) return undefined;
    await tx.insertInto("user_identities").values({ issuer, subject, user_id: user.user_id }).execute();
    await recordEvent(tx, {
      ...about,
      action: "user.identify",
      object: user.username,
      result: "ok",
      details: { issuer, subject },
    });
    return user;
  });

async function identified(tx: Database, issuer: string, subject: string): Promise<UserRow | undefined> {
  const known = await tx
    .selectFrom("user_identities")
    .select("user_id")
    .where("issuer", "=", issuer)
    .where("subject", "=", subject)
    .executeTakeFirst();
  return known && loadUser(tx, known.user_id);
}

/** Whether a user may become the one of an identity of `issuer`; one who was just made may. */
async function isFree(tx: Database, user: UserRow, issuer: string, links: boolean): Promise<boolean> {
  const identities = await tx
    .selectFrom("user_identities")
    .select("issuer")
    .where("user_id", "=", user.user_id)
    .execute();
  if (links) return identities.every((identity) => identity.issuer !== issuer);
  if (identities.length > 0 || user.is_admin) return false;
  const token = await tx
    .selectFrom("tokens")
    .select("token_id")
    .where("user_id", "=", user.user_id)
    .limit(1)
    .executeTakeFirst();
  return token === undefined;
}
