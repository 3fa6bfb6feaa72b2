import { deepStrictEqual as deepEqual } from "node:assert/strict";
import fc from "fast-check";
import t from "tap";
import { addressFromBytes, parseAddress } from "../../src/net/address.ts";
import { type Message, messagesIn } from "../../src/wire/netlink.ts";
import {
  linkByName,
  linkDump,
  linkUp,
  parseLink,
  parseRoute,
  routeAdd,
  routeDelete,
  routeDump,
  routeLookup,
} from "../../src/wire/rtnetlink.ts";
import {
  parseRule,
  RULE_ACTION,
  type Rule,
  ruleAdd,
  ruleDelete,
  ruleDump,
} from "../../src/wire/rtnetlink-rule.ts";
import { hex } from "../support/packet.ts";

/** Messages of Linux 6.18, their sequence and port numbers set to 0. */
const KERNEL = {
  localRule: `34000000 20000200 00000000 00000000 02000000 ff000001 00000000
    08000f00 ff000000 08000e00 ffffffff 05001500 02000000`,
  portRule: `5c000000 20000200 00000000 00000000 02200000 fc000001 00000000
    08000f00 9e1b0000 08000e00 ffffffff 05001500 b0000000 08000600 03000000
    08001800 50005000 06001d00 ffff0000 05001600 06000000 08000100 0a090909`,
  gotoRule: `70000000 20000200 00000000 00000000 0a002000 00000002 00000000
    08000f00 00000000 08000e00 ffffffff 05001500 00000000 07000300 6c6f0000
    08000600 07000000 08000a00 2a000000 08001000 ffffffff 08000400 fe7f0000
    14000200 20010db8 00000000 00000000 00000000`,
  route: `7c000000 18000000 00000000 00000000 02200000 fe000001 00020000
    08000f00 fe000000 08000100 c0000207 08000400 03000000 08000700 0a010001
    08000500 0a010009 0c000800 08000200 00050000 08001900 00000000
    24000c00 02000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000`,
  localNetwork: `3c000000 18002200 00000000 00000000 02080000 ff02fe02 00000000
    08000f00 ff000000 08000100 7f000000 08000700 7f000001 08000400 01000000`,
  link: `34000000 10000000 00000000 00000000 00000100 03000000 43100100 00000000
    0c000300 6f757473 69646500 08000400 dc050000`,
};

function message(bytes: Uint8Array): Message {
  const [first, ...others] = [...messagesIn(bytes)];
  if (first === undefined || others.length > 0) throw new Error("Not one message");
  return first;
}

const kernel = (name: keyof typeof KERNEL) => message(hex(KERNEL[name]));

t.test("parseRule() reads fields", (t) => {
  t.strictSame(parseRule(kernel("localRule")), {
    family: 4,
    priority: 0,
    origin: 2,
    action: RULE_ACTION.lookup,
    table: 255,
  });
  t.strictSame(parseRule(kernel("portRule")), {
    family: 4,
    priority: 3,
    origin: 176,
    action: RULE_ACTION.lookup,
    table: 7070,
    to: { address: parseAddress("10.9.9.9"), length: 32 },
    ipProtocol: 6,
    destinationPort: 80,
  });
  t.strictSame(parseRule(kernel("gotoRule")), {
    family: 6,
    priority: 7,
    origin: 0,
    action: RULE_ACTION.goto,
    target: 32766,
    interfaceIn: "lo",
    from: { address: parseAddress("2001:db8::"), length: 32 },
    mark: 42,
  });
  t.end();
});

