export type Route =
  | { readonly page: 'search'; readonly query: string }
  | { readonly page: 'report'; readonly ticker: string }
  | { readonly page: 'not-found' };

/** The route of a location. Tickers are upper case, whatever the address bar says. */
export function parseRoute(pathname: string, search: string): Route {
  if (pathname === '/' || pathname === '/index.html') {
    return { page: 'search', query: (new URLSearchParams(search).get('q') ?? '').trim() };
  }
  const encoded = /^\/report\/([^/]+)\/?$/.exec(pathname)?.[1];
  const ticker = encoded === undefined ? '' : decode(encoded).trim().toUpperCase();
  return ticker === '' ? { page: 'not-found' } : { page: 'report', ticker };
}

/** The path and query of a route; the user (`tg`) of the current query stays. */
export function hrefOf(route: Exclude<Route, { page: 'not-found' }>, currentSearch: string): string {
  const params = new URLSearchParams();
  if (route.page === 'search' && route.query !== '') params.set('q', route.query);
  const user = new URLSearchParams(currentSearch).get('tg');
  if (user !== null) params.set('tg', user);
  const path = route.page === 'search' ? '/' : `/report/${encodeURIComponent(route.ticker)}`;
  const query = params.toString();
  return query === '' ? path : `${path}?${query}`;
}

/** Whose watchlist: the `tg` parameter, else "demo". */
export function userOf(search: string): string {
  const user = (new URLSearchParams(search).get('tg') ?? '').trim();
  return user === '' ? 'demo' : user;
}

/** decodeURIComponent that answers '' for a broken escape. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}
