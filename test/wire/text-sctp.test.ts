import t from "tap";
import { packetText } from "../../src/wire/text.ts";
import { hex, ip, type SctpChunk, sctp } from "../support/packet.ts";
import { type PacketLine, testLines } from "../support/packet-lines.ts";

const ENDS = { from: "10.1.2.3:40000", to: "10.0.0.100:8000" };
const INIT = hex("11223344 0000ffff 000a 0005 00000007");
const DATA = hex("00000009 0001 0002 00000000 6162636465");
const DATA_SAID = "[TSN: 9] [SID: 1] [SSEQ 2] [PPID 0x0]";

function line(chunks: readonly (SctpChunk | number)[], said: string): PacketLine {
  return [sctp({ ...ENDS, chunks }), `IP 10.1.2.3.40000 > 10.0.0.100.8000: ${said}`];
}

testLines(t, [
  line([], "sctp"),
  line(
    [{ type: 1, body: INIT }],
    "sctp (1) [INIT] [init tag: 287454020] [rwnd: 65535] [OS: 10] [MIS: 5] [init TSN: 7]",
  ),
  line(
    [{ type: 2, body: INIT }],
    "sctp (1) [INIT ACK] [init tag: 287454020] [rwnd: 65535] [OS: 10] [MIS: 5] [init TSN: 7]",
  ),
  line([{ type: 0, flags: 3, body: DATA }], `sctp (1) [DATA] (B)(E) ${DATA_SAID}`),
  line([{ type: 0, flags: 7, body: DATA }], `sctp (1) [DATA] (U)(B)(E) ${DATA_SAID}`),
  line([{ type: 0, body: DATA }], `sctp (1) [DATA] ${DATA_SAID}`),
  line(
    [{ type: 3, body: hex("00000009 000003e8 0000 0000") }],
    "sctp (1) [SACK] [cum ack 9] [a_rwnd 1000] [#gap acks 0] [#dup tsns 0]",
  ),
  line([{ type: 4, body: hex("0001 0008 01020304") }], "sctp (1) [HB REQ]"),
  line([{ type: 5, body: hex("0001 0008 01020304") }], "sctp (1) [HB ACK]"),
  line([6], "sctp (1) [ABORT]"),
  line([{ type: 7, body: hex("00000009") }], "sctp (1) [SHUTDOWN]"),
  line([8], "sctp (1) [SHUTDOWN ACK]"),
  line([{ type: 9, body: hex("0006 0008 01020304") }], "sctp (1) [OP ERR]"),
  line([11, 14], "sctp (1) [COOKIE ACK], (2) [SHUTDOWN COMPLETE]"),
  line(
    [
      { type: 10, body: "abcde" },
      { type: 0, flags: 3, body: DATA },
    ],
    `sctp (1) [COOKIE ECHO], (2) [DATA] (B)(E) ${DATA_SAID}`,
  ),
  line([{ type: 12, body: hex("00000009") }], "sctp (1) [ECN ECHO]"),
  line([{ type: 13, body: hex("00000009") }], "sctp (1) [ECN CWR]"),
  line([200], "sctp (1) [Unknown chunk type: 0xc8]"),
]);

t.test("what is cut short says so", async (t) => {
  const text = (packet: Uint8Array) => packetText(packet).replace(/^.*8000: /, "");
  t.equal(text(sctp({ ...ENDS, chunks: [1] })), "sctp (1) [INIT] [|sctp]");
  t.equal(text(sctp({ ...ENDS, chunks: [0, 3] })), "sctp (1) [DATA] [|sctp], (2) [SACK] [|sctp]");
  const hosts = { from: "10.1.2.3", to: "10.0.0.100" };
  const header = hex("9c40 1f40 00000000 000000");
  t.equal(text(ip({ ...hosts, protocol: 132, payload: header })), "[|sctp]");
});

t.test("a chunk of impossible length is the last", async (t) => {
  const packet = sctp({ ...ENDS, chunks: [11, 14] });
  packet[20 + 12 + 3] = 3;
  t.match(packetText(packet), /: sctp \(1\) \[COOKIE ACK\]$/);
  packet[20 + 12 + 3] = 200;
  t.match(packetText(packet), /: sctp \(1\) \[COOKIE ACK\]$/);
});
