import t from "tap";
import { type RouteConfig, Routing, TABLE } from "../../src/host/routing.ts";
import { copyAddress, formatAddress, parseAddress } from "../../src/net/address.ts";
import { parsePrefix } from "../../src/net/prefix.ts";

function routing(): Routing {
  const made = new Routing();
  made.addInterface("c0");
  made.addInterface("r0", 1400);
  made.addAddress("c0", parsePrefix("10.0.0.1/24"));
  made.addAddress("r0", parsePrefix("192.168.10.1/24"));
  made.addAddress("r0", parsePrefix("2001:db8:d::1/64"));
  return made;
}

/** Says what becomes of packets to an address. */
function way(from: Routing, to: string, mark = 0): string {
  const { family, words } = parseAddress(to);
  const found = from.find(family, words, mark);
  if (found === undefined) return "none";
  const via = found.via === undefined ? "" : ` via ${formatAddress(found.via)}`;
  return `${found.type} ${found.device.name}${via}`;
}

function source(from: Routing, to: string): string {
  const { family, words } = parseAddress(to);
  const found = from.find(family, words, 0);
  return found ? formatAddress(copyAddress(family, from.sourceFor(found, words))) : "none";
}

const route = (to: string, rest: Partial<RouteConfig> = {}): RouteConfig => ({
  to: parsePrefix(to),
  ...rest,
});

t.test("an address brings its routes, and takes them away", async (t) => {
  const made = routing();
  t.equal(way(made, "10.0.0.1"), "local c0");
  t.equal(way(made, "10.0.0.9"), "unicast c0");
  t.equal(way(made, "10.0.0.255"), "broadcast c0");
  t.equal(way(made, "127.9.9.9"), "local lo");
  t.equal(way(made, "::1"), "local lo");
  t.equal(way(made, "2001:db8:d::77"), "unicast r0");
  t.equal(way(made, "10.0.1.1"), "none");
  made.addAddress("c0", parsePrefix("10.0.0.2/24"));
  made.deleteAddress("c0", parsePrefix("10.0.0.1/24"));
  t.equal(way(made, "10.0.0.1"), "unicast c0");
  t.equal(way(made, "10.0.0.9"), "unicast c0", "the other address keeps the network");
  made.deleteAddress("c0", parsePrefix("10.0.0.2/24"));
  t.equal(way(made, "10.0.0.9"), "none");
  t.equal(way(made, "10.0.0.255"), "none");
});

t.test("the whole prefix of an address on lo is local", async (t) => {
  const made = routing();
  made.addAddress("lo", parsePrefix("10.9.0.1/24"));
  t.equal(way(made, "10.9.0.77"), "local lo");
  t.equal(way(made, "10.9.0.255"), "broadcast lo");
  made.addAddress("lo", parsePrefix("2001:db8:9::1/64"));
  t.equal(way(made, "2001:db8:9::1"), "local lo");
  t.equal(way(made, "2001:db8:9::77"), "none", "but not with IPv6");
});

t.test("rules decide which tables are asked, by mark", async (t) => {
  const made = routing();
  made.addRoute(route("0.0.0.0/0", { via: parseAddress("10.0.0.254") }));
  made.addRoute(route("0.0.0.0/0", { type: "local", dev: "lo", table: 100 }));
  made.addRoute(route("10.5.0.0/16", { via: parseAddress("192.168.10.5"), table: 200 }));
  made.addRule({ family: 4, mark: 1, table: 100 });
  made.addRule({ family: 4, mark: 0x20, mask: 0xf0, table: 200 });
  t.equal(way(made, "10.5.0.1"), "unicast c0 via 10.0.0.254");
  t.equal(way(made, "10.5.0.1", 1), "local lo");
  t.equal(way(made, "10.5.0.1", 0x2f), "unicast r0 via 192.168.10.5");
  t.equal(way(made, "10.6.0.1", 0x2f), "unicast c0 via 10.0.0.254", "goes on with the next rule");
  t.equal(way(made, "192.168.10.1", 1), "local r0", "the local table comes first");
  made.deleteRule({ family: 4, mark: 1, table: 100 });
  t.equal(way(made, "10.5.0.1", 1), "unicast c0 via 10.0.0.254");
  t.throws(() => made.deleteRule({ family: 4, mark: 1, table: 100 }), RangeError);
});

