import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
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

function reached(now: boolean): void {
  if (now === reachable) return;
  reachable = now;
  for (const listener of listeners) listener();
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
