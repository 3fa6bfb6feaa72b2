import fc from "fast-check";
import t from "tap";
import * as arp from "../../src/wire/arp.ts";
import { hex } from "../support/packet.ts";

const REQUEST = hex("0001 0800 06 04 0001 020000000a01 0a000001 000000000000 0a000002");

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

t.test("accessors read the fields of a message", async (t) => {
  const view = viewOf(REQUEST);
  t.ok(arp.isWhole(view, 0, 28));
  t.equal(arp.opcode(view, 0), arp.REQUEST);
  t.equal(arp.senderMac(view, 0), 0x020000000a01);
  t.equal(arp.senderAddress(view, 0), 0x0a000001);
  t.equal(arp.targetMac(view, 0), 0);
  t.equal(arp.targetAddress(view, 0), 0x0a000002);
});

t.test("write() puts the bytes where they belong", async (t) => {
  const bytes = new Uint8Array(28);
  arp.write(viewOf(bytes), 0, {
    opcode: arp.REQUEST,
    senderMac: 0x020000000a01,
    senderAddress: 0x0a000001,
    targetMac: 0,
    targetAddress: 0x0a000002,
  });
  t.same(bytes, REQUEST);
});

t.test("isWhole() refuses a message that is cut short", async (t) => {
  for (let end = 0; end < 28; end++) t.notOk(arp.isWhole(viewOf(REQUEST), 0, end), `${end} bytes`);
});

t.test("isWhole() refuses other links, protocols and lengths", async (t) => {
  for (const at of [1, 2, 4, 5]) {
    const bytes = REQUEST.slice();
    bytes[at] = 9;
    t.notOk(arp.isWhole(viewOf(bytes), 0, 28), `byte ${at} changed`);
  }
});

t.test("what was written is read back", async () => {
  const mac = fc.integer({ min: 0, max: 0xffffffffffff });
  const address = fc.nat(0xffffffff);
  fc.assert(
    fc.property(
      mac,
      address,
      mac,
      address,
      (senderMac, senderAddress, targetMac, targetAddress) => {
        const view = new DataView(new ArrayBuffer(31));
        const message = { opcode: arp.REPLY, senderMac, senderAddress, targetMac, targetAddress };
        arp.write(view, 3, message);
        return (
          arp.isWhole(view, 3, 31) &&
          arp.opcode(view, 3) === arp.REPLY &&
          arp.senderMac(view, 3) === senderMac &&
          arp.senderAddress(view, 3) === senderAddress &&
          arp.targetMac(view, 3) === targetMac &&
          arp.targetAddress(view, 3) === targetAddress
        );
      },
    ),
  );
});
