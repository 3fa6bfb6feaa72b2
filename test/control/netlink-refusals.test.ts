import t from "tap";
import { ERRNO, type ErrorCode } from "../../src/base/error.ts";
import { IPVS_COMMAND } from "../../src/wire/ipvs-genl.ts";
import {
  ADDRESS,
  AF,
  begin,
  CONFIG,
  DEST_CONFIG,
  DEST_ID,
  daemon,
  dest,
  FLAGS,
  ID,
  LOWER,
  METHOD,
  NETMASK,
  OTHER_ID,
  PORT,
  PROTOCOL,
  service,
  TIMEOUT,
  UPPER,
  WEIGHT,
  without,
} from "./requests.ts";
import { type Attribute, bytesOf, errnoOf, request, text, u16, u32 } from "./support.ts";

type Case = readonly [
  what: string,
  command: keyof typeof IPVS_COMMAND,
  attributes: readonly Attribute[],
  code: ErrorCode | "success",
];

const SERVICE_COMMANDS = [
  "newService",
  "setService",
  "delService",
  "getService",
  "newDest",
  "setDest",
  "delDest",
] as const;

function* serviceCases(): Generator<Case> {
  for (const command of SERVICE_COMMANDS) {
    yield ["no service", command, [], "EINVAL"];
    for (const part of ID) {
      yield [`no attribute ${part[0]}`, command, [service(...without(ID, part))], "EINVAL"];
    }
    yield [
      "a malformed attribute inside",
      command,
      [service(...ID, [6, text("x".repeat(16))])],
      "EINVAL",
    ];
    yield ["a service of 3 bytes", command, [[1, bytesOf("010203")]], "ERANGE"];
    yield ["family 3", command, [service([1, u16(3)], PROTOCOL, ADDRESS, PORT)], "EAFNOSUPPORT"];
    yield ["family 3 and nothing else", command, [service([1, u16(3)])], "EINVAL"];
  }
  for (const command of SERVICE_COMMANDS.slice(2)) {
    yield ["an unknown service", command, [service(...OTHER_ID)], "ESRCH"];
  }
  yield ["an unknown service", "setService", [service(...OTHER_ID, ...CONFIG)], "ESRCH"];
  yield ["an unknown service", "zero", [service(...OTHER_ID)], "ESRCH"];
  yield ["a malformed service", "zero", [service(AF)], "EINVAL"];
  for (const command of ["newService", "setService"] as const) {
    for (const part of CONFIG) {
      const some = without(CONFIG, part);
      // The fault in the message comes before the question of existence.
      yield [`no attribute ${part[0]}`, command, [service(...OTHER_ID, ...some)], "EINVAL"];
      yield [`no attribute ${part[0]}`, command, [service(...ID, ...some)], "EINVAL"];
    }
  }
  yield ["an existing service", "newService", [service(...ID, ...CONFIG)], "EEXIST"];
  yield ["a new service", "newService", [service(...OTHER_ID, ...CONFIG)], "success"];
  yield ["an existing service", "setService", [service(...ID, ...CONFIG)], "success"];
  const unknown = service(...OTHER_ID, [6, text("best")], FLAGS, TIMEOUT, NETMASK);
  yield ["an unknown scheduler", "newService", [unknown], "ENOENT"];
}

function* destinationCases(): Generator<Case> {
  const good = service(...ID);
  for (const command of ["newDest", "setDest", "delDest"] as const) {
    yield ["no destination", command, [good], "EINVAL"];
    yield ["no address", command, [good, dest(DEST_ID[1]!, ...DEST_CONFIG)], "EINVAL"];
    yield ["no port", command, [good, dest(DEST_ID[0]!, ...DEST_CONFIG)], "EINVAL"];
    yield ["a malformed port", command, [good, dest(DEST_ID[0]!, [2, bytesOf("50")])], "EINVAL"];
    yield [
      "an unknown family",
      command,
      [good, dest(...DEST_ID, ...DEST_CONFIG, [11, u16(3)])],
      "EAFNOSUPPORT",
    ];
    // The service is looked for before the destination is looked at.
    yield ["an unknown service and no destination", command, [service(...OTHER_ID)], "ESRCH"];
  }
  for (const command of ["newDest", "setDest"] as const) {
    for (const part of DEST_CONFIG) {
      const some = without(DEST_CONFIG, part);
      yield [`no attribute ${part[0]}`, command, [good, dest(...DEST_ID, ...some)], "EINVAL"];
      // A missing attribute is found before the family is judged.
      const odd = dest(...DEST_ID, ...some, [11, u16(3)]);
      yield [`no attribute ${part[0]} and an unknown family`, command, [good, odd], "EINVAL"];
    }
    const six: readonly Attribute[] = [
      [1, bytesOf("20010db8 00000000 00000000 00000011")],
      [2, bytesOf("0050")],
      [11, u16(10)],
    ];
    yield ["another family", command, [good, dest(...six, ...DEST_CONFIG)], "EINVAL"];
    const tunnel = dest(...six, [3, u32(2)], WEIGHT, UPPER, LOWER);
    const expected = command === "newDest" ? "success" : "ENOENT";
    yield ["another family by tunnel", command, [good, tunnel], expected];
    const negative = dest(...six, METHOD, [4, u32(-1)], UPPER, LOWER);
    yield ["another family and a negative weight", command, [good, negative], "EINVAL"];
  }
  const negative = dest(...DEST_ID, METHOD, [4, u32(-1)], UPPER, LOWER);
  yield ["a negative weight", "newDest", [good, negative], "ERANGE"];
  yield ["a new destination", "newDest", [good, dest(...DEST_ID, ...DEST_CONFIG)], "success"];
  yield ["no such destination", "setDest", [good, dest(...DEST_ID, ...DEST_CONFIG)], "ENOENT"];
  yield ["no such destination", "delDest", [good, dest(...DEST_ID)], "ENOENT"];
  const present = dest([1, bytesOf("c0a80a0b")], [2, bytesOf("0050")], ...DEST_CONFIG);
  yield ["an existing destination", "newDest", [good, present], "EEXIST"];
  yield ["an existing destination", "setDest", [good, present], "success"];
  yield ["an existing destination", "delDest", [good, present], "success"];
}

