import { parentPort, workerData } from 'node:worker_threads';

/**
 * The thread in which a sorter file runs: it can neither stop the program nor change what will be written to disk.
 * Plain JavaScript, since Node starts it by its path. What is thrown here arrives at the other side as it is.
 */

/** @type {import('./worker-sorter.js').SorterTask} */
const { url, input } = workerData;

const { sortModel, description } = await import(url);
if (typeof sortModel !== 'function') throw new TypeError("it exports no function 'sortModel'");

parentPort?.postMessage({
  description: typeof description === 'string' ? description : undefined,
  // As text, since not everything that can be returned can be sent.
  returned: JSON.stringify(input && (await sortModel(...input))),
});
