import { useEffect, useMemo, useRef } from 'react';
import type { Api } from './api/client.ts';
import { BRAND, TAGLINE } from './brand.ts';
import { Footer } from './components/Footer.tsx';
import { Link, useNavigation } from './navigation.tsx';
import { NotFoundPage } from './pages/NotFoundPage.tsx';
import { ReportPage } from './pages/ReportPage.tsx';
import { SearchPage } from './pages/SearchPage.tsx';
import { hrefOf, parseRoute, userOf, type Route } from './route.ts';
import { useWatchlist, type Watchlist } from './useWatchlist.ts';

interface Props {
  readonly api: Api;
  readonly environment: string;
}

export function App({ api, environment }: Props) {
  const { pathname, search } = useNavigation();
  const route = useMemo(() => parseRoute(pathname, search), [pathname, search]);
  const watchlist = useWatchlist(api, userOf(search));
  const main = useFocusOnPageChange(pathname);

  useEffect(() => {
    document.title = titleOf(route);
  }, [route]);

  return (
    <div className="shell">
      <header className="header">
        <Link className="brand" href={hrefOf({ page: 'search', query: '' }, search)}>
          <img src="/favicon.svg" alt="" width={36} height={36} />
          <span>
            <strong>{BRAND}</strong>
            <small>{TAGLINE}</small>
          </span>
        </Link>
        {environment !== 'prod' && <span className="environment">{environment}</span>}
      </header>
      <main ref={main} tabIndex={-1} className="main">
        {watchlist.problem !== null && (
          <p className="card problem" role="alert">
            Your watchlist was not changed: {watchlist.problem}
          </p>
        )}
        <Page route={route} api={api} watchlist={watchlist} />
      </main>
      <Footer api={api} />
    </div>
  );
}

function Page({ route, api, watchlist }: { route: Route; api: Api; watchlist: Watchlist }) {
  switch (route.page) {
    case 'search':
      return <SearchPage api={api} query={route.query} watchlist={watchlist} />;
    case 'report':
      return <ReportPage key={route.ticker} api={api} ticker={route.ticker} watchlist={watchlist} />;
    case 'not-found':
      return <NotFoundPage />;
  }
}

function titleOf(route: Route): string {
  switch (route.page) {
    case 'search':
      return route.query === '' ? BRAND : `${route.query} · ${BRAND}`;
    case 'report':
      return `${route.ticker} · ${BRAND}`;
    case 'not-found':
      return `Not found · ${BRAND}`;
  }
}

/** Moves the focus to the content after a navigation within the site, as a page load would. */
function useFocusOnPageChange(pathname: string) {
  const main = useRef<HTMLElement>(null);
  const shown = useRef(pathname);
  useEffect(() => {
    if (shown.current === pathname) return;
    shown.current = pathname;
    main.current?.focus({ preventScroll: true });
  }, [pathname]);
  return main;
}
