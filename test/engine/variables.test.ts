import { readFileSync } from "node:fs";
import t from "tap";
import { IpvsError } from "../../src/base/error.ts";
import { SYSCTL_NAMES } from "../../src/engine/sysctl.ts";
import { Variables } from "../../src/engine/variables.ts";
import { fixture } from "../support/files.ts";
import { Wire } from "./support.ts";

/** One write to the file of a variable on a real kernel of 100 ticks a second, and what it read then. */
interface RecordedWrite {
  readonly name: string;
  /** What was written before. */
  readonly before?: string;
  readonly set?: string;
  readonly errno?: string;
  /** `null` where there is no such file. */
  readonly value: string | null;
}

function recorded(file: string): readonly (RecordedWrite & { op?: string; out?: string })[] {
  return readFileSync(fixture("variables", file), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as RecordedWrite);
}

/** Variables of the recorded kernel, which has memory to spare: mode 2 of a defence becomes 1 at once. */
function recordedVariables(): Variables {
  const variables = new Variables({ ticksPerSecond: 100, memoryPages: 1167 * 32 });
  variables.onChange((name) => {
    if (name !== "drop_entry" && name !== "drop_packet" && name !== "secure_tcp") return;
    if (variables.values[name] === 2) variables.values[name] = 1;
  });
  return variables;
}

/** Writes, and returns the error code or "". */
function write(variables: Variables, name: string, value: string): string {
  try {
    variables.write([{ name, value }]);
    return "";
  } catch (error) {
    if (error instanceof IpvsError) return error.code;
    throw error;
  }
}

/**
 * The writes the kernel refuses but carries out by half: the first number of sync_threshold is set. Here
 * nothing is, as with every refusal.
 */
function halfDone({ name, before, errno, value }: RecordedWrite): boolean {
  return name === "sync_threshold" && errno !== undefined && value !== before?.replace(" ", "\t");
}

t.test("every variable has the kernel's default", async (t) => {
  const listing = recorded("sysctls.jsonl").find(({ op }) => op === "sh")?.out ?? "";
  const wanted = listing
    .trim()
    .split("\n")
    .filter((line) => !line.startsWith("debug_level="));
  const seen = recordedVariables().list();
  t.same(
    seen.map(({ name, value }) => `${name}=${value.replace("\t", " ")}`),
    wanted,
  );
});

t.test("what is written is accepted, refused and read as on the kernel", async (t) => {
  const variables = recordedVariables();
  const steps = recorded("sysctls.jsonl").filter(({ op }) => op === "sysctl");
  t.equal(steps.length, 18);
  for (const { name: path, set, errno = "", value } of steps) {
    const name = path.replace("net.ipv4.vs.", "");
    if (set !== undefined) t.equal(write(variables, name, set), errno, `${name} ${set}`);
    if (value === null) t.throws(() => variables.read(name), { code: "ENOENT" });
    else t.equal(variables.read(name), value, `${name} ${set}`);
  }
});

t.test("texts are read as the kernel reads them", async (t) => {
  const steps = recorded("writes.jsonl");
  t.ok(steps.length > 400, `${steps.length} writes`);
  let halves = 0;
  for (const step of steps) {
    const variables = recordedVariables();
    t.equal(write(variables, step.name, step.before ?? ""), "");
    const before = variables.read(step.name);
    const what = `${step.name} ${JSON.stringify(step.set)} after ${step.before}`;
    t.equal(write(variables, step.name, step.set ?? ""), step.errno ?? "", what);
    if (halfDone(step)) halves++;
    const wanted = halfDone(step) ? before : step.value;
    t.equal(variables.read(step.name), wanted, what);
  }
  t.equal(halves, 2);
});

t.test("a text of no length changes nothing", async (t) => {
  const variables = new Variables({ ticksPerSecond: 250 });
  const before = variables.list();
  for (const name of SYSCTL_NAMES) t.equal(write(variables, name, ""), "", name);
  t.same(variables.list(), before);
});

