import type { CatalogModel } from '../catalog/entry.js';
import { published } from './dates.js';

/** Values by which models are sorted; the cursor is made of those of the first model of the next page. */
type Key = readonly (string | number)[];

interface Order {
  readonly keyOf: (model: CatalogModel) => Key;
  /** 1 for ascending values, -1 for descending ones. */
  readonly directions: readonly number[];
}

export const DEFAULT_ORDER = 'Highest Rated';

const liked = ({ id, likes = 80, downloads = 1200 }: CatalogModel): Key => [likes, downloads, id];
const downloaded = ({ id, likes = 80, downloads = 1200 }: CatalogModel): Key => [downloads, likes, id];
const dated = (model: CatalogModel): Key => [lastDate(model), model.id];

const TABLE: Readonly<Record<string, Order>> = {
  [DEFAULT_ORDER]: { keyOf: liked, directions: [-1, -1, 1] },
  'Most Liked': { keyOf: liked, directions: [-1, -1, 1] },
  'Most Downloaded': { keyOf: downloaded, directions: [-1, -1, 1] },
  'Most Discussed': { keyOf: liked, directions: [-1, -1, 1] },
  'Most Collected': { keyOf: liked, directions: [-1, -1, 1] },
  'Most Images': { keyOf: liked, directions: [-1, -1, 1] },
  Newest: { keyOf: dated, directions: [-1, -1] },
  Oldest: { keyOf: dated, directions: [1, 1] },
};

export const ORDERS = Object.keys(TABLE);

/** Returns the date of the latest version, as a cursor has it. */
export function lastDate({ versions }: CatalogModel): string {
  const dates = versions.map(({ id }) => published(id)).sort();
  return (dates.at(-1) ?? '').replace('T', ' ').replace('Z', '');
}

export interface OrderedPage {
  readonly models: readonly CatalogModel[];
  readonly nextCursor: string | undefined;
}

/**
 * Cuts a page out of the sorted models. `Newest` begins after its cursor, although the cursor is the key of the model
 * to begin with: that model is in no page.
 * @param isMoving whether counts change meanwhile, so that the last model of a page comes again in the next
 * @throws Error if the cursor is of another order
 */
export function cutPage(
  models: readonly CatalogModel[],
  sort: string,
  {
    cursor,
    limit,
    isMoving,
  }: { readonly cursor: string | null; readonly limit: number; readonly isMoving: boolean },
): OrderedPage {
  const order = TABLE[sort] ?? TABLE[DEFAULT_ORDER];
  if (!order) throw new Error('No such order.');
  const sorted = models.toSorted((one, other) => compare(order.keyOf(one), order.keyOf(other), order));
  const start = cursor === null ? 0 : startOf(sorted, cursor, order, sort);
  const from = cursor !== null && isMoving ? Math.max(0, start - 1) : start;
  const next = sorted[start + limit];
  return { models: sorted.slice(from, start + limit), nextCursor: next && order.keyOf(next).join('|') };
}

function startOf(sorted: readonly CatalogModel[], cursor: string, order: Order, sort: string): number {
  const tokens = cursor.split('|');
  const { length } = order.directions;
  if (tokens.length !== length)
    throw new Error(`Invalid cursor: expected ${length} value(s) for this sort, received ${tokens.length}`);
  if (tokens.includes('')) throw new Error('Invalid cursor: empty value');
  const isNumber = (index: number) => !(length === 2 && index === 0);
  const key = tokens.map((token, index) => (isNumber(index) ? Number(token) : token));
  const isReached = (model: CatalogModel) => {
    const difference = compare(order.keyOf(model), key, order);
    return sort === 'Newest' ? difference > 0 : difference >= 0;
  };
  const index = sorted.findIndex(isReached);
  return index < 0 ? sorted.length : index;
}

function compare(one: Key, other: Key, { directions }: Order): number {
  for (const [index, direction] of directions.entries()) {
    const [a, b] = [one[index] ?? 0, other[index] ?? 0];
    if (a !== b) return a < b ? -direction : direction;
  }
  return 0;
}
