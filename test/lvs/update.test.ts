import t from "tap";
import { withRecordedOutput } from "../../src/lvs/update.ts";

t.test("withRecordedOutput() replaces outputs, and leaves everything else alone", async (t) => {
  const text = [
    "# head",
    "$ one",
    "  | old",
    "  | older",
    "$ two",
    "  $ three",
    "    | gone",
    "tail",
    "",
  ];
  const change = (
    firstLine: number,
    old: readonly string[],
    lines: readonly string[],
    indent: string,
  ) => ({
    file: "a.lvs",
    expected: { firstLine, lines: old, indent },
    lines,
  });
  t.same(
    withRecordedOutput(text.join("\n"), [
      change(3, ["old", "older"], ["new"], "  |"),
      change(6, [], ["a", "", "b"], "  |"),
      change(7, ["gone"], [], "    |"),
    ]).split("\n"),
    ["# head", "$ one", "  | new", "$ two", "  | a", "  |", "  | b", "  $ three", "tail", ""],
  );
});
