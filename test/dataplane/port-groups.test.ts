import fc from "fast-check";
import t from "tap";
import { type Selector, selectorKey } from "../../dataplane/capture-rules.ts";
import { MOST_PORTS, PortGroups, type RuleChange } from "../../dataplane/port-groups.ts";
import { selector } from "../support/selectors.ts";

/** A request to a port of 10.9.9.9, or to any. */
function request(port?: number): Selector {
  const any = selector({ direction: "request", protocol: 6, address: "10.9.9.9" });
  return port === undefined ? any : { ...any, port };
}

function requests(count: number): readonly Selector[] {
  return Array.from({ length: count }, (_, index) => request(1000 + index));
}

/** Fragments to 10.9.9.9, of whatever port. */
const FRAGMENTS: Selector = { ...request(), fragments: true };

/** Makes the change of a set of rules, and fails where it is none. */
function make(rules: Set<string>, { add, remove }: RuleChange): void {
  for (const one of add) {
    if (rules.has(selectorKey(one))) throw new Error(`added twice: ${selectorKey(one)}`);
    rules.add(selectorKey(one));
  }
  for (const one of remove) {
    if (!rules.delete(selectorKey(one))) throw new Error(`never added: ${selectorKey(one)}`);
  }
}

t.test("change() has a rule for each of a few ports, and one for many", async (t) => {
  const groups = new PortGroups();
  const few = requests(MOST_PORTS);
  t.same(groups.change({ add: few, remove: [] }).add, [...few, FRAGMENTS]);
  const one = request(80);
  const grown = groups.change({ add: [one], remove: [] });
  t.same(grown.add, [request()]);
  t.same(grown.remove, [...few, FRAGMENTS]);
  t.match(groups.change({ add: [request(81)], remove: [] }), { add: [], remove: [] });
  const shrunk = groups.change({ add: [], remove: [one, request(81)] });
  t.same(shrunk.add, [...few, FRAGMENTS]);
  t.same(shrunk.remove, [request()]);
});

t.test("change() has no rule for a port where any port is wanted", async (t) => {
  const groups = new PortGroups();
  groups.change({ add: [request(80)], remove: [] });
  const { add, remove } = groups.change({ add: [request()], remove: [] });
  t.same([add, remove], [[request()], [request(80), FRAGMENTS]]);
});

t.test("change() keeps directions, protocols, addresses and marks apart", async (t) => {
  const groups = new PortGroups();
  groups.change({ add: requests(MOST_PORTS), remove: [] });
  const others = [
    selector({ direction: "reply", protocol: 6, address: "10.9.9.9", port: 80 }),
    selector({ direction: "request", protocol: 17, address: "10.9.9.9", port: 80 }),
    selector({ direction: "request", protocol: 6, address: "10.9.9.8", port: 80 }),
    selector({ direction: "request", fwmark: 1 }),
    selector({ direction: "request", fwmark: 2 }),
  ];
  const { add, remove } = groups.change({ add: others, remove: [] });
  t.same(
    add.filter(({ fragments }) => !fragments),
    others,
  );
  t.equal(add.length, others.length + 3, "and the fragments of what has ports");
  t.same(remove, []);
});

t.test("the rules follow from what is wanted alone, also after changes taken back", async () => {
  const port = fc.option(fc.integer({ min: 1, max: 2 * MOST_PORTS }), { nil: undefined });
  const ports = fc.array(port, { maxLength: 2 * MOST_PORTS });
  const step = fc.record({ add: ports, remove: ports, revert: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 8 }), (steps) => {
      const groups = new PortGroups();
      const rules = new Set<string>();
      const wanted = new Map<string, Selector>();
      for (const { add, remove, revert } of steps) {
        const change = groups.change({ add: add.map(request), remove: remove.map(request) });
        if (revert) {
          change.revert();
          continue;
        }
        make(rules, change);
        for (const one of remove.map(request)) wanted.delete(selectorKey(one));
        for (const one of add.map(request)) wanted.set(selectorKey(one), one);
      }
      const fresh = new Set<string>();
      make(fresh, new PortGroups().change({ add: [...wanted.values()], remove: [] }));
      t.same([...rules].sort(), [...fresh].sort());
    }),
  );
});
