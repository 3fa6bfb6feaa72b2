import fc from "fast-check";
import t from "tap";
import { IpvsError } from "../../src/base/error.ts";
import { parseAddress, UNSPECIFIED } from "../../src/net/address.ts";
import {
  INFO_POLICY,
  IPVS_POLICY,
  readInfo,
  readTimeouts,
  writeInfo,
  writeTimeouts,
} from "../../src/wire/ipvs-genl.ts";
import {
  daemonAttributes,
  readDaemon,
  readDaemonRole,
  writeDaemon,
} from "../../src/wire/ipvs-genl-daemon.ts";
import {
  destinationAttributes,
  readDestinationConfig,
  readDestinationId,
  readDestinationStatus,
  writeDestination,
  writeDestinationId,
  writeDestinationStatus,
} from "../../src/wire/ipvs-genl-destination.ts";
import {
  readServiceConfig,
  readServiceId,
  readServiceStatus,
  serviceAttributes,
  writeService,
  writeServiceId,
  writeServiceStatus,
} from "../../src/wire/ipvs-genl-service.ts";
import { NO_TRAFFIC } from "../../src/wire/ipvs-objects.ts";
import { Attributes } from "../../src/wire/netlink-attributes.ts";
import { MessageWriter } from "../../src/wire/netlink-writer.ts";
import * as arbitrary from "../control/arbitraries.ts";
import { bytesOf, DIRECT, markService, PLAIN, tcpService } from "../control/support.ts";

const WEB = tcpService("10.0.0.100", 80);

/** AF, PROTOCOL, ADDR and PORT of `WEB`. */
const WEB_ID =
  "0600 0100 0200 0000 0600 0200 0600 0000 \
  1400 0300 0a000064 000000000000000000000000 0600 0400 0050 0000";

function written(fill: (writer: MessageWriter) => void): Uint8Array {
  const writer = new MessageWriter();
  fill(writer);
  return writer.take();
}

function message(fill: (writer: MessageWriter) => void): Attributes {
  return Attributes.parse(written(fill), IPVS_POLICY);
}

function service(...values: readonly string[]): Attributes {
  const inside = bytesOf(...values);
  return serviceAttributes(message((writer) => writer.bytes(1, inside)));
}

t.test("writeService() writes what the kernel expects of NEW_SERVICE", async (t) => {
  t.same(
    written((writer) => writeService(writer, WEB, PLAIN)),
    bytesOf(
      "5400 0100",
      WEB_ID,
      "0800 0600 776c6300",
      "0c00 0700 00000000 ffffffff",
      "0800 0800 00000000",
      "0800 0900 ffffffff",
    ),
  );
});

t.test("writeServiceId() names a firewall mark and nothing else", async (t) => {
  t.same(
    written((writer) => writeServiceId(writer, markService(0x01020304))),
    bytesOf("1400 0100 0600 0100 0200 0000 0800 0500 04030201"),
  );
});

t.test(
  "an IPv6 service has its prefix length in host order, an IPv4 one its mask in network order",
  async (t) => {
    const six = written((writer) =>
      writeService(writer, tcpService("2001:db8::1", 80), { ...PLAIN, netmask: 64 }),
    );
    t.same(six.subarray(-8), bytesOf("0800 0900 40000000"));
    const four = written((writer) => writeService(writer, WEB, { ...PLAIN, netmask: 0xffffff00 }));
    t.same(four.subarray(-8), bytesOf("0800 0900 ffffff00"));
    t.same(
      six.subarray(4, 40),
      bytesOf(
        "0600 0100 0a00 0000 0600 0200 0600 0000",
        "1400 0300 20010db8 00000000 00000000 00000001",
      ),
    );
  },
);

