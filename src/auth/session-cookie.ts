/**
 * The cookie that a session lives in (security.md §2.6): no script reads it, no other site makes a browser send it. By TLS it
 * has the prefix `__Host-`, so that no other name of the domain can set it.
 */

const plainName = "loggia_session";
const hostName = `__Host-${plainName}`;

/** Whether a credential is of the kind that lives in cookies (token.ts). */
export const isSession = (credential: string): boolean => credential.startsWith("glms_");

/**
 * The session in a Cookie header; undefined when there is none. Other tokens count in headers alone.
 * @param isSecure whether the request came by TLS, where only a cookie with the prefix counts.
 */
export function sessionCookieOf(header: string | undefined, isSecure: boolean): string | undefined {
  if (header === undefined) return undefined;
  const cookies = new Map(
    header.split(";").map((pair) => {
      const [name = "", value = ""] = pair.split("=", 2);
      return [name.trim(), value.trim()];
    }),
  );
  const session = cookies.get(hostName) ?? (isSecure ? undefined : cookies.get(plainName));
  return session !== undefined && isSession(session) ? session : undefined;
}

/** What sets the cookie. @param expires when the session ends. */
export const setSessionCookie = (session: string, expires: Date, isSecure: boolean): string =>
  cookie(session, expires, isSecure);

/** What takes it away, under either name. */
export const clearSessionCookies = (isSecure: boolean): string[] => {
  const past = new Date(0);
  return isSecure ? [cookie("", past, true), cookie("", past, false)] : [cookie("", past, false)];
};

const cookie = (value: string, expires: Date, isSecure: boolean) =>
  `${isSecure ? hostName : plainName}=${value}; Path=/; Expires=${expires.toUTCString()}; HttpOnly; SameSite=Strict${isSecure ? "; Secure" : ""}`;
