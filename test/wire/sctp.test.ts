import fc from "fast-check";
import t from "tap";
import * as sctp from "../../src/wire/sctp.ts";
import { hex, sctp as packetOf } from "../support/packet.ts";

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** An INIT from a client, and as a kernel's ip_vs rewrote its port for the real server. */
const INIT = hex(`9c401388 00000000 836fae6e 01000014 abcd0001 0000ffff 000a000a 00000001`);
const REWRITTEN = hex(`9c401389 00000000 a6a47599 01000014 abcd0001 0000ffff 000a000a 00000001`);
/** A COOKIE ECHO with nothing in it: a chunk that is all header. */
const COOKIE_ECHO = hex("9c401388 11223344 99f673fa 0a000004");

t.test("accessors read the fields of a recorded packet", async (t) => {
  const view = viewOf(INIT);
  t.equal(sctp.srcPort(view, 0), 40000);
  t.equal(sctp.dstPort(view, 0), 5000);
  t.equal(sctp.verificationTag(view, 0), 0);
  t.equal(sctp.checksum(view, 0), 0x6eae6f83, "little-endian on the wire");
  t.ok(sctp.hasChunk(sctp.HEADER_LENGTH, INIT.length));
  t.equal(sctp.chunkType(view, sctp.HEADER_LENGTH), sctp.CHUNK.init);
  t.equal(sctp.chunkLength(view, sctp.HEADER_LENGTH), 20);
  t.equal(sctp.verificationTag(viewOf(COOKIE_ECHO), 0), 0x11223344);
  t.equal(sctp.chunkType(viewOf(COOKIE_ECHO), sctp.HEADER_LENGTH), sctp.CHUNK.cookieEcho);
});

t.test("a rewritten port and its checksum are what a kernel wrote", async (t) => {
  const packet = INIT.slice();
  sctp.setDstPort(viewOf(packet), 0, 5001);
  sctp.updateChecksum(viewOf(packet), 0, packet.length);
  t.same(packet, REWRITTEN);
});

t.test("setters write the header the accessors read", async (t) => {
  const bytes = new Uint8Array(2 + COOKIE_ECHO.length);
  bytes.set(COOKIE_ECHO.subarray(12), 14);
  const view = viewOf(bytes);
  sctp.setSrcPort(view, 2, 40000);
  sctp.setDstPort(view, 2, 5000);
  sctp.setVerificationTag(view, 2, 0x11223344);
  sctp.updateChecksum(view, 2, bytes.length);
  t.same(bytes.subarray(2), COOKIE_ECHO);
  t.same(bytes.subarray(0, 2), new Uint8Array(2), "nothing before the header is touched");
});

t.test("isWhole() and hasChunk() refuse every truncation", async (t) => {
  for (let end = 0; end < 12; end++) t.notOk(sctp.isWhole(0, end), `${end} bytes`);
  t.ok(sctp.isWhole(0, 12));
  for (let end = 12; end < 16; end++) t.notOk(sctp.hasChunk(12, end), `${end} bytes`);
  t.ok(sctp.hasChunk(12, 16));
});

t.test("chunk numbers are those of RFC 9260 §3.2, each once", async (t) => {
  t.same(Object.values(sctp.CHUNK), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
  t.match(sctp.CHUNK, { shutdown: 7, cookieAck: 11, shutdownComplete: 14 });
});

t.test("updateChecksum() equals a checksum computed bit by bit, over either family", async () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 60 }),
      fc.nat(0xffffffff),
      fc.boolean(),
      (body, tag, v6) => {
        const ends = v6
          ? { from: "[2001:db8::1]:1", to: "[2001:db8::2]:2" }
          : { from: "10.0.0.1:1", to: "10.0.0.2:2" };
        const right = packetOf({ ...ends, tag, chunks: [{ type: 0, body }, 14] });
        const packet = right.slice();
        const at = v6 ? 40 : 20;
        viewOf(packet).setUint32(at + 8, 0xdeadbeef);
        sctp.updateChecksum(viewOf(packet), at, packet.length);
        return Buffer.from(packet).equals(right);
      },
    ),
  );
});
