import t from "tap";
import { minimize } from "../../src/parity/minimize.ts";

const LINES = Array.from({ length: 40 }, (_, index) => `line ${index}`);

/** Returns what is left where a text needs these lines, and the number of texts tried. */
async function left(needed: readonly number[], tries?: number) {
  let tried = 0;
  const does = async (lines: readonly string[]) => {
    tried++;
    return needed.every((index) => lines.includes(`line ${index}`));
  };
  const lines = await minimize(LINES, does, { from: 1, ...(tries !== undefined && { tries }) });
  return { lines, tried };
}

t.test("the lines that are needed are left, in their order, and the first ones", async (t) => {
  for (const needed of [[7], [1, 39], [3, 4, 5, 30], [20, 21]]) {
    const { lines } = await left(needed);
    t.same(
      lines,
      [0, ...needed].map((index) => `line ${index}`),
    );
  }
});

t.test("nothing is left out that changes what a text does", async (t) => {
  const all = LINES.map((_, index) => index);
  t.same((await left(all)).lines, LINES);
});

t.test("lines that can go only once others are gone go too", async (t) => {
  // "b" needs "a", and nothing needs "b".
  const does = async (lines: readonly string[]) =>
    lines.includes("x") && (!lines.includes("b") || lines.includes("a"));
  t.same(await minimize(["a", "x", "b"], does), ["x"]);
});

t.test("no more texts are tried than allowed", async (t) => {
  const { lines, tried } = await left([39], 3);
  t.equal(tried, 3);
  t.ok(lines.includes("line 39"));
  t.ok(lines.length > 2);
});
