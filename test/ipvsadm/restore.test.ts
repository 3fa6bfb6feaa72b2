import t from "tap";
import { ruleLines, ruleWords } from "../../src/ipvsadm/restore.ts";
import { MemoryBackend } from "./memory-backend.ts";
import { runIpvsadm } from "./support.ts";

async function linesOf(...chunks: readonly (string | Uint8Array)[]): Promise<readonly string[]> {
  async function* input() {
    yield* chunks;
  }
  const lines: string[] = [];
  for await (const line of ruleLines(input())) lines.push(line);
  return lines;
}

/** Restores onto an empty table and returns what was said, and the rules there are then. */
async function restore(stdin: string) {
  const backend = new MemoryBackend();
  const openBackend = async () => backend;
  const { stderr, code } = await runIpvsadm(["-R"], { stdin, openBackend });
  const { stdout: rules } = await runIpvsadm(["-S", "-n"], { openBackend });
  return { stderr, code, rules };
}

const ADD = "-A -t 192.0.2.1:80 -s rr";

t.test("ruleWords() separates at blanks, tabs and carriage returns alone", async (t) => {
  t.same(ruleWords(" -A\t-t  1:80\r"), ["-A", "-t", "1:80"]);
  t.same(ruleWords("ipvsadm -A -s ipvsadm"), ["-A", "-s"]);
  t.same(ruleWords("-A\v-t"), ["-A\v-t"]);
  t.same(ruleWords("  \r"), []);
});

t.test("ruleLines() joins what arrives in pieces", async (t) => {
  const bytes = new TextEncoder().encode("é\n");
  t.same(await linesOf("-A\n-", "C\n\n", "-Z"), ["-A", "-C", "", "-Z"]);
  t.same(await linesOf(bytes.subarray(0, 1), bytes.subarray(1)), ["é"]);
  t.same(await linesOf(), []);
});

t.test("ruleLines() drops an unfinished last line that ends in two blanks", async (t) => {
  t.same(await linesOf("-A\n-C "), ["-A", "-C "]);
  t.same(await linesOf("-A\n-C  "), ["-A"]);
  t.same(await linesOf("-A\n-C  \n"), ["-A", "-C  "]);
});

t.test("a restore goes on after what is refused, and returns the last line's status", async (t) => {
  t.same(await restore(`${ADD}\n${ADD}\n-A -f 1\n`), {
    stderr: "Service already exists\n",
    code: 0,
    rules: `${ADD}\n-A -f 1 -s wlc\n`,
  });
  t.equal((await restore(`${ADD}\n${ADD}\n`)).code, 255);
  t.same(await restore(`-A --bogus\n${ADD}\n`), {
    stderr: "--bogus: unknown option\n",
    code: 0,
    rules: `${ADD}\n`,
  });
});

t.test("a restore ends at a value that is not allowed and at what is no command", async (t) => {
  t.same(await restore(`${ADD}\n-A -t bad\n-A -f 1\n`), {
    stderr: "illegal virtual server address[:port] specified\n",
    code: 2,
    rules: `${ADD}\n`,
  });
  for (const line of ["# comment", "-R", "-n"]) {
    const { stderr, code, rules } = await restore(`${ADD}\n${line}\n-C\n`);
    t.match(stderr, /^Try `ipvsadm -h'/);
    t.same([code, rules], [255, `${ADD}\n`], line);
  }
  t.same(await restore(`-h\n${ADD}\n`), { stderr: "", code: 0, rules: "" });
});