t.test("parseRoute() reads fields", (t) => {
  t.strictSame(parseRoute(kernel("route")), {
    family: 4,
    table: 254,
    origin: 0,
    type: 1,
    to: { address: parseAddress("192.0.2.7"), length: 32 },
    out: 3,
    gateway: parseAddress("10.1.0.9"),
    source: parseAddress("10.1.0.1"),
    mtu: 1280,
  });
  t.strictSame(parseRoute(kernel("localNetwork")), {
    family: 4,
    table: 255,
    origin: 2,
    type: 2,
    to: { address: parseAddress("127.0.0.0"), length: 8 },
    out: 1,
    source: parseAddress("127.0.0.1"),
  });
  t.end();
});

t.test("parseLink() reads fields", (t) => {
  t.strictSame(parseLink(kernel("link")), { index: 3, name: "outside", mtu: 1500, up: true });
  t.end();
});

t.test("requests have the fields the kernel expects", (t) => {
  const route = { family: 4, table: 7070, origin: 176, out: 9 } as const;
  const cases: readonly (readonly [string, Uint8Array, string])[] = [
    [
      "routeAdd",
      routeAdd(route),
      `2c000000 18000506 00000000 00000000 02000000 00b0fd01 00000000
       08000f00 9e1b0000 08000400 09000000`,
    ],
    [
      "routeDelete of IPv6",
      routeDelete({ ...route, family: 6 }),
      `2c000000 19000500 00000000 00000000 0a000000 00b00001 00000000
       08000f00 9e1b0000 08000400 09000000`,
    ],
    [
      "routeLookup",
      routeLookup(parseAddress("192.0.2.7"), 17),
      `2c000000 1a000100 00000000 00000000 02200000 00000000 00000000
       08000100 c0000207 05001b00 11000000`,
    ],
    [
      "routeDump",
      routeDump(6, 255),
      "24000000 1a000103 00000000 00000000 0a000000 00000000 00000000 08000f00 ff000000",
    ],
    [
      "linkUp",
      linkUp(3, 65535),
      `28000000 10000500 00000000 00000000 00000000 03000000 01000000 01000000
       08000400 ffff0000`,
    ],
    [
      "linkByName",
      linkByName("eth0"),
      `2c000000 12000100 00000000 00000000 00000000 00000000 00000000 00000000
       09000300 65746830 00000000`,
    ],
    [
      "linkDump",
      linkDump(),
      "20000000 12000103 00000000 00000000 00000000 00000000 00000000 00000000",
    ],
    ["ruleDump", ruleDump(4), "1c000000 22000103 00000000 00000000 02000000 00000000 00000000"],
    [
      "ruleAdd",
      ruleAdd({
        family: 4,
        priority: 3,
        origin: 176,
        action: RULE_ACTION.lookup,
        table: 7070,
        to: { address: parseAddress("10.9.9.9"), length: 32 },
        ipProtocol: 6,
        destinationPort: 80,
      }),
      `4c000000 20000506 00000000 00000000 02200000 00000001 00000000
       08000600 03000000 05001500 b0000000 08000f00 9e1b0000 08000100 0a090909
       05001600 06000000 08001800 50005000`,
    ],
    [
      "ruleDelete",
      ruleDelete({
        family: 4,
        priority: 1,
        origin: 176,
        action: RULE_ACTION.goto,
        target: 5,
        interfaceIn: "tun0",
      }),
      `40000000 21000500 00000000 00000000 02000000 00000002 00000000
       08000600 01000000 05001500 b0000000 08000400 05000000 09000300 74756e30 00000000`,
    ],
  ];
  for (const [name, request, expected] of cases) {
    t.equal(Buffer.from(request).toString("hex"), Buffer.from(hex(expected)).toString("hex"), name);
  }
  t.end();
});

t.test("parse functions refuse truncation", (t) => {
  const cases = [
    [kernel("portRule"), parseRule, 12],
    [kernel("route"), parseRoute, 12],
    [kernel("link"), parseLink, 16],
  ] as const;
  for (const [whole, parse, header] of cases) {
    for (let length = 0; length < header; length++) {
      t.equal(parse({ ...whole, payload: whole.payload.subarray(0, length) }), undefined);
    }
  }
  t.end();
});

