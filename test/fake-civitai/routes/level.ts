/** PG, PG-13, R, X and XXX. */
const SHOWN = 31;

/** Whether a union of levels has one that is shown to anyone: 0 and blocked alone have none. */
export function isRated(nsfwLevel: number): boolean {
  return (nsfwLevel & SHOWN) !== 0;
}
