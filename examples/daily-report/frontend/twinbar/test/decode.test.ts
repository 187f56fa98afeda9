import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DecodeError, decodeReport, decodeSearch, decodeWatchlist } from '../src/api/decode.ts';

const REPORT = {
  ticker: 'NVDA',
  name: 'NVIDIA Corporation',
  as_of: '2026-01-05',
  price: 120.5,
  change_percent: -1.5,
  summary: 'Quiet.',
  indicators: { rsi_14: 55.1, trend: 'up', eps: null, nested: {} },
  series: [{ date: '2026-01-05', close: 120.5 }],
  report_pdf: 'http://localhost/a.pdf',
  added_later: true,
};

test('a report is read, unknown fields and unshowable indicators are left out', () => {
  const report = decodeReport(REPORT);
  assert.equal(report.changePercent, -1.5);
  assert.deepEqual(report.indicators, [['rsi_14', 55.1], ['trend', 'up'], ['eps', null]]);
  assert.deepEqual(report.series, [{ date: '2026-01-05', close: 120.5 }]);
  assert.equal(report.pdfUrl, 'http://localhost/a.pdf');
});

for (const address of [null, undefined, 'reports/a.pdf', 'javascript:alert(1)']) {
  test(`no PDF link for ${address}`, () => assert.equal(decodeReport({ ...REPORT, report_pdf: address }).pdfUrl, null));
}

for (const [field, value] of [
  ['price', '120.5'],
  ['series', null],
  ['series', [{ date: '2026-01-05' }]],
  ['indicators', []],
  ['name', 7],
] as const) {
  test(`a report whose ${field} is ${JSON.stringify(value)} is refused`, () => {
    assert.throws(() => decodeReport({ ...REPORT, [field]: value }), DecodeError);
  });
}

test('search results keep their order', () => {
  const result = { name: '', exchange: '', sector: '', price: 1, change_percent: 0 };
  const results = decodeSearch({ query: 'A', results: [{ ...result, ticker: 'B' }, { ...result, ticker: 'A' }] });
  assert.deepEqual(results.map(({ ticker }) => ticker), ['B', 'A']);
  assert.throws(() => decodeSearch({ results: {} }), DecodeError);
});

test('a watchlist is a list of tickers', () => {
  assert.deepEqual(decodeWatchlist({ user: 'demo', tickers: ['NVDA', 'AAPL'] }), ['NVDA', 'AAPL']);
  assert.throws(() => decodeWatchlist({ tickers: [1] }), DecodeError);
  assert.throws(() => decodeWatchlist([]), DecodeError);
});