t.test(
  "writeServiceStatus() lists in the kernel's order, counters in 32 and in 64 bits",
  async (t) => {
    const stats = { ...NO_TRAFFIC, conns: 0x1_0000_0002n, inBytes: 0x1_0000_0003n, outBps: 4n };
    const config = { ...PLAIN, flags: 3, timeout: 300, persistenceEngine: "sip" };
    t.same(
      written((writer) => writeServiceStatus(writer, { id: markService(5), config, stats })),
      bytesOf(
        "1801 0100 0600 0100 0200 0000 0800 0500 05000000",
        "0800 0600 776c6300 0800 0b00 73697000",
        "0c00 0700 03000000 ffffffff 0800 0800 2c010000 0800 0900 ffffffff",
        "5c00 0a00 0800 0100 02000000 0800 0200 00000000 0800 0300 00000000",
        "0c00 0400 0300000001000000 0c00 0500 0000000000000000",
        "0800 0600 00000000 0800 0700 00000000 0800 0800 00000000",
        "0800 0900 00000000 0800 0a00 04000000",
        "7c00 0c00 0c00 0100 0200000001000000 0c00 0200 0000000000000000",
        "0c00 0300 0000000000000000 0c00 0400 0300000001000000",
        "0c00 0500 0000000000000000 0c00 0600 0000000000000000",
        "0c00 0700 0000000000000000 0c00 0800 0000000000000000",
        "0c00 0900 0000000000000000 0c00 0a00 0400000000000000",
      ),
    );
  },
);

t.test("readServiceStatus() prefers counters of 64 bits and lives with those of 32", async (t) => {
  const stats = { ...NO_TRAFFIC, conns: 0x1_0000_0002n, inBytes: 0x1_0000_0003n };
  const whole = written((writer) => writeServiceStatus(writer, { id: WEB, config: PLAIN, stats }));
  const read = (bytes: Uint8Array) =>
    readServiceStatus(serviceAttributes(Attributes.parse(bytes, IPVS_POLICY))).stats;
  t.same(read(whole), stats);
  // The last 124 bytes are the counters of 64 bits.
  const old = whole.slice(0, -124);
  new DataView(old.buffer).setUint16(0, old.length, true);
  t.same(read(old), { ...stats, conns: 2n });
  const older = whole.slice(0, -124 - 92);
  new DataView(older.buffer).setUint16(0, older.length, true);
  t.same(read(older), NO_TRAFFIC);
});

t.test("readServiceId() takes a firewall mark before all else", async (t) => {
  const both = service(WEB_ID, "0800 0500 07000000");
  t.same(readServiceId(both), markService(7));
  const none = service("0600 0100 0200 0000 0800 0500 00000000");
  t.same(readServiceId(none), {
    family: 4,
    protocol: 6,
    address: UNSPECIFIED[4],
    port: 0,
    fwmark: 0,
  });
});

t.test("readServiceId() takes an address of 4 bytes as well as of 16", async (t) => {
  const short = service(
    "0600 0100 0200 0000 0600 0200 0600 0000 0800 0300 0a000064 0600 0400 0050 0000",
  );
  t.same(readServiceId(short), WEB);
});

t.test("readServiceId() refuses what is incomplete or of another family", async (t) => {
  const family = "0600 0100 0200 0000";
  const protocol = "0600 0200 0600 0000";
  const address = "0800 0300 0a000064";
  const port = "0600 0400 0050 0000";
  const parts = [family, protocol, address, port];
  for (const missing of parts) {
    const incomplete = service(...parts.filter((part) => part !== missing));
    t.throws(() => readServiceId(incomplete), { code: "EINVAL" }, `without ${missing}`);
  }
  t.throws(() => readServiceId(service("0800 0500 01000000")), { code: "EINVAL" });
  for (const number of ["0100", "0000", "0b00", "ffff"]) {
    const other = service(`0600 0100 ${number} 0000`, protocol, address, port);
    t.throws(() => readServiceId(other), { code: "EAFNOSUPPORT" }, number);
  }
});

