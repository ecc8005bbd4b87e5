import { useQueries, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import {
  type Candidate,
  type CandidatesOf,
  type CandidatesPage,
  candidatesKey,
  candidatesQuery,
  pageSize,
} from "../../api/candidates.ts";

export interface Candidates {
  rowAt: (index: number) => Candidate | undefined;
  /** undefined until the first page is there. */
  total: number | undefined;
  /** Whether there are more than `total`. */
  hasMore: boolean;
  /** Whether what is shown is not yet what was asked for. */
  isStale: boolean;
  error: Error | null;
  retry: () => void;
  /** Says which rows are seen, so that they are fetched. */
  setRange: (first: number, end: number) => void;
  /** Those that are there, from the top. */
  loaded: () => Candidate[];
}

/** How long a place must be looked at until its rows are asked for: who drags the scroll bar passes many. */
const settling = 60;

/**
 * The candidates around what is seen, fetched by pages. While a changed question is not yet answered, the rows of the one
 * before stay.
 */
export function useCandidates(of: CandidatesOf): Candidates {
  const cache = useQueryClient();
  const [range, setSettled] = useState({ first: 0, end: pageSize });
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const pages = pagesOf(range);
  const answers = useQueries({ queries: pages.map((page) => candidatesQuery(of, page)) });
  const [shown, setShown] = useState(of);

  const isAnswered = answers.some(({ data }) => data !== undefined);
  const error = answers.find(({ error }) => error !== null)?.error ?? null;
  // Compared as text: the object is new at every change of the address.
  const key = JSON.stringify(of);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `key` stands for `of`
  useEffect(() => {
    if (isAnswered) setShown(of);
  }, [isAnswered, key]);

  const pageOf = useCallback(
    (page: number) => cache.getQueryData<CandidatesPage>([...candidatesKey(shown), page]),
    [cache, shown],
  );
  const rowAt = useCallback(
    (index: number) => pageOf(Math.floor(index / pageSize))?.rows[index % pageSize],
    [pageOf],
  );

  const setRange = useCallback((first: number, end: number) => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setSettled({ first, end }), settling);
  }, []);
  useEffect(() => () => clearTimeout(timer.current), []);

  const known = pages.map(pageOf).findLast((page) => page !== undefined) ?? pageOf(0);
  return {
    rowAt,
    total: known?.total,
    hasMore: known?.more ?? false,
    isStale: !isAnswered,
    error,
    retry: () => answers.forEach((answer) => void answer.refetch()),
    setRange,
    loaded: () =>
      cache
        .getQueriesData<CandidatesPage>({ queryKey: candidatesKey(shown) })
        .sort(([a], [b]) => Number(a.at(-1)) - Number(b.at(-1)))
        .flatMap(([, page]) => page?.rows ?? []),
  };
}

/** The pages that hold the rows of a range. */
function pagesOf({ first, end }: { first: number; end: number }): number[] {
  const from = Math.floor(first / pageSize);
  const to = Math.floor(Math.max(first, end - 1) / pageSize);
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}
