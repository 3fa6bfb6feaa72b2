/**
 * The rows of a long table, fetched as they come into sight.
 *
 * @module
 */
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { sentenceOf } from "../../../base/sentence.ts";
import type { ConnectionPage } from "../../../live/connection-snapshots.ts";
import type { ConnectionRow } from "../../../live/connection-table.ts";
import { get } from "../client.ts";

/** Rows of one request. */
const PAGE = 200;
/** Time between two looks, in ms, if they take little. */
const INTERVAL = 2000;

/** What is wanted, as the query of the request has it. */
export type Wanted = Readonly<Record<string, string>>;

/** What is known. */
export interface Pages {
  /** The newest answer, whichever rows it has. */
  readonly newest: ConnectionPage | undefined;
  /** Why there is none, if so. */
  readonly failure: string;
  /** Returns a row if it is known. */
  readonly row: (index: number) => ConnectionRow | undefined;
  /** Has the rows between two places fetched, the second excluded. */
  readonly want: (from: number, to: number) => void;
  /** Has them fetched anew. */
  readonly refresh: () => void;
}

/** Fetches what is wanted; anew every so often where it is to be kept fresh. */
export function usePages(wanted: Wanted, fresh: boolean): Pages {
  const key = JSON.stringify(wanted);
  const [newest, setNewest] = useState<ConnectionPage | undefined>(undefined);
  const [failure, setFailure] = useState("");
  const pages = useRef(new Map<number, ConnectionPage>());
  const asked = useRef(new Set<string>());
  const sight = useRef<readonly [number, number]>([0, PAGE]);
  const current = useRef(key);
  current.current = key;

  const fetchPage = useCallback(async (page: number, maxAge: number): Promise<void> => {
    const mine = current.current;
    const request = `${mine} ${page}`;
    if (asked.current.has(request)) return;
    asked.current.add(request);
    const query = new URLSearchParams({
      ...(JSON.parse(mine) as Wanted),
      offset: String(page * PAGE),
      limit: String(PAGE),
      maxAge: String(maxAge),
    });
    try {
      const answer = await get<ConnectionPage>(`/api/connections?${query}`);
      if (current.current !== mine) return;
      pages.current.set(page, answer);
      setNewest(answer);
      setFailure("");
    } catch (error) {
      if (current.current === mine) setFailure(sentenceOf(error));
    } finally {
      asked.current.delete(request);
    }
  }, []);

  const inSight = useCallback((): readonly number[] => {
    const [from, to] = sight.current;
    const first = Math.floor(from / PAGE);
    return Array.from(
      { length: Math.floor(Math.max(from, to - 1) / PAGE) - first + 1 },
      (_, index) => first + index,
    );
  }, []);

  const refresh = useCallback(async (): Promise<void> => {
    const seen = inSight();
    for (const page of pages.current.keys()) if (!seen.includes(page)) pages.current.delete(page);
    const [first = 0, ...more] = seen;
    await fetchPage(first, 0);
    // The others of the same look.
    await Promise.all(more.map((page) => fetchPage(page, INTERVAL)));
  }, [fetchPage, inSight]);

  useEffect(() => {
    pages.current = new Map();
    for (const page of inSight()) void fetchPage(page, INTERVAL);
  }, [key]);

  const rest = Math.max(INTERVAL, newest?.rest ?? 0);
  useEffect(() => {
    if (!fresh) return;
    const timer = setInterval(() => {
      if (document.visibilityState === "visible") void refresh();
    }, rest);
    return () => clearInterval(timer);
  }, [fresh, rest, refresh]);

  return {
    newest,
    failure,
    row: (index) => {
      const page = pages.current.get(Math.floor(index / PAGE));
      return page?.rows[index % PAGE];
    },
    want: (from, to) => {
      sight.current = [from, to];
      for (const page of inSight()) if (!pages.current.has(page)) void fetchPage(page, INTERVAL);
    },
    refresh: () => void refresh(),
  };
}
