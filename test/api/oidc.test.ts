import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { type OidcSettings, oidcProvider } from "../../src/oidc/provider.ts";
import { fakeOidc } from "../support/oidc.ts";
import { testServer } from "../support/server.ts";
import { issueToken, makeUser } from "../support/tokens.ts";

const oidc = await fakeOidc();
const settings = (changes: Partial<OidcSettings> = {}): OidcSettings => ({
  issuer: oidc.url,
  clientId: oidc.clientId,
  clientSecret: oidc.clientSecret,
  label: "Sign in with Example",
  scopes: "openid profile email",
  usernameClaim: "preferred_username",
  linksUsers: false,
  ...changes,
});
const server = await testServer({
  open: false,
  oidc: oidcProvider(settings()),
  failedLogins: { most: 1_000 },
});

const pairOf = (cookies: string[], name: string) =>
  cookies.find((one) => one.startsWith(`${name}=`))?.split(";")[0] ?? "";

/** A browser that keeps cookies and follows the redirects by hand. */
async function begin(returnTo = "/default/-/ml/experiments", url = server.url) {
  const response = await fetch(`${url}/-/sign-in/oidc?return_to=${encodeURIComponent(returnTo)}`, {
    redirect: "manual",
  });
  return {
    status: response.status,
    location: response.headers.get("location") ?? "",
    cookies: response.headers.getSetCookie(),
    attempt: pairOf(response.headers.getSetCookie(), "loggia_sign_in"),
  };
}

async function comeBack(location: string, cookie: string) {
  const atProvider = await fetch(location, { redirect: "manual" });
  return follow(atProvider.headers.get("location") ?? "", cookie);
}

async function follow(callback: string, cookie: string) {
  const response = await fetch(callback, { redirect: "manual", headers: { cookie } });
  const cookies = response.headers.getSetCookie();
  return {
    status: response.status,
    location: response.headers.get("location"),
    cookies,
    session: pairOf(cookies, "loggia_session"),
  };
}

async function signIn(person: typeof oidc.person, returnTo?: string, url?: string) {
  oidc.person = person;
  const { location, attempt } = await begin(returnTo, url);
  return comeBack(location, attempt);
}

const viewer = async (cookie: string) => {
  const response = await fetch(`${server.url}/api/1.0/loggia/sessions/viewer`, { headers: { cookie } });
  return ((await response.json()) as { viewer: Record<string, unknown> }).viewer;
};

const person = (username = `p-${randomUUID().slice(0, 8)}`) => ({
  sub: randomUUID(),
  preferred_username: username,
});

const userNamed = (username: string) =>
  server.db.selectFrom("users").selectAll().where("username", "=", username).executeTakeFirst();