t.test("parse functions refuse impossible lengths", (t) => {
  const shortTable = hex(
    "24000000 18000000 00000000 00000000 02200000 fe000001 00000000 06000f00 fe000000",
  );
  t.throws(() => parseRoute(message(shortTable)), { code: "ERANGE" });
  const shortPriority = hex(
    "24000000 20000000 00000000 00000000 02200000 fe000001 00000000 06000600 fe000000",
  );
  t.throws(() => parseRule(message(shortPriority)), { code: "ERANGE" });
  const endlessName = hex(`2c000000 10000000 00000000 00000000 00000100 03000000 00000000 00000000
    0c000300 6f757473 69646565`);
  t.throws(() => parseLink(message(endlessName)), { code: "EINVAL" });
  // An address of the other family is none; a length beyond the message ends it.
  const mixed = hex(`34000000 18000000 00000000 00000000 02200000 fe000001 00000000
    14000100 20010db8 00000000 00000000 00000001 ff000400`);
  t.match(parseRoute(message(mixed)), { to: { address: parseAddress("0.0.0.0") } });
  t.notOk("out" in (parseRoute(message(mixed)) ?? {}));
  t.end();
});

t.test("parse functions pass over messages of other kinds and families", (t) => {
  t.equal(parseRule(kernel("route")), undefined);
  t.equal(parseRoute(kernel("link")), undefined);
  t.equal(parseLink(kernel("portRule")), undefined);
  const multicast = hex(KERNEL.route);
  multicast[16] = 128;
  t.equal(parseRoute(message(multicast)), undefined);
  t.end();
});

t.test("parseRule() after ruleAdd() is identity", (t) => {
  const prefix = (family: 4 | 6) =>
    fc.record(
      {
        address: fc
          .uint8Array({ minLength: family === 4 ? 4 : 16, maxLength: family === 4 ? 4 : 16 })
          .map(addressFromBytes),
        length: fc.integer({ min: 1, max: family === 4 ? 32 : 128 }),
      },
      { noNullPrototype: true },
    );
  const word = fc.integer({ min: 0, max: 0xffffffff });
  const port = fc.integer({ min: 1, max: 40000 });
  const laterPort = fc.integer({ min: 40001, max: 65535 });
  const rule = fc.constantFrom<4 | 6>(4, 6).chain((family) =>
    fc.record(
      {
        family: fc.constant(family),
        priority: word,
        origin: fc.integer({ min: 0, max: 255 }),
        action: fc.constant(RULE_ACTION.lookup),
        table: word,
        interfaceIn: fc.stringMatching(/^[a-z0-9.]{1,15}$/),
        from: prefix(family),
        to: prefix(family),
        ipProtocol: fc.integer({ min: 0, max: 255 }),
        sourcePort: port,
        destinationPort: port,
        lastDestinationPort: laterPort,
        mark: word,
      },
      {
        requiredKeys: ["family", "priority", "origin", "action", "table", "destinationPort"],
        noNullPrototype: true,
      },
    ),
  );
  fc.assert(
    fc.property(rule, (made) => {
      // Undefined never stands for a missing property here.
      deepEqual(parseRule(message(ruleAdd(made as Rule))), made);
    }),
    { numRuns: 50 },
  );
  t.end();
});

t.test("parseRoute() after routeAdd() is identity", (t) => {
  const word = fc.integer({ min: 0, max: 0xffffffff });
  fc.assert(
    fc.property(
      fc.constantFrom<4 | 6>(4, 6),
      word,
      fc.integer({ min: 0, max: 255 }),
      word,
      (family, table, origin, out) => {
        const read = parseRoute(message(routeAdd({ family, table, origin, out })));
        return (
          read?.family === family &&
          read.table === table &&
          read.origin === origin &&
          read.out === out &&
          read.to.length === 0
        );
      },
    ),
  );
  t.end();
});
