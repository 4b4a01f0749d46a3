/** BLAKE2b (RFC 7693) without a key, by which the row marks say what was written. */

const BLAKE2B_IV = [
  0x6a09e667f3bcc908n,
  0xbb67ae8584caa73bn,
  0x3c6ef372fe94f82bn,
  0xa54ff53a5f1d36f1n,
  0x510e527fade682d1n,
  0x9b05688c2b3e6c1fn,
  0x1f83d9abfb41bd6bn,
  0x5be0cd19137e2179n,
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
const BLAKE2B_BLOCK = 128;

/**
 * The digest of some bytes.
 * @param {number[]} bytes 0 to 255.
 * @param {number} length Of the digest, 1 to 64 bytes.
 * @returns {number[]}
 */
function blake2b(bytes, length) {
  const state = BigUint64Array.from(BLAKE2B_IV);
  state[0] ^= BigInt(0x01010000 ^ length);
  const blocks = Math.max(1, Math.ceil(bytes.length / BLAKE2B_BLOCK));
  for (let n = 0; n < blocks; n++) {
    const end = Math.min(bytes.length, (n + 1) * BLAKE2B_BLOCK);
    blake2bBlock(state, bytes.slice(n * BLAKE2B_BLOCK, end), end, n === blocks - 1);
  }
  return Array.from({ length }, (_, i) => Number((state[i >> 3] >> BigInt(8 * (i & 7))) & 0xffn));
}

/**
 * @param {BigUint64Array} state
 * @param {number[]} bytes
 * @param {number} count Of bytes so far.
 * @param {boolean} isLast
 */
function blake2bBlock(state, bytes, count, isLast) {
  const words = new BigUint64Array(16);
  bytes.forEach((byte, i) => {
    words[i >> 3] |= BigInt(byte) << BigInt(8 * (i & 7));
  });
  const v = new BigUint64Array(16);
  v.set(state);
  v.set(BLAKE2B_IV, 8);
  v[12] ^= BigInt(count);
  if (isLast) v[14] = ~v[14];
  for (let round = 0; round < 12; round++) {
    const s = BLAKE2B_SIGMA[round % 10];
    for (let i = 0; i < 4; i++) blake2bMix(v, [i, i + 4, i + 8, i + 12], words[s[2 * i]], words[s[2 * i + 1]]);
    for (let i = 0; i < 4; i++) {
      const lane = [i, ((i + 1) % 4) + 4, ((i + 2) % 4) + 8, ((i + 3) % 4) + 12];
      blake2bMix(v, lane, words[s[2 * i + 8]], words[s[2 * i + 9]]);
    }
  }
  for (let i = 0; i < 8; i++) state[i] ^= v[i] ^ v[i + 8];
}

/**
 * @param {BigUint64Array} v
 * @param {number[]} lane
 * @param {bigint} x
 * @param {bigint} y
 */
function blake2bMix(v, [a, b, c, d], x, y) {
  v[a] += v[b] + x;
  v[d] = rotated(v[d] ^ v[a], 32n);
  v[c] += v[d];
  v[b] = rotated(v[b] ^ v[c], 24n);
  v[a] += v[b] + y;
  v[d] = rotated(v[d] ^ v[a], 16n);
  v[c] += v[d];
  v[b] = rotated(v[b] ^ v[c], 63n);
}

/**
 * @param {bigint} word
 * @param {bigint} by
 * @returns {bigint} BigUint64Array keeps its lowest 64 bits.
 */
function rotated(word, by) {
  return (word >> by) | (word << (64n - by));
}
