import { useCallback, useState } from 'react';
import { ApiError, type Api } from '../api/client.ts';
import type { Report } from '../api/types.ts';
import { LineChart } from '../chart/LineChart.tsx';
import { Change } from '../components/Change.tsx';
import { Empty, Failure, Loading } from '../components/Notice.tsx';
import { WatchButton } from '../components/WatchButton.tsx';
import { formatFullDay, formatIndicator, formatLabel, formatPrice } from '../format.ts';
import { Link, useNavigation } from '../navigation.tsx';
import { hrefOf } from '../route.ts';
import { useRemote } from '../useRemote.ts';
import type { Watchlist } from '../useWatchlist.ts';

const PERIODS = [30, 60, 90] as const;
/** Not listed, or not even the form of a ticker. */
const UNKNOWN_TICKER: ReadonlySet<number | null> = new Set([404, 422]);

interface Props {
  readonly api: Api;
  readonly ticker: string;
  readonly watchlist: Watchlist;
}

export function ReportPage({ api, ticker, watchlist }: Props) {
  const load = useCallback((signal: AbortSignal) => api.report(ticker, signal), [api, ticker]);
  const [report, retry] = useRemote(load);
  const { search } = useNavigation();
  return (
    <div className="stack">
      <Link className="back" href={hrefOf({ page: 'search', query: '' }, search)}>
        <span aria-hidden="true">‹ </span>Search
      </Link>
      {report.state === 'loading' && <Loading label={`Loading the report of ${ticker}`} rows={6} />}
      {report.state === 'failed' && <ReportFailure ticker={ticker} error={report.error} retry={retry} />}
      {report.state === 'ready' && <ReportView api={api} report={report.value} watchlist={watchlist} />}
    </div>
  );
}

function ReportFailure({ ticker, error, retry }: { ticker: string; error: Error; retry: () => void }) {
  const { search } = useNavigation();
  if (error instanceof ApiError && UNKNOWN_TICKER.has(error.status)) {
    return (
      <Failure title={`There is no report for ${ticker}`} reason={error.message}>
        <Link className="button" href={hrefOf({ page: 'search', query: '' }, search)}>
          Find another ticker
        </Link>
      </Failure>
    );
  }
  return (
    <Failure title="The report could not be loaded" reason={error.message}>
      <button type="button" className="button" onClick={retry}>
        Try again
      </button>
    </Failure>
  );
}

function ReportView({ api, report, watchlist }: { api: Api; report: Report; watchlist: Watchlist }) {
  return (
    <article className="report" aria-labelledby="report-title">
      <header className="card report-head">
        <div>
          <h1 id="report-title">{report.ticker}</h1>
          <p>{report.name}</p>
        </div>
        <WatchButton ticker={report.ticker} watchlist={watchlist} />
        <p className="report-price">
          <span data-testid="price">{formatPrice(report.price)}</span> <Change percent={report.changePercent} />
          <small>as of {formatFullDay(report.asOf)}</small>
        </p>
      </header>
      <PriceHistory report={report} />
      <section className="card report-summary">
        <h2>Summary</h2>
        <p>{report.summary}</p>
        <PdfAction key={report.ticker} api={api} report={report} />
      </section>
      <section className="card report-indicators">
        <h2>Indicators</h2>
        <dl>
          {report.indicators.map(([name, value]) => (
            <div key={name}>
              <dt>{formatLabel(name)}</dt>
              <dd>{formatIndicator(value)}</dd>
            </div>
          ))}
        </dl>
      </section>
    </article>
  );
}

function PriceHistory({ report }: { report: Report }) {
  const [period, setPeriod] = useState<number>(90);
  if (report.series.length === 0) return <Empty title="There are no prices yet" />;
  const series = report.series.slice(-period);
  return (
    <section className="card report-chart">
      <div className="report-chart-head">
        <h2>Closing price</h2>
        <div className="periods" role="group" aria-label="Period">
          {PERIODS.map((days) => (
            <button key={days} type="button" aria-pressed={days === period} onClick={() => setPeriod(days)}>
              {days}
              <span className="visually-hidden"> days</span>
              <span aria-hidden="true">D</span>
            </button>
          ))}
        </div>
      </div>
      <LineChart label={`${report.ticker} closing prices`} series={series} />
    </section>
  );
}

type PdfState = 'idle' | 'asking' | 'queued' | { readonly problem: string };

function PdfAction({ api, report }: { api: Api; report: Report }) {
  const [state, setState] = useState<PdfState>('idle');
  if (report.pdfUrl !== null) {
    return (
      <a className="button" href={report.pdfUrl} target="_blank" rel="noreferrer">
        Open PDF
      </a>
    );
  }

  function ask() {
    setState('asking');
    api.requestPdf(report.ticker).then(
      () => setState('queued'),
      (error: unknown) => setState({ problem: error instanceof Error ? error.message : String(error) }),
    );
  }

  if (state === 'queued') return <p role="status">The PDF is being made. Come back in a minute.</p>;
  return (
    <>
      <button type="button" className="button" disabled={state === 'asking'} onClick={ask}>
        Make a PDF
      </button>
      {typeof state === 'object' && <p role="alert">The PDF was not asked for: {state.problem}</p>}
    </>
  );
}
