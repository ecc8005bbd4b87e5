import { MutationCache, type Query, QueryCache, QueryClient } from "@tanstack/react-query";
import { failureOf, mayPass } from "./failure.ts";

/** Whether the last answer came; the banner of the shell tells it. */
let reachable = true;
const listeners = new Set<() => void>();

export const reachability = {
  subscribe(listener: () => void) {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
  current: () => reachable,
};

/** Milliseconds between two looks at whether a server that was gone is back. */
const patience = 3_000;
let looking: ReturnType<typeof setInterval> | undefined;

function reached(now: boolean): void {
  if (now === reachable) return;
  reachable = now;
  clearInterval(looking);
  if (now) askAgain();
  else looking = setInterval(look, patience);
  for (const listener of listeners) listener();
}

const isUnanswered = ({ state }: Query) =>
  state.status === "error" && failureOf(state.error).kind === "offline";

/** What is seen and was asked for while the server was gone: nobody else would ask for it again. */
const unanswered = { type: "active", predicate: isUnanswered } as const;

function askAgain(): void {
  void queries.refetchQueries(unanswered, { cancelRefetch: false });
}

function look(): void {
  if (document.hidden) return;
  if (queries.getQueryCache().findAll(unanswered).length > 0) askAgain();
  else void queries.invalidateQueries({ queryKey: ["viewer"] }, { cancelRefetch: false });
}

function onError(error: unknown): void {
  const { kind } = failureOf(error);
  reached(kind !== "offline");
  // Whose session has just ended is asked anew, and then told (api/viewer.ts).
  if (kind === "signed-out") void queries.invalidateQueries({ queryKey: ["viewer"] });
}
const onSuccess = () => reached(true);

/** What the pages know of the server. */
export const queries = new QueryClient({
  queryCache: new QueryCache({ onError, onSuccess }),
  mutationCache: new MutationCache({ onError, onSuccess }),
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      retry: (count, error) => mayPass(error) && count < 2,
      // Our server is often on this machine, which is there without a network.
      networkMode: "always",
    },
    mutations: { networkMode: "always" },
  },
});
