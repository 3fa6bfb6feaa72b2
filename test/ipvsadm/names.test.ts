import t from "tap";
import { parseHosts } from "../../src/ipvsadm/hosts-file.ts";
import { type NameLimits, Names } from "../../src/ipvsadm/names.ts";
import { reverseName } from "../../src/ipvsadm/reverse-name.ts";
import { ServiceNames } from "../../src/ipvsadm/service-names.ts";
import type { Resolver } from "../../src/ipvsadm/world.ts";
import { type Address, formatAddress, ipv4Address, parseAddress } from "../../src/net/address.ts";
import { SCTP, TCP, UDP } from "../../src/net/protocol.ts";

const LIMITS: NameLimits = { patience: 20, parallel: 4, failures: 6, barrenSteps: 3, kept: 64 };

/** A resolver that counts what it is asked. */
class CountingResolver implements Resolver {
  readonly asked: string[] = [];
  readonly #answer: (address: string) => Promise<string | undefined>;

  constructor(answer: (address: string) => Promise<string | undefined>) {
    this.#answer = answer;
  }

  async addressOf() {
    return undefined;
  }

  hostOf(address: Address) {
    this.asked.push(formatAddress(address));
    return this.#answer(formatAddress(address));
  }

  async services() {
    return "http 80/tcp www";
  }
}

const addresses = (count: number) =>
  Array.from({ length: count }, (_, index) => ipv4Address(0x0a000001 + index));

t.test("Names asks for each address once", async (t) => {
  const resolver = new CountingResolver(async (address) => `host-${address}`);
  const names = new Names(resolver, LIMITS);
  const [first, second] = addresses(2);
  await names.prepare([first!, first!]);
  await names.prepare([first!, second!]);
  t.same(resolver.asked, ["10.0.0.1", "10.0.0.2"]);
  t.equal(names.hostOf(second!), "host-10.0.0.2");
  t.equal(names.serviceOf(80, TCP), "http");
  t.equal(names.serviceOf(80, 0), undefined);
});

t.test("Names remembers that an address has no name", async (t) => {
  const resolver = new CountingResolver(async () => undefined);
  const names = new Names(resolver, LIMITS);
  await names.prepare(addresses(1));
  await names.prepare(addresses(1));
  t.equal(resolver.asked.length, 1);
  t.equal(names.hostOf(addresses(1)[0]!), undefined);
});

t.test("Names gives up a resolver that never answers", async (t) => {
  const resolver = new CountingResolver(() => new Promise(() => {}));
  const names = new Names(resolver, LIMITS);
  await names.prepare(addresses(60));
  // Four at a time; after six out of time the four under way are the last.
  t.ok(resolver.asked.length <= 12, `asked ${resolver.asked.length} times`);
  await names.prepare(addresses(60));
  t.ok(resolver.asked.length <= 12, "and is not asked again");
  t.equal(names.hostOf(addresses(1)[0]!), undefined);
});

t.test("Names gives up a resolver that nobody answers, step by step", async (t) => {
  const resolver = new CountingResolver(async () => {
    throw new Error("queryPtr ETIMEOUT");
  });
  const names = new Names(resolver, LIMITS);
  for (const address of addresses(10)) await names.prepare([address]);
  t.same(resolver.asked, ["10.0.0.1", "10.0.0.2", "10.0.0.3"]);
});

t.test("Names takes no answer now and then for what it is", async (t) => {
  const resolver = new CountingResolver(async (address) => {
    if (/[1-25-68-9]$/.test(address)) throw new Error("queryPtr ETIMEOUT");
    return undefined;
  });
  const names = new Names(resolver, LIMITS);
  for (const address of addresses(12)) await names.prepare([address]);
  t.equal(resolver.asked.length, 12);
});

t.test("Names goes on with a resolver that is only slow now and then", async (t) => {
  const slow = new Set(["10.0.0.3", "10.0.0.9"]);
  const resolver = new CountingResolver((address) =>
    slow.has(address) ? new Promise(() => {}) : Promise.resolve(address),
  );
  const names = new Names(resolver, LIMITS);
  await names.prepare(addresses(30));
  t.equal(resolver.asked.length, 30);
  t.equal(names.hostOf(addresses(30)[29]!), "10.0.0.30");
});

t.test("ServiceNames finds ports by name and alias, names by port, per protocol", async (t) => {
  const services = new ServiceNames(
    "# comment\nhttp\t80/tcp www # WWW\nother 80/tcp\namqp 5672/sctp\nddp 1/ddp\nbroken\nbad x/tcp\n",
  );
  t.equal(services.portOf("http", TCP), 80);
  t.equal(services.portOf("www", TCP), 80);
  t.equal(services.portOf("WWW", TCP), undefined);
  t.equal(services.portOf("http", UDP), undefined);
  t.equal(services.portOf("amqp", SCTP), 5672);
  t.equal(services.nameOf(80, TCP), "http");
  t.equal(services.nameOf(80, UDP), undefined);
});

t.test("reverseName() is what name servers know an address by", async (t) => {
  t.equal(reverseName(parseAddress("198.51.100.7")), "7.100.51.198.in-addr.arpa");
  t.equal(
    reverseName(parseAddress("4321:0:1:2:3:4:567:89ab")),
    "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.0.0.0.0.1.2.3.4.ip6.arpa",
  );
});

t.test("parseHosts() gives the first name of an address's first line", async (t) => {
  const hosts = parseHosts(
    "192.0.2.1 a b # c\n192.0.2.1 d\n2001:DB8:0::1\te\nbad f\n# 1.1.1.1 g\n",
  );
  t.same(
    [...hosts],
    [
      ["192.0.2.1", "a"],
      ["2001:db8::1", "e"],
    ],
  );
});
