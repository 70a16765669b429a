const BLOCK_BYTES = 64;
const BLOCKS_PER_CHUNK = 16;

const CHUNK_START = 1;
const CHUNK_END = 2;
const PARENT = 4;
const ROOT = 8;

const INITIAL = Int32Array.of(
  0x6a09e667,
  0xbb67ae85,
  0x3c6ef372,
  0xa54ff53a,
  0x510e527f,
  0x9b05688c,
  0x1f83d9ab,
  0x5be0cd19,
);
const ROUNDS = 7;
const PERMUTATION = [2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8];
/** The words of a block in the order in which each round uses them. */
const SCHEDULE = makeSchedule();

function makeSchedule(): Uint8Array {
  let order = PERMUTATION.map((_, index) => index);
  const rounds: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    rounds.push(...order);
    order = PERMUTATION.map((index) => order[index] ?? 0);
  }
  return Uint8Array.from(rounds);
}

/** The input of a node of the tree, except for its words. */
interface Node {
  /** Number of the chunk; 0 for a parent. */
  readonly counter: number;
  readonly length: number;
  readonly flags: number;
}

/**
 * BLAKE3 as in https://github.com/BLAKE3-team/BLAKE3-specs, without keys and with 32 bytes of output. Node's OpenSSL
 * lacks it, and Civitai publishes it for some files that have no SHA256.
 */
export class Blake3 {
  readonly #state = new Int32Array(16);
  readonly #words = new Int32Array(16);
  readonly #chunk = Int32Array.from(INITIAL);
  readonly #block = new Uint8Array(BLOCK_BYTES);
  #blockLength = 0;
  #blocks = 0;
  #chunks = 0;
  /** Chaining values of complete subtrees, the largest first. */
  readonly #subtrees: Int32Array[] = [];

  update(bytes: Uint8Array): void {
    for (let position = 0; position < bytes.length; ) {
      // A block is compressed when the next byte is known to follow: the last one of a chunk has other flags.
      if (this.#blockLength === BLOCK_BYTES) this.#endBlock();
      const count = Math.min(BLOCK_BYTES - this.#blockLength, bytes.length - position);
      this.#block.set(bytes.subarray(position, position + count), this.#blockLength);
      this.#blockLength += count;
      position += count;
    }
  }

  /** Returns the hash in lower-case hex. No bytes may follow. */
  end(): string {
    const isOnly = this.#subtrees.length === 0;
    this.#compressBlock(isOnly ? CHUNK_END | ROOT : CHUNK_END);
    let right = this.#chunk;
    for (let left = this.#subtrees.pop(); left; left = this.#subtrees.pop()) {
      right = this.#joined(left, right, this.#subtrees.length === 0 ? ROOT : 0);
    }
    const digest = Buffer.alloc(32);
    for (const [index, word] of right.entries()) digest.writeInt32LE(word, index * 4);
    return digest.toString('hex');
  }

  #endBlock(): void {
    if (this.#blocks < BLOCKS_PER_CHUNK - 1) {
      this.#compressBlock(0);
      this.#blocks++;
    } else {
      this.#compressBlock(CHUNK_END);
      this.#addChunk(Int32Array.from(this.#chunk));
    }
    this.#blockLength = 0;
  }

  /** Joins as many subtrees of equal size as the number of chunks has zeros at its end in binary. */
  #addChunk(chunk: Int32Array<ArrayBuffer>): void {
    let subtree = chunk;
    this.#chunks++;
    for (let count = this.#chunks; count % 2 === 0; count /= 2) {
      const left = this.#subtrees.pop();
      if (left) subtree = this.#joined(left, subtree, 0);
    }
    this.#subtrees.push(subtree);
    this.#chunk.set(INITIAL);
    this.#blocks = 0;
  }

  #joined(left: Int32Array, right: Int32Array, flags: number): Int32Array<ArrayBuffer> {
    const value = Int32Array.from(INITIAL);
    this.#words.set(left);
    this.#words.set(right, 8);
    this.#compress(value, { counter: 0, length: BLOCK_BYTES, flags: PARENT | flags });
    return value;
  }

  #compressBlock(flags: number): void {
    const block = this.#block.fill(0, this.#blockLength);
    for (let word = 0, at = 0; word < 16; word++, at += 4) {
      this.#words[word] =
        at4(block, at) | (at4(block, at + 1) << 8) | (at4(block, at + 2) << 16) | (at4(block, at + 3) << 24);
    }
    const start = this.#blocks === 0 ? CHUNK_START : 0;
    this.#compress(this.#chunk, { counter: this.#chunks, length: this.#blockLength, flags: start | flags });
  }

  /** Replaces a chaining value by that of the words. */
  #compress(value: Int32Array, { counter, length, flags }: Node): void {
    const state = this.#state;
    state.set(value);
    state.set(INITIAL.subarray(0, 4), 8);
    state[12] = counter;
    state[13] = Math.floor(counter / 2 ** 32);
    state[14] = length;
    state[15] = flags;
    for (let round = 0; round < ROUNDS; round++) mixRound(state, this.#words, round * 16);
    for (let index = 0; index < 8; index++) value[index] = (state[index] ?? 0) ^ (state[index + 8] ?? 0);
  }
}

function at4(bytes: Uint8Array, index: number): number {
  return bytes[index] ?? 0;
}

/** Mixes the columns, then the diagonals. */
function mixRound(state: Int32Array, words: Int32Array, at: number): void {
  mix(state, 0, 4, 8, 12, words, at);
  mix(state, 1, 5, 9, 13, words, at + 2);
  mix(state, 2, 6, 10, 14, words, at + 4);
  mix(state, 3, 7, 11, 15, words, at + 6);
  mix(state, 0, 5, 10, 15, words, at + 8);
  mix(state, 1, 6, 11, 12, words, at + 10);
  mix(state, 2, 7, 8, 13, words, at + 12);
  mix(state, 3, 4, 9, 14, words, at + 14);
}

function mix(
  state: Int32Array,
  a: number,
  b: number,
  c: number,
  d: number,
  words: Int32Array,
  at: number,
): void {
  let first = state[a] ?? 0;
  let second = state[b] ?? 0;
  let third = state[c] ?? 0;
  let fourth = state[d] ?? 0;
  first = (first + second + (words[SCHEDULE[at] ?? 0] ?? 0)) | 0;
  fourth = rotateRight(fourth ^ first, 16);
  third = (third + fourth) | 0;
  second = rotateRight(second ^ third, 12);
  first = (first + second + (words[SCHEDULE[at + 1] ?? 0] ?? 0)) | 0;
  fourth = rotateRight(fourth ^ first, 8);
  third = (third + fourth) | 0;
  second = rotateRight(second ^ third, 7);
  state[a] = first;
  state[b] = second;
  state[c] = third;
  state[d] = fourth;
}

function rotateRight(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits));
}
