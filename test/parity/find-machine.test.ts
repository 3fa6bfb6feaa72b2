/**
 * Which kernel is meant, and what is said where there is none.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { cpioArchive } from "../../src/parity/cpio.ts";
import { findMachine, type Offers } from "../../src/parity/find-machine.ts";
import { hostMachine } from "../../src/parity/host-machine.ts";
import { imageRelease } from "../../src/parity/kernel-image.ts";
import { imageAt, newestImage } from "../../src/parity/qemu.ts";

/** What begins like a kernel image. */
function image(release: string): Buffer {
  const bytes = Buffer.alloc(0x400);
  bytes.write("HdrS", 0x202, "latin1");
  bytes.writeUInt16LE(0x50, 0x20e);
  bytes.write(`${release} (someone@somewhere) #1 SMP\0`, 0x250, "latin1");
  return bytes;
}

const NEEDED = ["virtio_pci", "9pnet_virtio", "9p", "virtio_console"];

/** Kernel images in a folder, and modules of some releases in another. */
function kernels(t: Test, releases: Readonly<Record<string, readonly string[]>>) {
  const folder = t.testdir({ boot: {}, modules: {} });
  for (const [release, modules] of Object.entries(releases)) {
    writeFileSync(join(folder, "boot", `vmlinuz-${release}`), image(release));
    mkdirSync(join(folder, "modules", release));
    const lines = modules.map((name) => `kernel/${name}.ko: kernel/base.ko\n`);
    writeFileSync(join(folder, "modules", release, "modules.dep"), lines.join(""));
  }
  return { boot: join(folder, "boot"), modules: join(folder, "modules") };
}

const NOTHING: Offers = { hostHasIpvs: async () => false, uml: () => undefined, qemu: () => false };

t.test("the host's kernel comes first, then user-mode Linux, then an image", async (t) => {
  const hasIpvs = { ...NOTHING, hostHasIpvs: async () => true, uml: () => "/bin/sh" };
  t.equal(await findMachine(undefined, hasIpvs), hostMachine);
  t.equal(await findMachine("host", NOTHING), hostMachine);
  const folder = t.testdir({});
  const machine = await findMachine(undefined, { ...NOTHING, uml: () => "/bin/sh" });
  const { program, words } = machine.launch(folder);
  t.equal(program, "/bin/sh");
  for (const word of [`init=${folder}/init`, `uml_dir=${folder}/`, "ro", "con1=fd:3"]) {
    t.ok(words.includes(word), word);
  }
  t.notOk(words.some((word) => word.startsWith("time-travel")));
});

t.test("where there is none, it is told what to install", async (t) => {
  await t.rejects(findMachine(undefined, NOTHING), {
    message:
      "Cannot find a kernel to compare with: this host's has no ip_vs, or none this user may command; install " +
      "the package user-mode-linux, or the packages qemu-system-x86 and linux-image-amd64, or name a kernel " +
      "with --kernel PATH",
  });
  await t.rejects(findMachine("/nowhere/linux"), {
    message: 'Cannot boot "/nowhere/linux": there is no such file that can be executed',
  });
  await t.rejects(findMachine("/tmp"), /no such file/);
});

t.test("a kernel whose time can be virtual is booted so", async (t) => {
  const folder = t.testdir({ linux: "x\0CONFIG_UML_TIME_TRAVEL_SUPPORT=y\n\0" });
  const path = join(folder, "linux");
  await t.rejects(findMachine(path), /no such file that can be executed/);
  const { chmodSync } = await import("node:fs");
  chmodSync(path, 0o755);
  const { words } = (await findMachine(path)).launch(folder);
  t.ok(words.includes("time-travel=inf-cpu"));
});

t.test("an image tells its release, and anything else is none", async (t) => {
  const { boot } = kernels(t, { "6.1.0-9-amd64": NEEDED });
  t.equal(imageRelease(join(boot, "vmlinuz-6.1.0-9-amd64")), "6.1.0-9-amd64");
  t.equal(imageRelease("/bin/sh"), undefined);
  t.equal(imageRelease(boot), undefined);
  t.equal(imageRelease(join(boot, "none")), undefined);
});

t.test("the newest image whose modules let it see files is taken", async (t) => {
  const { boot, modules } = kernels(t, {
    "6.1.0-9-amd64": NEEDED,
    "6.1.0-10-amd64": NEEDED,
    "6.1.0-11-cloud-amd64": NEEDED.slice(2),
  });
  const newest = newestImage(boot, modules);
  t.equal(newest?.path, join(boot, "vmlinuz-6.1.0-10-amd64"));
  const inOrder = ["base", ...NEEDED].map((name) =>
    join(modules, "6.1.0-10-amd64", `kernel/${name}.ko`),
  );
  t.same(newest?.modules, inOrder);
  t.equal(newestImage(modules, modules), undefined);
  t.equal(newestImage(join(boot, "none"), modules), undefined);
  t.throws(() => imageAt("/boot/x", "6.1.0-11-cloud-amd64", modules), {
    message:
      `Cannot boot "/boot/x": ${modules}/6.1.0-11-cloud-amd64 has no module virtio_pci, 9pnet_virtio; ` +
      "the package linux-image-amd64 has a kernel with all it takes",
  });
});

t.test("an archive holds files, and before them their folders", async (t) => {
  const text = Buffer.from(cpioArchive([{ path: "/a/b/c", contents: Buffer.from("12345") }]));
  t.equal(text.length % 4, 0);
  const names = [...text.toString("latin1").matchAll(/070701.{104}([^\0]+)\0/gs)];
  t.same(
    names.map(([, name]) => name),
    ["a", "a/b", "a/b/c", "TRAILER!!!"],
  );
  const file = text.indexOf("070701", text.indexOf("a/b\0"));
  // Mode, then size: fields of eight digits behind the magic number and the inode.
  t.equal(text.toString("latin1", file + 14, file + 22), "000081ed");
  t.equal(text.toString("latin1", file + 54, file + 62), "00000005");
  t.equal(text.toString("latin1", file + 116, file + 121), "12345");
});
