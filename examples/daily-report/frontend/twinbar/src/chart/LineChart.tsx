import { useId, useState, type KeyboardEvent, type PointerEvent } from 'react';
import type { Close } from '../api/types.ts';
import { directionOf, formatDay, formatFullDay, formatPrice } from '../format.ts';
import {
  areaPath,
  linePath,
  linePoints,
  nearestIndex,
  niceTicks,
  scaleY,
  spreadIndexes,
  type Box,
  type Point,
} from './geometry.ts';
import { useWidth } from './useWidth.ts';

const HEIGHT = 240;
const PIXELS_PER_DATE = 110;

interface Props {
  readonly label: string;
  /** Oldest first; at least one. */
  readonly series: readonly Close[];
}

/** Closing prices as a line, coloured by the direction of the period; pointer or arrow keys read a day. */
export function LineChart({ label, series }: Props) {
  const [frame, width] = useWidth<HTMLDivElement>();
  const [picked, setPicked] = useState<number | null>(null);
  const gradient = useId();

  const closes = series.map((day) => day.close);
  const ticks = niceTicks(closes, 4);
  const range = { min: ticks[0] ?? 0, max: ticks.at(-1) ?? 1 };
  const box: Box = { left: 1, right: Math.max(width - 52, 2), top: 10, bottom: HEIGHT - 26 };
  const points = linePoints(closes, range, box);
  const direction = directionOf((closes.at(-1) ?? 0) - (closes[0] ?? 0));
  const active = picked === null ? null : Math.min(picked, series.length - 1);
  const description = describe(label, series);

  function pickAt(event: PointerEvent<SVGSVGElement>) {
    const x = event.clientX - event.currentTarget.getBoundingClientRect().left;
    setPicked(nearestIndex(x, series.length, box));
  }

  function pickByKey(event: KeyboardEvent<HTMLDivElement>) {
    const next = nextIndex(event.key, active, series.length);
    if (next === null) return;
    event.preventDefault();
    setPicked(next);
  }

  return (
    <div
      ref={frame}
      className={`chart chart-${direction}`}
      data-testid="price-chart"
      role="slider"
      tabIndex={0}
      aria-label={description}
      aria-valuemin={0}
      aria-valuemax={series.length - 1}
      aria-valuenow={active ?? series.length - 1}
      aria-valuetext={valueText(series[active ?? series.length - 1])}
      onKeyDown={pickByKey}
      onBlur={() => setPicked(null)}
    >
      {width > 0 && (
        <svg
          width={width}
          height={HEIGHT}
          aria-hidden="true"
          onPointerMove={pickAt}
          onPointerDown={pickAt}
          onPointerLeave={() => setPicked(null)}
        >
          <defs>
            <linearGradient id={gradient} x1="0" y1="0" x2="0" y2="1">
              <stop offset="0%" stopColor="currentColor" stopOpacity="0.22" />
              <stop offset="100%" stopColor="currentColor" stopOpacity="0" />
            </linearGradient>
          </defs>
          <Grid ticks={ticks} ys={ticks.map((tick) => scaleY(tick, range, box))} box={box} />
          <DateLabels series={series} xs={points.map((point) => point.x)} box={box} />
          <path d={areaPath(points, box.bottom)} fill={`url(#${gradient})`} />
          <path className="chart-line" d={linePath(points)} data-points={points.length} />
          {active !== null && <Reading day={series[active]} point={points[active]} box={box} />}
        </svg>
      )}
    </div>
  );
}

function Grid({ ticks, ys, box }: { ticks: readonly number[]; ys: readonly number[]; box: Box }) {
  return ticks.map((tick, index) => (
    <g key={tick} className="chart-grid">
      <line x1={box.left} x2={box.right} y1={ys[index]} y2={ys[index]} />
      <text x={box.right + 8} y={ys[index]} dominantBaseline="middle">
        {formatTick(tick, ticks)}
      </text>
    </g>
  ));
}

function DateLabels({ series, xs, box }: { series: readonly Close[]; xs: readonly number[]; box: Box }) {
  const wanted = Math.max(2, Math.floor((box.right - box.left) / PIXELS_PER_DATE));
  const indexes = spreadIndexes(series.length, wanted);
  return (
    <g className="chart-dates">
      {indexes.map((index, position) => (
        <text key={index} x={xs[index]} y={HEIGHT - 6} textAnchor={anchorOf(position, indexes.length)}>
          {formatDay(series[index]?.date ?? '')}
        </text>
      ))}
    </g>
  );
}

function Reading({ day, point, box }: { day: Close | undefined; point: Point | undefined; box: Box }) {
  if (day === undefined || point === undefined) return null;
  const width = 128;
  const left = Math.min(Math.max(point.x - width / 2, box.left), box.right - width);
  return (
    <g className="chart-reading">
      <line x1={point.x} x2={point.x} y1={box.top} y2={box.bottom} />
      <circle cx={point.x} cy={point.y} r={4.5} />
      <rect x={left} y={0} width={width} height={26} rx={8} />
      <text x={left + width / 2} y={13.5} textAnchor="middle" dominantBaseline="middle">
        {formatDay(day.date)} · {formatPrice(day.close)}
      </text>
    </g>
  );
}

function anchorOf(position: number, count: number): 'start' | 'middle' | 'end' {
  if (position === 0) return 'start';
  return position === count - 1 ? 'end' : 'middle';
}

function formatTick(tick: number, ticks: readonly number[]): string {
  return ticks.every(Number.isInteger) ? tick.toLocaleString('en-US') : formatPrice(tick);
}

function nextIndex(key: string, active: number | null, count: number): number | null {
  const current = active ?? count - 1;
  switch (key) {
    case 'ArrowLeft':
    case 'ArrowDown':
      return Math.max(0, current - 1);
    case 'ArrowRight':
    case 'ArrowUp':
      return Math.min(count - 1, current + 1);
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    default:
      return null;
  }
}

function valueText(day: Close | undefined): string {
  return day === undefined ? '' : `${formatFullDay(day.date)}: ${formatPrice(day.close)}`;
}

function describe(label: string, series: readonly Close[]): string {
  const closes = series.map((day) => day.close);
  const low = formatPrice(Math.min(...closes));
  const high = formatPrice(Math.max(...closes));
  const from = formatFullDay(series[0]?.date ?? '');
  const to = formatFullDay(series.at(-1)?.date ?? '');
  return `${label}, ${from} to ${to}, low ${low}, high ${high}`;
}
