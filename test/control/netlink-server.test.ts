import fc from "fast-check";
import t from "tap";
import { ERRNO } from "../../src/base/error.ts";
import { NetlinkServer } from "../../src/control/netlink-server.ts";
import { CONTROLLER_ID, readFamily } from "../../src/wire/genetlink.ts";
import { IPVS_COMMAND } from "../../src/wire/ipvs-genl.ts";
import { MESSAGE_FLAG, MESSAGE_TYPE, messagesIn } from "../../src/wire/netlink.ts";
import { UIPVS_COMMAND } from "../../src/wire/uipvs-genl.ts";
import {
  ADDRESS,
  AF,
  begin,
  DEST_CONFIG,
  DEST_ID,
  DUMP,
  dest,
  familyId,
  ID,
  OTHER_ID,
  PORT,
  PROTOCOL,
  service,
} from "./requests.ts";
import {
  type Attribute,
  bytesOf,
  errnoOf,
  FakeAdministration,
  parse,
  request,
  text,
  u16,
  u32,
} from "./support.ts";

t.test("modes a command does not have are refused with EOPNOTSUPP", async (t) => {
  const { server, ipvs } = begin();
  const listed: readonly string[] = ["getService", "getDest", "getDaemon"];
  for (const [name, command] of Object.entries(IPVS_COMMAND)) {
    const answer = server.answer(request(ipvs, command, [], { flags: DUMP }));
    const [last] = parse(answer).slice(-1);
    if (listed.includes(name)) t.equal(last?.type, MESSAGE_TYPE.done, name);
    else t.equal(errnoOf(answer), ERRNO.EOPNOTSUPP, name);
  }
  for (const command of [0, 18, 255]) {
    t.equal(errnoOf(server.answer(request(ipvs, command))), ERRNO.EOPNOTSUPP, `command ${command}`);
  }
  const half = request(ipvs, IPVS_COMMAND.getInfo, [], { flags: 0x105 });
  t.equal(errnoOf(server.answer(half)), 0, "one bit of two asks for no list");
});

t.test("a list of the destinations of no service is empty and no error", async (t) => {
  const { server, ipvs } = begin();
  const list = (attributes: readonly Attribute[]) =>
    parse(server.answer(request(ipvs, IPVS_COMMAND.getDest, attributes, { flags: DUMP })));
  for (const attributes of [
    [],
    [service(...OTHER_ID)],
    [service(AF)],
    [service([1, u16(3)], PROTOCOL, ADDRESS, PORT)],
    [[4, u16(1)] as const, service(...ID)],
  ]) {
    t.match(list(attributes), [{ type: MESSAGE_TYPE.done, flags: MESSAGE_FLAG.multi }]);
    t.equal(list(attributes).length, 1);
  }
  const [reply, done] = list([service(...ID)]);
  t.match(reply, { type: ipvs, flags: MESSAGE_FLAG.multi, sequence: 7 });
  t.equal(reply?.payload[0], IPVS_COMMAND.newDest);
  t.match(done, { type: MESSAGE_TYPE.done, sequence: 7 });
  t.same(done?.payload, u32(0));
});

t.test("replies carry the command, sequence and port that belong to them", async (t) => {
  const { server, ipvs } = begin();
  const ask = (command: number, flags: number, attributes: readonly Attribute[] = []) =>
    parse(server.answer(request(ipvs, command, attributes, { flags, sequence: 99, port: 1234 })));
  for (const [asked, replied] of [
    [IPVS_COMMAND.getInfo, IPVS_COMMAND.setInfo],
    [IPVS_COMMAND.getConfig, IPVS_COMMAND.setConfig],
    [IPVS_COMMAND.getService, IPVS_COMMAND.newService],
  ] as const) {
    const [reply, success, ...more] = ask(asked, 5, [service(...ID)]);
    t.match(reply, { type: ipvs, flags: 0, sequence: 99, port: 1234 });
    t.same(reply?.payload.subarray(0, 4), Uint8Array.of(replied, 1, 0, 0));
    t.match(success, { type: MESSAGE_TYPE.error, sequence: 99, port: 1234 });
    t.same(more, []);
  }
  const services = ask(IPVS_COMMAND.getService, DUMP);
  t.same(
    services.map((message) => message.type),
    [ipvs, ipvs, MESSAGE_TYPE.done],
  );
});

