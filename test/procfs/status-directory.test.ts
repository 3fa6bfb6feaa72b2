import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { StatusDirectory } from "../../src/procfs/status-directory.ts";
import { temporaryFolder } from "../daemon/support.ts";

async function* pieces(...texts: readonly string[]): AsyncGenerator<string> {
  yield* texts;
}

t.test("a file is replaced as a whole, when its text is complete", async (t) => {
  const path = temporaryFolder(t);
  const directory = StatusDirectory.open(path);
  const file = join(path, "net", "ip_vs");
  await directory.write("ip_vs", pieces("old\n"));
  t.equal(readFileSync(file, "utf8"), "old\n");
  const seen: string[] = [];
  await directory.write(
    "ip_vs",
    (async function* () {
      for (const piece of ["first\n", "", "second\n"]) {
        yield piece;
        seen.push(readFileSync(file, "utf8"));
      }
    })(),
  );
  t.same(seen, ["old\n", "old\n", "old\n"]);
  t.equal(readFileSync(file, "utf8"), "first\nsecond\n");
  t.same(readdirSync(join(path, "net")), ["ip_vs"]);
});

t.test("a text that breaks off leaves the file as it was, and nothing else", async (t) => {
  const path = temporaryFolder(t);
  const directory = StatusDirectory.open(path);
  await directory.write("ip_vs", pieces("old\n"));
  const broken = (async function* () {
    yield "new\n";
    throw new Error("gone");
  })();
  await t.rejects(directory.write("ip_vs", broken), { name: "Error", message: "gone" });
  t.same(readdirSync(join(path, "net")), ["ip_vs"]);
  t.equal(readFileSync(join(path, "net", "ip_vs"), "utf8"), "old\n");
});

t.test("remove() takes its own files and its own folder only", async (t) => {
  const path = temporaryFolder(t);
  const directory = StatusDirectory.open(path);
  await directory.write("ip_vs", pieces("1"));
  directory.remove();
  t.same(readdirSync(path), []);
  // Writing goes on as if nothing had happened.
  await directory.write("ip_vs", pieces("2"));
  writeFileSync(join(path, "net", "dev"), "mine");
  directory.remove();
  t.same(readdirSync(join(path, "net")), ["dev"]);
  rmSync(join(path, "net", "dev"));
  const other = StatusDirectory.open(path);
  await other.write("ip_vs_app", pieces("3"));
  other.remove();
  t.same(readdirSync(path), ["net"]);
});

t.test("a folder that is removed meanwhile is made again", async (t) => {
  const path = temporaryFolder(t);
  const directory = StatusDirectory.open(path);
  await directory.write("ip_vs", pieces("0"));
  rmSync(join(path, "net"), { recursive: true });
  await directory.write("ip_vs", pieces("1"));
  t.ok(existsSync(join(path, "net", "ip_vs")));
});

t.test("a directory that is none, or cannot be written to, is refused", async (t) => {
  const path = temporaryFolder(t);
  const start = `Cannot write to the directory "${path}`;
  const refused = (below: string, message: string) =>
    t.throws(() => StatusDirectory.open(path + below), { name: "DirectoryError", message });
  refused("/none", `${start}/none": no such file or directory`);
  t.notOk(existsSync(join(path, "none")));
  writeFileSync(join(path, "file"), "");
  refused("/file", `${start}/file": it is not a directory`);
  mkdirSync(join(path, "odd"));
  writeFileSync(join(path, "odd", "net"), "");
  const odd = StatusDirectory.open(join(path, "odd"));
  await t.rejects(odd.write("ip_vs", pieces("1")), {
    name: "DirectoryError",
    message: `${start}/odd": not a directory`,
  });
});
