import fc from "fast-check";
import t from "tap";
import { FramingError, MAX_MESSAGE, MessageSplitter } from "../../src/daemon/message-splitter.ts";

/** A message of that length: its header's length field, then bytes that tell their place. */
function message(length: number): Uint8Array {
  const bytes = Uint8Array.from({ length }, (_, at) => at & 0xff);
  new DataView(bytes.buffer).setUint32(0, length, true);
  return bytes;
}

/** The stream of several messages, each padded to a multiple of four bytes. */
function stream(messages: readonly Uint8Array[]): Uint8Array {
  const parts = messages.flatMap((each) => [each, new Uint8Array(-each.length & 3)]);
  return new Uint8Array(Buffer.concat(parts));
}

function drain(splitter: MessageSplitter): Uint8Array[] {
  const taken: Uint8Array[] = [];
  for (let next = splitter.next(); next; next = splitter.next()) taken.push(next);
  return taken;
}

t.test("next() gives back what was sent, however the stream was cut", async () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 16, max: 200 }), { maxLength: 8 }),
      fc.array(fc.nat(64), { maxLength: 40 }),
      (lengths, cuts) => {
        const sent = lengths.map(message);
        let rest = stream(sent);
        const splitter = new MessageSplitter();
        const received: Uint8Array[] = [];
        for (const cut of cuts) {
          splitter.push(rest.slice(0, cut));
          rest = rest.subarray(cut);
          received.push(...drain(splitter));
        }
        splitter.push(rest.slice());
        received.push(...drain(splitter));
        return (
          received.length === sent.length &&
          received.every((each, index) => Buffer.compare(each, sent[index]!) === 0)
        );
      },
    ),
  );
});

t.test("next() does not wait for the padding of the last message", async (t) => {
  const splitter = new MessageSplitter();
  splitter.push(message(17));
  t.equal(splitter.next()?.length, 17);
  t.equal(splitter.next(), undefined);
  splitter.push(Uint8Array.of(0, 0));
  splitter.push(Uint8Array.of(0));
  splitter.push(message(20));
  t.equal(splitter.next()?.length, 20);
});

t.test("next() waits for the rest of a message", async (t) => {
  const splitter = new MessageSplitter();
  const whole = message(40);
  splitter.push(whole.slice(0, 15));
  t.equal(splitter.next(), undefined);
  splitter.push(whole.slice(15, 39));
  t.equal(splitter.next(), undefined);
  splitter.push(whole.slice(39));
  t.same(splitter.next(), whole);
});

t.test("next() refuses a length that cannot be framed, and shows the header", async (t) => {
  for (const length of [0, 15, MAX_MESSAGE + 1, 0xffffffff]) {
    const bytes = message(20);
    new DataView(bytes.buffer).setUint32(0, length, true);
    const splitter = new MessageSplitter();
    splitter.push(bytes);
    try {
      splitter.next();
      t.fail("must throw");
    } catch (error) {
      t.type(error, FramingError);
      t.same((error as FramingError).header, bytes.slice(0, 16));
      t.match((error as FramingError).message, `length ${length}:`);
    }
  }
});
