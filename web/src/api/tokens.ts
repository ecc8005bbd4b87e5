import { queryOptions } from "@tanstack/react-query";
import { type Token, TokenService } from "../../../gen/loggia/v1/tokens_pb.js";
import { changed, everyPage } from "./changes.ts";
import type { Role } from "./members.ts";
import { client } from "./transport.ts";

export type { Token };

/** What a token may be used for, whatever its holder's role. */
export const scopes = [
  { value: "api", hint: "Everything that its role allows." },
  { value: "read_api", hint: "Whatever reads." },
  { value: "write_runs", hint: "Log and search experiments, candidates and logged models." },
  { value: "read_artifacts", hint: "Download artifacts." },
  { value: "write_artifacts", hint: "Upload and download artifacts." },
  { value: "admin_project", hint: "Settings, members, tokens and the audit log of projects." },
] as const;
export type Scope = (typeof scopes)[number]["value"];

/** What a new token is to be. */
export interface NewToken {
  name: string;
  /** The most that it may do; none: as much as its user, which a project's token has not. */
  role: Role | undefined;
  scopes: readonly Scope[];
  /** Milliseconds since the epoch, or never. */
  expiresAt: number | "never";
}

/** A token with its secret, which is shown once. */
export interface MadeToken {
  token?: Token | undefined;
  secret: string;
}

const expiryOf = (expiresAt: NewToken["expiresAt"]) =>
  expiresAt === "never" ? { neverExpires: true } : { expiresAt: BigInt(expiresAt) };

/** Some tokens: how they are listed and changed. */
export type TokenList = ReturnType<typeof projectTokens> | ReturnType<typeof personalTokens>;

/** The tokens of a project, with which nobody but it acts. */
export function projectTokens(project: string) {
  const service = client(TokenService, project);
  const key = ["tokens", "project", project];
  return {
    kind: "project" as const,
    query: (inactive: boolean) =>
      queryOptions({
        queryKey: [...key, inactive],
        queryFn: ({ signal }) =>
          everyPage(async (pageToken) => {
            const asked = { maxResults: 1000, pageToken, includeInactive: inactive };
            const page = await service.listTokens(asked, { signal });
            return { rows: page.tokens, nextPageToken: page.nextPageToken };
          }),
      }),
    create: ({ name, role = "developer", scopes: held, expiresAt }: NewToken): Promise<MadeToken> =>
      changed(service.createToken({ name, role, scopes: [...held], ...expiryOf(expiresAt) }), key),
    revoke: (tokenId: bigint) => changed(service.revokeToken({ tokenId }), key),
    rotate: (tokenId: bigint): Promise<MadeToken> => changed(service.rotateToken({ tokenId }), key),
  };
}

/** The tokens with which a user acts. @param username someone else's, for administrators; the viewer's when absent. */
export function personalTokens(username?: string) {
  const service = client(TokenService);
  const of = username === undefined ? {} : { username };
  const key = ["tokens", "personal", username ?? ""];
  return {
    kind: "personal" as const,
    query: (inactive: boolean) =>
      queryOptions({
        queryKey: [...key, inactive],
        queryFn: ({ signal }) =>
          everyPage(async (pageToken) => {
            const asked = { ...of, maxResults: 1000, pageToken, includeInactive: inactive };
            const page = await service.listPersonalTokens(asked, { signal });
            return { rows: page.tokens, nextPageToken: page.nextPageToken };
          }),
      }),
    create: ({ name, role, scopes: held, expiresAt }: NewToken): Promise<MadeToken> =>
      changed(
        service.createPersonalToken({
          ...of,
          name,
          ...(role === undefined ? {} : { role }),
          scopes: [...held],
          ...expiryOf(expiresAt),
        }),
        key,
      ),
    revoke: (tokenId: bigint) => changed(service.revokePersonalToken({ tokenId }), key),
    rotate: (tokenId: bigint): Promise<MadeToken> => changed(service.rotatePersonalToken({ tokenId }), key),
  };
}
