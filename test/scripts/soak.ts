import process from 'node:process';
import { parseArgs } from 'node:util';
import { soak } from './soak/soak.js';

/** `npm run soak`: downloads thousands of small models while every tenth request goes wrong, and says what came of it. */

const { values } = parseArgs({
  options: {
    models: { type: 'string', default: '2000' },
    jobs: { type: 'string', default: '8' },
    /** Does without connections that fall silent, which take half a minute each. */
    'no-stalls': { type: 'boolean', default: false },
  },
});
const REFUSED_EVERY = 100;
const MOST_URLS = 1.1;
const MOST_GROWTH = 1.1;

const count = Number(values.models);
const result = await soak({
  count,
  sizeOf: (index) => 20_000 + (index % 50) * 1_000,
  refuseEvery: REFUSED_EVERY,
  jobs: Number(values.jobs),
  faultEvery: 10,
  stalls: !values['no-stalls'],
  lookEvery: 100,
});
const {
  status,
  seconds,
  right,
  missing,
  failed,
  surplus,
  leftovers,
  requests,
  faults,
  urls,
  byRoute,
  resident,
} = result;
const possible = count - Math.floor(count / REFUSED_EVERY);
const [, second = Number.NaN, , last = Number.NaN] = resident;
const routes = Object.entries(byRoute).map(([route, times]) => `${route} ${times}`);
process.stdout.write(`${right} of ${possible} models right in ${seconds.toFixed(0)} s, exit status ${status}
${requests} requests, ${faults} of them spoiled: ${routes.join(', ')}
${(urls / possible).toFixed(3)} URLs per file
${resident.map((bytes) => Math.round(bytes / 1e6)).join(', ')} MB resident in the quarters
${missing.length} missing, ${surplus.length} surplus, ${leftovers.length} left over
${[...missing, ...surplus, ...leftovers].slice(0, 20).join('\n')}
${missing.length > 0 ? failed : ''}
`);
// Where the system does not tell the memory, it can't be too much.
const isRight = right === possible && surplus.length + leftovers.length === 0 && status === 7;
if (!isRight || urls > possible * MOST_URLS || last > second * MOST_GROWTH) process.exitCode = 1;
