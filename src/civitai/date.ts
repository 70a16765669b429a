/** Parses a date of the API; undefined if it is not one. Dates without a time zone are UTC. */
export function parseDate(text: string): Date | undefined {
  const date = new Date(/(Z|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text}Z`);
  return Number.isNaN(date.getTime()) ? undefined : date;
}
