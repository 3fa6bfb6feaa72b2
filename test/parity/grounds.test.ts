/**
 * The other kernels a scenario can be compared with: an image in a virtual machine, and the host's own.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { newestImage } from "../../src/parity/qemu.ts";
import { uipvs } from "../cli/support.ts";
import { ROOT } from "../support/files.ts";
import { missing } from "../support/programs.ts";
import { lacking } from "../support/requirement.ts";
import { noKernel, sharedBed } from "./support.ts";

const SCENARIO = `topo std
ipvsadm -A -t 10.0.0.100:80 -s rr
ipvsadm -a -t 10.0.0.100:80 -r 192.168.10.11:80 -m
tcp 10.1.1.1:2000 10.0.0.100:80 S
reply SA
ipvsadm -Ln
`;

const noImage = lacking(
  (missing("qemu-system-x86_64") && "it needs the package qemu-system-x86") ||
    (newestImage() === undefined && "it needs the package linux-image-amd64"),
);

t.test("a kernel image of the distribution is a ground", { skip: noImage }, async (t) => {
  const file = join(t.testdir({ "a.scn": SCENARIO }), "a.scn");
  const { status, stdout, stderr } = await uipvs(["parity", "--kernel", "qemu", file]);
  t.equal(stderr, "");
  t.match(stdout, /^same {5}.*\n1 same, 0 differ, 0 skipped; kernel \d+\.\d+\.\d+\n$/);
  t.equal(status, 0);
});

t.test("a host whose own kernel has ip_vs compares with it", { skip: noKernel }, async (t) => {
  const bed = await sharedBed();
  await bed.reset();
  await bed.command(["-A", "-f", "1"]);
  const folder = t.testdir({ "a.scn": SCENARIO, "b.scn": "topo std\nsh touch /run/touched\n" });
  writeFileSync(join(folder, "c.scn"), "topo std\nsysctl kernel.domainname elsewhere\n");
  const uipvsInGuest = [process.execPath, join(ROOT, "bin", "uipvs.js")];
  const { status, stdout } = await bed.run([...uipvsInGuest, "parity", "--json", folder]);
  t.equal(status, 0, stdout);
  const { kernel, scenarios } = JSON.parse(stdout);
  t.equal(kernel, bed.info.release);
  const results = scenarios.map(
    (each: { result: string; reason?: string }) => each.reason ?? each.result,
  );
  t.equal(results[0], "same");
  t.equal(results[1], "it has a line of shell, which the kernel of the host is spared (line 2)");
  t.match(results[2], /expected a variable/);
  t.match(await bed.setting("kernel/domainname"), { value: "(none)" });
  // Its own table is as it was.
  t.match(await bed.command(["-S", "-n"]), { stdout: "-A -f 1 -s wlc\n" });
});
