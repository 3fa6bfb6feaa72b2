/**
 * FTP through masquerading, with a real server and real clients: data connections either way, announced
 * in the old commands and the new, in both families.
 */
import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { temporaryFolder } from "../daemon/support.ts";
import { type Addresses, DualLaboratory, end, SERVERS, V4, V6 } from "./dual-laboratory.ts";
import { startFtpServer } from "./ftp-server.ts";
import { UIPVS } from "./laboratory.ts";
import { lackOfLaboratory } from "./requirements.ts";

const LENGTH = 400_000;
const FILES = ["one", "two", "three"];

interface Case {
  readonly name: string;
  /** Words for curl. */
  readonly words: readonly string[];
  /** What the client and its server must have said. */
  readonly said: RegExp;
}

/** Has curl go where an answer says, as other clients do. */
const BELIEVING = "--no-ftp-skip-pasv-ip";
const DOTTED = V4.virtual.replaceAll(".", ",");

/** By family: an old command names an IPv4 address. */
const CASES: Readonly<Record<4 | 6, readonly Case[]>> = {
  4: [
    {
      name: "PASV",
      words: ["--disable-epsv", BELIEVING],
      said: new RegExp(`> PASV\\s+< 227 Entering Passive Mode \\(${DOTTED},`),
    },
    { name: "EPSV", words: [], said: /> EPSV\s+< 229 .*\(\|\|\|\d+\|\)/ },
    { name: "PORT", words: ["--ftp-port", "-", "--disable-eprt"], said: /> PORT [\d,]+\s+< 200/ },
    { name: "EPRT", words: ["--ftp-port", "-"], said: /> EPRT \|1\|[\d.]+\|\d+\|\s+< 200/ },
  ],
  6: [
    { name: "EPSV", words: [], said: /> EPSV\s+< 229 .*\(\|\|\|\d+\|\)/ },
    { name: "EPRT", words: ["--ftp-port", "-"], said: /> EPRT \|2\|[\da-f:]+\|\d+\|\s+< 200/ },
  ],
};

const skip = await lackOfLaboratory("vsftpd", "lftp", "curl", "ss");

t.test("FTP through masquerading", { skip }, async (t) => {
  const lab = await DualLaboratory.build(t);
  const rules = [V4, V6].flatMap(({ virtual, servers }) => {
    const service = `-t ${end(virtual, 21)}`;
    return [`-A ${service} -s rr`, `-a ${service} -r ${end(servers[0]!, 21)} -m`];
  });
  await lab.arrange(t, false, rules);

  for (const addresses of [V4, V6]) {
    t.test(`in IPv${addresses.family}`, async (t) => {
      const folder = temporaryFolder(t);
      const real = addresses.servers[0]!;
      const served = await startFtpServer(lab.host(SERVERS[0]), real, folder);
      for (const name of FILES) writeFileSync(join(served, name), randomBytes(LENGTH));
      await transfers(t, lab, addresses, folder, served);
    });
  }

  t.test("the director has lost nothing", async (t) => {
    t.strictSame(await lab.drops(), {});
  });
});

async function transfers(
  t: Test,
  lab: DualLaboratory,
  addresses: Addresses,
  folder: string,
  served: string,
): Promise<void> {
  const { family, virtual } = addresses;
  const url = `ftp://${family === 6 ? `[${virtual}]` : virtual}`;

  for (const { name, words, said } of CASES[family]) {
    t.test(`${name}: files come and go whole`, async (t) => {
      const got = join(folder, `${name}.got`);
      t.match(await curl(t, lab, [...words, `${url}/one`, "-o", got]), said);
      same(t, got, join(served, "one"));
      const sent = join(served, `${name}.sent`);
      t.match(await curl(t, lab, [...words, "-T", got, `${url}/${name}.sent`]), said);
      same(t, sent, got);
    });
  }

  t.test("one control connection serves for many transfers", async (t) => {
    const targets = FILES.map((name) => join(folder, `many.${name}`));
    const words = FILES.flatMap((name, index) => [`${url}/${name}`, "-o", targets[index]!]);
    const old = family === 4 ? ["--disable-epsv", BELIEVING] : [];
    const said = await curl(t, lab, [...old, ...words]);
    t.equal(said.match(/< 22[79] /g)?.length, FILES.length);
    t.equal(said.match(/< 220 /g)?.length, 1, "there was one connection");
    for (const [index, name] of FILES.entries()) same(t, targets[index]!, join(served, name));
  });

  for (const passive of ["on", "off"]) {
    t.test(`lftp takes everything, passive mode ${passive}`, async (t) => {
      const target = join(folder, `lftp.${passive}`);
      mkdirSync(target);
      const script = [
        "set net:max-retries 1",
        "set net:timeout 10",
        "set ftp:fix-pasv-address no",
        `set ftp:passive-mode ${passive}`,
        `open ${url}`,
        `mirror . ${target}`,
      ].join("; ");
      const env = { HOME: folder };
      await lab.host("client").mustRun(["lftp", "-c", script], { env });
      for (const name of FILES) same(t, join(target, name), join(served, name));
    });
  }

  t.test("the data connections are of the service", async (t) => {
    const listed = await lab
      .host("director")
      .mustRun([...UIPVS, "ipvsadm", "-Lnc"], { env: { UIPVS_SOCKET: lab.socket } });
    const rows = listed.split("\n").filter((row) => row.includes(virtual));
    const ends = rows.map((row) => row.trim().split(/ +/).slice(-2));
    const real = addresses.servers[0]!;
    t.ok(ends.some(([front, back]) => front === end(virtual, 20) && back === end(real, 20)));
    const passive = ends.filter(([front = ""]) => Number(/\d+$/.exec(front)?.[0]) > 1023);
    t.not(passive.length, 0, "there are passive ones");
    for (const [front = "", back] of passive) {
      t.equal(back, end(real, Number(/\d+$/.exec(front)?.[0])));
    }
    t.notMatch(rows.join("\n"), /LISTEN/, "every one that was expected has come");
  });
}

/** Runs curl on the client and returns what it and the server have said to each other. */
async function curl(t: Test, lab: DualLaboratory, words: readonly string[]): Promise<string> {
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
