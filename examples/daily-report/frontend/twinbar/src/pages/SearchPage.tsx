import { useCallback, useEffect, useRef, useState, type FormEvent, type KeyboardEvent } from 'react';
import type { Api } from '../api/client.ts';
import type { SearchResult } from '../api/types.ts';
import { Change } from '../components/Change.tsx';
import { Empty, Failure, Loading } from '../components/Notice.tsx';
import { WatchButton } from '../components/WatchButton.tsx';
import { formatPrice } from '../format.ts';
import { Link, useNavigation } from '../navigation.tsx';
import { hrefOf } from '../route.ts';
import { useRemote } from '../useRemote.ts';
import type { Watchlist } from '../useWatchlist.ts';

const TYPING_PAUSE_MS = 250;
/** The longest query that the API accepts. */
const QUERY_LENGTH = 64;

interface Props {
  readonly api: Api;
  readonly query: string;
  readonly watchlist: Watchlist;
}

export function SearchPage({ api, query, watchlist }: Props) {
  const page = useRef<HTMLDivElement>(null);

  function moveFocus(event: KeyboardEvent<HTMLDivElement>) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const stops = [...(page.current?.querySelectorAll<HTMLElement>('[data-stop]') ?? [])];
    const from = stops.indexOf(document.activeElement as HTMLElement);
    if (step === undefined || from < 0) return;
    event.preventDefault();
    stops[Math.min(stops.length - 1, Math.max(0, from + step))]?.focus();
  }

  return (
    <div ref={page} className="stack" onKeyDown={moveFocus}>
      <h1 className="visually-hidden">Search</h1>
      <SearchBox query={query} />
      {query === '' ? (
        <WatchedTickers watchlist={watchlist} />
      ) : (
        <Results api={api} query={query} watchlist={watchlist} />
      )}
    </div>
  );
}

/** The query follows typing after a short pause, and Enter at once; Escape empties it. */
function SearchBox({ query }: { query: string }) {
  const { search, go } = useNavigation();
  const [text, setText] = useState(query);
  const [shownQuery, setShownQuery] = useState(query);
  if (shownQuery !== query) {
    setShownQuery(query);
    if (text.trim() !== query) setText(query);
  }

  const ask = useCallback(
    (value: string) => {
      if (value.trim() !== query) go(hrefOf({ page: 'search', query: value.trim() }, search), 'replace');
    },
    [go, query, search],
  );
  useEffect(() => {
    const timer = setTimeout(() => ask(text), TYPING_PAUSE_MS);
    return () => clearTimeout(timer);
  }, [ask, text]);

  function submit(event: FormEvent) {
    event.preventDefault();
    ask(text);
  }

  function clear(event: KeyboardEvent) {
    if (event.key !== 'Escape') return;
    event.preventDefault();
    setText('');
    ask('');
  }

  return (
    <form role="search" className="searchbox" onSubmit={submit}>
      <svg viewBox="0 0 24 24" width={20} height={20} aria-hidden="true">
        <circle cx="10.5" cy="10.5" r="6.5" />
        <path d="M15.5 15.5L21 21" />
      </svg>
      <input
        type="search"
        aria-label="Search tickers"
        placeholder="Ticker or company"
        autoComplete="off"
        autoCapitalize="characters"
        spellCheck={false}
        maxLength={QUERY_LENGTH}
        enterKeyHint="search"
        data-stop=""
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={clear}
      />
    </form>
  );
}

function Results({ api, query, watchlist }: Props) {
  const load = useCallback((signal: AbortSignal) => api.search(query, signal), [api, query]);
  const [results, retry] = useRemote(load);
  switch (results.state) {
    case 'loading':
      return <Loading label={`Searching for ${query}`} rows={3} />;
    case 'failed':
      return (
        <Failure title="The search did not work" reason={results.error.message}>
          <button type="button" className="button" onClick={retry}>
            Try again
          </button>
        </Failure>
      );
    case 'ready':
      if (results.value.length === 0) {
        return (
          <Empty title={`Nothing found for “${query}”`}>
            Try a ticker such as NVDA, or part of a company’s name.
          </Empty>
        );
      }
      return (
        <section aria-label="Results">
          <p className="section-title" role="status">
            {results.value.length === 1 ? '1 result' : `${results.value.length} results`}
          </p>
          <ul className="card list" data-testid="results">
            {results.value.map((result) => (
              <ResultRow key={result.ticker} result={result} watchlist={watchlist} />
            ))}
          </ul>
        </section>
      );
  }
}

function ResultRow({ result, watchlist }: { result: SearchResult; watchlist: Watchlist }) {
  const { search } = useNavigation();
  return (
    <li className="row">
      <Link className="row-link" href={hrefOf({ page: 'report', ticker: result.ticker }, search)} data-stop="">
        <span className="row-text">
          <strong>{result.ticker}</strong>
          <span>{result.name}</span>
          <small>
            {result.exchange} · {result.sector}
          </small>
        </span>
        <span className="row-figures">
          <span>{formatPrice(result.price)}</span>
          <Change percent={result.changePercent} />
        </span>
      </Link>
      <WatchButton ticker={result.ticker} watchlist={watchlist} />
    </li>
  );
}

function WatchedTickers({ watchlist }: { watchlist: Watchlist }) {
  const { search } = useNavigation();
  const { tickers, retry } = watchlist;
  switch (tickers.state) {
    case 'loading':
      return <Loading label="Loading your watchlist" rows={2} />;
    case 'failed':
      return (
        <Failure title="Your watchlist could not be loaded" reason={tickers.error.message}>
          <button type="button" className="button" onClick={retry}>
            Try again
          </button>
        </Failure>
      );
    case 'ready':
      if (tickers.value.size === 0) {
        return <Empty title="Your watchlist is empty">Search for a ticker, then tap its star to keep it here.</Empty>;
      }
      return (
        <section aria-label="Watchlist">
          <h2 className="section-title">Watchlist</h2>
          <ul className="card list" data-testid="watchlist">
            {[...tickers.value].sort().map((ticker) => (
              <li key={ticker} className="row">
                <Link className="row-link" href={hrefOf({ page: 'report', ticker }, search)} data-stop="">
                  <span className="row-text">
                    <strong>{ticker}</strong>
                  </span>
                </Link>
                <WatchButton ticker={ticker} watchlist={watchlist} />
              </li>
            ))}
          </ul>
        </section>
      );
  }
}
