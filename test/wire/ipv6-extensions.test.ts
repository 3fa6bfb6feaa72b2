import fc from "fast-check";
import t from "tap";
import * as extensions from "../../src/wire/ipv6-extensions.ts";
import { type Extension, fragments, hex, ip, udp } from "../support/packet.ts";
import {
  authentication,
  destinationOptions,
  fragmentHeader,
  hopByHop,
  routing,
} from "../support/packet-extensions.ts";

const HOSTS = { from: "2001:db8::1", to: "2001:db8::2" };
const ENDS = { from: "[2001:db8::1]:53", to: "[2001:db8::2]:53" };

function walked(packet: Uint8Array, end = packet.length): extensions.Walk | undefined {
  const into = extensions.newWalk();
  const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
  return extensions.walk(view, 0, end, into) ? into : undefined;
}

t.test("walk() goes nowhere in a packet without extension headers", async (t) => {
  t.same(walked(udp(ENDS)), {
    protocol: 17,
    transport: 40,
    fragment: -1,
    fragmentOffset: 0,
    moreFragments: false,
  });
});

t.test("walk() passes over every header a host may meet, whatever its length", async (t) => {
  const long = hopByHop(new Uint8Array(30));
  t.equal(long.bytes.length, 32);
  const cases: readonly (readonly [Extension, length: number])[] = [
    [hopByHop(), 8],
    [long, 32],
    [routing(), 8],
    [destinationOptions(hex("c2040001 0000")), 8],
    [authentication(), 24],
  ];
  for (const [extension, length] of cases) {
    const found = walked(udp({ ...ENDS, extensions: [extension] }));
    t.match(found, { protocol: 17, transport: 40 + length, fragment: -1 }, `${extension.number}`);
  }
  const all = cases.map(([extension]) => extension);
  t.match(walked(udp({ ...ENDS, extensions: all })), { protocol: 17, transport: 40 + 80 });
});

t.test("walk() remembers the fragment header on its way", async (t) => {
  const [first, middle, last] = fragments(
    udp({ ...ENDS, payload: "x".repeat(60), extensions: [hopByHop()] }),
    24,
    0xdeadbeef,
  );
  const common = { protocol: 17, transport: 56, fragment: 48 };
  t.same(walked(first!), { ...common, fragmentOffset: 0, moreFragments: true });
  t.same(walked(middle!), { ...common, fragmentOffset: 24, moreFragments: true });
  t.same(walked(last!), { ...common, fragmentOffset: 48, moreFragments: false });
  t.equal(extensions.fragmentId(new DataView(last!.buffer), 48), 0xdeadbeef);
});

t.test("walk() does not take the data of a later fragment for a header", async (t) => {
  const later = (next: number) =>
    ip({
      ...HOSTS,
      protocol: next,
      payload: "not a header",
      extensions: [fragmentHeader({ offset: 8 })],
    });
  t.match(walked(later(60)), { protocol: 60, transport: 48, fragmentOffset: 8 });
  t.match(walked(later(17)), { protocol: 17, transport: 48, fragmentOffset: 8 });
});

t.test("walk() tells a packet that is whole from its first fragment", async (t) => {
  const atomic = udp({ ...ENDS, extensions: [fragmentHeader()] });
  t.match(walked(atomic), { fragment: 40, fragmentOffset: 0, moreFragments: false });
});

t.test("walk() stops where nothing it knows follows", async (t) => {
  for (const protocol of [50, 58, 59, 132, 135, 253]) {
    t.match(walked(ip({ ...HOSTS, protocol, payload: "" })), { protocol, transport: 40 });
  }
});

t.test("walk() keeps nothing of the packet before", async (t) => {
  const into = extensions.newWalk();
  const [piece] = fragments(udp({ ...ENDS, payload: "x".repeat(60) }), 24);
  t.ok(extensions.walk(new DataView(piece!.buffer), 0, piece!.length, into));
  const whole = udp(ENDS);
  t.ok(extensions.walk(new DataView(whole.buffer), 0, whole.length, into));
  t.same(into, walked(whole));
});

t.test("walk() refuses headers cut short at every length", async (t) => {
  const packet = udp({ ...ENDS, extensions: [hopByHop(), authentication(), fragmentHeader()] });
  const transport = 40 + 8 + 24 + 8;
  for (let end = 40; end < transport; end++)
    t.equal(walked(packet, end), undefined, `${end} bytes`);
  t.match(walked(packet, transport), { protocol: 17, transport });
});

t.test("walk() refuses a header that claims more than there is", async (t) => {
  const packet = udp({ ...ENDS, extensions: [hopByHop()] });
  packet[41] = 1;
  t.match(walked(packet), { transport: 56 }, "that ends with the packet");
  packet[41] = 2;
  t.equal(walked(packet), undefined);
});

t.test("walk() ends within any bytes", async () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 40, maxLength: 200 }),
      fc.array(fc.constantFrom(0, 43, 44, 51, 60), { maxLength: 20 }),
      (bytes, numbers) => {
        bytes[6] = 0;
        for (const [index, number] of numbers.entries()) {
          if (40 + index * 8 < bytes.length) bytes[40 + index * 8] = number;
        }
        const found = walked(bytes);
        return found === undefined || (found.transport >= 40 && found.transport <= bytes.length);
      },
    ),
  );
});

t.test("a fragment header that is written reads as it was meant", async (t) => {
  const bytes = new Uint8Array(10);
  const view = new DataView(bytes.buffer);
  extensions.writeFragmentHeader(view, 2, 17, 1448, true, 0x12345678);
  t.same(bytes, hex("0000 11 00 05a9 12345678"));
  t.equal(extensions.fragmentOffset(view, 2), 1448);
  t.ok(extensions.moreFragments(view, 2));
  t.equal(extensions.fragmentId(view, 2), 0x12345678);
  fc.assert(
    fc.property(fc.nat(8191), fc.boolean(), fc.nat(0xffffffff), (units, more, id) => {
      extensions.writeFragmentHeader(view, 2, 6, units * 8, more, id);
      return (
        extensions.fragmentOffset(view, 2) === units * 8 &&
        extensions.moreFragments(view, 2) === more &&
        extensions.fragmentId(view, 2) === id
      );
    }),
  );
});

t.test("the bits reserved in a fragment header are no part of the offset", async (t) => {
  const view = new DataView(hex("11ff 000e 00000001").buffer);
  t.equal(extensions.fragmentOffset(view, 0), 8);
  t.notOk(extensions.moreFragments(view, 0));
});
