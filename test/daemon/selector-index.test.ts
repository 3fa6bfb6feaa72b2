import t from "tap";
import { StaticHost } from "../../dataplane/static-host.ts";
import { schedulers } from "../../schedulers/index.ts";
import { ManualClock } from "../../src/base/clock.ts";
import { SelectorIndex } from "../../src/daemon/selector-index.ts";
import { Director } from "../../src/engine/director.ts";
import { parseAddress, UNSPECIFIED } from "../../src/net/address.ts";
import { parseEndpoint } from "../../src/net/endpoint.ts";
import { TCP } from "../../src/net/protocol.ts";
import type { DestinationConfig, ServiceId } from "../../src/wire/ipvs-objects.ts";

const WEB: ServiceId = {
  family: 4,
  protocol: TCP,
  address: parseAddress("192.0.2.1"),
  port: 80,
  fwmark: 0,
};
const MARKED: ServiceId = { ...WEB, protocol: 0, address: UNSPECIFIED[4], port: 0, fwmark: 80 };
const CONFIG = { scheduler: "rr", flags: 0, timeout: 0, netmask: 0xffffffff };
const NAT: DestinationConfig = {
  method: "masquerade",
  weight: 1,
  upperThreshold: 0,
  lowerThreshold: 0,
  tunnelType: 0,
  tunnelPort: 0,
  tunnelFlags: 0,
};

function configured(): { readonly director: Director; readonly index: SelectorIndex } {
  const director = new Director({ schedulers, clock: new ManualClock(), host: new StaticHost() });
  return { director, index: new SelectorIndex(director) };
}

/** Returns how many selectors were added and removed since it was asked last. */
function changes(index: SelectorIndex): readonly [added: number, removed: number] {
  const { add, remove } = index.change;
  t.equal(index.changed, add.length + remove.length > 0);
  index.settled();
  t.equal(index.changed, false);
  return [add.length, remove.length];
}

t.test("refresh() tells what else a service wants than before", async (t) => {
  const { director, index } = configured();
  index.refresh(WEB);
  t.same(changes(index), [0, 0], "a service there never was");
  director.addService(WEB, CONFIG);
  index.refresh(WEB);
  t.same(changes(index), [1, 0]);
  const server = parseEndpoint("10.0.0.2:80");
  director.addDestination(WEB, server, NAT);
  index.refresh(WEB);
  t.match(index.change, { add: [{ direction: "reply" }, { direction: "error" }], remove: [] });
  t.same(changes(index), [2, 0]);
  director.editDestination(WEB, server, { ...NAT, weight: 9 });
  index.refresh(WEB);
  t.same(changes(index), [0, 0], "a weight selects nothing");
  director.editDestination(WEB, server, { ...NAT, method: "direct-route" });
  index.refresh(WEB);
  t.same(changes(index), [0, 2], "replies go past the director now");
  director.deleteService(WEB);
  index.refresh(WEB);
  t.same(changes(index), [0, 1]);
});

t.test("services by mark and by address are told apart", async (t) => {
  const { director, index } = configured();
  director.addService(WEB, CONFIG);
  director.addService(MARKED, CONFIG);
  index.refresh(WEB);
  index.refresh(MARKED);
  t.same(changes(index), [3, 0]);
  director.deleteService(WEB);
  index.refresh(WEB);
  t.match(index.change, { add: [], remove: [{ port: 80 }] });
});

t.test("what several services want is wanted until none does", async (t) => {
  const { director, index } = configured();
  const server = parseEndpoint("10.0.0.2:80");
  const other: ServiceId = { ...WEB, port: 8080 };
  for (const service of [WEB, other]) {
    director.addService(service, CONFIG);
    director.addDestination(service, server, NAT);
    index.refresh(service);
  }
  t.same(changes(index), [4, 0]);
  director.deleteService(WEB);
  index.refresh(WEB);
  t.match(index.change, { remove: [{ direction: "request", port: 80 }] });
  t.same(changes(index), [0, 1]);
  director.deleteService(other);
  index.refresh(other);
  t.same(changes(index), [0, 3]);
});

t.test("what comes and goes before the host is told is no change", async (t) => {
  const { director, index } = configured();
  director.addService(WEB, CONFIG);
  index.refresh(WEB);
  director.deleteService(WEB);
  index.refresh(WEB);
  t.same(changes(index), [0, 0]);
});

t.test("refreshAll() reads what there is, and forgets what was", async (t) => {
  const { director, index } = configured();
  director.addService(WEB, CONFIG);
  index.refreshAll();
  index.settled();
  director.flush();
  director.addService(MARKED, CONFIG);
  index.refreshAll();
  t.match(index.change, {
    add: [{ direction: "request", fwmark: 80 }, { direction: "error" }],
    remove: [{ port: 80 }],
  });
  t.same(changes(index), [2, 1]);
});
