import type { Column } from './columns.js';
import * as columns from './columns.js';
import type { Contender, Contenders } from './contenders.js';
import { LIMITED } from './nginx.js';
import { GIB, MIB } from './options.js';
import type { Shape } from './proxy/shape.js';
import type { SampleKind } from './sample.js';

/** A race under certain conditions, and what to tell of it. */
export interface Case {
  readonly name: string;
  /** What it is about, in one line. */
  readonly title: string;
  /** Bytes of the file; a race for each. */
  readonly sizes: readonly number[];
  readonly kind: SampleKind;
  readonly protocol: 'http' | 'https';
  /** Folder on the server, `/` unless told. */
  readonly path?: string;
  /** What the way to the server is like, where that is to be seen or slower than loopback. */
  readonly shape?: Shape;
  readonly contenders: (all: Contenders) => readonly Contender[];
  readonly columns: readonly Column[];
}

const everyone = (all: Contenders) => [
  all.curl,
  all.curlThenOpenssl,
  all.curlThenSha256sum,
  all.aria2(1, false),
  all.aria2(8, true),
  all.naive,
  all.civitdl(),
  all.civitdl(1),
];

const severalConnections = (all: Contenders) => [
  all.curl,
  all.aria2(4, false),
  all.aria2(8, false),
  all.civitdl(),
  all.civitdl(1),
  all.civitdl(4),
  all.civitdl(8),
];

const fullSpeed = [
  columns.seconds,
  columns.wallRatio,
  columns.bestRatio,
  columns.wallToHashed,
  columns.cpuRatio,
  columns.resident,
];
const limitedSpeed = [columns.seconds, columns.timesFaster, columns.connections, columns.timeline];

export const cases: readonly Case[] = [
  {
    name: 'https',
    title: 'One file over HTTPS, as fast as the server gives it',
    sizes: [2 * GIB],
    kind: 'random',
    protocol: 'https',
    contenders: everyone,
    columns: fullSpeed,
  },
  {
    name: 'http',
    title: 'The same without encryption',
    sizes: [2 * GIB],
    kind: 'random',
    protocol: 'http',
    contenders: everyone,
    columns: fullSpeed,
  },
  {
    name: 'limited',
    title: '10 MB/s for each connection',
    sizes: [256 * MIB],
    kind: 'random',
    protocol: 'https',
    path: LIMITED.path,
    shape: {},
    contenders: severalConnections,
    columns: limitedSpeed,
  },
  {
    name: 'total',
    title: '40 MB/s for all connections together',
    sizes: [256 * MIB],
    kind: 'random',
    protocol: 'https',
    shape: { total: 40_000_000 },
    contenders: severalConnections,
    columns: limitedSpeed,
  },
  {
    name: 'latency',
    title: 'A round trip of 50 ms, otherwise as fast as the server gives it',
    sizes: [256 * MIB],
    kind: 'random',
    protocol: 'https',
    shape: { roundTripMs: 50 },
    contenders: severalConnections,
    columns: limitedSpeed,
  },
  {
    name: 'memory',
    title: 'Memory, which must not grow with the file',
    sizes: [1 * GIB, 8 * GIB],
    kind: 'sparse',
    protocol: 'https',
    contenders: (all) => [all.curl, all.civitdl(), all.civitdl(1), all.civitdl(4), all.civitdl(8)],
    columns: [columns.resident, columns.wallRatio],
  },
  {
    name: 'tail',
    title: "From the server's last byte to the end of the command",
    sizes: [2 * GIB],
    kind: 'random',
    protocol: 'https',
    contenders: (all) => [
      all.curl,
      all.curlThenOpenssl,
      all.aria2(8, true),
      all.naive,
      all.civitdl(),
      all.civitdl(1),
      all.civitdl(8),
    ],
    columns: [columns.tail, columns.tailShare, columns.wallRatio],
  },
];
