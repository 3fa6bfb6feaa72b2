import fc from "fast-check";
import t from "tap";
import { DestinationList, type Listed, NO_PLACE } from "../../src/engine/destination-list.ts";

/** What a list holds in these tests. */
class Item implements Listed {
  place = NO_PLACE;
  readonly name: number;

  constructor(name: number) {
    this.name = name;
  }
}

t.test(
  "a list keeps its order through additions and removals, each of which is noted",
  async (t) => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 40 }), { maxLength: 400 }), (turns) => {
        const list = new DestinationList<Item>();
        const items = Array.from({ length: 41 }, (_, name) => new Item(name));
        let expected: Item[] = [];
        for (const name of turns) {
          const item = items[name]!;
          const { noted, era, revision } = list;
          if (item.place === NO_PLACE) {
            list.add(item);
            expected = [item, ...expected];
            t.equal(list.at(item.place), item);
            t.equal(list.noteAt(list.noted - 1), item.place);
          } else {
            const place = list.remove(item);
            expected = expected.filter((each) => each !== item);
            t.equal(item.place, NO_PLACE);
            t.equal(list.at(place), undefined);
            t.equal(list.noteAt(list.noted - 1), place);
          }
          t.ok(list.noted > noted || list.era > era);
          t.ok(list.revision > revision);
          t.equal(list.size, expected.length);
          t.ok(list.end <= list.capacity);
          t.same(list.newestFirst(), expected);
          t.same([...list].reverse(), expected);
          for (const [position, each] of expected.entries()) {
            t.equal(list.newerThan(each.place), expected[position - 1]);
          }
        }
        return t.passing();
      }),
      { numRuns: 40 },
    );
  },
);

t.test(
  "the array of all stays the same until one comes or goes, and is never changed",
  async (t) => {
    const list = new DestinationList<Item>();
    const first = new Item(1);
    list.add(first);
    const before = list.newestFirst();
    list.note(first.place);
    t.equal(list.newestFirst(), before);
    list.add(new Item(2));
    t.equal(before.length, 1);
    t.equal(list.newestFirst().length, 2);
  },
);

t.test("room is not used up by destinations that come and go", async (t) => {
  const list = new DestinationList<Item>();
  const items = Array.from({ length: 10 }, (_, name) => new Item(name));
  for (const item of items) list.add(item);
  for (let turn = 0; turn < 1000; turn++) {
    const item = items[turn % items.length]!;
    list.remove(item);
    list.add(item);
  }
  t.equal(list.capacity, 32);
  t.same(
    list.newestFirst().map(({ name }) => name),
    [9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
  );
});
