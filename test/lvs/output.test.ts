import t from "tap";
import { isAsExpected, outputDiff, outputLines, printedText } from "../../src/lvs/output.ts";

t.test("blanks count neither at the end nor in number", async (t) => {
  t.ok(isAsExpected(["a b"], ["a   b  "]));
  t.notOk(isAsExpected(["ab"], ["a b"]));
  t.notOk(isAsExpected(["a.b"], ["axb"]), "no other mark has a meaning");
});

t.test("dots alone on a line stand for any lines, in a line for any part of it", async (t) => {
  const lines = ["one", "two", "three"];
  for (const expected of [["..."], ["…", "three"], ["one", " ... "], ["...", "two", "..."]]) {
    t.ok(isAsExpected(expected, lines), expected.join());
  }
  t.ok(isAsExpected(["...", "one", "two", "three", "..."], lines), "none are any lines, too");
  for (const expected of [[], ["...", " two"], ["one", "three"], ["...", "four", "..."]]) {
    t.notOk(isAsExpected(expected, lines), expected.join());
  }
  t.ok(isAsExpected(["TCP ... ESTABLISHED …:80"], ["TCP 14:58  ESTABLISHED 10.1.2.3:80"]));
  t.notOk(isAsExpected(["TCP ... CLOSE"], ["TCP 14:58  ESTABLISHED"]));
});

t.test(
  "outputDiff() shows lines that fit as they came, and what is missing or too much",
  async (t) => {
    const diff = outputDiff(
      ["…", "two ...", "four", "five"],
      ["zero", "one", "two 2", "three", "five"],
    );
    t.same(
      diff.map(({ sign, text }) => sign + text),
      [" zero", " one", " two 2", "-four", "+three", " five"],
    );
    t.same(outputDiff(["..."], []), []);
  },
);

t.test("outputs end with their last line that says something", async (t) => {
  t.same(outputLines(""), []);
  t.same(outputLines("a  \n\nb\n"), ["a", "", "b"]);
});

t.test("printedText() is what a terminal would show", async (t) => {
  t.equal(
    printedText([
      { op: "ipvsadm", args: [], rc: 255, out: "", err: "Service not defined\n" },
      { op: "sysctl", name: "net.ipv4.vs.x", value: null },
      { op: "sysctl", name: "net.ipv4.vs.y", set: "9", errno: "EINVAL", value: "0" },
      { op: "cat", path: "/none", errno: "ENOENT" },
      { op: "send", rx: ["c0 - TCP"] },
      { op: "sleep", sec: "1" },
      { op: "sh", cmd: "echo", rc: 0, out: "\u00c3\u00a9\n", err: "" },
    ]),
    "Service not defined\nsysctl: cannot stat net.ipv4.vs.x: No such file\n" +
      "sysctl: setting net.ipv4.vs.y: EINVAL\nENOENT\nc0 - TCP\né\n",
  );
});
