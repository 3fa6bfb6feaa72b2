import t from "tap";
import { ReplyQueue } from "../../src/control/reply-queue.ts";

/** A socket that only notes whether it is read. */
class Source {
  reading = true;

  pause(): void {
    this.reading = false;
  }

  resume(): void {
    this.reading = true;
  }
}

/** Delivers replies for as long as the source is read; returns how many that were. */
function deliver(queue: ReplyQueue, source: Source, most: number): number {
  let count = 0;
  while (source.reading && count < most) {
    count++;
    queue.deliver(Uint8Array.of(count), count === most);
  }
  return count;
}

t.test(
  "the source is read no further while replies wait, and again once they are taken",
  async (t) => {
    const source = new Source();
    const queue = new ReplyQueue(source);
    const waiting = deliver(queue, source, 1000);
    t.ok(waiting < 100, `${waiting} replies wait`);
    const replies = queue.replies();
    for (let taken = 0; taken < waiting; taken++) t.equal((await replies.next()).done, false);
    const next = replies.next();
    await new Promise((resolve) => setImmediate(resolve));
    t.equal(source.reading, true);
    queue.deliver(Uint8Array.of(1), true);
    t.equal((await next).done, false);
    t.equal((await replies.next()).done, true);
  },
);

t.test("a failure comes after the replies before it", async (t) => {
  const source = new Source();
  const queue = new ReplyQueue(source);
  queue.deliver(Uint8Array.of(1), false);
  queue.reject(new Error("gone"));
  const replies = queue.replies();
  t.same((await replies.next()).value, Uint8Array.of(1));
  await t.rejects(replies.next(), { message: "gone" });
});

t.test(
  "what comes after the replies were given up is passed over, and the source read",
  async (t) => {
    const source = new Source();
    const queue = new ReplyQueue(source);
    deliver(queue, source, 1000);
    const replies = queue.replies();
    await replies.next();
    await replies.return();
    t.equal(deliver(queue, source, 1000), 1000);
    t.equal(source.reading, true);
  },
);
