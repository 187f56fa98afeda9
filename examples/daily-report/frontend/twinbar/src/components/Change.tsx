import { directionOf, formatPercent } from '../format.ts';

/** A change in percent, told by sign, arrow and colour. */
export function Change({ percent }: { percent: number }) {
  const direction = directionOf(percent);
  const arrow = { up: '▲', down: '▼', flat: '•' }[direction];
  return (
    <span className={`change change-${direction}`}>
      <span aria-hidden="true">{arrow} </span>
      {formatPercent(percent)}
    </span>
  );
}
