/**
 * What two transcripts may differ in, and nothing else.
 */
import t from "tap";
import { compareTranscripts } from "../../src/scenario/compare.ts";
import { diffLines } from "../../src/scenario/line-diff.ts";
import type { TranscriptRecord } from "../../src/scenario/transcript.ts";

const common = { line: 1, t: 0 };

function listing(args: string, ...lines: string[]): TranscriptRecord {
  const out = ["IPVS connection entries", "pro expire state ...", ...lines, ""].join("\n");
  return { op: "ipvsadm", ...common, args: args.split(" "), rc: 0, out, err: "" };
}

function differ(wanted: TranscriptRecord, seen: TranscriptRecord): boolean {
  return compareTranscripts([wanted], [seen]).length > 0;
}

t.test("connections may come in any order, and a second sooner or later", async (t) => {
  const [first, second] = ["TCP 01:00  SYN_RECV    a b c", "TCP 15:00  ESTABLISHED d e f"];
  const wanted = listing("-Lnc", first, second);
  t.notOk(differ(wanted, listing("-Lnc", second, first)));
  t.notOk(differ(wanted, listing("-Lnc", "TCP 00:59  SYN_RECV    a b c", second)));
  t.ok(differ(wanted, listing("-Lnc", "TCP 00:58  SYN_RECV    a b c", second)), "two seconds");
  t.ok(differ(wanted, listing("-Lnc", "TCP 01:00  SYN_RECV    a b x", second)), "another server");
  t.ok(differ(wanted, listing("-Lnc", first)), "one less");
  t.ok(differ(wanted, listing("-Lnc", first, first, second)), "one more");
  t.ok(differ(listing("-Ln", first, second), listing("-Ln", second, first)), "other listings");
});

t.test("a connection whose time is up may be there still, or no longer", async (t) => {
  const over = "TCP 00:00  SYN_RECV    a b c";
  t.notOk(differ(listing("-Lnc", over), listing("-Lnc")));
  t.notOk(differ(listing("-Lnc"), listing("-Lnc", over)));
  t.ok(differ(listing("-Lnc", "TCP 00:01  SYN_RECV    a b c"), listing("-Lnc")));
});

t.test(
  "services may come in any order where that hangs on a hash seed, servers may not",
  async (t) => {
    const [one, other] = ["TCP  10.0.0.1:80 rr\n  -> a\n  -> b", "TCP  10.0.0.2:80 rr"];
    t.notOk(differ(listing("-Ln --nosort", one, other), listing("-Ln --nosort", other, one)));
    const turned = "TCP  10.0.0.1:80 rr\n  -> b\n  -> a";
    t.ok(differ(listing("-Ln --nosort", one), listing("-Ln --nosort", turned)));
    t.ok(differ(listing("-Ln", one, other), listing("-Ln", other, one)));
    const far = "TCP  224.0.0.1:80 rr";
    t.notOk(differ(listing("-Ln", one, far), listing("-Ln", far, one)), "too far apart to compare");
  },
);

function sent(pkt: string, dec = ""): TranscriptRecord {
  return { op: "send", ...common, dev: "c0", rx: [{ dev: "r0", dmac: "02", pkt, dec }] };
}

t.test("the director's own identifications may differ, wrong checksums may not", async (t) => {
  const own = sent("45c00038e1a7000040010301c0a80a01c0a80a0b0303927400000000");
  t.notOk(
    differ(own, sent("45c000380000000040 01e4a8c0a80a01c0a80a0b0303927400000000".replace(" ", ""))),
  );
  t.ok(differ(own, sent("45c00038000000004001e4a9c0a80a01c0a80a0b0303927400000000")), "checksum");
  const passing = sent("4500002800014000400624680a0102030a00006400010050");
  t.ok(differ(passing, sent("4500002800024000400624670a0102030a00006400010050")), "of a client");
});

t.test("so may that of an error of its own that is quoted without its type", async (t) => {
  const error = "45000030000340003f01640cc0a80a0b0a01030a0301fcfe00000000";
  const quoting = (quoted: string) => sent(error + quoted);
  const wanted = quoting("45c000500a90000040015aeb0a0000660a01000c");
  t.notOk(differ(wanted, quoting("45c000505d6f00004001080c0a0000660a01000c")));
  t.ok(differ(wanted, quoting("45c000505d6f00004001080d0a0000660a01000c")), "wrong checksum");
});

t.test("the source port of a tunnel in UDP may differ", async (t) => {
  t.notOk(
    differ(
      sent("", "UDP 192.168.10.1:1>192.168.10.11:6080"),
      sent("", "UDP 192.168.10.1:2>192.168.10.11:6080"),
    ),
  );
  t.ok(
    differ(
      sent("", "UDP 192.168.10.1:1>192.168.10.11:6080"),
      sent("", "UDP 192.168.10.1:1>192.168.10.12:6080"),
    ),
  );
});

t.test("diffLines() keeps what both have", async (t) => {
  const text = (wanted: string, seen: string) =>
    diffLines(wanted, seen).map(({ sign, text: line }) => sign + line);
  t.same(text("a\nb\nc", "a\nx\nc"), [" a", "-b", "+x", " c"]);
  t.same(text("", "a"), ["+a"]);
  t.same(text("a\nb", "b"), ["-a", " b"]);
});
