/**
 * Works on items with several jobs in parallel. An item that is almost done leaves its job to the next one, so that the
 * next URL is requested while the last bytes arrive and are written, unless twice as many items as jobs are in progress
 * already. A single job never overlaps items.
 * @param next returns the next item, undefined after the last
 */
export async function runJobs<Item>(
  next: () => Promise<Item> | undefined,
  jobs: number,
  action: (item: Item, almostDone: () => void) => Promise<void>,
): Promise<void> {
  const unfinished = new Set<Promise<void>>();
  const untilAlmostDone = (item: Item) =>
    new Promise<void>((resolve, reject) => {
      const almostDone = jobs === 1 ? () => {} : resolve;
      const running = action(item, almostDone).finally(() => unfinished.delete(running));
      unfinished.add(running);
      running.then(resolve, reject);
    });
  const work = async () => {
    for (let item = next(); item; item = next()) {
      await untilAlmostDone(await item);
      while (unfinished.size >= 2 * jobs) await Promise.race(unfinished);
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  await Promise.all(unfinished);
}