t.test("GET_INFO is answered byte for byte", async (t) => {
  const { server, ipvs } = begin();
  const id = ipvs.toString(16);
  const asked = bytesOf(`14000000 ${id}00 0100 2a000000 39300000 0f010000`);
  t.same(
    server.answer(asked),
    bytesOf(
      `24000000 ${id}00 0000 2a000000 39300000 0e010000`,
      "0800 0100 01020100 0800 0200 00100000",
    ),
  );
});

t.test("success is told to who asks for it, refusal to everybody", async (t) => {
  const { server, ipvs } = begin();
  const quiet = { flags: MESSAGE_FLAG.request };
  t.same(server.answer(request(ipvs, IPVS_COMMAND.flush, [], quiet)), new Uint8Array(0));
  const refused = request(ipvs, IPVS_COMMAND.newDest, [], quiet);
  const [message] = parse(server.answer(refused));
  t.match(message, { type: MESSAGE_TYPE.error });
  t.same(message?.payload.subarray(4, 4 + refused.length), refused, "the request is quoted");
});

t.test("requests one behind the other are all answered in order", async (t) => {
  const { server, ipvs } = begin();
  const requests = [
    request(ipvs, IPVS_COMMAND.getInfo, [], { sequence: 1 }),
    request(ipvs, 200, [], { sequence: 2 }),
    request(ipvs, IPVS_COMMAND.getService, [], { flags: DUMP, sequence: 3 }),
    request(ipvs, IPVS_COMMAND.flush, [], { sequence: 4 }),
  ];
  const all = Uint8Array.from(requests.flatMap((bytes) => [...bytes]));
  t.same(
    parse(server.answer(all)).map((message) => message.sequence),
    [1, 1, 2, 3, 3, 3, 4],
  );
});

t.test("what is not for a family is passed over, or confirmed when asked for", async (t) => {
  const { server, ipvs } = begin();
  for (const type of [0, 1, 2, 3, 4, 15]) {
    t.same(server.answer(request(type, 1, [], { flags: 1 })), new Uint8Array(0), `type ${type}`);
    t.equal(errnoOf(server.answer(request(type, 1, [], { flags: 5 }))), 0, `type ${type}`);
  }
  const noRequest = request(ipvs, IPVS_COMMAND.flush, [], { flags: 0 });
  t.same(server.answer(noRequest), new Uint8Array(0));
  t.equal(parse(server.answer(request(ipvs, 4, [], { flags: DUMP }))).length, 3, "nothing went");
});

t.test("unknown families and short headers are refused", async (t) => {
  const { server, ipvs } = begin();
  t.equal(errnoOf(server.answer(request(0x7777, 1))), ERRNO.ENOENT);
  const whole = request(ipvs, IPVS_COMMAND.getInfo);
  for (let length = 16; length < 20; length++) {
    const short = whole.slice(0, length);
    new DataView(short.buffer).setUint32(0, length, true);
    t.equal(errnoOf(server.answer(short)), ERRNO.EINVAL, `${length} bytes`);
  }
  for (let length = 0; length < 16; length++) {
    t.same(server.answer(whole.subarray(0, length)), new Uint8Array(0), `${length} bytes`);
  }
});

t.test("refuse() answers what has no right length", async (t) => {
  const { server } = begin();
  const header = bytesOf("03000000 2000 0500 09000000 00000000");
  const [message] = parse(server.refuse(header));
  t.match(message, { type: MESSAGE_TYPE.error, sequence: 9 });
  t.equal(errnoOf(server.refuse(header)), ERRNO.EINVAL);
  t.equal(errnoOf(server.refuse(Uint8Array.from([...header, 1, 2, 3]))), ERRNO.EINVAL);
  t.same(server.refuse(header.subarray(0, 15)), new Uint8Array(0));
});

t.test("nlctrl knows the families by name and by number", async (t) => {
  const { server, ipvs } = begin();
  const ask = (...attributes: readonly Attribute[]) =>
    server.answer(request(CONTROLLER_ID, 3, attributes));
  const idOf = (answer: Uint8Array) => readFamily(parse(answer)[0]!.payload.subarray(4))?.id;
  t.equal(idOf(ask([1, u16(ipvs)])), ipvs);
  t.equal(idOf(ask([1, u16(CONTROLLER_ID)], [2, text("IPVS")])), ipvs, "the name counts");
  t.not(familyId(server, "UIPVS"), ipvs);
  t.equal(familyId(server, "nlctrl"), CONTROLLER_ID);
  t.equal(errnoOf(ask()), ERRNO.EINVAL);
  t.equal(errnoOf(ask([2, text("ipvs")])), ERRNO.ENOENT);
  t.equal(errnoOf(ask([1, u16(0x7777)])), ERRNO.ENOENT);
  t.equal(errnoOf(ask([1, bytesOf("10")])), ERRNO.ERANGE);
  t.equal(errnoOf(ask([2, bytesOf("6162")])), ERRNO.EINVAL);
  const all = parse(server.answer(request(CONTROLLER_ID, 3, [], { flags: DUMP })));
  t.equal(all.length, 4, "three families and the end");
});