describe("signing in with an OpenID provider", () => {
  test("sends the browser there with PKCE, state and nonce, which it alone keeps", async () => {
    const { status, location, cookies, attempt } = await begin();
    expect(status).toBe(303);
    const { origin, pathname, searchParams } = new URL(location);
    expect(origin + pathname).toBe(`${oidc.url}/authorize`);
    expect(Object.fromEntries(searchParams)).toMatchObject({
      response_type: "code",
      client_id: "loggia",
      scope: "openid profile email",
      redirect_uri: `${server.url}/-/sign-in/oidc/callback`,
      code_challenge_method: "S256",
    });
    for (const name of ["state", "nonce", "code_challenge"])
      expect(searchParams.get(name)?.length).toBeGreaterThan(30);
    expect(cookies).toEqual([
      expect.stringMatching(
        /^loggia_sign_in=[^;]+; Path=\/-\/sign-in\/oidc\/callback; Max-Age=600; HttpOnly; SameSite=Lax$/,
      ),
    ]);
    for (const name of ["state", "nonce"]) expect(attempt).not.toContain(searchParams.get(name));
  });

  test("makes a user without rights at the first time, and knows them from then on", async () => {
    const ada = person();
    const first = await signIn(ada);
    expect(first).toMatchObject({ status: 303, location: "/default/-/ml/experiments" });
    expect(first.cookies).toEqual([
      expect.stringMatching(/^loggia_sign_in=; .*Max-Age=0/),
      expect.stringMatching(/^loggia_session=glms_\w+; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Strict$/),
    ]);
    expect(await viewer(first.session)).toMatchObject({
      kind: "session",
      name: ada.preferred_username,
      is_user: true,
      is_administrator: false,
      scopes: ["api"],
    });
    const project = await server.project();
    const read = () =>
      fetch(`${project.uri}/api/2.0/mlflow/experiments/search?max_results=1`, {
        headers: { cookie: first.session },
      });
    expect((await read()).status).toBe(404);
    const user = await userNamed(ada.preferred_username);
    await server.db
      .insertInto("members")
      .values({ project_id: project.id, user_id: user?.user_id ?? 0n, role: "reporter" })
      .execute();
    const renamed = await signIn({ ...ada, preferred_username: "another-name" });
    expect((await viewer(renamed.session)).name).toBe(ada.preferred_username);
    const found = await fetch(`${project.uri}/api/2.0/mlflow/experiments/search?max_results=1`, {
      headers: { cookie: renamed.session },
    });
    expect(found.status).toBe(200);
    expect(await userNamed("another-name")).toBeUndefined();
    const events = await server.db
      .selectFrom("audit_events")
      .select("action")
      .where("actor", "=", ada.preferred_username)
      .orderBy("event_id")
      .execute();
    expect(events.map(({ action }) => action)).toEqual([
      "user.create",
      "user.identify",
      "session.begin",
      "session.begin",
    ]);
  });

  test("takes the name before an @, and a verified address where there is no name", async () => {
    const name = `m-${randomUUID().slice(0, 8)}`;
    const upn = await signIn({ sub: randomUUID(), preferred_username: `${name}@example.org` });
    expect((await viewer(upn.session)).name).toBe(name);
    const other = `m-${randomUUID().slice(0, 8)}`;
    const unverified = { sub: randomUUID(), email: `${other}@example.org` };
    expect((await signIn(unverified)).location).toBe("/-/sign-in?error=no_name");
    const verified = await signIn({ ...unverified, email_verified: true });
    expect((await viewer(verified.session)).name).toBe(other);
    expect((await signIn({ sub: randomUUID(), preferred_username: "no name!" })).location).toBe(
      "/-/sign-in?error=no_name",
    );
  });

  test("gives nobody a user whom somebody else is, or has used", async () => {
    const taken = async (username: string) => (await signIn(person(username))).location;
    const ada = person();
    await signIn(ada);
    expect(await taken(ada.preferred_username)).toBe("/-/sign-in?error=name_taken");
    expect(await taken(ada.preferred_username.toUpperCase())).toBe("/-/sign-in?error=name_taken");
    const nameOf = async (user: bigint) =>
      (
        await server.db
          .selectFrom("users")
          .select("username")
          .where("user_id", "=", user)
          .executeTakeFirstOrThrow()
      ).username;
    const admin = await nameOf(await makeUser(server.db, { isAdmin: true }));
    expect(await taken(admin)).toBe("/-/sign-in?error=name_taken");
    const user = await makeUser(server.db);
    await issueToken(server.db, { kind: "personal", user, revokedAt: new Date(0) });
    expect(await taken(await nameOf(user))).toBe("/-/sign-in?error=name_taken");
    const project = await server.project();
    const named = await makeUser(server.db, { projects: [[project.id, "developer"]] });
    const invited = await signIn(person(await nameOf(named)));
    expect((await viewer(invited.session)).name).toBe(await nameOf(named));
  });

  test("becomes the user of that name where the server is told that names are given out", async () => {
    const linking = await testServer({ open: false, oidc: oidcProvider(settings({ linksUsers: true })) });
    const user = await makeUser(linking.db, { isAdmin: true });
    const { username } = await linking.db
      .selectFrom("users")
      .select("username")
      .where("user_id", "=", user)
      .executeTakeFirstOrThrow();
    expect((await signIn(person(username), "/", linking.url)).location).toBe("/");
    expect((await signIn(person(username), "/", linking.url)).location).toBe("/-/sign-in?error=name_taken");
  });

  test("refuses a blocked user, also one who is signed in", async () => {
    const ada = person();
    const { session } = await signIn(ada);
    await server.db
      .updateTable("users")
      .set({ blocked_at: new Date() })
      .where("username", "=", ada.preferred_username)
      .execute();
    expect((await signIn(ada)).location).toBe("/-/sign-in?error=blocked");
    expect(session).not.toBe("");
  });

  test("takes an answer once, for the attempt and from the browser that it is for", async () => {
    oidc.person = person();
    const one = await begin();
    const other = await begin();
    const atProvider = await fetch(one.location, { redirect: "manual" });
    const callback = atProvider.headers.get("location") ?? "";
    expect((await follow(callback, "")).location).toBe("/-/sign-in?error=expired");
    expect((await follow(callback, "loggia_sign_in=made-up")).location).toBe("/-/sign-in?error=expired");
    expect((await follow(callback, other.attempt)).location).toBe("/-/sign-in?error=refused");
    const changed = callback.replace(/code=[^&]+/, "code=guessed");
    expect((await follow(changed, one.attempt)).location).toBe("/-/sign-in?error=refused");
    expect((await follow(callback, one.attempt)).session).not.toBe("");
    expect(await follow(callback, one.attempt)).toMatchObject({
      location: "/-/sign-in?error=refused",
      session: "",
    });
    const denied = new URL(callback);
    denied.searchParams.delete("code");
    denied.searchParams.set("error", "access_denied");
    expect((await follow(denied.href, one.attempt)).location).toBe("/-/sign-in?error=refused");
  });

  test.each([
    ["for another client", { claims: { aud: "other" } }],
    ["of another issuer", { claims: { iss: "https://evil.example" } }],
    ["that has expired", { claims: { exp: 1 } }],
    ["with another nonce", { claims: { nonce: "other" } }],
    ["signed with another key", { wrongKey: true }],
  ])("takes no id-token %s", async (_what, faults) => {
    oidc.faults = faults;
    try {
      expect((await signIn(person())).location).toBe("/-/sign-in?error=refused");
    } finally {
      oidc.faults = {};
    }
  });

  test.each([
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example",
    "/\t/evil.example",
    "javascript:alert(1)",
    "",
  ])("leads to no other site by return_to %j", async (returnTo) => {
    expect((await signIn(person(), returnTo)).location).toBe("/");
  });

  test("asks no host but the issuer's", async () => {
    oidc.faults = { tokenEndpoint: "http://localhost:1/token" };
    try {
      const elsewhere = await testServer({ open: false, oidc: oidcProvider(settings()) });
      expect((await signIn(person(), "/", elsewhere.url)).location).toBe("/-/sign-in?error=unavailable");
    } finally {
      oidc.faults = {};
    }
  });

  test("says so when the provider cannot be asked", async () => {
    const alone = await testServer({
      open: false,
      oidc: oidcProvider(settings({ issuer: "http://127.0.0.1:1" })),
    });
    const { status } = await begin("/", alone.url);
    expect(status).toBe(503);
  });

  test("is told to pages where it is possible", async () => {
    const response = await fetch(`${server.url}/api/1.0/loggia/sessions/viewer`);
    expect(await response.json()).toMatchObject({
      viewer: { kind: "anonymous" },
      server: { oidc_sign_in_path: "/-/sign-in/oidc", oidc_label: "Sign in with Example" },
    });
  });

  test("is recorded where it failed", async () => {
    const refused = await server.db
      .selectFrom("audit_events")
      .select(["object", "result"])
      .where("action", "=", "login.refuse")
      .where("object", "=", `sign-in with ${oidc.url}`)
      .execute();
    expect(new Set(refused.map(({ result }) => result))).toEqual(
      new Set(["expired", "refused", "no_name", "name_taken", "blocked"]),
    );
  });
});
