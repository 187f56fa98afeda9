import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  directionOf,
  formatDay,
  formatFullDay,
  formatIndicator,
  formatLabel,
  formatPercent,
  formatPrice,
} from '../src/format.ts';

test('prices have two decimals and thousands', () => {
  assert.equal(formatPrice(1234.5), '1,234.50');
});

for (const [value, shown, direction] of [
  [1.25, '+1.25%', 'up'],
  [-0.4, '−0.40%', 'down'],
  [0, '0.00%', 'flat'],
  [0.004, '0.00%', 'flat'],
  [-0.004, '0.00%', 'flat'],
] as const) {
  test(`a change of ${value} shows as ${shown}`, () => {
    assert.equal(formatPercent(value), shown);
    assert.equal(directionOf(value), direction);
  });
}

for (const [key, label] of [
  ['rsi_14', 'RSI 14'],
  ['sma20', 'SMA 20'],
  ['52_week_high', '52 week high'],
  ['volumeRatio', 'Volume ratio'],
  ['volatility_percent', 'Volatility %'],
] as const) {
  test(`the indicator ${key} is labelled ${label}`, () => assert.equal(formatLabel(key), label));
}

test('dates do not depend on the time zone of the reader', () => {
  assert.equal(formatDay('2026-01-05'), 'Jan 5');
  assert.equal(formatFullDay('2026-01-05T23:59:00Z'), 'Jan 5, 2026');
  assert.equal(formatDay('yesterday'), 'yesterday');
});

test('an indicator may be a number, a text or missing', () => {
  assert.equal(formatIndicator(-1.2345), '−1.23');
  assert.equal(formatIndicator('neutral'), 'neutral');
  assert.equal(formatIndicator(null), '—');
});
