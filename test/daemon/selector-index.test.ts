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

t.test("refresh() tells whether a service wants other packets than before", async (t) => {
  const { director, index } = configured();
  t.equal(index.refresh(WEB), false, "a service there never was");
  director.addService(WEB, CONFIG);
  t.equal(index.refresh(WEB), true);
  const server = parseEndpoint("10.0.0.2:80");
  director.addDestination(WEB, server, NAT);
  t.equal(index.refresh(WEB), true);
  t.equal(index.selectors.length, 2);
  director.editDestination(WEB, server, { ...NAT, weight: 9 });
  t.equal(index.refresh(WEB), false, "a weight selects nothing");
  director.editDestination(WEB, server, { ...NAT, method: "direct-route" });
  t.equal(index.refresh(WEB), true, "replies go past the director now");
  t.equal(index.selectors.length, 1);
  director.deleteService(WEB);
  t.equal(index.refresh(WEB), true);
  t.same(index.selectors, []);
});

t.test("services by mark and by address are told apart", async (t) => {
  const { director, index } = configured();
  director.addService(WEB, CONFIG);
  director.addService(MARKED, CONFIG);
  index.refresh(WEB);
  index.refresh(MARKED);
  t.equal(index.selectors.length, 2);
  director.deleteService(WEB);
  index.refresh(WEB);
  t.match(index.selectors, [{ fwmark: 80 }]);
});

t.test("refreshAll() reads what there is, and forgets what was", async (t) => {
  const { director, index } = configured();
  director.addService(WEB, CONFIG);
  index.refreshAll();
  director.flush();
  director.addService(MARKED, CONFIG);
  index.refreshAll();
  t.match(index.selectors, [{ direction: "request", fwmark: 80 }]);
  t.equal(index.selectors.length, 1);
});
