import t from "tap";
import { type ConnectionQuery, selectRows } from "../../src/live/connection-query.ts";
import { ConnectionSnapshots } from "../../src/live/connection-snapshots.ts";
import { ConnectionTable } from "../../src/live/connection-table.ts";

const HEAD = "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData\n";
const LINES = [
  "TCP CB007107 9C40 C0A80164 0050 AC101002 0050 ESTABLISHED     899",
  "TCP CB007108 9C41 C0A80164 0050 AC101003 0050 TIME_WAIT        12",
  "UDP 0A010203 1388 C0A80164 0035 AC101002 0035 UDP             299",
  "IP  0A010000 0000 00000007 0000 AC101003 0050 NONE             58",
  "TCP 2001:0db8:0000:0000:0000:0000:0000:0001 9C42 2001:0db8:0000:0000:0000:0000:0000:00ff 0050 " +
    "fd00:0000:0000:0000:0000:0000:0000:0002 0050 SYN_RECV         59",
];

async function* text(lines: readonly string[]): AsyncGenerator<string> {
  yield HEAD;
  for (const line of lines) yield `${line}\n`;
}

/** Returns clients of the rows a query selects, in their order. */
async function clients(query: ConnectionQuery): Promise<readonly string[]> {
  const table = await ConnectionTable.read(text(LINES));
  return [...selectRows(table, query)].map((row) => table.row(row).client);
}

const [FIRST, SECOND, THIRD, TEMPLATE, SIXTH] = [
  "203.0.113.7",
  "203.0.113.8",
  "10.1.2.3",
  "10.1.0.0",
  "2001:db8::1",
] as const;

t.test("rows are read as they are listed", async (t) => {
  const table = await ConnectionTable.read(text(LINES));
  t.equal(table.length, 5);
  t.same(table.row(0), {
    protocol: "tcp",
    client: FIRST,
    clientPort: 40000,
    virtual: "192.168.1.100:80",
    server: "172.16.16.2:80",
    state: "ESTABLISHED",
    expires: 899,
  });
  t.match(table.row(3), { protocol: "ip", virtual: "fwmark 7", clientPort: 0 });
  t.match(table.row(4), { client: SIXTH, virtual: "[2001:db8::ff]:80", server: "[fd00::2]:80" });
});

t.test(
  "words filter by address, prefix, end, port, state and protocol, and must all fit",
  async (t) => {
    const cases: readonly (readonly [string, readonly string[]])[] = [
      ["", [FIRST, SECOND, THIRD, TEMPLATE, SIXTH]],
      ["203.0.113.8", [SECOND]],
      ["203.0.113.0/24", [FIRST, SECOND]],
      ["10.1.", [THIRD, TEMPLATE]],
      ["172.16.16.2:80", [FIRST]],
      ["[fd00::2]:80", [SIXTH]],
      ["40001", [SECOND]],
      ["53", [THIRD]],
      ["established", [FIRST]],
      ["udp", [THIRD]],
      ["wait tcp", [SECOND]],
      ["tcp 10.1.", []],
      ["2001:db8::/32", [SIXTH]],
      ["nonsense", []],
    ];
    for (const [words, expected] of cases) t.same(await clients({ text: words }), expected, words);
    t.same(await clients({ state: "TIME_WAIT" }), [SECOND]);
    t.same(await clients({ virtual: "fwmark 7" }), [TEMPLATE]);
    t.same(await clients({ server: "172.16.16.2:53" }), [THIRD]);
    t.same(await clients({ server: "nobody" }), []);
  },
);

t.test("rows are sorted by any column, either way", async (t) => {
  t.same(await clients({ sort: "expires" }), [SECOND, TEMPLATE, SIXTH, THIRD, FIRST]);
  t.same(await clients({ sort: "client" }), [TEMPLATE, THIRD, FIRST, SECOND, SIXTH]);
  t.same(await clients({ sort: "client", descending: true }), [
    SIXTH,
    SECOND,
    FIRST,
    THIRD,
    TEMPLATE,
  ]);
  // Those of equal keys stay in the order of the table.
  t.same(await clients({ sort: "protocol", descending: true }), [
    THIRD,
    FIRST,
    SECOND,
    SIXTH,
    TEMPLATE,
  ]);
});

t.test("columns grow with the table", async (t) => {
  const many = Array.from({ length: 5000 }, (_, row) => {
    const port = row.toString(16).toUpperCase().padStart(4, "0");
    return LINES[0]!.replace("9C40", port);
  });
  const table = await ConnectionTable.read(text(many));
  t.equal(table.length, 5000);
  t.equal(table.row(4999).clientPort, 4999);
  t.equal(selectRows(table, { text: "4000" }).length, 1);
});

t.test("a look serves all who ask, for as long as it is fresh", async (t) => {
  let looks = 0;
  let now = 0;
  const snapshots = new ConnectionSnapshots(
    () => {
      looks++;
      return text(LINES);
    },
    () => now,
  );
  const ask = (maxAge: number) => snapshots.page({ offset: 1, limit: 2, maxAge });
  const [page] = await Promise.all([ask(0), ask(0)]);
  t.match(page, { total: 5, matched: 5, offset: 1, rows: [{ client: SECOND }, { client: THIRD }] });
  t.match(page.states, { ESTABLISHED: 1, UDP: 1 });
  t.equal(looks, 1);
  now = 900;
  await ask(1000);
  t.equal(looks, 1);
  now = 1100;
  await ask(1000);
  t.equal(looks, 2);
});
