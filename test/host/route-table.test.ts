import fc from "fast-check";
import t from "tap";
import { RouteTable, type TableRoute } from "../../src/host/route-table.ts";
import { networkWords, parsePrefix, sharesPrefix } from "../../src/net/prefix.ts";

interface Named extends TableRoute {
  readonly name: string;
}

function route(text: string, metric = 0): Named {
  const prefix = parsePrefix(text);
  const { prefixLength } = prefix;
  return { name: text, network: networkWords(prefix), prefixLength, metric };
}

const words = (text: string) => parsePrefix(text).address.words;

t.test("find() takes the longest prefix, then the lowest metric, then the oldest", async (t) => {
  const table = new RouteTable<Named>();
  t.equal(table.find(words("10.1.2.3")), undefined, "an empty table has nothing");
  const cheap = route("10.1.0.0/16", 1);
  for (const each of [route("0.0.0.0/0"), route("10.1.0.0/16", 5), cheap, route("10.0.0.0/8")]) {
    table.add(each);
  }
  table.add(route("10.1.0.0/16", 1));
  t.equal(table.find(words("10.1.2.3")), cheap);
  t.equal(table.find(words("10.2.2.3"))?.name, "10.0.0.0/8");
  t.equal(table.find(words("11.2.2.3"))?.name, "0.0.0.0/0");
  t.equal(
    table.delete(({ prefixLength }) => prefixLength === 16),
    3,
  );
  t.equal(table.find(words("10.1.2.3"))?.name, "10.0.0.0/8");
  t.strictSame(
    [...table].map(({ name }) => name),
    ["10.0.0.0/8", "0.0.0.0/0"],
  );
});

t.test("find() agrees with a look at every route", async () => {
  const word = fc.integer({ min: 0, max: 3 }).map((bits) => (bits << 30) >>> 0);
  const address = fc.tuple(word, word, fc.constant(0), word).map((all) => Uint32Array.from(all));
  const prefix = fc.tuple(
    address,
    fc.integer({ min: 0, max: 128 }),
    fc.integer({ min: 0, max: 2 }),
  );
  fc.assert(
    fc.property(fc.array(prefix, { maxLength: 30 }), address, (prefixes, asked) => {
      const table = new RouteTable<TableRoute>();
      let best: TableRoute | undefined;
      for (const [at, prefixLength, metric] of prefixes) {
        const network = networkWords({ address: { family: 6, words: at }, prefixLength });
        const made = { network, prefixLength, metric };
        table.add(made);
        if (!sharesPrefix(network, asked, prefixLength)) continue;
        const longer = best === undefined || prefixLength > best.prefixLength;
        if (longer || (prefixLength === best?.prefixLength && metric < best.metric)) best = made;
      }
      return table.find(asked) === best;
    }),
  );
});
