export interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface ValueRange {
  readonly min: number;
  readonly max: number;
}

/** Round values (1, 2, 2.5 or 5 times a power of ten apart) that enclose all of `values`. */
export function niceTicks(values: readonly number[], intervals: number): readonly number[] {
  const low = Math.min(...values);
  const high = Math.max(...values);
  const span = high > low ? high - low : Math.max(Math.abs(high) * 0.1, 1);
  const step = niceStep(span / intervals);
  const first = Math.floor(low / step);
  const last = Math.max(Math.ceil(high / step), first + 1);
  const decimals = Math.max(0, -Math.floor(Math.log10(step)) + 1);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toFixed(decimals)));
}

/** The points of a line over the whole width of the box; a single value lies in its middle. */
export function linePoints(values: readonly number[], range: ValueRange, box: Box): readonly Point[] {
  const width = box.right - box.left;
  return values.map((value, index) => ({
    x: values.length === 1 ? box.left + width / 2 : box.left + (width * index) / (values.length - 1),
    y: scaleY(value, range, box),
  }));
}

/** The vertical position of a value: `range.min` at the bottom of the box, `range.max` at its top. */
export function scaleY(value: number, range: ValueRange, box: Box): number {
  return box.bottom - ((value - range.min) / (range.max - range.min)) * (box.bottom - box.top);
}

/** An SVG path through the points, with tenths of a pixel. */
export function linePath(points: readonly Point[]): string {
  return points.map(({ x, y }, index) => `${index === 0 ? 'M' : 'L'}${tenth(x)} ${tenth(y)}`).join('');
}

/** The path of the area between the points and the bottom of the box. */
export function areaPath(points: readonly Point[], bottom: number): string {
  const first = points[0];
  const last = points.at(-1);
  if (first === undefined || last === undefined) return '';
  return `${linePath(points)}L${tenth(last.x)} ${tenth(bottom)}L${tenth(first.x)} ${tenth(bottom)}Z`;
}

/** The index of the point nearest to a horizontal position, for evenly spaced points. */
export function nearestIndex(x: number, count: number, box: Box): number {
  if (count < 2) return 0;
  const share = (x - box.left) / (box.right - box.left);
  return Math.min(count - 1, Math.max(0, Math.round(share * (count - 1))));
}

/** Up to `wanted` distinct indexes spread evenly from the first to the last of `count`. */
export function spreadIndexes(count: number, wanted: number): readonly number[] {
  if (count <= wanted) return Array.from({ length: count }, (_, i) => i);
  return Array.from({ length: wanted }, (_, i) => Math.round((i * (count - 1)) / (wanted - 1)));
}

function niceStep(raw: number): number {
  const power = 10 ** Math.floor(Math.log10(raw));
  const factor = [1, 2, 2.5, 5].find((candidate) => candidate * power >= raw) ?? 10;
  return factor * power;
}

function tenth(value: number): number {
  return Math.round(value * 10) / 10;
}
