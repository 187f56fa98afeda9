import { useCallback, useState } from 'react';
import type { Api } from './api/client.ts';
import { useRemote, type Remote } from './useRemote.ts';

export interface Watchlist {
  readonly tickers: Remote<ReadonlySet<string>>;
  /** The ticker whose change the API has not confirmed yet. */
  readonly pending: string | null;
  /** Why the last change was not kept. */
  readonly problem: string | null;
  readonly toggle: (ticker: string) => void;
  readonly retry: () => void;
}

/** A user's watchlist. A change shows once the API has kept it; one at a time. */
export function useWatchlist(api: Api, user: string): Watchlist {
  const load = useCallback(async (signal: AbortSignal) => new Set(await api.watchlist(user, signal)), [api, user]);
  const [loaded, retry] = useRemote<ReadonlySet<string>>(load);
  const [changed, setChanged] = useState<{ base: ReadonlySet<string>; tickers: ReadonlySet<string> } | null>(null);
  const [pending, setPending] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);

  const base = loaded.state === 'ready' ? loaded.value : null;
  const tickers = base !== null && changed?.base === base ? changed.tickers : base;

  function toggle(ticker: string) {
    if (base === null || tickers === null || pending !== null) return;
    const watched = !tickers.has(ticker);
    const next = new Set(tickers);
    if (watched) next.add(ticker);
    else next.delete(ticker);
    setPending(ticker);
    setProblem(null);
    api
      .setWatched(user, ticker, watched)
      .then(() => setChanged({ base, tickers: next }))
      .catch((error: unknown) => setProblem(error instanceof Error ? error.message : String(error)))
      .finally(() => setPending(null));
  }

  return {
    tickers: tickers === null ? loaded : { state: 'ready', value: tickers },
    pending,
    problem,
    toggle,
    retry,
  };
}
