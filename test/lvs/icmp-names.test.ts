import t from "tap";
import { icmpErrorName, isIcmpError, isNamed } from "../../src/lvs/icmp-names.ts";

t.test("a name means the error of the family it came in", async (t) => {
  t.ok(isNamed("port-unreachable", 4, 3, 3));
  t.ok(isNamed("port-unreachable", 6, 1, 4));
  t.notOk(isNamed("port-unreachable", 6, 3, 3));
  t.ok(isNamed("too-big", 6, 2, 0));
  t.ok(isNamed("fragmentation-needed", 4, 3, 4));
});

t.test("numbers name any error, and those without a name", async (t) => {
  t.ok(isIcmpError("3/9"));
  t.notOk(isIcmpError("nothing"));
  t.ok(isNamed("3/9", 4, 3, 9));
  t.notOk(isNamed("3/9", 4, 3, 8));
  t.equal(icmpErrorName(4, 3, 9), "3/9");
  t.equal(icmpErrorName(6, 1, 3), "host-unreachable");
  t.notOk(isNamed("protocol-unreachable", 6, 1, 4), "IPv6 has none");
});
