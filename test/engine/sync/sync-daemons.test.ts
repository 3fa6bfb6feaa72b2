/**
 * What is expected was seen on a kernel 6.1.192.
 */
import t, { type Test } from "tap";
import { StaticHost } from "../../../dataplane/static-host.ts";
import { IpvsError } from "../../../src/base/error.ts";
import type { Director } from "../../../src/engine/director.ts";
import { destinationConfig, serviceConfig, serviceId } from "../../../src/engine/shorthand.ts";
import { formatAddress, parseAddress } from "../../../src/net/address.ts";
import { parseEndpoint } from "../../../src/net/endpoint.ts";
import type { DaemonConfig } from "../../../src/wire/ipvs-objects.ts";
import { VIP, Wire } from "../support.ts";

const INTERFACES = new Map([
  ["eth0", { up: true, mtu: 1500 }],
  ["jumbo0", { up: true, mtu: 9000 }],
  ["thin0", { up: true, mtu: 1280 }],
  ["down0", { up: false, mtu: 1500 }],
]);
const WEB = serviceId("tcp", `${VIP}:80`);
const SIX = parseEndpoint("[2001:db8::11]:80");
const TUNNEL = destinationConfig({ method: "tunnel" });

function begin(): Director {
  return new Wire({ host: new StaticHost({ interfaces: INTERFACES }) }).director;
}

function master(changes: Partial<DaemonConfig> = {}): DaemonConfig {
  return { role: "master", interfaceName: "eth0", syncId: 0, ...changes };
}

function backup(changes: Partial<DaemonConfig> = {}): DaemonConfig {
  return master({ role: "backup", ...changes });
}

/** Starts daemons and returns them as they are listed. */
function listed(...daemons: readonly DaemonConfig[]): readonly string[] {
  const director = begin();
  for (const daemon of daemons) director.startDaemon(daemon);
  return director.daemons().map(({ role, interfaceName, syncId, maxLength, group, port, ttl }) => {
    const address = group && formatAddress(group);
    return `${role} ${interfaceName} ${syncId} ${maxLength} ${address} ${port} ${ttl}`;
  });
}

function refused(t: Test, code: string, command: () => void): void {
  try {
    command();
    t.fail(`should be refused with ${code}`);
  } catch (error) {
    t.ok(error instanceof IpvsError);
    t.equal((error as IpvsError).code, code);
  }
}

t.test("daemons are listed with what was not asked for filled in, the master first", async (t) => {
  t.same(listed(backup({ syncId: 6 }), master({ syncId: 5 })), [
    "master eth0 5 1472 224.0.0.81 8848 1",
    "backup eth0 6 1472 224.0.0.81 8848 1",
  ]);
  const told = { maxLength: 1000, group: parseAddress("239.1.2.3"), port: 9000, ttl: 4 };
  t.same(listed(master(told)), ["master eth0 0 1000 239.1.2.3 9000 4"]);
  t.same(listed(master({ maxLength: 0, port: 0, ttl: 0 })), [
    "master eth0 0 1472 224.0.0.81 8848 1",
  ]);
});

t.test("the longest message follows role, link and family", async (t) => {
  const length = (config: DaemonConfig) => listed(config)[0]?.split(" ")[3];
  const group = parseAddress("ff02::81");
  t.equal(length(master({ interfaceName: "jumbo0" })), "1472");
  t.equal(length(backup({ interfaceName: "jumbo0" })), "8972");
  t.equal(length(backup({ interfaceName: "thin0" })), "1472");
  t.equal(length(backup({ interfaceName: "lo" })), "65507");
  t.equal(length(master({ group })), "1452");
  t.equal(length(master({ maxLength: 1 })), "1");
  t.equal(length(backup({ maxLength: 10, group })), "1024");
  t.equal(length(master({ maxLength: 65535 })), "65507");
  t.equal(length(master({ maxLength: 65535, group })), "65487");
});

t.test("what cannot be is refused, in the kernel's order, and changes nothing", async (t) => {
  const director = begin();
  const start = (config: DaemonConfig) => () => director.startDaemon(config);
  const unicast = parseAddress("192.0.2.1");
  refused(t, "EINVAL", start(master({ group: unicast, interfaceName: "none" })));
  refused(t, "ENODEV", start(master({ interfaceName: "none" })));
  refused(t, "ENETUNREACH", start(master({ interfaceName: "down0" })));
  refused(t, "ESRCH", () => director.stopDaemon("master"));
  t.same(director.daemons(), []);

  director.startDaemon(backup({ interfaceName: "down0" }));
  refused(t, "EEXIST", start(backup()));
  refused(t, "ENODEV", start(backup({ interfaceName: "none" })));
  director.startDaemon(master());
  refused(t, "EEXIST", start(master({ interfaceName: "down0" })));
  t.same(
    director.daemons().map(({ interfaceName }) => interfaceName),
    ["eth0", "down0"],
  );

  director.stopDaemon("backup");
  refused(t, "ESRCH", () => director.stopDaemon("backup"));
  t.same(
    director.daemons().map(({ role }) => role),
    ["master"],
  );
});

t.test("daemons and destinations of another family exclude each other", async (t) => {
  const director = begin();
  director.addService(WEB, serviceConfig());
  director.addDestination(WEB, SIX, TUNNEL);
  refused(t, "EINVAL", () => director.startDaemon(backup({ interfaceName: "none" })));

  director.deleteDestination(WEB, SIX);
  director.startDaemon(backup());
  refused(t, "EINVAL", () => director.addDestination(WEB, SIX, TUNNEL));
  refused(t, "EINVAL", () => director.editDestination(WEB, SIX, TUNNEL));

  director.stopDaemon("backup");
  director.addDestination(WEB, SIX, TUNNEL);
  t.equal(director.destinations(WEB).length, 1);
});

t.test("a host that does not tell of its interfaces has none", async (t) => {
  const host = { route: () => undefined, isLocal: () => false };
  const { director } = new Wire({ host });
  refused(t, "ENODEV", () => director.startDaemon(backup({ interfaceName: "lo" })));
});