t.test("serviceAttributes() refuses malformed values with EINVAL", async (t) => {
  const malformed = [
    "0500 0100 02 000000",
    "1500 0300 0000000000000000000000000000000000 000000",
    "1400 0600 6162636465666768696a6b6c6d6e6f70",
    "1500 0600 6162636465666768696a6b6c6d6e6f7000 000000",
    "1000 0700 000000000000000000000000",
    "0600 0900 0000 0000",
    "1600 0b00 6162636465666768696a6b6c6d6e6f707100 0000",
  ];
  for (const value of malformed) {
    t.throws(() => service(value), { code: "EINVAL" }, value);
  }
  t.throws(() => serviceAttributes(message(() => {})), { code: "EINVAL" }, "missing");
});

t.test("readServiceConfig() changes the flags that are meant and keeps the others", async (t) => {
  const rest = ["0700 0600 727200 00", "0800 0800 0a000000", "0800 0900 ffffff00"];
  const config = readServiceConfig(service("0c00 0700 05000000 0d000000", ...rest), 4, 0x1b);
  t.same(config, {
    scheduler: "rr",
    flags: 0x17,
    timeout: 10,
    netmask: 0xffffff00,
    persistenceEngine: undefined,
  });
  const named = service("0c00 0700 ffffffff ffffffff", ...rest, "0500 0b00 00 000000");
  t.match(readServiceConfig(named, 6, 0), {
    flags: 0xffffffff,
    netmask: 0x00ffffff,
    persistenceEngine: undefined,
  });
});

t.test("readServiceConfig() refuses what is incomplete", async (t) => {
  const parts = [
    "0700 0600 727200 00",
    "0c00 0700 00000000 ffffffff",
    "0800 0800 0a000000",
    "0800 0900 ffffffff",
  ];
  t.ok(readServiceConfig(service(...parts), 4, 0));
  for (const missing of parts) {
    const incomplete = service(...parts.filter((part) => part !== missing));
    t.throws(() => readServiceConfig(incomplete, 4, 0), { code: "EINVAL" }, `without ${missing}`);
  }
});

t.test("writeDestination() writes what the kernel expects of NEW_DEST", async (t) => {
  const id = { address: parseAddress("192.168.10.11"), port: 80 };
  t.same(
    written((writer) => {
      writeServiceId(writer, WEB);
      writeDestination(writer, id, DIRECT);
    }),
    bytesOf(
      "3000 0100",
      WEB_ID,
      "6000 0200 1400 0100 c0a80a0b 000000000000000000000000 0600 0200 0050 0000",
      "0800 0300 03000000 0800 0400 01000000",
      "0500 0d00 00 000000 0600 0e00 0000 0000 0600 0f00 0000 0000",
      "0800 0500 00000000 0800 0600 00000000",
      "0600 0b00 0200 0000",
    ),
  );
});

t.test("writeDestinationStatus() lists in the kernel's order", async (t) => {
  const id = { address: parseAddress("2001:db8::11"), port: 8080 };
  const config = {
    method: "tunnel" as const,
    weight: 5,
    upperThreshold: 9,
    lowerThreshold: 8,
    tunnelType: 1,
    tunnelPort: 6080,
    tunnelFlags: 2,
  };
  const status = {
    id,
    config,
    activeConnections: 1,
    inactiveConnections: 2,
    persistentConnections: 3,
    stats: NO_TRAFFIC,
  };
  const bytes = written((writer) => writeDestinationStatus(writer, status));
  t.same(
    bytes.subarray(0, 120),
    bytesOf(
      "5001 0200 1400 0100 20010db8 00000000 00000000 00000011 0600 0200 1f90 0000",
      "0800 0300 02000000 0800 0400 05000000",
      "0500 0d00 01 000000 0600 0e00 17c0 0000 0600 0f00 0200 0000",
      "0800 0500 09000000 0800 0600 08000000",
      "0800 0700 01000000 0800 0800 02000000 0800 0900 03000000",
      "0600 0b00 0a00 0000",
    ),
  );
  t.same(bytes.subarray(120, 124), bytesOf("5c00 0a00"), "counters of 32 bits");
  t.same(bytes.subarray(212, 216), bytesOf("7c00 0c00"), "counters of 64 bits");
  t.equal(bytes.length, 336);
});

