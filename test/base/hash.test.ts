import t from "tap";
import { hash32, sipHash13 } from "../../src/base/hash.ts";

t.test("hash32() gives the buckets a kernel was seen to use", async (t) => {
  const vectors: readonly [value: number, in8: number, in10: number][] = [
    [0x0a000001, 39, 159],
    [0x0a000002, 137, 550],
    [0xc0a80164, 89, 357],
    [0xcb007107, 124, 499],
    [0xffffffff, 158, 632],
    [0x20010db9, 63, 252],
    [0xfd0a000b, 157, 629],
  ];
  for (const [value, in8, in10] of vectors) {
    t.equal(hash32(value, 8), in8);
    t.equal(hash32(value, 10), in10);
  }
});

t.test("sipHash13() gives the values a kernel was seen to compute", async (t) => {
  t.equal(sipHash13(2654435761, 0), 0x1d5a77c2);
  t.equal(sipHash13(2654446892, 0), 0xf882433f);
  t.equal(sipHash13(2654435761, 1), 0x16ec66b2);
  t.equal(sipHash13(2654435761, 0x0a000001), 0x03080ce4);
});
