import t from "tap";
import { ManualClock } from "../../src/base/clock.ts";
import { PathMtus } from "../../src/host/path-mtus.ts";
import { parseAddress } from "../../src/net/address.ts";

const ROUTE = { local: false, mtu: 1500, source: new Uint32Array(4) };
const { words } = parseAddress("192.168.10.11");

t.test("a report holds for ten minutes", async (t) => {
  const clock = new ManualClock();
  const learned = new PathMtus(clock);
  t.equal(learned.apply(4, words, ROUTE), ROUTE);
  learned.report(4, words, 1300, 1500);
  t.match(learned.apply(4, words, ROUTE), { mtu: 1300, learned: true, local: false });
  t.equal(learned.apply(4, parseAddress("192.168.10.12").words, ROUTE), ROUTE);
  t.equal(learned.apply(6, words, ROUTE), ROUTE);
  clock.advance(599_999);
  t.equal(learned.apply(4, words, ROUTE).mtu, 1300);
  clock.advance(1);
  t.equal(learned.apply(4, words, ROUTE), ROUTE);
});

t.test("a report is no lower than the family allows, and never higher than what was", async (t) => {
  const learned = new PathMtus(new ManualClock());
  learned.report(4, words, 100, 1500);
  t.equal(learned.apply(4, words, ROUTE).mtu, 552);
  learned.report(4, words, 1600, 1500);
  t.equal(learned.apply(4, words, ROUTE).mtu, 552);
  const other = parseAddress("2001:db8::1").words;
  learned.report(6, other, 100, 1500);
  t.equal(learned.apply(6, other, ROUTE).mtu, 1280);
});

t.test("the oldest reports are forgotten where there are too many", async (t) => {
  const learned = new PathMtus(new ManualClock());
  const at = (number: number) => Uint32Array.of(0x0a000000 + number, 0, 0, 0);
  for (let number = 0; number < 3000; number++) learned.report(4, at(number), 1300, 1500);
  t.equal(learned.apply(4, at(0), ROUTE), ROUTE);
  t.equal(learned.apply(4, at(2999), ROUTE).mtu, 1300);
});
