import { useQueryClient } from "@tanstack/react-query";
import { type RefObject, useCallback, useEffect, useRef, useState } from "react";
import { type CandidatesOf, candidateCountQuery, candidatesKey, columnsQuery } from "../../api/candidates.ts";
import type { RunChange, WatchState } from "../../api/watch.ts";
import type { GridHandle } from "../../table/Grid.tsx";

export interface Live {
  state: WatchState;
  /** How many candidates there are that the rows do not show yet. */
  added: number;
  /** Whether values by which the rows are ordered have changed, so that rows may stand in the wrong place. */
  isReordered: boolean;
  /** Shows all of it, from the top. */
  show: () => void;
}

/** Milliseconds between two looks at what cannot be told from changes alone, such as how many candidates match. */
const pause = 1000;

/** In an experiment of more candidates the server looks for seconds for what changed meanwhile; to ask for the rows anew is quicker. */
const mostResumed = 20_000;

/** Not part of the first view: asked for once its rows are there. */
const watching = () => Promise.all([import("../../api/watch.ts"), import("../../api/liveCandidates.ts")]);

type Apply = typeof import("../../api/liveCandidates.ts").applyChanges;

const nothing = { added: 0, isReordered: false };

/**
 * Keeps the candidates of a page as they are on the server. Values change in their place. New candidates come by themselves
 * while the newest stand first and the viewer is at the top; else rows would jump, and the viewer is told of them instead.
 * @param size how many candidates the experiment has, whatever is asked of it; undefined while it is not known.
 * @param isReady whether the first rows are there; the watch waits for them.
 * @param sorted the column by which the rows are ordered; undefined for the newest first.
 */
export function useLive(
  of: CandidatesOf,
  size: number | undefined,
  isReady: boolean,
  sorted: string | undefined,
  grid: RefObject<GridHandle | null>,
): Live {
  const cache = useQueryClient();
  const [state, setState] = useState<WatchState>("connecting");
  const [news, setNews] = useState(nothing);
  const { project, experiment } = of;

  const asked = useRef({ of, sorted, size });
  asked.current = { of, sorted, size };
  // What is new to one question need not be to another, and another's rows are asked for anew.
  // biome-ignore lint/correctness/useExhaustiveDependencies: `of` is the question
  useEffect(() => setNews(nothing), [of]);

  const refresh = useCallback(async () => {
    const { of } = asked.current;
    setNews(nothing);
    await Promise.all([
      cache.invalidateQueries({ queryKey: candidatesKey(of) }),
      cache.invalidateQueries({ queryKey: ["candidates", of.project, of.experiment, "children"] }),
      cache.invalidateQueries({ queryKey: candidateCountQuery(of).queryKey }),
    ]);
  }, [cache]);

  useEffect(() => {
    if (!isReady) return;
    const all = ["candidates", project, experiment];
    const columns = columnsQuery(project, experiment);
    let timer: ReturnType<typeof setTimeout> | undefined;
    let wanted = { count: false, children: false, columns: false };
    /** Keys that the list of columns leaves out are not looked for again and again. */
    const lookedFor = new Set<string>();
    const isFollowing = () => asked.current.sorted === undefined && grid.current?.isAtTop() !== false;

    /** Looks at the number of candidates, and at the columns, once nothing else is on its way: what the viewer did is not news. */
    const look = async () => {
      if (cache.isMutating() > 0 || cache.isFetching({ queryKey: all }) > 0) return later();
      const { count, children, columns: hasNewColumns } = wanted;
      wanted = { count: false, children: false, columns: false };
      const start = performance.now();
      const { of } = asked.current;
      if (hasNewColumns) await cache.invalidateQueries({ queryKey: columns.queryKey });
      if (count) {
        void cache.invalidateQueries({ queryKey: ["experiment", project, experiment] });
        const query = candidateCountQuery(of);
        const before = cache.getQueryData(query.queryKey)?.count ?? 0;
        const after = await cache.fetchQuery({ ...query, staleTime: 0 }).catch(() => undefined);
        const added = (after?.count ?? before) - before;
        if (of === asked.current.of) {
          if ((added !== 0 || children) && isFollowing()) await refresh();
          else if (added !== 0) setNews((now) => ({ ...now, added: Math.max(0, now.added + added) }));
        }
      }
      // A slow look is not to keep the server busy.
      timer = setTimeout(
        () => {
          timer = undefined;
          if (wanted.count || wanted.columns) later();
        },
        Math.max(pause, 10 * (performance.now() - start)),
      );
    };
    const later = () => {
      timer = setTimeout(() => void look(), pause / 4);
    };

    const onChanges = (applyChanges: Apply, changes: readonly RunChange[]) => {
      const { of, sorted } = asked.current;
      const known = cache.getQueryData(columns.queryKey);
      const { hasUnknown, hasUnknownChild, newColumns, changed } = applyChanges(
        project,
        experiment,
        changes,
        known,
      );
      if (sorted !== undefined && changed.has(sorted)) setNews((now) => ({ ...now, isReordered: true }));
      // What matches a filter may depend on any value.
      wanted.count ||= hasUnknown || changed.has("stage") || of.filter !== "" || of.name !== "";
      wanted.children ||= hasUnknownChild && of.isTopLevel;
      wanted.columns ||= newColumns.some((one) => !lookedFor.has(one));
      for (const one of newColumns) lookedFor.add(one);
      if ((wanted.count || wanted.columns) && timer === undefined) later();
    };
    let isOver = false;
    let stop = () => {};
    watching().then(
      ([{ watch }, { applyChanges }]) => {
        if (isOver) return;
        stop = watch(
          project,
          { experimentId: experiment },
          {
            onChanges: (changes) => onChanges(applyChanges, changes),
            onState: setState,
            onGap: () => void cache.invalidateQueries({ queryKey: all }),
          },
          () => (asked.current.size ?? 0) <= mostResumed,
        );
      },
      () => setState("ended"),
    );
    return () => {
      isOver = true;
      clearTimeout(timer);
      stop();
    };
  }, [cache, project, experiment, isReady, grid, refresh]);

  const show = useCallback(() => {
    grid.current?.toTop();
    void refresh();
  }, [grid, refresh]);
  return { state, ...news, show };
}
