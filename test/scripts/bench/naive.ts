import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** The first program that comes to mind: fetch, hash while reading, write. `node naive.js <url> <target> <sha256>` */

const [url = '', target = '', expected = ''] = process.argv.slice(2);
const hash = createHash('sha256');
const hashing = new Transform({
  transform(chunk: Buffer, _encoding, done) {
    hash.update(chunk);
    done(null, chunk);
  },
});
const response = await fetch(url);
if (!response.ok || !response.body) throw new Error(`Status ${response.status}`);
await pipeline(Readable.fromWeb(response.body), hashing, createWriteStream(target));
if (hash.digest('hex') !== expected) throw new Error('The checksums differ.');