t.test("a fault of the administration is told and answered, and the server lives", async (t) => {
  const faults: unknown[] = [];
  const administration = new FakeAdministration();
  const server = new NetlinkServer(administration, { onFault: (error) => faults.push(error) });
  const ipvs = familyId(server, "IPVS");
  administration.fault = new TypeError("x is not a function");
  t.equal(errnoOf(server.answer(request(ipvs, IPVS_COMMAND.getInfo))), ERRNO.EIO);
  t.same(faults, [administration.fault]);
  administration.fault = undefined;
  t.equal(errnoOf(server.answer(request(ipvs, IPVS_COMMAND.getInfo))), 0);
  t.equal(faults.length, 1);
});

t.test("what goes wrong within a list ends it with the error", async (t) => {
  const statusFile = function* () {
    yield "x".repeat(20000);
    throw new Error("the table has moved");
  };
  const server = new NetlinkServer(new FakeAdministration(), { statusFile });
  const uipvs = familyId(server, "UIPVS");
  const get = request(uipvs, UIPVS_COMMAND.getFile, [[1, text("ip_vs")]], { flags: DUMP });
  const answer = server.answer(get);
  t.same(
    parse(answer).map((message) => message.type),
    [uipvs, MESSAGE_TYPE.done],
  );
  t.equal(errnoOf(answer), ERRNO.EIO);
});

t.test("pieces() gives a long list away bit by bit, each of whole messages", async (t) => {
  const line = `${"0123456789".repeat(10)}\n`;
  let made = 0;
  const statusFile = function* () {
    for (; made < 20000; made++) yield line;
  };
  const server = new NetlinkServer(new FakeAdministration(), { statusFile });
  const uipvs = familyId(server, "UIPVS");
  const get = request(uipvs, UIPVS_COMMAND.getFile, [[1, text("ip_vs_conn")]], { flags: DUMP });
  let pieces = 0;
  for (const piece of server.pieces(get)) {
    pieces++;
    if (pieces === 1) t.ok(made < 1000, `${made} lines made when the first piece came`);
    const messages = [...messagesIn(piece)];
    const end = messages.reduce((sum, message) => sum + ((message.bytes.length + 3) & ~3), 0);
    if (end !== piece.length) t.fail("a piece ends within a message");
  }
  t.ok(pieces > 20, `${pieces} pieces`);
});

t.test("whatever the bytes are, the server answers or passes them over", async (t) => {
  const { server, ipvs } = begin();
  const uipvs = familyId(server, "UIPVS");
  const check = (bytes: Uint8Array) => {
    const answer = server.answer(bytes);
    return (
      [...messagesIn(answer)].reduce((sum, one) => sum + ((one.bytes.length + 3) & ~3), 0) ===
      answer.length
    );
  };
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), check));
  const payload = fc.uint8Array({ maxLength: 120 });
  const framed = fc
    .tuple(
      fc.constantFrom(ipvs, uipvs, CONTROLLER_ID),
      fc.nat(20),
      fc.constantFrom(1, 5, DUMP, DUMP | 4),
      fc.array(fc.tuple(fc.integer({ min: 1, max: 7 }), payload), { maxLength: 4 }),
    )
    .map(([type, command, flags, attributes]) => request(type, command, attributes, { flags }));
  fc.assert(
    fc.property(framed, (bytes) => {
      const answer = parse(server.answer(bytes));
      return check(bytes) && answer.every((message) => message.sequence === 7);
    }),
    { numRuns: 500 },
  );
  // One byte changed in a good request.
  const good = request(ipvs, IPVS_COMMAND.newDest, [
    service(...ID),
    dest(...DEST_ID, ...DEST_CONFIG),
  ]);
  for (let at = 0; at < good.length; at++) {
    for (const value of [0, 1, 0x7f, 0xff]) {
      const changed = good.slice();
      changed[at] = value;
      if (!check(changed)) t.fail(`byte ${at} as ${value}`);
    }
  }
});
