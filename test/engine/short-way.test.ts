/**
 * What the packet path promises of many packets: nothing is allocated for them, and the plain and the short
 * way do what the long one does.
 */
import fc from "fast-check";
import t from "tap";
import type { Director } from "../../src/engine/director.ts";
import { destinationConfig, serviceConfig, serviceId } from "../../src/engine/shorthand.ts";
import { parseEndpoint } from "../../src/net/endpoint.ts";
import { Frame, HEADROOM } from "../../src/wire/frame.ts";
import { heapGrowth, NOTHING } from "../support/heap-growth.ts";
import { tcp, udp } from "../support/packet.ts";
import { VIP, VIP6, Wire } from "./support.ts";

const SERVERS = ["192.168.10.11", "192.168.10.12"];
const SERVER6 = "2001:db8:d::11";
const METHODS = ["masquerade", "direct-route", "tunnel"] as const;

type Method = (typeof METHODS)[number];

const PERSISTENT = 1;

function balanced(method: Method, flags = 0): Wire {
  const wire = new Wire();
  const config = { scheduler: "rr", flags, timeout: flags === PERSISTENT ? 60 : 0 };
  for (const protocol of ["tcp", "udp"] as const) {
    wire.service(protocol, 80, config);
    for (const server of SERVERS) wire.server(protocol, 80, `${server}:8080`, { method });
    wire.service(protocol, 80, config, VIP6);
    wire.server(protocol, 80, `[${SERVER6}]:8080`, { method }, VIP6);
  }
  return wire;
}

/** A director whose packets all take the long way, as one service follows what its servers begin. */
function roundabout(method: Method, flags: number): Wire {
  const wire = balanced(method, flags);
  wire.service("udp", 5060, { flags: 1, timeout: 300, persistenceEngine: "sip" });
  return wire;
}

interface Happening {
  readonly bytes: Uint8Array;
  readonly reply: boolean;
  /** Whether a packet to the service comes from this host itself. */
  readonly own: boolean;
  /** Bytes of a segment the packet is to be cut into, 0 for none. */
  readonly segmentSize: number;
  /** Where its checksum is that is yet to be completed, 0 for nowhere. */
  readonly partialAt: number;
  readonly wait: number;
  readonly mark: number;
  /** What is changed before it. */
  readonly edit: keyof typeof EDITS | undefined;
}

const WEB = serviceId("tcp", `${VIP}:80`);
const SERVER = parseEndpoint(`${SERVERS[0]}:8080`);

/** What an administrator may do between two packets; what is refused changes nothing. */
const EDITS = {
  remember: ({ director }: Wire) =>
    director.editService(WEB, serviceConfig({ flags: PERSISTENT, timeout: 60 })),
  forget: ({ director }: Wire) => director.editService(WEB, serviceConfig({ scheduler: "sh" })),
  close: ({ director }: Wire) => director.deleteService(WEB),
  open: ({ director }: Wire) => director.addService(WEB, serviceConfig({ scheduler: "wrr" })),
  remove: ({ director }: Wire) => director.deleteDestination(WEB, SERVER),
  drain: ({ director }: Wire) =>
    director.editDestination(WEB, SERVER, destinationConfig({ weight: 0 })),
  bound: ({ director }: Wire) =>
    director.addDestination(
      WEB,
      parseEndpoint("192.168.10.13:0"),
      destinationConfig({ method: "masquerade", upperThreshold: 1 }),
    ),
  mix: ({ director }: Wire) =>
    director.addDestination(
      WEB,
      parseEndpoint(`[${SERVER6}]:80`),
      destinationConfig({ method: "tunnel", weight: 100 }),
    ),
  mark: (wire: Wire) => {
    const marked = serviceId("mark", 5);
    wire.director.addService(marked, serviceConfig({ scheduler: "rr" }));
    wire.director.addDestination(marked, SERVER, destinationConfig({ method: "masquerade" }));
  },
  file: (wire: Wire) => {
    wire.service("tcp", 21, { scheduler: "rr" });
    wire.server("tcp", 21, `${SERVERS[0]}:21`, { method: "masquerade" });
  },
  lose: ({ director }: Wire) => {
    director.setSysctl("am_droprate", 2);
    director.setSysctl("drop_packet", 3);
  },
  keep: ({ director }: Wire) => director.setSysctl("drop_packet", 0),
  track: ({ director }: Wire) => director.setSysctl("conntrack", 1),
  join: ({ director }: Wire) => director.setSysctl("sloppy_tcp", 1),
} as const;

/** Where the transport header, and the checksums, are in a packet without IP options. */
const TRANSPORT = 20;
const TCP_CHECKSUM = 36;
const UDP_CHECKSUM = 26;

