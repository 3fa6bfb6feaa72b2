import t from "tap";
import { ERRNO } from "../../src/base/error.ts";
import { refusal } from "../../src/daemon/refusal.ts";
import { HEADER_LENGTH, MESSAGE_TYPE, messagesIn, outcomeOf } from "../../src/wire/netlink.ts";

t.test("a refusal quotes the header it answers, with a length that is right", async (t) => {
  const header = Uint8Array.from({ length: 40 }, (_, at) => at);
  const [message, ...more] = messagesIn(refusal(header));
  t.same(more, []);
  t.equal(message?.type, MESSAGE_TYPE.error);
  t.equal(message?.sequence, 0x0b0a0908);
  t.equal(message?.port, 0x0f0e0d0c);
  t.equal(outcomeOf(message!)?.errno, ERRNO.EINVAL);
  const quoted = message!.payload.subarray(4, 4 + HEADER_LENGTH);
  t.equal(new DataView(quoted.buffer, quoted.byteOffset).getUint32(0, true), HEADER_LENGTH);
  t.same(quoted.subarray(4), header.subarray(4, HEADER_LENGTH));
});
