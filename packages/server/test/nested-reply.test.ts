import { WireWriter } from "@nodetcd/bytes";
import { SeededRandom } from "@nodetcd/simulator";
import { expect, test } from "vitest";
import { NestedReply } from "../src/read/nested-reply.ts";
import { ResponseHeaders } from "../src/wire/response-header.ts";

const SEED = Number(process.env["SEED"] ?? 1);
const headers = new ResponseHeaders(1n, 2n);

interface Field {
  readonly tag: number;
  readonly content: readonly (Field | Uint8Array)[];
}

function someFields(random: SeededRandom, depth: number): Field["content"] {
  return Array.from({ length: random.below(5) }, () => {
    if (depth === 0 || random.chance(0.4))
      return Buffer.alloc(random.below(300), random.below(256));
    return { tag: (1 + random.below(20)) << 3, content: someFields(random, depth - 1) };
  });
}

function writePlain(writer: WireWriter, content: Field["content"]): void {
  for (const each of content) {
    if (each instanceof Uint8Array) writer.raw(each);
    else {
      writer.uint32(each.tag);
      const mark = writer.beginDelimited();
      writePlain(writer, each.content);
      writer.endDelimited(mark);
    }
  }
}

test(`NestedReply is the same wherever its pieces are moved out (SEED=${SEED})`, () => {
  const random = new SeededRandom(SEED);
  for (let round = 0; round < 300; round++) {
    const content = someFields(random, 5);
    const plain = new WireWriter();
    headers.write(plain, round);
    writePlain(plain, content);
    const reply = new NestedReply();
    const write = (some: Field["content"]): void => {
      for (const each of some) {
        if (each instanceof Uint8Array) {
          if (random.chance(0.7)) reply.writer.raw(each);
          else {
            reply.moveOut();
            reply.add(each);
          }
        } else {
          reply.open(each.tag);
          write(each.content);
          reply.close();
        }
        if (round % 3 > 0 && random.chance(0.1)) reply.moveOut();
      }
    };
    write(content);
    const slice = {
      until: 0,
      get over() {
        return random.chance(0.5);
      },
    };
    const steps = reply.finish(headers, round, slice);
    let step = steps.next();
    while (step.done !== true) step = steps.next();
    expect(Buffer.from(step.value).equals(plain.finish()), `round ${round}`).toBe(true);
  }
});