function destination(...values: readonly string[]): Attributes {
  const inside = bytesOf(...values);
  return destinationAttributes(message((writer) => writer.bytes(2, inside)));
}

const SERVER_ID = "0800 0100 c0a80a0b 0600 0200 0050 0000";

t.test("readDestinationId() takes the service's family where none is named", async (t) => {
  const four = { address: parseAddress("192.168.10.11"), port: 80 };
  const six = { address: parseAddress("c0a8:a0b::"), port: 80 };
  t.same(readDestinationId(destination(SERVER_ID), 4), four);
  t.same(readDestinationId(destination(SERVER_ID), 6), six);
  t.same(readDestinationId(destination(SERVER_ID, "0600 0b00 0000 0000"), 6), six);
  t.same(readDestinationId(destination(SERVER_ID, "0600 0b00 0200 0000"), 6), four);
  const other = destination(SERVER_ID, "0600 0b00 0300 0000");
  t.throws(() => readDestinationId(other, 4), { code: "EAFNOSUPPORT" });
});

t.test("destinationAttributes() refuses what is malformed or has no address or port", async (t) => {
  t.throws(() => destinationAttributes(message(() => {})), { code: "EINVAL" });
  t.throws(() => destination("0800 0100 c0a80a0b"), { code: "EINVAL" });
  t.throws(() => destination("0600 0200 0050 0000"), { code: "EINVAL" });
  t.throws(() => destination(SERVER_ID, "0600 0400 0000 0000"), { code: "EINVAL" });
  t.throws(() => destination(SERVER_ID, "0400 0d00"), { code: "EINVAL" });
});

t.test("readDestinationConfig() refuses what is incomplete and methods nobody knows", async (t) => {
  const parts = [
    "0800 0300 0f000000",
    "0800 0400 feffffff",
    "0800 0500 ffffffff",
    "0800 0600 01000000",
  ];
  for (const missing of parts) {
    const incomplete = destination(SERVER_ID, ...parts.filter((part) => part !== missing));
    t.throws(() => readDestinationConfig(incomplete), { code: "EINVAL" }, `without ${missing}`);
  }
  const unknown = destination(SERVER_ID, ...parts);
  t.throws(() => readDestinationConfig(unknown), { code: "EINVAL" }, "method 7");
  const masked = destination(SERVER_ID, "0800 0300 fa000000", ...parts.slice(1));
  t.same(readDestinationConfig(masked), {
    method: "tunnel",
    weight: -2,
    upperThreshold: 0xffffffff,
    lowerThreshold: 1,
    tunnelType: 0,
    tunnelPort: 0,
    tunnelFlags: 0,
  });
  t.equal(readDestinationStatus(unknown, 4).config.method, "masquerade", "as a listing shows it");
});

t.test("daemons have role, interface and identifier", async (t) => {
  const read = (...values: readonly string[]) =>
    readDaemon(daemonAttributes(message((writer) => writer.bytes(3, bytesOf(...values)))));
  const master = ["0800 0100 01000000", "0900 0200 6574683000 000000", "0800 0300 2a000000"];
  t.match(read(...master), { role: "master", interfaceName: "eth0", syncId: 42 });
  for (const missing of master) {
    const incomplete = master.filter((part) => part !== missing);
    t.throws(() => read(...incomplete), { code: "EINVAL" }, `without ${missing}`);
  }
  for (const state of ["00000000", "03000000", "ffffffff"]) {
    const unknown = [`0800 0100 ${state}`, ...master.slice(1)];
    t.throws(() => read(...unknown), { code: "EINVAL" }, `state ${state}`);
  }
  const groups = ["0800 0500 e0000051", "1400 0600 ff020000000000000000000000000051"];
  t.same(read(...master, ...groups).group, parseAddress("224.0.0.81"), "the IPv4 group counts");
  t.same(read(...master, groups[1]!).group, parseAddress("ff02::51"));
  t.throws(() => readDaemonRole(daemonAttributes(message(() => {}))), { code: "EINVAL" });
});

