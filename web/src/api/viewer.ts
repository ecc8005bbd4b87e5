import { queryOptions } from "@tanstack/react-query";
import {
  type GetViewerResponse,
  type ServerFacts,
  SessionService,
  type Viewer,
  type ViewerProject,
} from "../../../gen/loggia/v1/sessions_pb.js";
import { queries } from "./queries.ts";
import { client } from "./transport.ts";

export type { ServerFacts, Viewer, ViewerProject };

/** Whether the viewer was signed in, and is no longer; the banner of the shell tells it. */
let hasEnded = false;
const listeners = new Set<() => void>();

export const sessionEnd = {
  subscribe(listener: () => void) {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
  current: () => hasEnded,
};

/** Who looks at the page, and what of the server a page has to know. */
export const viewerQuery = queryOptions({
  queryKey: ["viewer"],
  staleTime: 60_000,
  queryFn: async ({ signal }) => toViewer(await client(SessionService).getViewer({}, { signal })),
});

function toViewer({ viewer, server }: GetViewerResponse) {
  const before = queries.getQueryData<{ viewer: Viewer }>(["viewer"])?.viewer.kind;
  if (before === "session" && viewer?.kind === "anonymous") {
    hasEnded = true;
    for (const listener of listeners) listener();
  }
  return { viewer: viewer as Viewer, server: server as ServerFacts };
}

/** What the viewer may do in a project; null when there is none, or they may not know of it. */
export const accessQuery = (project: string) =>
  queryOptions({
    queryKey: ["access", project],
    staleTime: 60_000,
    queryFn: async ({ signal }): Promise<ViewerProject | null> =>
      (await client(SessionService).getViewer({ project }, { signal })).project ?? null,
  });

/** Asks at once for who looks at the page, and what they may do in a project. */
export async function askForAccess(project: string): Promise<void> {
  // Not if both are known.
  let answer: Promise<GetViewerResponse> | undefined;
  const ask = () => (answer ??= client(SessionService).getViewer({ project }));
  await Promise.all([
    queries.prefetchQuery({ ...viewerQuery, queryFn: async () => toViewer(await ask()) }),
    queries.prefetchQuery({ ...accessQuery(project), queryFn: async () => (await ask()).project ?? null }),
  ]);
}

/** Begins a session with a token. @throws ConnectError when the token is not good. */
export async function signIn(token: string): Promise<void> {
  await client(SessionService).signIn({}, { headers: { authorization: `Bearer ${token}` } });
  queries.clear();
}

/** Ends the session, and goes to where another can begin. */
export async function leave(): Promise<void> {
  await client(SessionService).signOut({});
  queries.clear();
  window.location.assign("/-/sign-in");
}
