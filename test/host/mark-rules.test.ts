import t from "tap";
import { HostPacket } from "../../src/host/host-packet.ts";
import { type MarkRule, MarkRules } from "../../src/host/mark-rules.ts";
import { parsePrefix } from "../../src/net/prefix.ts";
import { Frame } from "../../src/wire/frame.ts";
import { fragments, icmp, tcp, udp } from "../support/packet.ts";

function markOf(rules: readonly MarkRule[], packet: Uint8Array, before = 0): number {
  const made = new MarkRules();
  for (const rule of rules) made.add(rule);
  const frame = new Frame();
  frame.load(packet);
  frame.mark = before;
  const read = new HostPacket();
  read.read(frame);
  return made.mark(read, "c0");
}

const ENDS = { from: "10.1.2.3:1000", to: "10.0.0.100:80" };

t.test("a rule matches what it names, and everything where it names nothing", async (t) => {
  const rule = { family: 4, mark: 7 } as const;
  t.equal(markOf([rule], udp(ENDS)), 7);
  t.equal(markOf([rule], udp({ from: "[2001:db8::1]:1", to: "[2001:db8::2]:2" })), 0);
  t.equal(markOf([{ ...rule, interface: "r0" }], udp(ENDS)), 0);
  t.equal(markOf([{ ...rule, source: parsePrefix("10.1.0.0/16") }], udp(ENDS)), 7);
  t.equal(markOf([{ ...rule, source: parsePrefix("10.2.0.0/16") }], udp(ENDS)), 0);
  t.equal(markOf([{ ...rule, destination: parsePrefix("10.0.0.100") }], udp(ENDS)), 7);
  t.equal(markOf([{ ...rule, destination: parsePrefix("10.0.0.101") }], udp(ENDS)), 0);
  t.equal(markOf([{ ...rule, protocol: 6 }], udp(ENDS)), 0);
  t.equal(markOf([{ ...rule, protocol: 6 }], tcp(ENDS)), 7);
});

t.test("ports match in their range, and never a piece without ports", async (t) => {
  const rule = { family: 4, protocol: 17, destinationPorts: [80, 90], mark: 7 } as const;
  t.equal(markOf([rule], udp(ENDS)), 7);
  t.equal(markOf([rule], udp({ ...ENDS, to: "10.0.0.100:90" })), 7);
  t.equal(markOf([rule], udp({ ...ENDS, to: "10.0.0.100:91" })), 0);
  const [first, second] = fragments(udp({ ...ENDS, payload: "x".repeat(100) }), 64);
  t.equal(markOf([rule], first!), 7);
  t.equal(markOf([rule], second!), 0);
  const any = { family: 4, destinationPorts: [0, 65535], mark: 7 } as const;
  t.equal(markOf([any], icmp({ from: "10.1.2.3", to: "10.0.0.100" })), 0);
});

t.test("the last rule that matches wins, for the bits it sets", async (t) => {
  const [first, second] = [
    { family: 4, mark: 0x11 },
    { family: 4, mark: 0x20, mask: 0xf0 },
  ] as const;
  t.equal(markOf([first, second], udp(ENDS)), 0x21);
  t.equal(markOf([second, first], udp(ENDS)), 0x11);
  t.equal(markOf([], udp(ENDS), 5), 5, "a mark it came with stays");
  t.equal(markOf([{ family: 4, mark: 0x80000000 }], udp(ENDS)), 0x80000000);
});

t.test("delete() takes away one rule that does the same", async (t) => {
  const rules = new MarkRules();
  const rule = (destination: string) =>
    ({ family: 4, destination: parsePrefix(destination), mark: 1 }) as const;
  rules.add(rule("10.0.0.1/24"));
  rules.add(rule("10.0.0.1/24"));
  t.ok(rules.delete(rule("10.0.0.0/24")), "host bits do not count");
  t.notOk(rules.delete(rule("10.0.0.0/25")));
  t.ok(rules.delete(rule("10.0.0.0/24")));
  t.notOk(rules.delete(rule("10.0.0.0/24")));
});