t.test("writeDaemon() writes in the kernel's order", async (t) => {
  const config = {
    role: "backup" as const,
    interfaceName: "lo",
    syncId: 1,
    maxLength: 1460,
    group: parseAddress("224.0.0.81"),
    port: 8848,
    ttl: 1,
  };
  t.same(
    written((writer) => writeDaemon(writer, config)),
    bytesOf(
      "3c00 0300 0800 0100 02000000 0700 0200 6c6f00 00 0800 0300 01000000",
      "0600 0400 b405 0000 0600 0700 9022 0000 0500 0800 01 000000 0800 0500 e0000051",
    ),
  );
});

t.test("info and timeouts are at the top level", async (t) => {
  const info = { version: 0x010201, connectionTableSize: 4096 };
  const bytes = written((writer) => writeInfo(writer, info));
  t.same(bytes, bytesOf("0800 0100 01020100 0800 0200 00100000"));
  t.same(readInfo(Attributes.parse(bytes, INFO_POLICY)), info);
  const half = Attributes.parse(bytes.subarray(0, 8), INFO_POLICY);
  t.throws(() => readInfo(half), { code: "EINVAL" });
  const timeouts = { tcp: 900, tcpFin: 120, udp: 300 };
  const set = written((writer) => writeTimeouts(writer, timeouts));
  t.same(set, bytesOf("0800 0400 84030000 0800 0500 78000000 0800 0600 2c010000"));
  t.same(readTimeouts(Attributes.parse(set, IPVS_POLICY)), timeouts);
  t.same(readTimeouts(message(() => {})), { tcp: 0, tcpFin: 0, udp: 0 }, "absent is 0");
});

t.test("services, destinations and daemons survive writing and reading", async (t) => {
  fc.assert(
    fc.property(arbitrary.serviceStatus, (status) => {
      t.same(
        readServiceStatus(serviceAttributes(message((w) => writeServiceStatus(w, status)))),
        status,
      );
    }),
    { numRuns: 50 },
  );
  fc.assert(
    fc.property(arbitrary.serviceId, arbitrary.serviceConfig, (id, config) => {
      const read = serviceAttributes(message((writer) => writeService(writer, id, config)));
      t.same(readServiceId(read), id);
      t.same(readServiceConfig(read, id.family, 0xffffffff), config);
    }),
    { numRuns: 50 },
  );
  fc.assert(
    fc.property(arbitrary.destinationStatus, (status) => {
      const read = message((writer) => writeDestinationStatus(writer, status));
      t.same(readDestinationStatus(destinationAttributes(read), 4), status);
      const told = message((writer) => writeDestination(writer, status.id, status.config));
      t.same(readDestinationConfig(destinationAttributes(told)), status.config);
      const named = message((writer) => writeDestinationId(writer, status.id));
      t.same(readDestinationId(destinationAttributes(named), 6), status.id);
    }),
    { numRuns: 50 },
  );
  fc.assert(
    fc.property(arbitrary.daemonConfig, (config) => {
      t.same(readDaemon(daemonAttributes(message((w) => writeDaemon(w, config)))), config);
    }),
    { numRuns: 50 },
  );
});

t.test("random attributes are read or refused", async () => {
  const attribute = fc.tuple(fc.integer({ min: 1, max: 16 }), fc.uint8Array({ maxLength: 20 }));
  fc.assert(
    fc.property(fc.constantFrom(1, 2, 3), fc.array(attribute, { maxLength: 12 }), (top, inside) => {
      const read = message((writer) =>
        writer.nest(top, () => {
          for (const [number, value] of inside) writer.bytes(number, value);
        }),
      );
      try {
        if (top === 1) readServiceStatus(serviceAttributes(read));
        if (top === 2) readDestinationStatus(destinationAttributes(read), 4);
        if (top === 3) readDaemon(daemonAttributes(read));
        return true;
      } catch (error) {
        return error instanceof IpvsError && ["EINVAL", "EAFNOSUPPORT"].includes(error.code);
      }
    }),
  );
});
