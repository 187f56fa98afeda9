import { useCallback } from 'react';
import type { Api } from '../api/client.ts';
import { useRemote } from '../useRemote.ts';

/** Which backend answers this page. */
export function Footer({ api }: { api: Api }) {
  const load = useCallback((signal: AbortSignal) => api.health(signal), [api]);
  const [health] = useRemote(load);
  return (
    <footer className="footer" data-testid="backend">
      {health.state === 'loading' && 'Asking the API…'}
      {health.state === 'failed' && 'The API does not answer.'}
      {health.state === 'ready' && (
        <>
          {health.value.environment} · {health.value.qualifier} ·{' '}
          <code title={`commit ${health.value.commit}, image ${health.value.digest}`}>
            {health.value.commit.slice(0, 7)}
          </code>
        </>
      )}
    </footer>
  );
}
