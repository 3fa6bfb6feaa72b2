import t from "tap";
import { parseAddress } from "../../src/net/address.ts";
import { addressAdd, gatewayAdd, linkStart, neighborAdd } from "../../src/wire/rtnetlink-host.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
/** Returns the digits of a message: its header with no sequence number or port yet, then `parts`. */
function message(length: number, type: number, flags: string, ...parts: readonly string[]): string {
  const start = `${length.toString(16)}000000${type.toString(16)}00${flags}`;
  return [start, "0000000000000000", ...parts].join("");
}

t.test("linkStart() brings an interface up, with a hardware address or without", async (t) => {
  const up = ["0000000007000000", "0100000001000000"];
  t.equal(hex(linkStart(7)), message(32, 16, "0500", ...up));
  t.equal(
    hex(linkStart(7, 0x020000006330)),
    message(44, 16, "0500", ...up, "0a000100", "020000006330", "0000"),
  );
});

t.test("addressAdd() gives the address as local and as peer, IPv6 without a probe", async (t) => {
  const v4 = ["08000200", "0a000001", "08000100", "0a000001"];
  t.equal(
    hex(addressAdd(3, { address: parseAddress("10.0.0.1"), length: 24 })),
    message(40, 20, "0506", "0218000003000000", ...v4),
  );
  const bytes = "20010db8000000000000000000000001";
  const v6 = ["14000200", bytes, "14000100", bytes];
  t.equal(
    hex(addressAdd(3, { address: parseAddress("2001:db8::1"), length: 64 })),
    message(64, 20, "0506", "0a40020003000000", ...v6),
  );
});

t.test("neighborAdd() makes a permanent neighbour", async (t) => {
  const attributes = ["08000100", "0a0000fe", "0a000200", "02000000c0fe", "0000"];
  t.equal(
    hex(neighborAdd(3, parseAddress("10.0.0.254"), 0x02000000c0fe)),
    message(48, 28, "0506", "020000000300000080000000", ...attributes),
  );
});

t.test("gatewayAdd() names the destination only where it is not everywhere", async (t) => {
  const gateway = parseAddress("10.0.0.254");
  const way = ["08000500", "0a0000fe", "08000400", "03000000"];
  t.equal(
    hex(gatewayAdd(3, { address: parseAddress("0.0.0.0"), length: 0 }, gateway)),
    message(44, 24, "0506", "02000000fe030001", "00000000", ...way),
  );
  t.equal(
    hex(gatewayAdd(3, { address: parseAddress("192.0.2.0"), length: 24 }, gateway)),
    message(52, 24, "0506", "02180000fe030001", "00000000", "08000100", "c0000200", ...way),
  );
});
