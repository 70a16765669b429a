import process from 'node:process';
import { parseArgs } from 'node:util';
import { runSoak } from './soak/soak.js';

/** `npm run soak`: downloads thousands of small models while every tenth request fails, and checks the result. */

const { values } = parseArgs({
  options: {
    models: { type: 'string', default: '2000' },
    jobs: { type: 'string', default: '8' },
    /** Leaves out stalled connections, which take half a minute each. */
    'no-stalls': { type: 'boolean', default: false },
  },
});
const REFUSE_EVERY = 100;
const MAX_URLS_PER_FILE = 1.1;
const MAX_MEMORY_GROWTH = 1.1;

const count = Number(values.models);
const result = await runSoak({
  count,
  sizeOf: (index) => 20_000 + (index % 50) * 1_000,
  refuseEvery: REFUSE_EVERY,
  jobs: Number(values.jobs),
  faultEvery: 10,
  stalls: !values['no-stalls'],
  sampleMs: 100,
});
const {
  status,
  seconds,
  right,
  missing,
  failed,
  surplus,
  staleFiles,
  requests,
  faults,
  urls,
  byRoute,
  resident,
} = result;
const possible = count - Math.floor(count / REFUSE_EVERY);
const [, second = Number.NaN, , last = Number.NaN] = resident;
const routes = Object.entries(byRoute).map(([route, times]) => `${route} ${times}`);
process.stdout.write(`${right} of ${possible} models right in ${seconds.toFixed(0)} s, exit status ${status}
${requests} requests, ${faults} of them spoiled: ${routes.join(', ')}
${(urls / possible).toFixed(3)} URLs per file
${resident.map((bytes) => Math.round(bytes / 1e6)).join(', ')} MB resident in the quarters
${missing.length} missing, ${surplus.length} surplus, ${staleFiles.length} left over
${[...missing, ...surplus, ...staleFiles].slice(0, 20).join('\n')}
${missing.length > 0 ? failed : ''}
`);
// Comparisons with NaN are false: the memory passes if the system does not report it.
const isRight =
  right === possible && surplus.length + staleFiles.length === 0 && status === (possible < count ? 7 : 0);
if (!isRight || urls > possible * MAX_URLS_PER_FILE || last > second * MAX_MEMORY_GROWTH)
  process.exitCode = 1;
