import type { Watchlist } from '../useWatchlist.ts';

/** Toggles a ticker of the watchlist; without effect until the list is known. */
export function WatchButton({ ticker, watchlist }: { ticker: string; watchlist: Watchlist }) {
  const { tickers, pending, toggle } = watchlist;
  const watched = tickers.state === 'ready' && tickers.value.has(ticker);
  const idle = tickers.state === 'ready' && pending === null;
  return (
    <button
      type="button"
      className="watch"
      aria-label={`Watch ${ticker}`}
      aria-pressed={watched}
      aria-busy={pending === ticker}
      aria-disabled={!idle}
      onClick={() => toggle(ticker)}
    >
      <svg viewBox="0 0 24 24" width={22} height={22} aria-hidden="true">
        <path d="M12 3.2l2.7 5.6 6.1.8-4.5 4.2 1.1 6.1L12 17l-5.4 2.9 1.1-6.1-4.5-4.2 6.1-.8z" />
      </svg>
    </button>
  );
}
