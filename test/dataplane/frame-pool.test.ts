import t from "tap";
import { FramePool } from "../../dataplane/frame-pool.ts";
import { HEADROOM } from "../../src/wire/frame.ts";
import { hex } from "../support/packet.ts";

t.test("a pool lends its frames and counts who went without", async (t) => {
  const pool = new FramePool(2, HEADROOM + 64);
  const [first, second] = [pool.take(), pool.take()];
  t.ok(first && second && first !== second);
  t.equal(pool.available, 0);
  t.equal(pool.take(), undefined);
  t.equal(pool.take(), undefined);
  t.equal(pool.exhausted, 2);
  pool.give(first!);
  t.equal(pool.available, 1);
  t.equal(pool.take(), first);
});

t.test("a frame is lent empty", async (t) => {
  const pool = new FramePool(1, HEADROOM + 64);
  const frame = pool.take()!;
  frame.load(hex("4500"));
  frame.mark = 3;
  pool.give(frame);
  t.match(pool.take(), { length: 0, mark: 0, start: HEADROOM });
});

t.test("a pool refuses a frame it never lent", async (t) => {
  const pool = new FramePool(1, HEADROOM + 64);
  const frame = pool.take()!;
  pool.give(frame);
  t.throws(() => pool.give(frame), new RangeError("Cannot take a frame back: all 1 are here"));
});