t.test("a variable kept in ticks holds as many seconds as fit", async (t) => {
  const variables = new Variables({ ticksPerSecond: 250 });
  for (const name of ["lblc_expiration", "lblcr_expiration", "sync_refresh_period"]) {
    t.equal(write(variables, name, "8589934"), "");
    t.equal(variables.read(name), "8589934");
    t.throws(() => variables.write([{ name, value: "8589935" }]), {
      code: "EINVAL",
      message: `Cannot set ${name} to "8589935": must be a whole number, -8589934–8589934`,
    });
  }
});

t.test("a refusal says what would be accepted", async (t) => {
  const variables = new Variables({ ticksPerSecond: 250 });
  const cases: readonly [name: string, value: string, accepted: string][] = [
    ["drop_entry", "4", "a whole number, 0–3"],
    ["sync_version", "x", "a whole number, 0–1"],
    ["sync_ports", "3", "a power of two, 1–1073741824"],
    ["sync_qlen_max", "-1", "a whole number, 0–18446744073709551615"],
    [
      "sync_threshold",
      "50",
      "one or two whole numbers, 0–2147483647, the first below the second unless that is 0",
    ],
  ];
  for (const [name, value, accepted] of cases) {
    t.throws(() => variables.write([{ name, value }]), {
      code: "EINVAL",
      message: `Cannot set ${name} to "${value}": must be ${accepted}`,
    });
  }
  t.throws(() => variables.write([{ name: "conntrack", value: "\n" }]), {
    message: 'Cannot set conntrack to "\\n": must be a whole number, -2147483648–2147483647',
  });
  t.throws(() => variables.write([{ name: "sync_period", value: "1" }]), {
    code: "ENOENT",
    message: 'Unknown variable "sync_period": must be a name of net.ipv4.vs',
  });
});

t.test("several are written as a whole or not at all", async (t) => {
  const variables = new Variables({ ticksPerSecond: 250 });
  const heard: string[] = [];
  variables.onChange((name) => heard.push(name));
  const before = variables.list();
  const good = { name: "conntrack", value: "1" };
  for (const bad of [
    { name: "bogus", value: "1" },
    { name: "drop_entry", value: "4" },
  ]) {
    t.throws(() => variables.write([good, bad, good]), { message: /bogus|drop_entry/ });
    t.same(variables.list(), before);
  }
  t.same(heard, []);
  // What comes later sees what came before.
  variables.write([
    { name: "sync_threshold", value: "0 100" },
    { name: "sync_threshold", value: "99" },
    good,
  ]);
  t.equal(variables.read("sync_threshold"), "99\t100");
  t.same(heard, ["sync_threshold", "conntrack"]);
  t.same(variables.changed(), [good, { name: "sync_threshold", value: "99\t100" }]);
});

t.test("only another value is a change, and all values are in place when it is told", async (t) => {
  const variables = new Variables({ ticksPerSecond: 250 });
  const heard: [string, number, number][] = [];
  const { values } = variables;
  variables.onChange((name) => heard.push([name, values.drop_entry, values.drop_packet]));
  variables.write([
    { name: "drop_entry", value: "0" },
    { name: "secure_tcp", value: "0x0" },
  ]);
  t.same(heard, []);
  variables.write([
    { name: "drop_entry", value: "1" },
    { name: "drop_packet", value: "3" },
  ]);
  t.same(heard, [
    ["drop_entry", 1, 3],
    ["drop_packet", 1, 3],
  ]);
});

t.test("a director looks at its defences as soon as a mode is written", async (t) => {
  const { director } = new Wire();
  for (const name of ["drop_entry", "drop_packet", "secure_tcp"]) {
    const read = ["1", "2", "3", "2", "0"].map((mode) => {
      director.setSysctl(name, mode);
      return director.sysctl(name);
    });
    t.same(read, ["1", "1", "3", "1", "0"], name);
  }
});

t.test("the queue of the synchronisation grows with the memory", async (t) => {
  const read = (memoryPages?: number) =>
    new Variables({ ticksPerSecond: 250, memoryPages }).read("sync_qlen_max");
  t.equal(read(), "8192");
  t.equal(read(37375), "1167");
});
