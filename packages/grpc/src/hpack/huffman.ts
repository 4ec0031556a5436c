import { EOS, HUFFMAN_CODES } from "./huffman-codes.ts";

/*
 * Decoding walks the code tree four bits at a time. A state is an inner node of the tree; the
 * shortest code has five bits, so that one step emits at most one symbol. A step is packed as
 * `next state << 10 | emits << 9 | symbol`, or is FAILED when it meets EOS.
 */
const FAILED = -1;
const EMITS = 0x200;

interface Node {
  children: [Node | undefined, Node | undefined];
  symbol: number;
  state: number;
  /** The path to it is ones only and at most seven long: it may be what pads the last byte. */
  padding: boolean;
}

function makeNode(padding: boolean): Node {
  return { children: [undefined, undefined], symbol: -1, state: -1, padding };
}

function buildTree(): { root: Node; inner: Node[] } {
  const root = makeNode(true);
  root.state = 0;
  const inner = [root];
  for (const code of HUFFMAN_CODES) {
    let node = root;
    for (let depth = 1; depth <= code.length; depth++) {
      const bit = (code.bits >>> (code.length - depth)) & 1;
      let child = node.children[bit];
      if (child === undefined) {
        child = makeNode(node.padding && bit === 1 && depth <= 7);
        node.children[bit] = child;
        if (depth < code.length) child.state = inner.push(child) - 1;
      }
      node = child;
    }
    node.symbol = code.symbol;
  }
  return { root, inner };
}

function buildSteps(root: Node, inner: readonly Node[]): Int32Array {
  const steps = new Int32Array(inner.length * 16);
  for (const start of inner) {
    for (let nibble = 0; nibble < 16; nibble++) {
      let node = start;
      let emitted = 0;
      let failed = false;
      for (let bit = 3; bit >= 0 && !failed; bit--) {
        node = node.children[(nibble >>> bit) & 1]!;
        if (node.symbol === EOS) failed = true;
        else if (node.symbol >= 0) {
          emitted = EMITS | node.symbol;
          node = root;
        }
      }
      steps[start.state * 16 + nibble] = failed ? FAILED : (node.state << 10) | emitted;
    }
  }
  return steps;
}

const { root, inner } = buildTree();
const STEPS = buildSteps(root, inner);
const MAY_END = inner.map((node) => node.padding);

/**
 * Decodes borrowed bytes from `start` to `end` into `into`, which has to have room for eight
 * symbols every five bytes. Returns how many were written, or -1 when the input is malformed.
 */
export function huffmanDecode(
  bytes: Uint8Array,
  start: number,
  end: number,
  into: Uint8Array,
): number {
  let state = 0;
  let written = 0;
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!;
    const high = STEPS[(state << 4) | (byte >>> 4)]!;
    if (high === FAILED) return -1;
    if ((high & EMITS) !== 0) into[written++] = high & 0xff;
    const low = STEPS[((high >>> 10) << 4) | (byte & 15)]!;
    if (low === FAILED) return -1;
    if ((low & EMITS) !== 0) into[written++] = low & 0xff;
    state = low >>> 10;
  }
  return MAY_END[state] === true ? written : -1;
}

/** Bytes that `huffmanEncode` takes for this latin1 string. */
export function huffmanSize(text: string): number {
  let bits = 0;
  for (let i = 0; i < text.length; i++) bits += HUFFMAN_CODES[text.charCodeAt(i) & 0xff]!.length;
  return (bits + 7) >>> 3;
}

/** Encodes a latin1 string into `into` at `offset`; returns the offset after it. */
export function huffmanEncode(text: string, into: Uint8Array, offset: number): number {
  let pending = 0;
  let pendingBits = 0;
  for (let i = 0; i < text.length; i++) {
    const { bits, length } = HUFFMAN_CODES[text.charCodeAt(i) & 0xff]!;
    for (let left = length; left > 0;) {
      const take = Math.min(left, 8 - pendingBits);
      pending = (pending << take) | ((bits >>> (left - take)) & ((1 << take) - 1));
      pendingBits += take;
      left -= take;
      if (pendingBits === 8) {
        into[offset++] = pending;
        pending = 0;
        pendingBits = 0;
      }
    }
  }
  if (pendingBits > 0) {
    into[offset++] = ((pending << (8 - pendingBits)) | (0xff >>> pendingBits)) & 0xff;
  }
  return offset;
}
