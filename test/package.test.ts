/**
 * The package as others get it: packed, unpacked elsewhere, imported, and its types checked.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t from "tap";
import { ROOT } from "./support/files.ts";

const PROGRAM = `
import { Director, ManualClock, MemoryDevice, Pump, StaticHost, VERDICT } from "uipvs";
import { destinationConfig, parseAddress, parseEndpoint, schedulers, serviceConfig, serviceId } from "uipvs";
import { text } from "uipvs/wire";

const vip = parseAddress("192.0.2.1");
const host = new StaticHost({ addresses: [vip] });
const director = new Director({ schedulers, clock: new ManualClock(), host });
const web = serviceId("tcp", "192.0.2.1:80");
director.addService(web, serviceConfig({ scheduler: "rr" }));
director.addDestination(web, parseEndpoint("10.0.0.1:8080"), destinationConfig({ method: "masquerade" }));
const device = new MemoryDevice();
const pump = new Pump(director, device, host);
device.inject(Uint8Array.from(Buffer.from(process.argv[2] ?? "", "hex")));
pump.turn();
const forwarded: boolean = director.decision.verdict === VERDICT.forward;
console.log(forwarded, text.packetText(device.take()!.packet));
`;

/** A SYN from 198.51.100.7:40000 to 192.0.2.1:80. */
const SYN =
  "4500002800010000400690580000000000000000".replace(/0{16}$/, "c6336407c0000201") +
  "9c400050000003e8000000005002ffff00000000";

t.test("a packed copy drives a director from a folder of its own, types included", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "uipvs-package-"));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const run = (command: string, ...args: string[]) =>
    execFileSync(command, args, {
      cwd: folder,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });

  execFileSync("npm", ["pack", "--ignore-scripts", "--pack-destination", folder], {
    cwd: ROOT,
    stdio: "ignore",
  });
  const modules = join(folder, "node_modules");
  mkdirSync(modules);
  run(
    "tar",
    "-xzf",
    readdirSync(folder).find((name) => name.endsWith(".tgz")) ?? "",
    "-C",
    modules,
  );
  run("mv", join(modules, "package"), join(modules, "uipvs"));
  // Dependencies are those of the project: nothing is fetched.
  for (const name of ["ipaddr.js", "lru-cache", "commander", "@types", "undici-types"]) {
    symlinkSync(join(ROOT, "node_modules", name), join(modules, name));
  }
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  writeFileSync(join(folder, "program.ts"), PROGRAM);
  run(
    process.execPath,
    join(ROOT, "node_modules", "typescript", "bin", "tsc"),
    ...["--strict", "--module", "nodenext", "--target", "es2022", "--types", "node", "program.ts"],
  );
  const printed = run(process.execPath, "program.js", checksummed(SYN));
  t.match(printed, /^true .*198\.51\.100\.7.*10\.0\.0\.1.*8080/);

  const version = run(process.execPath, join(modules, "uipvs", "bin", "uipvs.js"), "--version");
  t.match(version, /^\d+\.\d+\.\d+/);
  const reference = run(
    process.execPath,
    join(modules, "uipvs", "bin", "uipvsadm.js"),
    "--version",
  );
  t.match(reference, /^ipvsadm v1\.31 /);
});

/** Returns the packet with its IPv4 header checksum set. */
function checksummed(packet: string): string {
  const bytes = Buffer.from(packet, "hex");
  bytes.writeUInt16BE(0, 10);
  let sum = 0;
  for (let at = 0; at < 20; at += 2) sum += bytes.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  bytes.writeUInt16BE(~sum & 0xffff, 10);
  return bytes.toString("hex");
}
