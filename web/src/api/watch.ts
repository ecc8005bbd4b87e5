import { Code, ConnectError } from "@connectrpc/connect";
import { type RunChange, WatchService } from "../../../gen/loggia/v1/watch_pb.js";
import { client } from "./transport.ts";

export type { RunChange };

/** How a watch stands: on its way, told of everything, trying again, at rest while nobody looks, ended by the server for good. */
export type WatchState = "connecting" | "live" | "retrying" | "paused" | "ended";

export interface WatchListener {
  /** What has changed, most a few times a second. A fact may be told again. */
  onChanges: (changes: readonly RunChange[]) => void;
  /** What changed before now may not have been told: when the watch begins, and where it could not resume. */
  onGap: () => void;
  onState: (state: WatchState) => void;
}

/** Milliseconds between two calls of `onChanges`, so that a run that logs without end does not draw the page without end. */
const gathering = 250;

/** Milliseconds without a sign of life, of which there is one every 15 seconds, until the connection counts as dead. */
const silence = 40_000;

/** Milliseconds until the next attempt: the first, and the most. */
const firstWait = 500;
const longestWait = 30_000;

/** What asking again does not mend. */
const final = new Set([Code.Unauthenticated, Code.PermissionDenied, Code.NotFound, Code.Unimplemented]);

/**
 * Watches runs as they change: all of an experiment, or up to 100. Rests while the tab is hidden, since a browser has six
 * connections to a server over HTTP/1.1 for all tabs, and takes up where it was when the tab is seen again.
 * @param resumes whether to ask what came since the last answer; else a watch that takes up again has a gap.
 * @returns what ends it.
 */
export function watch(
  project: string,
  of: { experimentId: string } | { runIds: string[] },
  { onChanges, onGap, onState }: WatchListener,
  resumes: () => boolean,
): () => void {
  let resumeToken = "";
  let attempts = 0;
  let isEnded = false;
  let stream: AbortController | undefined;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let gathered: RunChange[] = [];
  let flush: ReturnType<typeof setTimeout> | undefined;

  const take = (changes: readonly RunChange[]) => {
    gathered.push(...changes);
    flush ??= setTimeout(() => {
      flush = undefined;
      const told = gathered;
      gathered = [];
      onChanges(told);
    }, gathering);
  };

  const follow = async (own: AbortController) => {
    let dead: ReturnType<typeof setTimeout> | undefined;
    const alive = () => {
      clearTimeout(dead);
      dead = setTimeout(() => own.abort(), silence);
    };
    let isFollowing = false;
    if (!resumes()) resumeToken = "";
    const isNew = resumeToken === "";
    try {
      alive();
      const answers = client(WatchService, project).watch(
        { ...of, resumeToken, onlyChanges: isNew },
        { signal: own.signal },
      );
      for await (const answer of answers) {
        alive();
        if (!isFollowing) {
          isFollowing = true;
          attempts = 0;
          if (isNew) onGap();
          onState("live");
        }
        if (answer.changes.length > 0) take(answer.changes);
        if (answer.resumeToken !== "") resumeToken = answer.resumeToken;
      }
    } catch (error) {
      const { code } = ConnectError.from(error);
      // A token of before a change of the server's keys, say.
      if (code === Code.InvalidArgument && resumeToken !== "") resumeToken = "";
      else if (final.has(code) || code === Code.InvalidArgument) isEnded = true;
    } finally {
      clearTimeout(dead);
    }
    if (stream !== own) return;
    stream = undefined;
    if (isEnded) return onState("ended");
    onState("retrying");
    const wait = Math.min(longestWait, firstWait * 2 ** attempts++);
    // Not all pages at once when a server comes back.
    retry = setTimeout(begin, wait * (0.5 + Math.random() / 2));
  };

  const begin = () => {
    clearTimeout(retry);
    if (isEnded || stream !== undefined || document.hidden) return;
    stream = new AbortController();
    void follow(stream);
  };
  const rest = () => {
    clearTimeout(retry);
    const own = stream;
    stream = undefined;
    own?.abort();
  };

  const seen = () => {
    if (isEnded) return;
    if (document.hidden) {
      rest();
      onState("paused");
    } else {
      attempts = 0;
      onState("connecting");
      begin();
    }
  };
  const online = () => {
    if (stream === undefined) begin();
  };
  document.addEventListener("visibilitychange", seen);
  window.addEventListener("online", online);
  seen();
  return () => {
    document.removeEventListener("visibilitychange", seen);
    window.removeEventListener("online", online);
    clearTimeout(flush);
    rest();
  };
}
