/**
 * Lines are filled by the rules of each script.
 */
import t from "tap";
import { fillLines } from "../../src/cli/fill-lines.ts";

const plain = (text: string): string => text;

/** Returns a text filled into lines of so many columns. */
function fill(text: string, width: number): readonly string[] {
  return fillLines([{ text, paint: plain }], width);
}

t.test(
  "Latin words are broken at blanks only, also where one is wider than the line",
  async (t) => {
    t.strictSame(fill("one two  three", 7), ["one two", "three"]);
    t.strictSame(fill("one incomprehensibly two", 7), ["one", "incomprehensibly", "two"]);
    t.strictSame(fill("", 7), []);
  },
);

t.test("Chinese is broken between characters, of two columns each", async (t) => {
  t.strictSame(fill("调度器选择服务器", 8), ["调度器选", "择服务器"]);
  t.strictSame(fill("用ipvsadm添加", 8), ["用", "ipvsadm", "添加"]);
});

t.test("no line begins with closing or ends with opening punctuation", async (t) => {
  t.strictSame(fill("调度器选择，服务器", 10), ["调度器选", "择，服务器"]);
  t.strictSame(fill("调度器（轮询）", 8), ["调度器", "（轮询）"]);
});

t.test("every piece keeps its paint, and what is whole is not broken", async (t) => {
  const loud = (text: string): string => text.toUpperCase();
  const runs = [
    { text: "type ", paint: plain },
    { text: "ipvsadm -L -n", paint: loud, whole: true },
    { text: ", then look", paint: plain },
  ];
  t.strictSame(fillLines(runs, 12), ["type", "IPVSADM -L -N,", "then look"]);
});
