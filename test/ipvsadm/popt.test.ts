import t from "tap";
import { OptionScanner, type ScannableOption } from "../../src/ipvsadm/popt.ts";

const OPTIONS = [
  { short: "L", long: "list", value: "none" },
  { short: "n", long: "numeric", value: "none" },
  { short: "t", long: "tcp-service", value: "required" },
  { short: "p", long: "persistent", value: "optional" },
] as const satisfies readonly ScannableOption[];

/** Returns the steps as `name`, `name=value` or the fault, and the operands after `|`. */
function scan(argv: readonly string[], posixOrder = false): string {
  const scanner = new OptionScanner(argv, OPTIONS, posixOrder);
  const seen: string[] = [];
  for (;;) {
    const step = scanner.next();
    if (step.kind === "end") return `${seen.join(" ")}|${scanner.operands.join(" ")}`;
    if (step.kind === "fault") return `${seen.join(" ")}!${scanner.token}: ${step.fault}`;
    const { option, value } = step;
    seen.push(value === undefined ? option.long : `${option.long}=${value}`);
  }
}

t.test("short options bundle, and a value takes the rest of its bundle", async (t) => {
  t.equal(scan(["-Ln"]), "list numeric|");
  t.equal(scan(["-Lt1:80"]), "list tcp-service=1:80|");
  t.equal(scan(["-t=1:80"]), "tcp-service=1:80|");
  t.equal(scan(["-t==1"]), "tcp-service==1|");
  t.equal(scan(["-pn"]), "persistent=n|");
});

t.test("a required value is the next argument whatever it looks like", async (t) => {
  t.equal(scan(["-t", "-L"]), "tcp-service=-L|");
  t.equal(scan(["-t", "--"]), "tcp-service=--|");
  t.equal(scan(["-t", ""]), "tcp-service=|");
  t.equal(scan(["--tcp-service", "x", "-n"]), "tcp-service=x numeric|");
  t.equal(scan(["--tcp-service="]), "tcp-service=|");
});

t.test("an optional value is not taken from what looks like an option", async (t) => {
  t.equal(scan(["-p"]), "persistent|");
  t.equal(scan(["-p", "-n"]), "persistent numeric|");
  t.equal(scan(["-p", "-"]), "persistent|-");
  t.equal(scan(["-p", "--", "-n"]), "persistent|-n");
  t.equal(scan(["-p", "50"]), "persistent=50|");
  t.equal(scan(["-p", ""]), "persistent=|");
});

t.test("operands stand anywhere, or end the options in POSIX order", async (t) => {
  t.equal(scan(["a", "-L", "b", "-n", "-"]), "list numeric|a b -");
  t.equal(scan(["-L", "--", "-n", "--"]), "list|-n --");
  t.equal(scan(["-L", "a", "-n"], true), "list|a -n");
});

t.test("a fault names the whole argument", async (t) => {
  t.equal(scan(["-Lj"]), "list!-Lj: unknown option");
  t.equal(scan(["--num"]), "!--num: unknown option");
  t.equal(scan(["--=x"]), "!--=x: unknown option");
  t.equal(scan(["-Lt"]), "list!-Lt: missing argument");
  t.equal(scan(["--tcp-service"]), "!--tcp-service: missing argument");
  t.equal(scan(["-Ln=5"]), "list!-Ln=5: option does not take an argument");
  t.equal(scan(["--numeric="]), "!--numeric=: option does not take an argument");
});
