import { useEffect, useState } from 'react';

export type Remote<T> =
  | { readonly state: 'loading' }
  | { readonly state: 'ready'; readonly value: T }
  | { readonly state: 'failed'; readonly error: Error };

interface Settled<T> {
  readonly load: unknown;
  readonly attempt: number;
  readonly remote: Remote<T>;
}

/**
 * Runs `load` and again whenever its identity changes (memoize it), or `retry` is called. An answer that comes
 * after a newer question was asked is dropped, so what is shown always belongs to the question on the page.
 */
export function useRemote<T>(load: (signal: AbortSignal) => Promise<T>): readonly [Remote<T>, () => void] {
  const [attempt, setAttempt] = useState(0);
  const [settled, setSettled] = useState<Settled<T> | null>(null);
  useEffect(() => {
    const controller = new AbortController();
    const settle = (remote: Remote<T>) => {
      if (!controller.signal.aborted) setSettled({ load, attempt, remote });
    };
    load(controller.signal).then(
      (value) => settle({ state: 'ready', value }),
      (error: unknown) => settle({ state: 'failed', error: error instanceof Error ? error : new Error(String(error)) }),
    );
    return () => controller.abort();
  }, [load, attempt]);
  const current = settled !== null && settled.load === load && settled.attempt === attempt;
  return [current ? settled.remote : { state: 'loading' }, () => setAttempt((value) => value + 1)];
}
