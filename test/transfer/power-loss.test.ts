import { mkdir, writeFile } from 'node:fs/promises';
import fc from 'fast-check';
import { expect } from 'vitest';
import type { DiskFile } from '../../src/disk/open-file.js';
import { openPartFile, type PartFile } from '../../src/transfer/part-file.js';
import type { FileIdentity } from '../../src/transfer/part-record.js';
import { sandbox, offlineTest as test } from '../harness/fixture.js';
import { ForgetfulDisk, type Luck, type Remains } from './forgetful-disk.js';

const FILE_SIZE = 24;
/** Two files with the same name. */
const identities = [
  { key: 'civitai file 1', size: FILE_SIZE },
  { key: 'civitai file 2', size: FILE_SIZE },
] as const;

/** The byte at a position of one version of the file; never 0, as in a hole. */
const byteAt = (version: number, position: number) => 1 + ((version * 53 + position) % 250);
const validatorOf = (version: number) => ({ origin: 'https://storage.example', entityTag: `"${version}"` });
const versionOf = (part: PartFile) => Number(part.validator?.entityTag.slice(1, -1) ?? Number.NaN);

/** Runs of a process that is killed and of a machine that loses power at any time. */
class Life {
  readonly #target: string;
  readonly #elsewhere: string;
  readonly #disk: ForgetfulDisk;
  readonly #luck: Luck;
  #boot = 0;
  #part: PartFile | undefined;
  #identity: FileIdentity = identities[0];
  #version = 0;
  #versions = 0;
  /** All states that a power loss could have left. */
  readonly #moments = new Map<string, Remains>();

  constructor(folder: string, luck: Luck) {
    this.#target = `${folder}/a.ckpt`;
    this.#elsewhere = `${folder}/elsewhere`;
    this.#disk = new ForgetfulDisk(this.#target);
    this.#luck = luck;
    this.#disk.onMoment = () => this.#remember();
  }

  async write(start: number, length: number): Promise<void> {
    const part = await this.#openPart();
    const count = Math.min(length, FILE_SIZE - start);
    const block = Buffer.from(Array.from({ length: count }, (_, at) => byteAt(this.#version, start + at)));
    await part.write(block, start);
  }

  async journal(): Promise<void> {
    await (await this.#openPart()).journal();
  }

  async checkpoint(): Promise<void> {
    await (await this.#openPart()).checkpoint();
  }

  /** Writes and appends to the journal during a checkpoint. */
  async writeDuringCheckpoint(start: number, length: number): Promise<void> {
    const part = await this.#openPart();
    const flushing = part.checkpoint();
    await this.write(start, length);
    await Promise.all([flushing, part.journal()]);
  }

  async restart(): Promise<void> {
    const part = await this.#openPart();
    await part.reset();
    this.#version = ++this.#versions;
    part.validator = validatorOf(this.#version);
  }

  async suspend(): Promise<void> {
    await (await this.#openPart()).suspend();
    this.kill();
  }

  async discard(): Promise<void> {
    await (await this.#openPart()).discard();
    this.kill();
  }

  kill(): void {
    this.#part = undefined;
  }

  requestOtherFile(): void {
    this.kill();
    this.#identity = this.#identity === identities[0] ? identities[1] : identities[0];
  }

  async losePower(): Promise<void> {
    await this.#openPart();
    this.kill();
    this.#boot++;
    await this.#disk.forget(this.#luck);
  }

  /** Opens the part file after each possible power loss. */
  async check(): Promise<void> {
    this.#remember();
    this.#disk.close();
    for (const { part, record = '' } of this.#moments.values()) {
      const target = `${this.#elsewhere}/a.ckpt`;
      await mkdir(this.#elsewhere, { recursive: true });
      await writeFile(`${target}.part`, part);
      await writeFile(`${target}.part.json`, record);
      const { identity } = JSON.parse(record.split('\n', 1)[0] ?? '');
      const later = await openPartFile(target, identity, {
        open: () => imageOf(part),
        bootId: () => 'another boot',
      });
      expect(wrongBytes(later, part)).toEqual([]);
    }
  }

  async #openPart(): Promise<PartFile> {
    if (this.#part) return this.#part;
    const system = { open: this.#disk.open, bootId: () => `boot ${this.#boot}` };
    const part = await openPartFile(this.#target, this.#identity, system);
    this.#version = part.done.size > 0 ? versionOf(part) : ++this.#versions;
    part.validator = validatorOf(this.#version);
    const { part: content = Buffer.alloc(0) } = this.#disk.remains(() => true)[0] ?? {};
    expect(wrongBytes(part, content)).toEqual([]);
    this.#part = part;
    return part;
  }

  #remember(): void {
    for (const luck of [() => false, () => true, this.#luck]) {
      for (const left of this.#disk.remains(luck)) {
        // The journal is ignored after another boot.
        const head = left.record?.split('\n', 1)[0];
        if (head !== undefined) this.#moments.set(`${left.part.toString('hex')} ${head}`, left);
      }
    }
  }
}

/** A file that is only opened. */
function imageOf(content: Buffer): DiskFile {
  const nothing = async () => {};
  return {
    size: content.length,
    isAt: () => true,
    readBeginning: (length) => content.subarray(0, length),
    write: nothing,
    truncate: nothing,
    datasync: nothing,
    sync: nothing,
    close() {},
  };
}

/** Positions whose recorded bytes are not on the disk. */
function wrongBytes(part: PartFile, content: Buffer): number[] {
  const version = versionOf(part);
  return Array.from({ length: FILE_SIZE }, (_, position) => position).filter(
    (position) =>
      part.done.ranges.some(([start, end]) => start <= position && position < end) &&
      content[position] !== byteAt(version, position),
  );
}

const start = fc.nat(FILE_SIZE - 1);
const length = fc.integer({ min: 1, max: 16 });
const step = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(fc.constant('write' as const), start, length) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('writeDuringCheckpoint' as const), start, length) },
  { weight: 6, arbitrary: fc.constantFrom('journal' as const, 'checkpoint' as const) },
  { weight: 2, arbitrary: fc.constant('restart' as const) },
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      'suspend' as const,
      'discard' as const,
      'kill' as const,
      'losePower' as const,
      'requestOtherFile' as const,
    ),
  },
);

test('recorded bytes are on the disk after a power loss at any time', async () => {
  let lives = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 8, maxLength: 20 }),
      fc.array(fc.boolean(), { minLength: 7, maxLength: 7 }),
      async (steps, luck) => {
        const folder = sandbox.path(`life ${lives++}`);
        const life = new Life(folder, (index) => luck[index % luck.length] ?? false);
        for (const next of steps) {
          if (typeof next === 'string') await life[next]();
          else await life[next[0]](next[1], next[2]);
        }
        await life.check();
      },
    ),
    { numRuns: 30 },
  );
});
