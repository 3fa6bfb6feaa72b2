/**
 * What keepalived itself puts into a kernel from a configuration, and what we make of it: the same table.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { loadRules } from "../../src/ipvsadm/rules-file.ts";
import { importKeepalived } from "../../src/keepalived/import.ts";
import type { Bed } from "../../src/parity/bed.ts";
import { rulesOf } from "../../src/rules/read-rules.ts";
import { surroundings } from "../../src/rules/read-wanted.ts";
import { noKernel, sharedBed } from "../parity/support.ts";
import { emptyBackend, ipvsadm } from "../rules/support.ts";
import { missing } from "../support/programs.ts";
import { lacking } from "../support/requirement.ts";
import { FIXTURES, SAMPLES, withoutChecks } from "./support.ts";

const skip = noKernel || lacking(missing("keepalived") && "it needs the package keepalived");

/** Starts keepalived's checker alone, lists the table it made, and ends it, which empties the table. */
const SCRIPT = `
mkdir -p /run/keepalived
: >/run/log
keepalived --dont-fork --log-console --check --use-file="$1" --config-id="$2" >/run/log 2>&1 &
child=$!
rounds=100
while [ $rounds -gt 0 ] && ! grep -q 'Startup complete' /run/log; do
  rounds=$((rounds - 1))
  sleep 0.1
done
sleep 0.1
ipvsadm -S -n
echo
ipvsadm -L -n --thresholds | tail -n +2
echo
ipvsadm -L --timeout
kill $child
wait $child
`;

/** The table in the three listings that show all of it. */
async function theirs(bed: Bed, path: string, id: string): Promise<string> {
  await bed.reset();
  const { stdout } = await bed.run(["sh", "-c", SCRIPT, "sh", path, id]);
  return stdout;
}

async function ours(path: string, id: string): Promise<string> {
  const text = readFileSync(path, "utf8");
  const { wanted } = importKeepalived(path, text, surroundings(id));
  const backend = emptyBackend();
  await loadRules(await rulesOf(wanted), backend);
  const listings: string[] = [];
  for (const words of [
    ["-S", "-n"],
    ["-L", "-n", "--thresholds"],
    ["-L", "--timeout"],
  ]) {
    const { stdout } = await ipvsadm(backend, words);
    listings.push(words.includes("--thresholds") ? stdout.replace(/^.*\n/, "") : stdout);
  }
  return listings.join("\n");
}

async function same(t: Test, path: string, id = "low"): Promise<void> {
  const bed = await sharedBed();
  const expected = await theirs(bed, path, id);
  t.equal(await ours(path, id), expected, path.split("/").at(-1)!);
}

t.test("keepalived makes the same table of our configurations", { skip }, async (t) => {
  const names = readdirSync(FIXTURES).filter((name) => name.endsWith(".conf"));
  t.ok(names.length >= 10, `${names.length} configurations`);
  for (const name of names) await same(t, join(FIXTURES, name));
  await same(t, join(FIXTURES, "parameters.conf"), "high");
});

t.test("keepalived makes the same table of its samples, checks off", { skip }, async (t) => {
  const folder = t.testdir();
  const samples = SAMPLES.filter((path) => readFileSync(path, "utf8").includes("virtual_server"));
  t.ok(samples.length >= 10, `${samples.length} samples`);
  for (const [index, path] of samples.entries()) {
    const copy = join(folder, `${index}-${path.split("/").at(-1)!}`);
    writeFileSync(copy, withoutChecks(readFileSync(path, "utf8")));
    await same(t, copy);
  }
});
