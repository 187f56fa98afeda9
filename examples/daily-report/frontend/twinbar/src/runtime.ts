/** What differs by environment and by pointer; served beside the bundle, never part of it. */
export interface Runtime {
  /** Absolute address of the API's stage, without a trailing slash. */
  readonly apiUrl: string;
  readonly environment: string;
}

export class RuntimeFileError extends Error {
  override readonly name = 'RuntimeFileError';
}

/** Reads the text of `/runtime.json`. Throws RuntimeFileError with what is wrong and where. */
export function parseRuntime(text: string): Runtime {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new RuntimeFileError('/runtime.json is not JSON.');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new RuntimeFileError('/runtime.json does not hold an object.');
  }
  const { apiUrl, environment } = value as Record<string, unknown>;
  if (typeof apiUrl !== 'string' || !URL.canParse(apiUrl)) {
    throw new RuntimeFileError('/runtime.json: "apiUrl" is not an absolute URL.');
  }
  const url = new URL(apiUrl);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new RuntimeFileError('/runtime.json: "apiUrl" is neither http nor https.');
  }
  if (url.search !== '' || url.hash !== '') {
    throw new RuntimeFileError('/runtime.json: "apiUrl" has a query or a fragment.');
  }
  if (typeof environment !== 'string' || environment === '') {
    throw new RuntimeFileError('/runtime.json: "environment" is missing.');
  }
  return { apiUrl: url.href.replace(/\/+$/, ''), environment };
}

/** Fetches `/runtime.json` past every cache: a pointer may have moved since the page was stored. */
export async function loadRuntime(): Promise<Runtime> {
  let response: Response;
  try {
    response = await fetch('/runtime.json', { cache: 'no-store' });
  } catch {
    throw new RuntimeFileError('/runtime.json could not be fetched.');
  }
  if (!response.ok) {
    throw new RuntimeFileError(`/runtime.json was answered with HTTP ${response.status}.`);
  }
  return parseRuntime(await response.text());
}
