import assert from 'node:assert/strict';
import { test } from 'node:test';
import { areaPath, linePath, linePoints, nearestIndex, niceTicks, spreadIndexes } from '../src/chart/geometry.ts';

const BOX = { left: 0, right: 100, top: 0, bottom: 50 };

for (const [values, ticks] of [
  [[101, 118], [100, 105, 110, 115, 120]],
  [[0.11, 0.18], [0.1, 0.12, 0.14, 0.16, 0.18]],
  [[0, 1000], [0, 250, 500, 750, 1000]],
  [[-3, 3], [-4, -2, 0, 2, 4]],
  [[100, 100], [100, 102.5]],
] as const) {
  test(`ticks around ${values.join(' and ')}`, () => assert.deepEqual(niceTicks(values, 4), ticks));
}

for (const values of [[0], [0, 0], [1e-6, 2e-6], [1e9, 1e9 + 1], [-5, -5]]) {
  test(`ticks enclose ${values.join(' and ')}`, () => {
    const ticks = niceTicks(values, 4);
    assert.ok(ticks.length >= 2);
    assert.ok((ticks[0] ?? NaN) <= Math.min(...values));
    assert.ok((ticks.at(-1) ?? NaN) >= Math.max(...values));
  });
}

test('a line runs from edge to edge, larger values higher', () => {
  const points = linePoints([0, 10, 5], { min: 0, max: 10 }, BOX);
  assert.deepEqual(points, [{ x: 0, y: 50 }, { x: 50, y: 0 }, { x: 100, y: 25 }]);
  assert.equal(linePath(points), 'M0 50L50 0L100 25');
  assert.equal(areaPath(points, 50), 'M0 50L50 0L100 25L100 50L0 50Z');
});

test('one value lies in the middle, none make no path', () => {
  assert.deepEqual(linePoints([5], { min: 0, max: 10 }, BOX), [{ x: 50, y: 25 }]);
  assert.equal(linePath([]), '');
  assert.equal(areaPath([], 50), '');
});

for (const [x, count, index] of [[-20, 3, 0], [26, 3, 1], [500, 3, 2], [80, 1, 0]] as const) {
  test(`x=${x} of ${count} points reads point ${index}`, () => assert.equal(nearestIndex(x, count, BOX), index));
}

test('labels are spread from the first to the last', () => {
  assert.deepEqual(spreadIndexes(90, 3), [0, 45, 89]);
  assert.deepEqual(spreadIndexes(2, 3), [0, 1]);
  assert.deepEqual(spreadIndexes(0, 3), []);
});
