import { queryOptions } from "@tanstack/react-query";
import { TokenService } from "../../../gen/loggia/v1/tokens_pb.js";
import { failureOf } from "./failure.ts";
import { client } from "./transport.ts";

export interface Viewer {
  /** `local` where the server asks nobody who they are. */
  kind: "local" | "token" | "session" | "anonymous";
  name: string;
  isAdministrator: boolean;
}

/** Who looks at the page. */
export const viewerQuery = queryOptions({
  queryKey: ["viewer"],
  staleTime: 60_000,
  async queryFn({ signal }): Promise<Viewer> {
    try {
      const { token, isAdmin } = await client(TokenService).getCurrentToken({}, { signal });
      return {
        kind: token === undefined ? "local" : "token",
        name: token?.username ?? token?.name ?? "",
        isAdministrator: isAdmin,
      };
    } catch (error) {
      if (failureOf(error).kind !== "signed-out") throw error;
      return { kind: "anonymous", name: "", isAdministrator: false };
    }
  },
});

/** Begins a session with a token. @throws ConnectError when the token is not good. */
export async function signIn(token: string): Promise<void> {
  await client(TokenService).getCurrentToken({}, { headers: { authorization: `Bearer ${token}` } });
}

export async function signOut(): Promise<void> {}
