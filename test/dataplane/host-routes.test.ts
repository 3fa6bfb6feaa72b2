import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import t from "tap";
import { HostRoutes } from "../../dataplane/host-routes.ts";
import { Interception } from "../../dataplane/interception.ts";
import { TunDevice } from "../../dataplane/tun.ts";
import { ManualClock } from "../../src/base/clock.ts";
import { formatAddress, parseAddress } from "../../src/net/address.ts";
import { inNamespace, ip, runInNamespace } from "../support/namespace.ts";
import { selector } from "../support/selectors.ts";

/** Returns the route as text, or `none`. */
function route(routes: HostRoutes, text: string): string {
  const { family, words } = parseAddress(text);
  const found = routes.route(family, words);
  if (found === undefined) return "none";
  const source = formatAddress({ family, words: found.source });
  return `${found.local ? "local" : "remote"} mtu ${found.mtu} from ${source}`;
}

function isLocal(routes: HostRoutes, text: string): boolean {
  const { family, words } = parseAddress(text);
  return routes.isLocal(family, words);
}

if (!inNamespace()) runInNamespace(t, import.meta.url);
else {
  ip("link set lo up");
  ip("link add outside type veth peer name inside");
  ip("address add 10.1.0.1/24 dev outside");
  ip("address add 10.3.0.5/32 dev outside");
  ip("address add 2001:db8:1::1/64 dev outside nodad");
  ip("link set outside up");
  ip("link set inside up");

  t.test("route() answers with what the host would do", (t) => {
    ip("route add 192.0.2.0/24 via 10.1.0.9 mtu 1280");
    ip("route add 198.51.100.0/24 via 10.1.0.9 src 10.3.0.5");
    ip("route add unreachable 203.0.113.0/24");
    ip("route add blackhole 203.0.113.1");
    const routes = HostRoutes.open({ clock: new ManualClock() });
    t.equal(route(routes, "10.1.0.2"), "remote mtu 1500 from 10.1.0.1");
    t.equal(route(routes, "192.0.2.7"), "remote mtu 1280 from 10.1.0.1");
    t.equal(route(routes, "198.51.100.7"), "remote mtu 1500 from 10.3.0.5");
    t.equal(route(routes, "10.1.0.1"), "local mtu 65535 from 10.1.0.1");
    t.equal(route(routes, "127.9.9.9"), "local mtu 65535 from 127.9.9.9");
    t.equal(route(routes, "203.0.113.7"), "none");
    t.equal(route(routes, "203.0.113.1"), "none");
    t.equal(route(routes, "172.16.0.1"), "none");
    t.equal(route(routes, "10.1.0.255"), "none", "a broadcast address is no host");
    t.equal(route(routes, "2001:db8:1::2"), "remote mtu 1500 from 2001:db8:1::1");
    t.equal(route(routes, "2001:db8:1::1"), "local mtu 65535 from 2001:db8:1::1");
    t.equal(route(routes, "2001:db8:2::1"), "none");
    routes.close();
    for (const gone of ["192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "203.0.113.1"]) {
      ip(`route del ${gone}`);
    }
    t.end();
  });

  t.test("networkInterface() tells what interfaces are like at that moment", (t) => {
    const routes = HostRoutes.open({ clock: new ManualClock() });
    ip("link add later mtu 1400 type veth peer name end");
    t.match(routes.networkInterface("later"), { up: false, mtu: 1400 });
    ip("link set later up mtu 9000");
    t.match(routes.networkInterface("later"), { up: true, mtu: 9000 });
    ip("link del later");
    t.equal(routes.networkInterface("later"), undefined);
    t.match(routes.networkInterface("lo"), { up: true, mtu: 65536 });
    t.equal(routes.networkInterface("a-name-too-long-for-any"), undefined);
    t.equal(routes.networkInterface(""), undefined);
    routes.close();
    t.end();
  });

  t.test("isLocal() knows addresses and whole local networks", (t) => {
    ip("route add local 198.18.0.0/15 dev lo");
    const routes = HostRoutes.open({ clock: new ManualClock() });
    for (const own of [
      "10.1.0.1",
      "127.0.0.1",
      "127.1.2.3",
      "198.19.255.255",
      "::1",
      "2001:db8:1::1",
    ]) {
      t.ok(isLocal(routes, own), own);
    }
    for (const other of [
      "10.1.0.2",
      "10.1.0.255",
      "198.20.0.0",
      "198.17.255.255",
      "::",
      "2001:db8:1::2",
    ]) {
      t.notOk(isLocal(routes, other), other);
    }
    routes.close();
    ip("route del local 198.18.0.0/15 dev lo");
    t.end();
  });

  t.test("refresh() takes in changes of addresses, routes, rules and interfaces", async (t) => {
    const clock = new ManualClock();
    const routes = HostRoutes.open({ clock });
    t.equal(routes.refresh(), false, "nothing has happened");
    t.equal(route(routes, "192.0.2.7"), "none");

    ip("route add 192.0.2.0/24 dev outside");
    t.equal(route(routes, "192.0.2.7"), "none", "what is kept lasts until refresh()");
    t.equal(routes.refresh(), true);
    t.equal(route(routes, "192.0.2.7"), "remote mtu 1500 from 10.1.0.1");
    t.equal(routes.refresh(), false);

    ip("link set outside mtu 1400");
    t.equal(routes.refresh(), true);
    t.equal(route(routes, "192.0.2.7"), "remote mtu 1400 from 10.1.0.1");

    ip("address add 10.9.9.9/32 dev lo");
    t.notOk(isLocal(routes, "10.9.9.9"));
    t.equal(routes.refresh(), true);
    t.ok(isLocal(routes, "10.9.9.9"));
    ip("address del 10.9.9.9/32 dev lo");
    t.equal(routes.refresh(), true);
    t.notOk(isLocal(routes, "10.9.9.9"));

    ip("rule add pref 1000 to 192.0.2.7 prohibit");
    t.equal(routes.refresh(), true);
    t.equal(route(routes, "192.0.2.7"), "none");
    ip("rule del pref 1000");
    t.equal(routes.refresh(), true);

    ip("-6 address add 2001:db8::9/128 dev lo nodad");
    // The host has an IPv6 address some time before it has the route that makes it its own.
    for (let tries = 0; tries < 500 && !isLocal(routes, "2001:db8::9"); tries++) {
      await sleep(10);
      routes.refresh();
    }
    t.ok(isLocal(routes, "2001:db8::9"));

    clock.advance(10_000);
    t.equal(routes.refresh(), true, "path MTUs are not announced");
    t.equal(routes.refresh(), false);
    routes.close();
    ip("link set outside mtu 1500");
    ip("route del 192.0.2.0/24 dev outside");
  });

  t.test("route() looks past the rules that capture packets", (t) => {
    const tun = TunDevice.open("uipvs0");
    const statePath = join(t.testdir({}), "host-settings.json");
    const interception = Interception.open({ deviceFor: () => tun, statePath });
    interception.apply({
      remove: [],
      add: [
        selector({ direction: "request", protocol: 6, address: "10.1.0.7" }),
        selector({ direction: "request", protocol: 17, address: "10.1.0.7" }),
        selector({ direction: "reply", protocol: 6, address: "10.1.0.8" }),
        selector({ direction: "request", protocol: 6, address: "2001:db8:1::7" }),
        selector({ direction: "request", protocol: 17, address: "2001:db8:1::7", port: 53 }),
        selector({ direction: "error", protocol: 1 }),
        { direction: "error", family: 6, protocol: 58 },
      ],
    });
    const routes = HostRoutes.open({ clock: new ManualClock() });
    t.equal(route(routes, "10.1.0.7"), "remote mtu 1500 from 10.1.0.1");
    t.equal(route(routes, "2001:db8:1::7"), "remote mtu 1500 from 2001:db8:1::1");
    t.equal(route(routes, "10.1.0.8"), "remote mtu 1500 from 10.1.0.1");
    t.equal(route(routes, "10.1.0.1"), "local mtu 65535 from 10.1.0.1");
    routes.close();
    interception.close();
    tun.close();
    t.end();
  });

  t.test("route() knows an MTU for IPv6 that is not the link's", (t) => {
    ip("-6 route add 2001:db8:2::/64 via 2001:db8:1::9");
    ip("-6 route add 2001:db8:3::/64 via 2001:db8:1::9 mtu 1400");
    const clock = new ManualClock();
    const routes = HostRoutes.open({ clock });
    t.equal(route(routes, "2001:db8:2::7"), "remote mtu 1500 from 2001:db8:1::1");
    t.equal(route(routes, "2001:db8:3::7"), "remote mtu 1400 from 2001:db8:1::1");
    // As a router advertisement would have it.
    writeFileSync("/proc/sys/net/ipv6/conf/outside/mtu", "1320");
    clock.advance(10_000);
    t.equal(routes.refresh(), true);
    t.equal(route(routes, "2001:db8:2::7"), "remote mtu 1320 from 2001:db8:1::1");
    t.equal(route(routes, "10.1.0.2"), "remote mtu 1500 from 10.1.0.1");
    writeFileSync("/proc/sys/net/ipv6/conf/outside/mtu", "1500");
    routes.close();
    t.end();
  });

  t.test("reportPathMtu() lowers the MTU of one way for ten minutes", (t) => {
    const clock = new ManualClock();
    const routes = HostRoutes.open({ clock });
    const report = (text: string, mtu: number) => {
      const { family, words } = parseAddress(text);
      routes.reportPathMtu(family, words, mtu);
      return routes.route(family, words);
    };
    t.match(report("10.1.0.2", 1400), { mtu: 1400, learned: true, local: false });
    t.match(report("10.1.0.2", 1450), { mtu: 1400 }, "it never rises");
    t.match(report("10.1.0.2", 68), { mtu: 552 }, "less than any link has is not believed");
    t.match(report("2001:db8:1::2", 1400), { mtu: 1400, learned: true });
    t.match(report("2001:db8:1::2", 600), { mtu: 1280 });
    t.equal(report("203.0.113.9", 1400), undefined, "there is no way to this one");
    t.match(report("10.1.0.1", 1400), { local: true, mtu: 65535 });
    t.match(report("10.1.0.3", 1500), { learned: false }, "the link's is nothing learned");
    clock.advance(599_000);
    t.equal(routes.refresh(), true);
    t.equal(route(routes, "10.1.0.2"), "remote mtu 552 from 10.1.0.1");
    clock.advance(11_000);
    t.equal(routes.refresh(), true);
    t.equal(route(routes, "10.1.0.2"), "remote mtu 1500 from 10.1.0.1");
    t.equal(route(routes, "2001:db8:1::2"), "remote mtu 1500 from 2001:db8:1::1");
    routes.close();
    t.end();
  });

  t.test("route() keeps a bounded number of answers, all of them right", (t) => {
    const routes = HostRoutes.open({ clock: new ManualClock() });
    for (let low = 0; low < 3000; low++) {
      const words = Uint32Array.of(0x0a010000 + (low & 0xff), 0, 0, 0);
      const other = Uint32Array.of(0xac100000 + low, 0, 0, 0);
      const found = routes.route(4, words);
      const host = low & 0xff;
      if (host !== 0 && host !== 255 && found?.local !== (host === 1)) t.fail(`host ${host}`);
      if (routes.route(4, other) !== undefined) t.fail(`address ${low}`);
    }
    t.equal(route(routes, "10.1.0.200"), "remote mtu 1500 from 10.1.0.1");
    routes.close();
    t.end();
  });
}
