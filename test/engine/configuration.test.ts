import t, { type Test } from "tap";
import { IpvsError } from "../../src/base/error.ts";
import type { Director } from "../../src/engine/director.ts";
import { PROFILES } from "../../src/engine/profile.ts";
import { destinationConfig, serviceConfig, serviceId } from "../../src/engine/shorthand.ts";
import { parseEndpoint } from "../../src/net/endpoint.ts";
import { tcp } from "../support/packet.ts";
import { VIP, Wire } from "./support.ts";

const WEB = serviceId("tcp", `${VIP}:80`);
const A = parseEndpoint("192.168.10.11:80");

/** Asserts that `command` is refused with an error number and changes nothing. */
function refused(t: Test, director: Director, code: string, command: () => void): void {
  const before = table(director);
  try {
    command();
    t.fail(`should be refused with ${code}`);
  } catch (error) {
    t.ok(error instanceof IpvsError);
    t.equal((error as IpvsError).code, code);
    t.notMatch((error as IpvsError).message, /\.$/);
  }
  t.same(table(director), before, "nothing has changed");
}

function table(director: Director): unknown {
  return director.services().map((service) => [service, director.destinations(service.id)]);
}

t.test("refused commands carry the kernel's error number and change nothing", async (t) => {
  const { director } = new Wire();
  director.addService(WEB, serviceConfig());
  director.addDestination(WEB, A, destinationConfig());
  const other = serviceId("tcp", `${VIP}:81`);
  const six = serviceId("tcp", "[2001:db8::1]:80");
  const B = parseEndpoint("192.168.10.12:80");
  refused(t, director, "EEXIST", () => director.addService(WEB, serviceConfig()));
  refused(t, director, "ENOENT", () =>
    director.addService(other, serviceConfig({ scheduler: "best" })),
  );
  refused(t, director, "ENOENT", () =>
    director.addService(other, serviceConfig({ persistenceEngine: "tls" })),
  );
  refused(t, director, "EINVAL", () => director.addService(six, serviceConfig({ netmask: 129 })));
  refused(t, director, "ESRCH", () => director.editService(other, serviceConfig()));
  refused(t, director, "ENOENT", () =>
    director.editService(WEB, serviceConfig({ scheduler: "best" })),
  );
  refused(t, director, "ESRCH", () => director.deleteService(other));
  refused(t, director, "ESRCH", () => director.zero(other));
  refused(t, director, "ESRCH", () => director.addDestination(other, A, destinationConfig()));
  refused(t, director, "EEXIST", () => director.addDestination(WEB, A, destinationConfig()));
  refused(t, director, "ENOENT", () => director.editDestination(WEB, B, destinationConfig()));
  refused(t, director, "ENOENT", () => director.deleteDestination(WEB, B));
  refused(t, director, "ERANGE", () =>
    director.addDestination(WEB, B, destinationConfig({ weight: -1 })),
  );
  refused(t, director, "ERANGE", () =>
    director.addDestination(WEB, B, destinationConfig({ lowerThreshold: 5 })),
  );
  refused(t, director, "EINVAL", () =>
    director.addDestination(WEB, B, destinationConfig({ upperThreshold: 2 ** 31 })),
  );
  refused(t, director, "EINVAL", () =>
    director.addDestination(WEB, B, destinationConfig({ method: "tunnel", tunnelType: 1 })),
  );
  refused(t, director, "EINVAL", () =>
    director.addDestination(WEB, parseEndpoint("[2001:db8::2]:80"), destinationConfig()),
  );
  for (const address of ["0.0.0.0", "224.0.0.1", "255.255.255.255"]) {
    refused(t, director, "EINVAL", () =>
      director.addDestination(WEB, parseEndpoint(`${address}:80`), destinationConfig()),
    );
  }
  refused(t, director, "EINVAL", () => director.setTimeouts({ tcp: 10, tcpFin: 8589935, udp: 1 }));
  t.same(director.timeouts(), { tcp: 900, tcpFin: 120, udp: 300 });
});

t.test("destinations are listed newest first and edits do not move them", async (t) => {
  const wire = new Wire();
  wire.service("tcp", 80);
  for (const number of [11, 12, 13]) wire.server("tcp", 80, `192.168.10.${number}:80`);
  wire.director.editDestination(WEB, A, destinationConfig({ weight: 9 }));
  const listed = wire.director.destinations(WEB);
  t.same(
    listed.map(({ id, config }) => [id.address.words[0]! & 255, config.weight]),
    [
      [13, 1],
      [12, 1],
      [11, 9],
    ],
  );
});

