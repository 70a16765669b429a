import { parentPort, workerData } from 'node:worker_threads';

/** Runs a sorter file. Plain JavaScript, because Node starts it by its path. */

/** @type {import('./worker-sorter.js').SorterTask} */
const { fileUrl, input } = workerData;

const { sortModel, description } = await import(fileUrl);
if (typeof sortModel !== 'function') throw new TypeError("it does not export a function 'sortModel'");

parentPort?.postMessage({
  description: typeof description === 'string' ? description : undefined,
  // JSON, because not every returned value can be cloned.
  returned: JSON.stringify(input && (await sortModel(...input))),
});
