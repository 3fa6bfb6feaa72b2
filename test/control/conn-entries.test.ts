import fc from "fast-check";
import t from "tap";
import { type ConnectionEntry, connectionEntries } from "../../src/control/conn-entries.ts";
import { connectionLines, protocolName } from "../../src/control/procfs.ts";
import type { ConnectionRecord } from "../../src/engine/connection-record.ts";
import { parseAddress } from "../../src/net/address.ts";
import { address, uint16, uint32 } from "./arbitraries.ts";

const HEAD = "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData\n";
const LINE = "TCP 0A010203 03E9 0A000064 0050 C0A80A0B 1F90 SYN_RECV         57";

async function* inPieces(text: string, length: number): AsyncGenerator<string> {
  for (let from = 0; from < text.length; from += length) yield text.slice(from, from + length);
}

/** Returns all connections in a text that comes in pieces of `length` characters. */
async function entriesOf(text: string, length = 1000): Promise<readonly ConnectionEntry[]> {
  const entries: ConnectionEntry[] = [];
  for await (const some of connectionEntries(inPieces(text, length))) entries.push(...some);
  return entries;
}

t.test("connectionEntries() reads the fields of a line", async (t) => {
  t.same(await entriesOf(`${HEAD}${LINE}\n`), [
    {
      protocol: "TCP",
      client: { address: parseAddress("10.1.2.3"), port: 1001 },
      virtual: { address: parseAddress("10.0.0.100"), port: 80 },
      destination: { address: parseAddress("192.168.10.11"), port: 8080 },
      state: "SYN_RECV",
      expires: 57,
      engineName: undefined,
      engineData: undefined,
    },
  ]);
});

t.test("connectionEntries() reads engines, marks and families that differ", async (t) => {
  const [sip, mark, mixed] = [
    ...(await entriesOf(
      `${HEAD}UDP 0A010203 0000 0A000064 13C4 C0A80A0B 13C4 NONE             60 sip a b@h
IP  0A010203 0000 00000007 0000 C0A80A0C 0000 ASSURED     6000000
TCP 2001:0db8:0001:0000:0000:0000:0000:0000 0000 0000:0001:0000:0000:0000:0000:0000:0000 0000 C0A80A0C FFFF NONE             57`,
    )),
  ];
  t.match(sip, { protocol: "UDP", expires: 60, engineName: "sip", engineData: "a b@h" });
  t.match(mark, { protocol: "IP", state: "ASSURED", expires: 6000000 });
  t.same(mark?.virtual, { address: parseAddress("0.0.0.7"), port: 0 });
  t.same(mixed?.virtual.address, parseAddress("0:1::"));
  t.same(mixed?.destination, { address: parseAddress("192.168.10.12"), port: 65535 });
});

t.test(
  "connectionEntries() gives nothing for a head alone and refuses a missing one",
  async (t) => {
    t.same(await entriesOf(HEAD), []);
    t.same(await entriesOf("anything"), [], "the first line is not looked at");
    await t.rejects(entriesOf(""), SyntaxError);
  },
);

t.test("connectionEntries() gives what comes before a line it refuses", async (t) => {
  for (const bad of [
    "",
    "TCP",
    LINE.slice(0, 40),
    LINE.replace("0A000064", "0A0000"),
    `x${LINE}:`,
  ]) {
    const entries = connectionEntries(inPieces(`${HEAD}${LINE}\n${bad}\n${LINE}\n`, 1000));
    t.match(await entries.next(), { value: [{ state: "SYN_RECV" }] });
    await t.rejects(entries.next(), { name: "SyntaxError", message: /line 3/ }, bad);
  }
});

t.test("what the status file shows is read back", async (t) => {
  const record: fc.Arbitrary<ConnectionRecord> = fc.constantFrom<4 | 6>(4, 6).chain((family) =>
    fc.record({
      protocol: fc.constantFrom(0, 6, 17, 132, 50),
      family: fc.constant(family),
      clientAddress: address(family),
      clientPort: uint16,
      virtualAddress: address(family),
      virtualPort: uint16,
      destinationAddress: fc.constantFrom<4 | 6>(4, 6).chain(address),
      destinationPort: uint16,
      state: fc.constantFrom("NONE", "ESTABLISHED", "SHUTDOWN_ACK_SENT"),
      expires: uint32,
      synced: fc.boolean(),
      engineName: fc.constantFrom(undefined, "sip"),
      engineData: fc.constant("call id@host"),
    }),
  );
  const pieceLength = fc.integer({ min: 1, max: 300 });
  await fc.assert(
    fc.asyncProperty(fc.array(record, { maxLength: 4 }), pieceLength, async (records, length) => {
      const text = [...connectionLines(records)].join("");
      const expected = records.map((one) => ({
        protocol: protocolName(one.protocol),
        client: { address: one.clientAddress, port: one.clientPort },
        virtual: { address: one.virtualAddress, port: one.virtualPort },
        destination: { address: one.destinationAddress, port: one.destinationPort },
        state: one.state,
        expires: one.expires,
        engineName: one.engineName,
        engineData: one.engineName === undefined ? undefined : one.engineData,
      }));
      t.same(await entriesOf(text, length), expected);
    }),
    { numRuns: 50 },
  );
});

t.test("random text is read or refused", async () => {
  await fc.assert(
    fc.asyncProperty(fc.string(), async (text) => {
      try {
        return (await entriesOf(`${HEAD}${text}`)).length >= 0;
      } catch (error) {
        return error instanceof SyntaxError;
      }
    }),
  );
});