t.test("a route finds its interface by its next hop, and its MTU and source there", async (t) => {
  const made = routing();
  made.addRoute(route("44.0.0.0/8", { via: parseAddress("192.168.10.11") }));
  made.addRoute(route("45.0.0.0/8", { dev: "r0", mtu: 1280, src: parseAddress("10.0.0.1") }));
  const { words } = parseAddress("44.1.1.1");
  t.equal(made.find(4, words, 0)?.mtu, 1400);
  made.setMtu("r0", 1300);
  t.equal(made.find(4, words, 0)?.mtu, 1300);
  t.equal(source(made, "44.1.1.1"), "192.168.10.1");
  t.equal(source(made, "45.1.1.1"), "10.0.0.1");
  made.addAddress("r0", parsePrefix("10.7.0.1/24"));
  t.equal(source(made, "10.7.0.9"), "10.7.0.1");
  t.equal(source(made, "44.1.1.1"), "192.168.10.1");
  made.addAddress("r0", parsePrefix("2001:db8:e::1/64"));
  t.equal(source(made, "2001:db8:e::7"), "2001:db8:e::1");
  t.throws(() => made.addRoute(route("46.0.0.0/8", { via: parseAddress("9.9.9.9") })), /interface/);
  t.throws(() => made.addRoute(route("46.0.0.0/8")), /interface/);
  t.throws(() => made.addRoute(route("44.0.0.0/8", { dev: "r0" })), /there already/);
});

t.test(
  "an interface that goes down takes its routes with it, not its IPv4 addresses",
  async (t) => {
    const made = routing();
    made.addRoute(route("44.0.0.0/8", { via: parseAddress("192.168.10.11") }));
    made.setUp("r0", false);
    t.equal(way(made, "192.168.10.1"), "local r0");
    t.equal(way(made, "192.168.10.9"), "none");
    t.equal(way(made, "44.1.1.1"), "none");
    t.equal(way(made, "2001:db8:d::1"), "none");
    made.setUp("r0", true);
    t.equal(way(made, "192.168.10.9"), "unicast r0");
    t.equal(way(made, "44.1.1.1"), "none", "an administrator's route does not come back");
  },
);

t.test("deleteRoute() deletes one route that fits", async (t) => {
  const made = routing();
  made.addRoute(route("44.0.0.0/8", { dev: "r0", metric: 5 }));
  made.addRoute(route("44.0.0.0/8", { dev: "c0", metric: 3 }));
  t.equal(way(made, "44.1.1.1"), "unicast c0");
  made.deleteRoute(route("44.0.0.0/8", { dev: "c0" }));
  t.equal(way(made, "44.1.1.1"), "unicast r0");
  t.throws(() => made.deleteRoute(route("44.0.0.0/8", { dev: "c0" })), /no route/);
  made.deleteRoute(route("44.0.0.0/8"));
  t.equal(way(made, "44.1.1.1"), "none");
  made.addRoute(route("50.0.0.0/8", { type: "local" }));
  made.deleteRoute(route("50.0.0.0/8", { table: TABLE.local }));
  t.equal(way(made, "50.1.1.1"), "none");
});

t.test("names that are taken or unknown, and values out of range, are refused", async (t) => {
  const made = routing();
  t.throws(() => made.addInterface("c0"), /there already/);
  t.throws(() => made.addAddress("c9", parsePrefix("1.2.3.4/24")), /must be one of lo, c0, r0/);
  t.throws(() => made.addAddress("c0", parsePrefix("10.0.0.1/24")), /already/);
  t.throws(() => made.deleteAddress("c0", parsePrefix("10.0.0.1/25")), /has no address/);
  t.throws(() => made.setMtu("c0", 60), /must be 68/);
});
