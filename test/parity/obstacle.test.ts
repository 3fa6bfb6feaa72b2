import t from "tap";
import { obstacle } from "../../src/parity/obstacle.ts";
import { profileOf } from "../../src/parity/parity.ts";
import { readSubject } from "../../src/parity/subject.ts";

function reason(...lines: readonly string[]): string | undefined {
  const subject = readSubject("a.scn", `topo std\n${lines.join("\n")}\n`);
  return obstacle(subject, { longestSleep: 10, schedulers: ["rr", "wlc"], shell: true });
}

t.test("what a kernel cannot do is told, with its line", async (t) => {
  t.match(reason("tun t0"), /^makes an interface.*\(line 2\)$/);
  t.match(reason("note x", `frame c0 ${"00".repeat(14)}`), /^sends a frame.*\(line 3\)$/);
  t.equal(
    reason("ipvsadm -A -t 10.0.0.100:80 -s twos"),
    "needs the scheduler twos, which the kernel has not (line 2)",
  );
});

t.test("pauses count together", async (t) => {
  t.equal(reason("sleep 4", "recv 500", "sleep 5.5"), undefined);
  t.equal(reason("sleep 4", "recv 501", "sleep 5.5"), "sleeps 10.001 s, more than 10");
});

t.test("what both refuse, or both do, is no obstacle", async (t) => {
  t.equal(reason("ipvsadm -A -t 10.0.0.100:80 -s nosuch"), undefined);
  t.equal(
    reason("ipvsadm -A -t 10.0.0.100:80 --scheduler rr", "ipvsadm -Ln", "l3 c0 45"),
    undefined,
  );
});

t.test("a kernel is emulated by the newest profile that is not newer", async (t) => {
  const of = (release: string) => profileOf(release).name;
  t.equal(of("6.1.176"), "6.1.176");
  t.equal(of("6.1.191-rc1"), "6.1.176");
  t.equal(of("6.1.192"), "6.1.192");
  t.equal(of("6.12.9+deb13-amd64"), "6.1.192");
  t.equal(of("5.10.0"), "6.1.176");
});

t.test(
  "a script tells itself where not to compare it, and how long its clients stay",
  async (t) => {
    const text = `skip parity waits for hours
client 203.0.113.1 gets 10.0.0.100:80 x3 every 2s staying 5s
+4s
`;
    const script = readSubject("a.lvs", text);
    t.match(script.skips, [{ where: "parity", reason: "waits for hours" }]);
    const possible = { longestSleep: 14, schedulers: [], shell: true };
    t.equal(obstacle(script, possible), "sleeps 15 s, more than 14");
  },
);
