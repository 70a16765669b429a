import { describe, expect } from 'vitest';
import { type Civitai, type FaultKind, type RecordedRequest, startCivitai } from '../fake-civitai/civitai.js';
import { it } from '../harness/fixture.js';
import { SlowDisk } from './slow-disk.js';
import { type Given, models, size, transferExample } from './transferring.js';

// Tests run at the same time, each with its own server.
it.override('civitai', async ({ onTestFinished }) => {
  const civitai = await startCivitai({ models });
  onTestFinished(() => civitai.close());
  return civitai;
});

type Where = (request: RecordedRequest) => boolean;

const isLater: Where = ({ headers }) => !/^bytes=0-/.test(headers.range ?? 'bytes=0-');
const withoutSha256: Given = { sha256: undefined };

function everySecond(): Where {
  let count = 0;
  return () => count++ % 2 === 1;
}

interface Kind {
  readonly name: string;
  readonly fault: FaultKind;
  readonly where?: () => Where;
  readonly times: number;
  readonly given?: Given;
  /** Error codes of a transfer that may fail. */
  readonly codes?: readonly string[];
}

/** All causes for which a transfer starts over. */
const kinds: readonly Kind[] = [
  {
    name: 'another entity tag, without a SHA256',
    fault: { kind: 'changedTag' },
    where: () => isLater,
    times: 1,
    given: withoutSha256,
  },
  {
    name: 'alternating entity tags, without a SHA256',
    fault: { kind: 'changedTag' },
    where: everySecond,
    times: Number.POSITIVE_INFINITY,
    given: withoutSha256,
    codes: ['changed'],
  },
  { name: 'a wrong range', fault: { kind: 'wrongContentRange', start: 7 }, where: () => isLater, times: 3 },
  { name: 'a turned bit', fault: { kind: 'corrupt', at: Math.floor(size / 2) }, times: 1 },
  { name: 'other bytes', fault: { kind: 'wrongBytes' }, where: () => isLater, times: 2 },
  { name: 'no ranges any more', fault: { kind: 'noRanges' }, where: () => isLater, times: 9 },
];
const seeds = [1, 2, 3, 4, 5];

async function prepare(civitai: Civitai, { fault, where, times }: Kind): Promise<void> {
  civitai.setRate(16_000_000);
  civitai.fault({ on: 'storage', ...fault, times, ...(where && { where: where() }) });
}

describe.concurrent.each(kinds)('a transfer that starts over because of $name', (kind) => {
  it.for(seeds)(
    'empties the part file only after all writes (seed %i)',
    async (seed, { civitai, sandbox }) => {
      await prepare(civitai, kind);
      const disk = new SlowDisk(seed, 8);
      const { error, isRight } = await transferExample(civitai, sandbox, {
        ...kind.given,
        maxConnections: 4,
        partFileSystem: disk,
      });
      expect(disk.raced).toBe(0);
      if (error) expect(kind.codes ?? []).toContain(error.code);
      else expect(isRight).toBe(true);
    },
  );
});

it('starts over at all in these cases', async ({ civitai, sandbox }) => {
  civitai.fault({ on: 'storage', kind: 'corrupt', at: Math.floor(size / 2), times: 1 });
  const disk = new SlowDisk(1, 1);
  await transferExample(civitai, sandbox, { maxConnections: 4, partFileSystem: disk });
  expect(disk.emptied).toBe(1);
});
