import type { Close, Health, Indicator, Report, SearchResult } from './types.ts';

/** An answer of the API that lacks what this page needs. Fields that it does not know are ignored. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError';
}

type Fields = Readonly<Record<string, unknown>>;

export function decodeSearch(value: unknown): readonly SearchResult[] {
  const fields = object(value, 'search');
  return list(fields, 'results').map((item) => {
    const result = object(item, 'results[]');
    return {
      ticker: text(result, 'ticker'),
      name: text(result, 'name'),
      exchange: text(result, 'exchange'),
      sector: text(result, 'sector'),
      price: number(result, 'price'),
      changePercent: number(result, 'change_percent'),
    };
  });
}

export function decodeReport(value: unknown): Report {
  const fields = object(value, 'report');
  return {
    ticker: text(fields, 'ticker'),
    name: text(fields, 'name'),
    asOf: text(fields, 'as_of'),
    price: number(fields, 'price'),
    changePercent: number(fields, 'change_percent'),
    summary: text(fields, 'summary'),
    indicators: decodeIndicators(fields['indicators']),
    series: list(fields, 'series').map(decodeClose),
    pdfUrl: webAddress(fields['report_pdf']),
  };
}

export function decodeWatchlist(value: unknown): readonly string[] {
  return list(object(value, 'watchlist'), 'tickers').map((ticker) => {
    if (typeof ticker !== 'string') throw new DecodeError(`The API's answer has no text at "tickers[]".`);
    return ticker;
  });
}

export function decodeHealth(value: unknown): Health {
  const fields = object(value, 'health');
  return {
    status: text(fields, 'status'),
    commit: text(fields, 'commit'),
    digest: text(fields, 'digest'),
    environment: text(fields, 'environment'),
    qualifier: text(fields, 'qualifier'),
  };
}

function decodeClose(value: unknown): Close {
  const fields = object(value, 'series[]');
  return { date: text(fields, 'date'), close: number(fields, 'close') };
}

function decodeIndicators(value: unknown): ReadonlyArray<readonly [string, Indicator]> {
  return Object.entries(object(value, 'indicators')).filter((entry): entry is [string, Indicator] => {
    const indicator = entry[1];
    return indicator === null || typeof indicator === 'number' || typeof indicator === 'string';
  });
}

/** A link that a page may show: http or https, anything else is null. */
function webAddress(value: unknown): string | null {
  if (typeof value !== 'string' || !URL.canParse(value)) return null;
  return /^https?:$/.test(new URL(value).protocol) ? value : null;
}

function object(value: unknown, where: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new DecodeError(`The API's answer has no object at "${where}".`);
  }
  return value as Fields;
}

function list(fields: Fields, key: string): readonly unknown[] {
  const value = fields[key];
  if (!Array.isArray(value)) throw new DecodeError(`The API's answer has no list at "${key}".`);
  return value;
}

function text(fields: Fields, key: string): string {
  const value = fields[key];
  if (typeof value !== 'string') throw new DecodeError(`The API's answer has no text at "${key}".`);
  return value;
}

function number(fields: Fields, key: string): number {
  const value = fields[key];
  if (typeof value !== 'number') throw new DecodeError(`The API's answer has no number at "${key}".`);
  return value;
}
