import type { Column } from './columns.js';
import * as columns from './columns.js';
import type { Contender, Contenders } from './contenders.js';
import { LIMITED } from './nginx.js';
import { GIB, MIB } from './options.js';
import type { Shape } from './proxy/shape.js';
import type { SampleKind } from './sample.js';

/** A race under certain conditions; cases of one name are variants. */
export interface Case {
  readonly name: string;
  /** A description of one line. */
  readonly title: string;
  /** Bytes of all files; one race for each. */
  readonly sizes: readonly number[];
  /** Number of files that the size is divided into (default: 1). */
  readonly files?: number;
  readonly kind: SampleKind;
  readonly protocol: 'http' | 'https';
  /** Folder on the server (default: `/`). */
  readonly path?: string;
  /** Puts a proxy before the server, which also counts connections. */
  readonly shape?: (size: number) => Shape;
  /** Whether the files are downloaded to a disk, even if the others are in memory. */
  readonly onDisk?: boolean;
  readonly contenders: (all: Contenders) => readonly Contender[];
  readonly columns: readonly Column[];
}

const everyone = (all: Contenders) => [
  all.curl,
  all.curlThenOpenssl,
  all.curlThenSha256sum,
  all.aria2(1),
  all.checkedAria2(8),
  all.naive,
  all.civitdl(),
  all.civitdl('--connections', '1'),
];

const severalConnections = (all: Contenders) => [
  all.curl,
  all.aria2(4),
  all.aria2(8),
  all.civitdl(),
  all.civitdl('--connections', '4'),
  all.civitdl('--connections', '8'),
];

const limited = (all: Contenders) => [...severalConnections(all), all.civitdl('--connections', '1')];

const fourConnections = (all: Contenders) => [all.aria2(4), all.civitdl('--connections', '4')];

const fullSpeed = [
  columns.seconds,
  columns.wallRatio,
  columns.bestRatio,
  columns.wallToHashed,
  columns.cpuRatio,
  columns.resident,
];
const limitedSpeed = [columns.seconds, columns.timesFaster, columns.connections, columns.timeline];
const longWay = [
  columns.seconds,
  columns.speedTo('aria2c -x4'),
  columns.speedTo('aria2c -x8'),
  columns.timesFaster,
  columns.bytesSent,
  columns.connections,
];
const againstIdeal = [
  columns.seconds,
  columns.ideal,
  columns.behindIdeal,
  columns.speedTo('aria2c -x4'),
  columns.bytesSent,
  columns.connections,
];

/** Bytes per second. */
const FAST = 20_000_000;
const SLOW = FAST / 10;

export const cases: readonly Case[] = [
  {
    name: 'https',
    title: 'One file over HTTPS, at the full speed of the server',
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
    shape: () => ({}),
    contenders: limited,
    columns: limitedSpeed,
  },
  {
    name: 'total',
    title: '40 MB/s for all connections together',
    sizes: [256 * MIB],
    kind: 'random',
    protocol: 'https',
    shape: () => ({ total: 40_000_000 }),
    contenders: limited,
    columns: limitedSpeed,
  },
  {
    name: 'latency',
    title: 'A round trip of 50 ms, otherwise the full speed of the server',
    sizes: [256 * MIB, 1 * GIB],
    kind: 'random',
    protocol: 'https',
    shape: () => ({ roundTripMs: 50 }),
    contenders: severalConnections,
    columns: longWay,
  },
  {
    name: 'far',
    title: 'A round trip of 150 ms',
    sizes: [256 * MIB, 1 * GIB],
    kind: 'random',
    protocol: 'https',
    shape: () => ({ roundTripMs: 150 }),
    contenders: severalConnections,
    columns: longWay,
  },
  {
    name: 'lossy',
    title: 'A round trip of 50 ms, and every 10,000th packet lost',
    sizes: [256 * MIB],
    kind: 'random',
    protocol: 'https',
    shape: () => ({ roundTripMs: 50, loss: 1e-4 }),
    contenders: severalConnections,
    columns: longWay,
  },
  {
    name: 'uneven',
    title: '20 MB/s for each connection, a tenth of that for the third of four',
    sizes: [512 * MIB],
    kind: 'random',
    protocol: 'https',
    shape: () => ({ rates: [FAST, FAST, SLOW, FAST] }),
    contenders: fourConnections,
    columns: againstIdeal,
  },
  {
    name: 'uneven',
    title: '20 MB/s for each connection, a tenth of that for the first of four',
    sizes: [512 * MIB],
    kind: 'random',
    protocol: 'https',
    shape: () => ({ rates: [SLOW, FAST, FAST, FAST] }),
    contenders: fourConnections,
    columns: againstIdeal,
  },
  {
    name: 'stall',
    title: '20 MB/s for each connection; the third of four stops for ten seconds after half of its share',
    sizes: [512 * MIB],
    kind: 'random',
    protocol: 'https',
    shape: (size) => ({
      rates: [FAST, FAST, FAST, FAST],
      stall: { connection: 2, afterBytes: size / 8, ms: 10_000 },
    }),
    contenders: fourConnections,
    columns: againstIdeal,
  },
  {
    name: 'bytes',
    title: 'Bytes that the server sends, at a round trip of 50 ms: at most 1.03 of the size',
    sizes: [64 * MIB],
    kind: 'random',
    protocol: 'https',
    shape: () => ({ roundTripMs: 50 }),
    contenders: (all) => [
      all.aria2(4),
      all.aria2(8),
      all.civitdl('--connections', '4'),
      all.civitdl('--connections', '8'),
    ],
    columns: [columns.bytesSent, columns.bytesPassed, columns.requests, columns.connections],
  },
  {
    name: 'disk',
    title: 'One file to a disk, checked and flushed',
    sizes: [1 * GIB],
    kind: 'random',
    protocol: 'https',
    onDisk: true,
    contenders: (all) => [
      all.curlThenSync,
      all.checkedAria2ThenSync(1),
      all.checkedAria2ThenSync(4),
      all.civitdl(),
    ],
    columns: [columns.seconds, columns.wallToSynced, columns.resident],
  },
  {
    name: 'disk',
    title: '200 files to a disk, four at a time, checked and flushed',
    sizes: [200 * MIB],
    files: 200,
    kind: 'random',
    protocol: 'https',
    onDisk: true,
    contenders: (all) => [all.curlThenSync, all.civitdl('--jobs', '4')],
    columns: [columns.seconds, columns.wallToSynced, columns.resident],
  },
  {
    name: 'small',
    title: '60 files, four at a time, at a round trip of 50 ms to the storage',
    sizes: [60_000_000],
    files: 60,
    kind: 'random',
    protocol: 'https',
    shape: () => ({ roundTripMs: 50 }),
    contenders: (all) => [all.aria2List, all.civitdl('--jobs', '4')],
    columns: [
      columns.seconds,
      columns.speedTo('aria2c -x1 -j4 -i list'),
      columns.bytesSent,
      columns.requests,
      columns.connections,
    ],
  },
  {
    name: 'memory',
    title: 'Memory, which must not grow with the file',
    sizes: [1 * GIB, 8 * GIB],
    kind: 'sparse',
    protocol: 'https',
    contenders: (all) => [
      all.curl,
      all.civitdl(),
      all.civitdl('--connections', '1'),
      all.civitdl('--connections', '4'),
      all.civitdl('--connections', '8'),
    ],
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
      all.checkedAria2(8),
      all.naive,
      all.civitdl(),
      all.civitdl('--connections', '1'),
      all.civitdl('--connections', '8'),
    ],
    columns: [columns.tail, columns.tailShare, columns.wallRatio],
  },
];
