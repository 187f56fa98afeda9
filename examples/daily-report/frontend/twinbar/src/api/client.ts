import { decodeHealth, decodeReport, decodeSearch, decodeWatchlist } from './decode.ts';
import type { Health, Report, SearchResult } from './types.ts';

const TIMEOUT_MS = 10_000;

/** An API that could not be reached (status null), or that refused (its HTTP status). */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number | null;

  constructor(message: string, status: number | null) {
    super(message);
    this.status = status;
  }
}

export interface Api {
  health(signal: AbortSignal): Promise<Health>;
  search(query: string, signal: AbortSignal): Promise<readonly SearchResult[]>;
  report(ticker: string, signal: AbortSignal): Promise<Report>;
  /** Queues a report job; resolves once the API has accepted it. */
  requestPdf(ticker: string): Promise<void>;
  watchlist(user: string, signal: AbortSignal): Promise<readonly string[]>;
  setWatched(user: string, ticker: string, watched: boolean): Promise<void>;
}

/** The API under one stage's address, as `/runtime.json` gives it. */
export function createApi(apiUrl: string): Api {
  const call = (path: string, options: RequestInit = {}) => request(`${apiUrl}/api/v1/${path}`, options);
  const segment = encodeURIComponent;
  return {
    health: async (signal) => decodeHealth(await call('health', { signal })),
    search: async (query, signal) => decodeSearch(await call(`search?q=${segment(query)}`, { signal })),
    report: async (ticker, signal) => decodeReport(await call(`report/${segment(ticker)}`, { signal })),
    requestPdf: async (ticker) => {
      await call(`report/${segment(ticker)}`, { method: 'POST' });
    },
    watchlist: async (user, signal) => decodeWatchlist(await call(`watchlist/${segment(user)}`, { signal })),
    setWatched: async (user, ticker, watched) => {
      await call(`watchlist/${segment(user)}/${segment(ticker)}`, { method: watched ? 'PUT' : 'DELETE' });
    },
  };
}

/** The JSON of an answer, or null for an empty one. Aborting rejects with the signal's own reason. */
async function request(url: string, options: RequestInit): Promise<unknown> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout;
  let response: Response;
  let body: string;
  try {
    response = await fetch(url, { ...options, signal });
    body = await response.text();
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new ApiError(timeout.aborted ? 'The API did not answer in time.' : 'The API could not be reached.', null);
  }
  if (!response.ok) {
    throw new ApiError(detailOf(body) ?? `The API answered with HTTP ${response.status}.`, response.status);
  }
  if (body === '') return null;
  try {
    return JSON.parse(body);
  } catch {
    throw new ApiError('The API answered with something that is not JSON.', response.status);
  }
}

function detailOf(body: string): string | null {
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value !== 'object' || value === null || !('detail' in value)) return null;
    return typeof value.detail === 'string' ? value.detail : null;
  } catch {
    return null;
  }
}