const happening = fc
  .record({
    wide: fc.boolean(),
    protocol: fc.constantFrom(tcp, udp),
    client: fc.nat(3),
    server: fc.nat(1),
    reply: fc.boolean(),
    own: fc.constantFrom(false, false, false, true),
    segmentSize: fc.constantFrom(0, 0, 0, 700),
    partial: fc.constantFrom(false, false, false, true),
    unsummed: fc.constantFrom(false, false, false, true),
    flags: fc.constantFrom("S", "SA", "A", "A", "A", "F", "R", ""),
    ttl: fc.constantFrom(64, 64, 64, 2, 1),
    size: fc.constantFrom(0, 1, 4, 700, 1460, 1470),
    wait: fc.constantFrom(0, 0, 1, 70),
    clientPort: fc.constantFrom(4000, 4000, 4000, 20),
    virtualPort: fc.constantFrom(80, 80, 80, 80, 21, 9),
    mark: fc.constantFrom(0, 0, 0, 5),
    edit: fc.option(fc.constantFrom(...(Object.keys(EDITS) as (keyof typeof EDITS)[])), {
      freq: 4,
      nil: undefined,
    }),
    mangled: fc.option(fc.tuple(fc.nat(70), fc.nat(255)), { freq: 8 }),
  })
  .map(
    ({ wide, protocol, client, server, reply, flags, ttl, size, mangled, ...more }): Happening => {
      const { own, segmentSize, partial, unsummed, wait, mark, edit } = more;
      const { clientPort, virtualPort } = more;
      const end = wide
        ? { client: `[2001:db8:a::${client + 1}]:${clientPort}`, virtual: `[${VIP6}]:80` }
        : { client: `10.1.2.${client}:${clientPort}`, virtual: `${VIP}:${virtualPort}` };
      const from = wide ? `[${SERVER6}]:8080` : `${SERVERS[server]}:8080`;
      const payload = "x".repeat(size);
      const ends = reply ? { from, to: end.client } : { from: end.client, to: end.virtual };
      const bytes = protocol({ ...ends, flags, ttl, payload });
      const checksum = protocol === tcp ? TCP_CHECKSUM : UDP_CHECKSUM;
      if (unsummed && protocol === udp && !wide) bytes.fill(0, UDP_CHECKSUM, UDP_CHECKSUM + 2);
      if (mangled !== null && mangled[0] < bytes.length) bytes[mangled[0]] = mangled[1];
      const partialAt = partial && !wide ? HEADROOM + checksum : 0;
      return { bytes, reply, own, segmentSize, partialAt, wait, mark, edit };
    },
  );

/** Hands packets to a director and returns all that can be seen of what it did. */
function play(wire: Wire, happenings: readonly Happening[]): readonly unknown[] {
  const { director } = wire;
  const seen: unknown[] = [];
  for (const { bytes, reply, own, segmentSize, partialAt, wait, mark, edit } of happenings) {
    if (wait > 0) wire.wait(wait);
    if (edit !== undefined) seen.push(outcome(() => EDITS[edit](wire)));
    const frame = new Frame();
    frame.load(bytes);
    frame.mark = mark;
    frame.segmentSize = segmentSize;
    frame.partialAt = partialAt;
    frame.partialFrom = partialAt === 0 ? 0 : HEADROOM + TRANSPORT;
    const verdict = reply
      ? director.forwarded(frame)
      : own
        ? director.localOut(frame)
        : director.localIn(frame);
    const { reason, connection, isNew, method, nextHop, nextHopFamily } = director.decision;
    const next = verdict === 2 ? [nextHopFamily, [...nextHop]] : undefined;
    const { destination, service } = director.decision;
    seen.push([verdict, reason, connection, isNew, method, next, frame.packet().slice()]);
    seen.push([destination?.address, service?.id]);
  }
  return [...seen, ...state(director)];
}

/** Returns why a change was refused, or `undefined`. */
function outcome(change: () => void): string | undefined {
  try {
    change();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function state(director: Director): readonly unknown[] {
  return [
    [...director.connections()],
    director.counters(),
    director.liveTotals(),
    director
      .services()
      .filter(({ id }) => id.port !== 5060)
      .map(({ id, stats }) => [id, stats, director.destinations(id)]),
  ];
}

for (const method of METHODS) {
  for (const flags of [0, PERSISTENT]) {
    const which = flags === 0 ? method : `${method}, persistent`;
    t.test(
      `no way does anything to packets and connections the long one does not: ${which}`,
      async (t) => {
        fc.assert(
          fc.property(fc.array(happening, { minLength: 1, maxLength: 60 }), (happenings) => {
            const expected = play(roundabout(method, flags), happenings);
            t.same(play(balanced(method, flags), happenings), expected);
          }),
          { numRuns: 60 },
        );
      },
    );
  }
}

for (const method of METHODS) {
  t.test(`a million packets by ${method} leave the heap as it was`, async (t) => {
    const { director } = balanced(method);
    const batch = Array.from({ length: 64 }, () => new Frame());
    const packets = batch.map((_, at) =>
      tcp({ from: `10.1.2.3:${1024 + at}`, to: `${VIP}:80`, flags: "A" }),
    );
    for (let at = 0; at < batch.length; at++) {
      batch[at]!.load(tcp({ from: `10.1.2.3:${1024 + at}`, to: `${VIP}:80`, flags: "S" }));
      director.localIn(batch[at]!);
    }
    const send = (count: number) => {
      for (let sent = 0; sent < count; sent += batch.length) {
        for (let at = 0; at < batch.length; at++) batch[at]!.load(packets[at]!);
        director.expect(batch, batch.length);
        for (let at = 0; at < batch.length; at++) director.localIn(batch[at]!);
      }
    };
    // Until all is compiled.
    send(400_000);
    const grown = await heapGrowth(() => send(1_000_000));
    t.ok(grown !== undefined && grown < NOTHING, `grew by ${grown} bytes`);
  });
}
