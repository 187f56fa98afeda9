import { BRAND } from '../brand.ts';
import { Failure } from '../components/Notice.tsx';

/** Shown instead of the product when the site does not know its API. */
export function RuntimeErrorPage({ reason }: { reason: string }) {
  return (
    <div className="shell">
      <main className="main main-alone">
        <Failure title={`${BRAND} is not configured`} reason={reason}>
          <button type="button" className="button" onClick={() => location.reload()}>
            Try again
          </button>
        </Failure>
      </main>
    </div>
  );
}
