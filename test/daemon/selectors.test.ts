import t from "tap";
import { selectorsOfService } from "../../src/daemon/selectors.ts";
import { parseAddress, UNSPECIFIED } from "../../src/net/address.ts";
import { AH, ESP, ICMP, ICMPV6, SCTP, TCP, UDP } from "../../src/net/protocol.ts";
import {
  type DestinationStatus,
  type ForwardingMethod,
  NO_TRAFFIC,
  type ServiceId,
} from "../../src/wire/ipvs-objects.ts";

const VIRTUAL = parseAddress("192.0.2.1");
function service(port: number, protocol = TCP): ServiceId {
  return { family: 4, protocol, address: VIRTUAL, port, fwmark: 0 };
}

function marked(fwmark: number): ServiceId {
  return { family: 4, protocol: 0, address: UNSPECIFIED[4], port: 0, fwmark };
}

function destination(
  address: string,
  port: number,
  method: ForwardingMethod = "masquerade",
): DestinationStatus {
  return {
    id: { address: parseAddress(address), port },
    config: {
      method,
      weight: 1,
      upperThreshold: 0,
      lowerThreshold: 0,
      tunnelType: 0,
      tunnelPort: 0,
      tunnelFlags: 0,
    },
    activeConnections: 0,
    inactiveConnections: 0,
    persistentConnections: 0,
    stats: NO_TRAFFIC,
  };
}

const request = { direction: "request", family: 4 } as const;
const reply = { direction: "reply", family: 4 } as const;
const error = { direction: "error", family: 4, protocol: ICMP } as const;
const SERVER = parseAddress("10.0.0.2");

t.test("a service wants its requests, and the replies of masqueraded destinations", async (t) => {
  const selectors = selectorsOfService(service(80), [
    destination("10.0.0.2", 8080),
    destination("10.0.0.3", 80, "direct-route"),
    destination("10.0.0.4", 80, "tunnel"),
    destination("10.0.0.5", 80, "local"),
  ]);
  t.same(selectors, [
    { ...request, protocol: TCP, address: VIRTUAL, port: 80 },
    { ...reply, protocol: TCP, address: SERVER, port: 8080 },
    error,
  ]);
});

t.test("a service nobody is masqueraded for wants its requests alone", async (t) => {
  t.same(selectorsOfService(service(80), [destination("10.0.0.3", 80, "tunnel")]), [
    { ...request, protocol: TCP, address: VIRTUAL, port: 80 },
  ]);
});

t.test("a service that catches other ports wants those of its protocol", async (t) => {
  for (const port of [0, 21]) {
    t.same(selectorsOfService(service(port), [destination("10.0.0.2", 21)]), [
      { ...request, protocol: TCP, address: VIRTUAL },
      { ...reply, protocol: TCP, address: SERVER },
      error,
    ]);
  }
  t.same(selectorsOfService(service(21, UDP), []), [
    { ...request, protocol: UDP, address: VIRTUAL, port: 21 },
  ]);
});

t.test("a firewall-mark service wants its mark, and all replies of its destinations", async (t) => {
  t.same(selectorsOfService(marked(7), [destination("10.0.0.2", 80)]), [
    { ...request, fwmark: 7 },
    // Named one by one: a rule of no protocol would have the host answer no ARP of the real server.
    ...[TCP, UDP, SCTP, AH, ESP].map((protocol) => ({ ...reply, protocol, address: SERVER })),
    error,
  ]);
  t.same(selectorsOfService(marked(7), []), [{ ...request, fwmark: 7 }, error]);
});

t.test("a service of UDP port 500 wants AH and ESP as well", async (t) => {
  t.same(selectorsOfService(service(500, UDP), [destination("10.0.0.2", 500)]), [
    { ...request, protocol: UDP, address: VIRTUAL, port: 500 },
    { ...request, protocol: AH, address: VIRTUAL },
    { ...request, protocol: ESP, address: VIRTUAL },
    { ...reply, protocol: UDP, address: SERVER, port: 500 },
    { ...reply, protocol: AH, address: SERVER },
    { ...reply, protocol: ESP, address: SERVER },
    error,
  ]);
  t.same(
    selectorsOfService(service(0, UDP), []).map(({ protocol }) => protocol),
    [UDP, AH, ESP],
  );
  t.equal(selectorsOfService(service(500), []).length, 1);
});

t.test("IPv6 services want IPv6 packets, whatever tunnels their real servers have", async (t) => {
  const id = { ...service(53, SCTP), family: 6, address: parseAddress("2001:db8::1") } as const;
  const six = { family: 6, protocol: SCTP } as const;
  t.same(selectorsOfService(id, [destination("2001:db8::2", 5353)]), [
    { direction: "request", ...six, address: id.address, port: 53 },
    { direction: "reply", ...six, address: parseAddress("2001:db8::2"), port: 5353 },
    { direction: "error", family: 6, protocol: ICMPV6 },
  ]);
  t.same(selectorsOfService(id, [destination("10.0.0.2", 53, "tunnel")]), [
    { direction: "request", ...six, address: id.address, port: 53 },
  ]);
  const mark = { ...marked(7), family: 6, address: UNSPECIFIED[6] } as const;
  t.same(selectorsOfService(mark, []), [
    { direction: "request", family: 6, fwmark: 7 },
    { direction: "error", family: 6, protocol: ICMPV6 },
  ]);
});

t.test("what the engine does not follow stays with the host", async (t) => {
  t.same(selectorsOfService(service(500, AH), [destination("10.0.0.2", 500)]), []);
});