function* otherCases(): Generator<Case> {
  const state: Attribute = [1, u32(1)];
  const rest: readonly Attribute[] = [
    [2, text("eth0")],
    [3, u32(1)],
  ];
  yield ["no daemon", "newDaemon", [], "EINVAL"];
  yield ["no daemon", "delDaemon", [], "EINVAL"];
  yield ["no state", "newDaemon", [daemon(...rest)], "EINVAL"];
  yield ["no interface", "newDaemon", [daemon(state, rest[1]!)], "EINVAL"];
  yield ["no identifier", "newDaemon", [daemon(state, rest[0]!)], "EINVAL"];
  yield ["state 3", "newDaemon", [daemon([1, u32(3)], ...rest)], "EINVAL"];
  const long: Attribute = [2, text("x".repeat(16))];
  yield ["a long interface", "newDaemon", [daemon(state, long, rest[1]!)], "EINVAL"];
  const unicast: Attribute = [5, bytesOf("0a000001")];
  yield ["a group of one", "newDaemon", [daemon(state, ...rest, unicast)], "EINVAL"];
  const unicast6: Attribute = [6, bytesOf("20010db8 00000000 00000000 00000011")];
  yield ["an IPv6 group of one", "newDaemon", [daemon(state, ...rest, unicast6)], "EINVAL"];
  const group: Attribute = [5, bytesOf("e0000051")];
  yield ["a daemon", "newDaemon", [daemon(state, ...rest, group)], "success"];
  yield ["no state", "delDaemon", [daemon(...rest)], "EINVAL"];
  yield ["state 0", "delDaemon", [daemon([1, u32(0)])], "EINVAL"];
  yield ["a daemon that does not run", "delDaemon", [daemon(state)], "ESRCH"];
  yield ["nothing", "setConfig", [], "success"];
  yield ["a short timeout", "setConfig", [[4, u16(1)]], "ERANGE"];
  yield ["a timeout", "setConfig", [[4, u32(5)]], "success"];
  // What is malformed at the top is found whatever the command.
  yield ["a short timeout", "flush", [[6, bytesOf("000000")]], "ERANGE"];
  yield ["nothing", "flush", [], "success"];
  yield ["nothing", "zero", [], "success"];
  yield ["a service", "zero", [service(...ID)], "success"];
  yield ["nothing", "getInfo", [], "success"];
  yield ["nothing", "getConfig", [], "success"];
  for (const command of ["getDest", "getDaemon", "setInfo"] as const) {
    yield ["no list", command, [service(...ID)], "EOPNOTSUPP"];
  }
}

t.test("every command is refused as the kernel refuses it", async (t) => {
  for (const cases of [serviceCases(), destinationCases(), otherCases()]) {
    for (const [what, command, attributes, code] of cases) {
      const { server, ipvs } = begin();
      const answer = server.answer(request(ipvs, IPVS_COMMAND[command], attributes));
      t.equal(errnoOf(answer), code === "success" ? 0 : ERRNO[code], `${command}: ${what}`);
    }
  }
});

t.test("a destination of another family is refused while a daemon runs", async (t) => {
  const { administration, server, ipvs } = begin();
  const six = dest(
    [1, bytesOf("20010db8 00000000 00000000 00000011")],
    [2, bytesOf("0050")],
    [11, u16(10)],
    [3, u32(2)],
    WEIGHT,
    UPPER,
    LOWER,
  );
  const add = request(ipvs, IPVS_COMMAND.newDest, [service(...ID), six]);
  administration.startDaemon({ role: "backup", interfaceName: "lo", syncId: 0 });
  t.equal(errnoOf(server.answer(add)), ERRNO.EINVAL);
  administration.stopDaemon("backup");
  t.equal(errnoOf(server.answer(add)), 0);
  administration.startDaemon({ role: "backup", interfaceName: "lo", syncId: 0 });
  const remove = request(ipvs, IPVS_COMMAND.delDest, [service(...ID), six]);
  t.equal(errnoOf(server.answer(remove)), 0, "one that is there may go");
});
