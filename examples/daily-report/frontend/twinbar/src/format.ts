const PRICE = new Intl.NumberFormat('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const INDICATOR = new Intl.NumberFormat('en-US', { maximumFractionDigits: 2 });
const DAY = new Intl.DateTimeFormat('en-US', { day: 'numeric', month: 'short', timeZone: 'UTC' });
const FULL_DAY = new Intl.DateTimeFormat('en-US', { dateStyle: 'medium', timeZone: 'UTC' });

export type Direction = 'up' | 'down' | 'flat';

export function formatPrice(value: number): string {
  return PRICE.format(value);
}

/** A signed percentage with a true minus sign: "+1.25%", "−0.40%", "0.00%". */
export function formatPercent(value: number): string {
  const size = `${PRICE.format(Math.abs(value))}%`;
  const sign = { up: '+', down: '−', flat: '' }[directionOf(value)];
  return sign + size;
}

/** The direction that the two printed decimals show: what prints as 0.00% is flat. */
export function directionOf(value: number): Direction {
  const shown = Math.round(value * 100);
  if (shown === 0) return 'flat';
  return shown > 0 ? 'up' : 'down';
}

/** "Jan 5" for "2026-01-05" or a full timestamp; the text itself if it is no date. */
export function formatDay(iso: string): string {
  return formatDate(iso, DAY);
}

/** "Jan 5, 2026" for "2026-01-05" or a full timestamp; the text itself if it is no date. */
export function formatFullDay(iso: string): string {
  return formatDate(iso, FULL_DAY);
}

const ACRONYMS = new Set(['atr', 'ema', 'eps', 'macd', 'pe', 'rsi', 'sma', 'uvr', 'vwap']);

/** "SMA 20" for "sma_20", "52 week high" for "52_week_high", "Volatility %" for "volatility_percent". */
export function formatLabel(key: string): string {
  const words = key
    .replace(/_percent$/, '_%')
    .replace(/([a-z])([A-Z0-9])/g, '$1 $2')
    .split(/[\s_-]+/)
    .filter((word) => word !== '')
    .map((word) => (ACRONYMS.has(word.toLowerCase()) ? word.toUpperCase() : word.toLowerCase()));
  const label = words.join(' ');
  return label.charAt(0).toUpperCase() + label.slice(1);
}

export function formatIndicator(value: number | string | null): string {
  if (value === null) return '—';
  return typeof value === 'number' ? INDICATOR.format(value).replace('-', '−') : value;
}

function formatDate(iso: string, format: Intl.DateTimeFormat): string {
  const time = Date.parse(iso);
  return Number.isNaN(time) ? iso : format.format(time);
}
