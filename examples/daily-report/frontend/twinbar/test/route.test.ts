import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hrefOf, parseRoute, userOf } from '../src/route.ts';

for (const [pathname, search, route] of [
  ['/', '', { page: 'search', query: '' }],
  ['/', '?q=%20NVDA%20', { page: 'search', query: 'NVDA' }],
  ['/index.html', '?tg=7', { page: 'search', query: '' }],
  ['/report/nvda', '', { page: 'report', ticker: 'NVDA' }],
  ['/report/BRK.B/', '', { page: 'report', ticker: 'BRK.B' }],
  ['/report/%E0%A4', '', { page: 'not-found' }],
  ['/report/', '', { page: 'not-found' }],
  ['/report/a/b', '', { page: 'not-found' }],
  ['/else', '', { page: 'not-found' }],
] as const) {
  test(`${pathname}${search} is ${route.page}`, () => assert.deepEqual(parseRoute(pathname, search), route));
}

test('a link keeps the user and escapes the ticker', () => {
  assert.equal(hrefOf({ page: 'report', ticker: 'A/B' }, '?tg=42&q=x'), '/report/A%2FB?tg=42');
  assert.equal(hrefOf({ page: 'search', query: 'a b' }, '?tg=42'), '/?q=a+b&tg=42');
  assert.equal(hrefOf({ page: 'search', query: '' }, ''), '/');
});

test('the route of a link is the route it was made from', () => {
  const route = { page: 'report', ticker: 'BRK B' } as const;
  const url = new URL(hrefOf(route, ''), 'http://localhost');
  assert.deepEqual(parseRoute(url.pathname, url.search), route);
});

test('the user is the tg parameter, else demo', () => {
  assert.equal(userOf('?tg=42'), '42');
  assert.equal(userOf('?tg=%20'), 'demo');
  assert.equal(userOf(''), 'demo');
});
