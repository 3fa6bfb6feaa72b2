import fc from "fast-check";
import t from "tap";
import { compareDestinations, compareServices, mergeSort } from "../../src/ipvsadm/sort.ts";
import { type Address, formatAddress, parseAddress, UNSPECIFIED } from "../../src/net/address.ts";
import type { ServiceId } from "../../src/wire/ipvs-objects.ts";

function service(address: Address, fwmark = 0): ServiceId {
  return { family: address.family, protocol: 6, address, port: 80, fwmark };
}

function sortedServices(addresses: string): string {
  const ids = addresses.split(" ").map((text) => service(parseAddress(text)));
  return mergeSort(ids, compareServices)
    .map((id) => formatAddress(id.address))
    .join(" ");
}

function sortedServers(addresses: string): string {
  const ids = addresses.split(" ").map((text) => ({ address: parseAddress(text), port: 80 }));
  return mergeSort(ids, compareDestinations)
    .map((id) => formatAddress(id.address))
    .join(" ");
}

t.test("services come in the order a run of ipvsadm 1.31 gave", async (t) => {
  t.equal(
    sortedServices(
      "60.0.0.1 150.0.0.1 1.2.3.4 203.0.113.5 100.64.0.1 172.16.0.1 192.168.0.1 10.0.0.1",
    ),
    "100.64.0.1 172.16.0.1 192.168.0.1 203.0.113.5 1.2.3.4 10.0.0.1 60.0.0.1 150.0.0.1",
  );
  t.equal(
    sortedServices(
      "240.0.0.1 60.0.0.1 220.0.0.1 150.0.0.1 80.0.0.1 203.0.113.1 1.1.1.1 172.16.0.1 " +
        "192.168.0.1 100.0.0.1 10.0.0.1",
    ),
    "172.16.0.1 192.168.0.1 203.0.113.1 220.0.0.1 240.0.0.1 1.1.1.1 10.0.0.1 60.0.0.1 " +
      "80.0.0.1 100.0.0.1 150.0.0.1",
  );
  t.equal(
    sortedServices(
      "2001:db8:0:1:: 2001:db8::f000:0:0:1 2001:db8::1 5000::1 a000::1 8000::1 ::1 fd00::1",
    ),
    "2001:db8::f000:0:0:1 2001:db8::1 2001:db8:0:1:: 5000::1 8000::1 a000::1 fd00::1 ::1",
  );
});

t.test("marks come in the order a run of ipvsadm 1.31 gave", async (t) => {
  const marks = [3000000000, 2147483648, 1, 5, 100, 4294967295, 2147483647];
  const sorted = mergeSort(
    marks.map((mark) => service(UNSPECIFIED[4], mark)),
    compareServices,
  );
  t.same(
    sorted.map((id) => id.fwmark),
    [3000000000, 4294967295, 1, 5, 100, 2147483647, 2147483648],
  );
});

t.test("servers of both families come in the order a run of ipvsadm 1.31 gave", async (t) => {
  t.equal(
    sortedServers(
      "2002::1 9.9.9.9 fd00::1 172.16.0.1 2001:db8::20 192.168.0.1 2001:db8::21 10.0.0.1",
    ),
    "172.16.0.1 192.168.0.1 fd00::1 9.9.9.9 10.0.0.1 2001:db8::20 2001:db8::21 2002::1",
  );
});

t.test("mergeSort() sorts, keeps equal items in order, and leaves its input alone", async () => {
  const items = fc.array(fc.record({ key: fc.nat(9), tag: fc.nat() }));
  fc.assert(
    fc.property(items, (input) => {
      const before = JSON.stringify(input);
      const sorted = mergeSort(input, (a, b) => a.key - b.key);
      const expected = input.toSorted((a, b) => a.key - b.key);
      return (
        JSON.stringify(sorted) === JSON.stringify(expected) && JSON.stringify(input) === before
      );
    }),
  );
});
