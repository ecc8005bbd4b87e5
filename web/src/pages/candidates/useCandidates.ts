import { useQueries, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import {
  type Candidate,
  type CandidatesOf,
  type CandidatesPage,
  candidateCountQuery,
  candidatesKey,
  candidatesQuery,
  pageSize,
} from "../../api/candidates.ts";

export interface Candidates {
  rowAt: (index: number) => Candidate | undefined;
  /** As far as it is known; undefined until the first page is there. */
  total: number | undefined;
  /** Whether there may be more than `total`. */
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

/** How long, in milliseconds, pages must be in sight until they are asked for: who drags the scroll bar passes many. */
const settling = 60;

/** Rows beyond those in sight that are asked for with them, so that they are there when they come into it. */
const ahead = 50;

const firstPage: readonly number[] = [0];

/**
 * The candidates around what is seen, fetched by pages. While a changed question is not yet answered, the rows of the one
 * before stay.
 * @param asked which candidates in which order, whatever is shown of them: when it changes, they are seen from the first.
 * @param isReady whether the question is complete.
 */
export function useCandidates(of: CandidatesOf, asked: string, isReady: boolean): Candidates {
  const cache = useQueryClient();
  const [settled, setSettled] = useState({ asked, pages: firstPage });
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const inSight = useRef("");
  /** How many rows there are, as far as that is known. */
  const most = useRef(0);
  const pages = settled.asked === asked ? settled.pages : firstPage;
  const answers = useQueries({
    queries: pages.map((page) => ({ ...candidatesQuery(of, page), enabled: isReady })),
  });
  // By a part of a name each question reads the names of all: the count waits for the first page, which may tell it.
  const [first] = answers;
  const told =
    of.name !== "" && pages[0] === 0 && first?.data?.hasNext === false ? first.data.rows.length : undefined;
  useEffect(() => {
    if (told !== undefined)
      cache.setQueryData(candidateCountQuery(of).queryKey, { count: told, isExact: true });
  }, [cache, of, told]);
  const { data: counted } = useQuery({
    ...candidateCountQuery(of),
    enabled: isReady && (of.name === "" || (told === undefined && first?.data !== undefined)),
    placeholderData: (before) => before,
  });
  const [shown, setShown] = useState(of);

  const isAnswered = answers.some(({ data }) => data !== undefined);
  const error = answers.find(({ error }) => error !== null)?.error ?? null;
  useEffect(() => {
    if (isAnswered) setShown(of);
  }, [isAnswered, of]);

  // Changes whenever a page comes or goes, and rowAt with it.
  const version = answers.map(({ dataUpdatedAt }) => dataUpdatedAt).join(" ");
  const pageOf = useCallback(
    (page: number) => cache.getQueryData<CandidatesPage>([...candidatesKey(shown), page]),
    [cache, shown],
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: `version` stands for what the cache holds
  const rowAt = useCallback(
    (index: number) => pageOf(Math.floor(index / pageSize))?.rows[index % pageSize],
    [pageOf, version],
  );

  const setRange = useCallback(
    (first: number, end: number) => {
      const pages = pagesOf(Math.max(0, first - ahead), Math.max(end, Math.min(end + ahead, most.current)));
      // While rows move within the same pages, their time goes on.
      const place = `${pages} ${asked}`;
      if (place === inSight.current) return;
      inSight.current = place;
      clearTimeout(timer.current);
      timer.current = setTimeout(() => setSettled({ asked, pages }), settling);
    },
    [asked],
  );
  useEffect(() => () => clearTimeout(timer.current), []);

  const seen = endOf(pages, pageOf);
  const isCounted = counted !== undefined && !(seen.isLast && seen.end < counted.count);
  const total = isCounted
    ? Math.max(counted.count, seen.end)
    : seen.end > 0 || seen.isLast
      ? seen.end
      : undefined;
  most.current = total ?? 0;
  return {
    rowAt,
    total,
    hasMore: isCounted ? !counted.isExact : !seen.isLast,
    isStale: !isAnswered,
    error,
    retry: () => {
      for (const answer of answers) void answer.refetch();
    },
    setRange,
    loaded: () =>
      cache
        .getQueriesData<CandidatesPage>({ queryKey: candidatesKey(shown) })
        .sort(([a], [b]) => Number(a.at(-1)) - Number(b.at(-1)))
        .flatMap(([, page]) => page?.rows ?? []),
  };
}

/** The pages that hold the rows of a range. */
function pagesOf(first: number, end: number): number[] {
  const from = Math.floor(first / pageSize);
  const to = Math.floor(Math.max(first, end - 1) / pageSize);
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

/** How far the pages that are there reach, and whether nothing follows. */
function endOf(pages: readonly number[], pageOf: (page: number) => CandidatesPage | undefined) {
  let end = 0;
  let isLast = false;
  for (const page of pages) {
    const found = pageOf(page);
    if (found === undefined) continue;
    end = page * pageSize + found.rows.length;
    isLast = !found.hasNext;
  }
  return { end, isLast };
}
