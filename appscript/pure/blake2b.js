/**
 * BLAKE2b (RFC 7693) without a key, by which the row marks say what was written. Words of 64 bits are two of 32, the
 * lower one first.
 */

const BLAKE2B_IV = [
  0xf3bcc908, 0x6a09e667, 0x84caa73b, 0xbb67ae85, 0xfe94f82b, 0x3c6ef372, 0x5f1d36f1, 0xa54ff53a, 0xade682d1,
  0x510e527f, 0x2b3e6c1f, 0x9b05688c, 0xfb41bd6b, 0x1f83d9ab, 0x137e2179, 0x5be0cd19,
];
const BLAKE2B_SIGMA = [
  [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
  [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
  [11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4],
  [7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8],
  [9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13],
  [2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9],
  [12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11],
  [13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10],
  [6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5],
  [10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0],
];
/** Which words are mixed with each other: the columns of a square of sixteen, then its diagonals. */
const BLAKE2B_LANES = [
  [0, 4, 8, 12],
  [1, 5, 9, 13],
  [2, 6, 10, 14],
  [3, 7, 11, 15],
  [0, 5, 10, 15],
  [1, 6, 11, 12],
  [2, 7, 8, 13],
  [3, 4, 9, 14],
];
const BLAKE2B_ROUNDS = 12;
const BLAKE2B_BLOCK = 128;

/**
 * The digest of some bytes.
 * @param {number[]} bytes 0 to 255, fewer than 2^32 of them.
 * @param {number} length Of the digest, 1 to 64 bytes.
 * @returns {number[]}
 */
function blake2b(bytes, length) {
  const state = Uint32Array.from(BLAKE2B_IV);
  state[0] ^= 0x01010000 ^ length;
  const blocks = Math.max(1, Math.ceil(bytes.length / BLAKE2B_BLOCK));
  for (let n = 0; n < blocks; n++) {
    const end = Math.min(bytes.length, (n + 1) * BLAKE2B_BLOCK);
    blake2bBlock(state, bytes.slice(n * BLAKE2B_BLOCK, end), end, n === blocks - 1);
  }
  return Array.from({ length }, (_, i) => (state[i >> 2] >>> (8 * (i & 3))) & 255);
}

/**
 * @param {Uint32Array} state
 * @param {number[]} bytes
 * @param {number} count Of bytes so far.
 * @param {boolean} isLast
 */
function blake2bBlock(state, bytes, count, isLast) {
  const words = new Uint32Array(32);
  bytes.forEach((byte, i) => {
    words[i >> 2] |= byte << (8 * (i & 3));
  });
  const v = new Uint32Array(32);
  v.set(state);
  v.set(BLAKE2B_IV, 16);
  v[24] ^= count;
  if (isLast) {
    v[28] = ~v[28];
    v[29] = ~v[29];
  }
  for (let round = 0; round < BLAKE2B_ROUNDS; round++) {
    const s = BLAKE2B_SIGMA[round % BLAKE2B_SIGMA.length];
    BLAKE2B_LANES.forEach((lane, i) => {
      blake2bMix(v, lane, words, s[2 * i], s[2 * i + 1]);
    });
  }
  for (let i = 0; i < 16; i++) state[i] ^= v[i] ^ v[i + 16];
}

/**
 * @param {Uint32Array} v
 * @param {number[]} lane Which words of `v` are mixed.
 * @param {Uint32Array} words
 * @param {number} x
 * @param {number} y
 */
function blake2bMix(v, [a, b, c, d], words, x, y) {
  blake2bAdd(v, a, v, b);
  blake2bAdd(v, a, words, x);
  blake2bTurn(v, d, a, 32);
  blake2bAdd(v, c, v, d);
  blake2bTurn(v, b, c, 24);
  blake2bAdd(v, a, v, b);
  blake2bAdd(v, a, words, y);
  blake2bTurn(v, d, a, 16);
  blake2bAdd(v, c, v, d);
  blake2bTurn(v, b, c, 63);
}

/**
 * Adds the word `from[at]` to `v[to]`.
 * @param {Uint32Array} v
 * @param {number} to
 * @param {Uint32Array} from
 * @param {number} at
 */
function blake2bAdd(v, to, from, at) {
  const low = v[2 * to] + from[2 * at];
  v[2 * to] = low;
  v[2 * to + 1] += from[2 * at + 1] + (low > 0xffffffff ? 1 : 0);
}

/**
 * Takes `v[to] ^ v[by]`, turned to the right by some bits, for `v[to]`.
 * @param {Uint32Array} v
 * @param {number} to
 * @param {number} by
 * @param {number} bits
 */
function blake2bTurn(v, to, by, bits) {
  const low = v[2 * to] ^ v[2 * by];
  const high = v[2 * to + 1] ^ v[2 * by + 1];
  const one = bits >= 32 ? high : low;
  const other = bits >= 32 ? low : high;
  const rest = bits % 32;
  // A shift by 32 bits is none.
  v[2 * to] = rest === 0 ? one : (one >>> rest) | (other << (32 - rest));
  v[2 * to + 1] = rest === 0 ? other : (other >>> rest) | (one << (32 - rest));
}
