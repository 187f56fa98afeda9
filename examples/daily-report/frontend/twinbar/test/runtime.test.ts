import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRuntime, RuntimeFileError } from '../src/runtime.ts';

test('the address of the API loses its trailing slash', () => {
  const text = JSON.stringify({ apiUrl: 'http://api.localhost:4566/candidate/', environment: 'dev' });
  assert.deepEqual(parseRuntime(text), { apiUrl: 'http://api.localhost:4566/candidate', environment: 'dev' });
});

for (const [text, problem] of [
  ['<!doctype html>', /not JSON/],
  ['[]', /object/],
  ['null', /object/],
  ['{"environment": "dev"}', /"apiUrl" is not an absolute URL/],
  ['{"apiUrl": "/api", "environment": "dev"}', /"apiUrl" is not an absolute URL/],
  ['{"apiUrl": "javascript:alert(1)", "environment": "dev"}', /neither http nor https/],
  ['{"apiUrl": "http://localhost?x=1", "environment": "dev"}', /query/],
  ['{"apiUrl": "http://localhost"}', /"environment"/],
] as const) {
  test(`refused: ${text}`, () => {
    assert.throws(
      () => parseRuntime(text),
      (error) => error instanceof RuntimeFileError && problem.test(error.message),
    );
  });
}
