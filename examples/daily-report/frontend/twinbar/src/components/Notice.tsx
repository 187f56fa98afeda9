import type { ReactNode } from 'react';

/** Placeholder lines while an answer is on its way. */
export function Loading({ label, rows }: { label: string; rows: number }) {
  return (
    <div className="card skeleton" role="status" aria-label={label}>
      {Array.from({ length: rows }, (_, row) => (
        <span key={row} />
      ))}
    </div>
  );
}

export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="card notice" role="status" data-testid="empty">
      <strong>{title}</strong>
      {children !== undefined && <p>{children}</p>}
    </div>
  );
}

interface FailureProps {
  readonly title: string;
  readonly reason: string;
  /** What the reader can do next. */
  readonly children: ReactNode;
}

export function Failure({ title, reason, children }: FailureProps) {
  return (
    <div className="card notice notice-failure" role="alert" data-testid="failure">
      <strong>{title}</strong>
      <p>{reason}</p>
      <div className="actions">{children}</div>
    </div>
  );
}