t.test(
  "a removed destination comes back with its counters while connections remember it",
  async (t) => {
    const wire = new Wire();
    wire.service("tcp", 80);
    wire.server("tcp", 80, "192.168.10.11:80");
    wire.send(tcp({ from: "10.1.2.3:40000", to: `${VIP}:80`, flags: "S" }));
    wire.wait(3);
    wire.director.deleteDestination(WEB, A);
    t.same(wire.director.destinations(WEB), []);
    wire.server("tcp", 80, "192.168.10.11:80", { weight: 4 });
    const [back] = wire.director.destinations(WEB);
    t.equal(back?.activeConnections, 1);
    t.equal(back?.stats.conns, 1n);
    t.equal(back?.config.weight, 4);
  },
);

t.test(
  "a destination nothing remembers is forgotten after three minutes in the trash",
  async (t) => {
    const countedAfter = (seconds: number): bigint | undefined => {
      const wire = new Wire();
      wire.service("tcp", 80);
      wire.server("tcp", 80, "192.168.10.11:80");
      wire.send(tcp({ from: "10.1.2.3:40000", to: `${VIP}:80`, flags: "S" }));
      wire.wait(100);
      wire.director.deleteDestination(WEB, A);
      wire.wait(seconds);
      wire.server("tcp", 80, "192.168.10.11:80");
      return wire.director.destinations(WEB)[0]?.stats.conns;
    };
    t.equal(countedAfter(150), 1n, "two minutes idle count from the first look at it");
    t.equal(countedAfter(200), 0n, "made afresh");
  },
);

function taken(wire: Wire, port: number): boolean {
  const [sent] = wire.send(tcp({ from: `10.1.2.3:${port}`, to: `${VIP}:80`, flags: "S" }));
  return sent?.packet[9] === 6;
}

t.test(
  "a real server is overloaded from its upper threshold down to three quarters of it",
  async (t) => {
    const wire = new Wire();
    wire.service("tcp", 80, { scheduler: "rr" });
    wire.server("tcp", 80, "192.168.10.11:80", { upperThreshold: 4 });
    t.same(
      [1001, 1002, 1003, 1004].map((port) => taken(wire, port)),
      [true, true, true, true],
    );
    t.equal(taken(wire, 1005), false);
    const reset = (port: number) => {
      wire.send(tcp({ from: `10.1.2.3:${port}`, to: `${VIP}:80`, flags: "A" }));
      wire.send(tcp({ from: `10.1.2.3:${port}`, to: `${VIP}:80`, flags: "R" }));
      wire.wait(12);
    };
    reset(1001);
    t.equal(taken(wire, 1006), false, "3 of 4 is not below three quarters");
    reset(1002);
    t.equal(taken(wire, 1007), true);
  },
);

t.test(
  "an edit below the present connections overloads at once, but not before 6.1.187",
  async (t) => {
    const after = (["6.1.192", "6.1.176"] as const).map((name) => {
      const wire = new Wire({ profile: PROFILES[name] });
      wire.service("tcp", 80, { scheduler: "rr" });
      wire.server("tcp", 80, "192.168.10.11:80", { upperThreshold: 9 });
      for (const port of [1001, 1002, 1003]) taken(wire, port);
      wire.director.editDestination(WEB, A, destinationConfig({ upperThreshold: 2 }));
      return [taken(wire, 1004), taken(wire, 1005)];
    });
    t.same(after, [
      [false, false],
      [true, false],
    ]);
  },
);

t.test(
  "least-connection kinds weigh all connections, but before 6.1.187 the inactive ones",
  async (t) => {
    const chosen = (["6.1.192", "6.1.176"] as const).map((name) => {
      const wire = new Wire({ profile: PROFILES[name] });
      wire.service("tcp", 80, { scheduler: "lc" });
      wire.server("tcp", 80, "192.168.10.11:80");
      for (let port = 1001; port <= 1256; port++) {
        taken(wire, port);
        wire.send(tcp({ from: `10.1.2.3:${port}`, to: `${VIP}:80`, flags: "FA" }));
      }
      wire.server("tcp", 80, "192.168.10.12:80");
      taken(wire, 2001);
      // 256 inactive ones on .11, one active on the newer .12: 256 against 257, or against 256.
      taken(wire, 2002);
      return (wire.director.decision.destination?.address.words[0] ?? 0) & 255;
    });
    t.same(chosen, [11, 12]);
  },
);

t.test("an upper threshold above 2147483647 is refused, but not before 6.1.187", async (t) => {
  const wire = new Wire({ profile: PROFILES["6.1.176"] });
  wire.service("tcp", 80);
  wire.server("tcp", 80, "192.168.10.11:80", { upperThreshold: 2 ** 31 });
  t.equal(wire.director.destinations(WEB)[0]?.config.upperThreshold, 2 ** 31);
});
