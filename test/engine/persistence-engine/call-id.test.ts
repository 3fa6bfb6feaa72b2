/**
 * Which Call-ID is found, case by case as a running kernel finds it; the recording `sip-callid` has more.
 */
import fc from "fast-check";
import t from "tap";
import { findCallId } from "../../../src/engine/persistence-engine/call-id.ts";

const BEFORE = "\r\nCall-ID: before\r\n";
const BEHIND = "behind\r\nCall-ID: behind\r\n";
const FIRST = "REGISTER sip:x SIP/2.0\r\n";

function callId(text: string): string | undefined {
  const bytes = Buffer.from(`${BEFORE}${text}${BEHIND}`, "latin1");
  const span = { start: 0, end: 0 };
  const found = findCallId(bytes, BEFORE.length, bytes.length - BEHIND.length, span);
  return found ? bytes.toString("latin1", span.start, span.end) : undefined;
}

t.test("findCallId() finds the value of the header", async (t) => {
  const cases = {
    "Call-ID: a@h\r\n": "a@h",
    "call-id:b@h\r\n": "b@h",
    "CALL-ID :c\r\n": "c",
    "i: d\r\n": "d",
    "I:e\r\n": "e",
    "i : f\r\n": "f",
    "ix: g\r\n": undefined,
    "Call-IDx: h\r\n": undefined,
    "Call-ID:\r\n i\r\n": "i",
    "Call-ID: \r\n\tj\r\n": "j",
    "Call-ID\r\n : k\r\n": "k",
    "Call-ID:\r\nl\r\n": undefined,
    "Call-ID:\r\n \r\n l\r\n": undefined,
    "Call-ID: m@\r\n": undefined,
    "Call-ID: m@\r\nCall-ID: n\r\n": "n",
    "Call-ID: @\r\nCall-ID: @\r\nCall-ID: o\r\n": undefined,
    "Call-ID: r s\r\n": "r",
    "Call-ID: v": "v",
    "i:aw\r\nCall-ID: ax\r\n": "aw",
    "X: 1\r\n Call-ID: ae\r\nCall-ID: af\r\n": "af",
    "X: 1\r\n\r\nCall-ID: ag\r\n": "ag",
    "Call-ID: ah@i@j\r\n": "ah@i",
    "Call-ID::az\r\n": ":az",
    "Call-ID: \xe9t\xff\r\n": "\xe9t\xff",
    "Call-ID: a\xd7b\r\n": "a",
    "Call-ID: a=m\r\n": "a",
  };
  for (const [text, wanted] of Object.entries(cases)) {
    t.equal(callId(FIRST + text), wanted, JSON.stringify(text));
  }
  const signs = "!\"%()*+:<>?[\\]_`{}~-./'09azAZ";
  t.equal(callId(`${FIRST}Call-ID: ${signs}\r\n`), signs);
});

t.test("findCallId() takes any line end, but the first line for none", async (t) => {
  t.equal(callId("Call-ID: a\r\n"), undefined);
  t.equal(callId("X\nCall-ID: b\n"), "b");
  t.equal(callId("X\rCall-ID: c\r"), "c");
  t.equal(callId("\r\nCall-ID: d\r\n"), "d");
});

t.test("findCallId() does not read on where the packet ends", async (t) => {
  const endings = ["", FIRST, "x", "\r", "Call-ID", "Call-ID:", "Call-ID: ", "Call-ID:\r\n "];
  for (const text of [...endings, "Call-ID\r\n", "i", "i:"]) {
    t.equal(callId(FIRST + text), undefined, JSON.stringify(text));
  }
  t.equal(callId(""), undefined);
});

t.test("findCallId() comes to an end whatever the text", async () => {
  const parts = fc.constantFrom("Call-ID", "i", ":", " ", "@", "a", "\r\n", "\n", "\r", "\t", ";");
  fc.assert(
    fc.property(fc.array(parts, { maxLength: 40 }), (text) => {
      const found = callId(text.join(""));
      return found === undefined || (found !== "" && text.join("").includes(found));
    }),
  );
});
