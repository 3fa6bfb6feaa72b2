/**
 * FTP through masquerading, with a real server and real clients: data connections either way, announced
 * in the old commands and the new.
 */
import { createHash, randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { REAL_SERVERS, VIRTUAL } from "../../src/lab/demo/laboratory.ts";
import type { NamespaceLaboratory } from "../../src/lab/demo/namespaces.ts";
import { temporaryFolder } from "../daemon/support.ts";
import { startFtpServer } from "./ftp-server.ts";
import { laboratory, nothingDropped, rulesOf, setRules } from "./laboratory.ts";
import { lackOfLaboratory } from "./requirements.ts";

const SERVER = REAL_SERVERS[0]!;
const SERVICE = `-t ${VIRTUAL.address}:21`;
const URL = `ftp://${VIRTUAL.address}`;
const LENGTH = 400_000;
const DOTTED = VIRTUAL.address.replaceAll(".", ",");

interface Case {
  readonly name: string;
  /** Words for curl. */
  readonly words: readonly string[];
  /** What the client and its server must have said. */
  readonly said: RegExp;
}

/** `--no-ftp-skip-pasv-ip` has curl go where the answer says, as other clients do. */
const CASES: readonly Case[] = [
  {
    name: "PASV",
    words: ["--disable-epsv", "--no-ftp-skip-pasv-ip"],
    said: new RegExp(`> PASV\\s+< 227 Entering Passive Mode \\(${DOTTED},`),
  },
  {
    name: "EPSV",
    words: [],
    said: /> EPSV\s+< 229 Entering Extended Passive Mode \(\|\|\|\d+\|\)/,
  },
  { name: "PORT", words: ["--ftp-port", "-", "--disable-eprt"], said: /> PORT [\d,]+\s+< 200/ },
  { name: "EPRT", words: ["--ftp-port", "-"], said: /> EPRT \|1\|[\d.]+\|\d+\|\s+< 200/ },
];

const skip = await lackOfLaboratory("vsftpd", "lftp", "curl");

t.test("FTP through masquerading", { skip }, async (t) => {
  const lab = await laboratory(t);
  const folder = temporaryFolder(t);
  const served = await startFtpServer(lab.host(SERVER.name), folder);
  await lab.arrange("masquerade", () => {});
  await setRules(t, lab, rulesOf(SERVICE, "-s rr", 21, "-m", [SERVER]));
  const files = ["one", "two", "three"];
  for (const name of files) writeFileSync(join(served, name), randomBytes(LENGTH));

  for (const { name, words, said } of CASES) {
    t.test(`${name}: files come and go whole`, async (t) => {
      const got = join(folder, `${name}.got`);
      t.match(await curl(t, lab, [...words, `${URL}/one`, "-o", got]), said);
      same(t, got, join(served, "one"));
      const sent = join(served, `${name}.sent`);
      t.match(await curl(t, lab, [...words, "-T", got, `${URL}/${name}.sent`]), said);
      same(t, sent, got);
    });
  }

  t.test("one control connection serves for many transfers", async (t) => {
    const targets = files.map((name) => join(folder, `many.${name}`));
    const words = files.flatMap((name, index) => [`${URL}/${name}`, "-o", targets[index]!]);
    const said = await curl(t, lab, ["--disable-epsv", "--no-ftp-skip-pasv-ip", ...words]);
    t.equal(said.match(/< 227 /g)?.length, files.length);
    t.equal(said.match(/< 220 /g)?.length, 1, "there was one connection");
    for (const [index, name] of files.entries()) same(t, targets[index]!, join(served, name));
  });

  for (const passive of ["on", "off"]) {
    t.test(`lftp takes everything, passive mode ${passive}`, async (t) => {
      const target = join(folder, `lftp.${passive}`);
      const script = [
        "set net:max-retries 1",
        "set net:timeout 10",
        "set ftp:fix-pasv-address no",
        `set ftp:passive-mode ${passive}`,
        `open ${URL}`,
        `mirror . ${target}`,
      ].join("; ");
      const env = { HOME: folder };
      await lab.host("client").mustRun(["lftp", "-c", script], { env });
      for (const name of files) same(t, join(target, name), join(served, name));
    });
  }

  t.test("the data connections are of the service", async (t) => {
    const listed = (await lab.uipvsadm(["-Lnc"], "")).output;
    t.match(listed, new RegExp(`${VIRTUAL.address}:20 +${SERVER.address}:20`));
    t.match(listed, new RegExp(`${VIRTUAL.address}:(\\d{4,}) +${SERVER.address}:\\1\\n`));
    t.notMatch(listed, /LISTEN/, "every one that was expected has come");
  });

  t.test("the director has lost nothing", (t) => nothingDropped(t, lab));
});

/** Runs curl on the client and returns what it and the server have said to each other. */
async function curl(t: Test, lab: NamespaceLaboratory, words: readonly string[]): Promise<string> {
  const common = ["curl", "-sS", "-v", "--max-time", "20"];
  const { status, stderr } = await lab.host("client").run([...common, ...words]);
  const lines = stderr.split(/\r?\n/).filter((line) => /^[<>] /.test(line));
  t.equal(status, 0, `curl ${words[0]}`, { stderr });
  return lines.join("\n");
}

function same(t: Test, got: string, wanted: string): void {
  t.equal(digest(got), digest(wanted), got);
}

function digest(path: string): string {
  return createHash("sha256").update(readFileSync(path)).digest("hex");
}
