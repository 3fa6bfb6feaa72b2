/**
 * Labs where there are no namespaces: a machine without the program that makes them.
 */
import { existsSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { execute } from "../../../src/lab/system-command.ts";
import { uipvs } from "../../cli/support.ts";
import { temporaryFolder } from "../../daemon/support.ts";
import { missing } from "../../support/programs.ts";
import { lacking } from "../../support/requirement.ts";

const skip = lacking(missing("bash"));

/** Programs such a machine has. */
const PROGRAMS = ["bash", "sh", "env", "cut", "sort", "uniq", "grep"];

/** Returns how labs are commanded there, and the folder of the running one. */
async function machine(t: Test) {
  const home = temporaryFolder(t);
  const [programs, folder] = [join(home, "bin"), join(home, "lab")];
  mkdirSync(programs);
  const { stdout } = await execute(["bash", "-c", `command -v ${PROGRAMS.join(" ")}`]);
  const paths = stdout.trim().split("\n");
  for (const [index, name] of PROGRAMS.entries()) symlinkSync(paths[index]!, join(programs, name));
  symlinkSync(process.execPath, join(programs, "node"));
  const env = { PATH: programs, UIPVS_LAB_FOLDER: folder, LC_ALL: "C.UTF-8" };
  const lab = (...words: string[]) => uipvs(["lab", ...words], { env });
  t.teardown(() => lab("stop"));
  return { lab, folder };
}

t.test("a lab starts on simulated hosts, and says so", { skip }, async (t) => {
  const { lab, folder } = await machine(t);
  t.match(await lab("start", "thresholds"), {
    status: 0,
    stdout: /The hosts are simulated, as there are no network namespaces here: .*"unshare"/,
  });
  t.match(await lab("enter", "director", "--", "ipvsadm", "-L", "-n"), {
    status: 0,
    stdout: /172\.16\.16\.2:80 +Masq/,
  });
  const curl = ["enter", "client", "--", "curl", "-m", "60"];
  t.match(await lab(...curl, "-s", "http://192.168.1.100/"), {
    status: 0,
    stdout: /^real server web[12], client 192\.168\.1\.10:\d+\n$/,
  });
  t.match(await lab(...curl, "-sS", "http://192.168.1.100:81/"), {
    status: 7,
    stderr: /^curl: \(7\) Failed to connect to 192\.168\.1\.100 port 81 /,
  });
  t.match(await lab(...curl, "-s", "ftp://192.168.1.100/"), { status: 2, stderr: /^curl: \(2\) / });
  t.match(await lab("enter", "client", "--", "sysctl", "-a"), {
    status: 127,
    stderr: "sysctl: simulated hosts have none\n",
  });
  const status = await lab("enter", "director", "--", "uipvs", "status");
  t.match(status, { status: 0, stdout: /simulated/ });
  t.match(await lab("reset"), { status: 0 });
  t.match(await lab("stop"), { status: 0 });
  t.notOk(existsSync(folder));
});

t.test("a lab that needs more says what it is", { skip }, async (t) => {
  const { lab, folder } = await machine(t);
  const { status, stderr } = await lab("start", "firewall-marks");
  t.equal(status, 1);
  t.match(
    stderr,
    'Cannot start lab "firewall-marks" on simulated hosts, as it uses iptables; it needs network namespaces: ',
  );
  t.notOk(existsSync(folder));
});
