export interface SearchResult {
  readonly ticker: string;
  readonly name: string;
  readonly exchange: string;
  readonly sector: string;
  readonly price: number;
  /** Percent against the close before: 1.25 means +1.25%. */
  readonly changePercent: number;
}

export interface Close {
  /** ISO date. */
  readonly date: string;
  readonly close: number;
}

export type Indicator = number | string | null;

export interface Report {
  readonly ticker: string;
  readonly name: string;
  readonly asOf: string;
  readonly price: number;
  readonly changePercent: number;
  readonly summary: string;
  readonly indicators: ReadonlyArray<readonly [name: string, value: Indicator]>;
  /** Oldest first. */
  readonly series: readonly Close[];
  readonly pdfUrl: string | null;
}

export interface Health {
  readonly status: string;
  readonly commit: string;
  readonly digest: string;
  readonly environment: string;
  readonly qualifier: string;
}
