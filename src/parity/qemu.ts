/**
 * A kernel image of a distribution, in a virtual machine of qemu-system-x86_64.
 *
 * The guest sees the host's files read-only by the 9p file system, and a folder of its own to write to. It has
 * one processor, no network and no disk. The processor is the host's where it can be had, else it is emulated,
 * which takes no privilege, but its time.
 *
 * Source: qemu-system-x86_64(1); linux, Documentation/filesystems/9p.rst.
 *
 * @module
 */
import { accessSync, constants, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Milliseconds } from "../base/clock.ts";
import { findProgram } from "./find-program.ts";
import { writeInit } from "./init-script.ts";
import { initramfs } from "./initramfs.ts";
import { imageRelease } from "./kernel-image.ts";
import { CHANNEL_FD, type Launch, type Machine, MESSAGES } from "./machine.ts";
import { ModuleTree } from "./module-tree.ts";

const PROGRAM = "qemu-system-x86_64";
/** What to install, as part of a sentence. */
export const QEMU_PACKAGES = "the packages qemu-system-x86 and linux-image-amd64";
/** Where Debian keeps kernel images, and the modules of a release. */
const IMAGES = "/boot";
const MODULES = "/lib/modules";

/** Modules without which the guest sees no files and does not hear. */
const NEEDED = ["virtio_pci", "9pnet_virtio", "9p", "virtio_console"];
/** Memory of the guest, in MB. */
const MEMORY = 1024;
/** An emulated processor takes its time. */
const BOOT_TIMEOUT: Milliseconds = 240_000;
/** The guest's end of the channel: port 1 of virtio device 0, which is the first that qemu is told of. */
const CHANNEL = "/dev/vport0p1";

/** An image and what of its release is needed to run it. */
export interface KernelImage {
  readonly path: string;
  /** Module files in the order they are to be loaded in. */
  readonly modules: readonly string[];
}

/**
 * Returns an image by its path.
 *
 * @throws Error when its modules are not on this host, or those needed are not among them
 */
export function imageAt(path: string, release: string, folder = MODULES): KernelImage {
  const tree = ModuleTree.open([join(folder, release)]);
  const missing = NEEDED.filter((name) => !tree.has(name));
  if (missing.length > 0) {
    throw new Error(
      `Cannot boot "${path}": ${join(folder, release)} has no module ${missing.join(", ")}; ` +
        "the package linux-image-amd64 has a kernel with all it takes",
    );
  }
  return { path, modules: tree.filesFor(NEEDED) };
}

/** Returns the newest image of this host that can be run, or `undefined`. */
export function newestImage(images = IMAGES, modules = MODULES): KernelImage | undefined {
  for (const name of imagesIn(images)) {
    const path = join(images, name);
    try {
      const release = imageRelease(path);
      if (release !== undefined) return imageAt(path, release, modules);
    } catch {
      // One that cannot be read, or lacks what it takes, is not the last.
    }
  }
  return undefined;
}

function imagesIn(folder: string): readonly string[] {
  try {
    const names = readdirSync(folder).filter((name) => name.startsWith("vmlinuz-"));
    return names.sort((a, b) => b.localeCompare(a, "en", { numeric: true }));
  } catch {
    return [];
  }
}

/** Returns the path of the program that runs images, or `undefined`. */
export function qemuProgram(): string | undefined {
  return findProgram(PROGRAM);
}

/**
 * Returns the machine that runs an image.
 *
 * @param image the newest there is, unless given
 * @throws Error with what to install
 */
export function qemuMachine(image = newestImage()): Machine {
  const program = qemuProgram();
  if (program === undefined) {
    throw new Error(
      `Cannot boot a kernel image: there is no program ${PROGRAM}; install ${QEMU_PACKAGES}`,
    );
  }
  if (image === undefined) {
    throw new Error(
      `Cannot boot a kernel image: there is none in ${IMAGES} with modules for files of the host; ` +
        `install ${QEMU_PACKAGES}`,
    );
  }
  return { bootTimeout: BOOT_TIMEOUT, launch: (folder) => launch(program, image, folder) };
}

function launch(program: string, { path, modules }: KernelImage, folder: string): Launch {
  const init = writeInit(folder, {
    mountShared: `${mount("shared", "cache=none")} "$1"`,
    channel: CHANNEL,
  });
  const archive = join(folder, "initramfs");
  writeFileSync(
    archive,
    initramfs({ modules, mountRoot: `${mount("root", "cache=loose,ro")} "$1"`, init }),
  );
  const words = [
    ...["-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"],
    ...["-accel", hasVirtualization() ? "kvm" : "tcg", "-cpu", "max", "-m", String(MEMORY)],
    ...[
      "-kernel",
      path,
      "-initrd",
      archive,
      "-append",
      "console=ttyS0 quiet panic=-1 no_timer_check",
    ],
    ...["-chardev", `file,id=messages,append=on,path=${comma(join(folder, MESSAGES))}`],
    ...["-serial", "chardev:messages"],
    ...["-device", "virtio-serial-pci", "-chardev", `socket,id=channel,fd=${CHANNEL_FD}`],
    ...["-device", "virtserialport,chardev=channel"],
    ...shared("root", "/", "readonly=on,multidevs=remap"),
    ...shared("shared", folder, "readonly=off"),
  ];
  return { ...endingWithParent([program, ...words]), env: process.env };
}

/**
 * Returns the command that runs another and ends when the process that started it does: a guest that hangs
 * before our program is in it would notice nothing. Without setpriv(1), the other as it is.
 */
function endingWithParent(command: readonly string[]): Pick<Launch, "program" | "words"> {
  const [program = "", ...words] = command;
  const setpriv = findProgram("setpriv");
  if (setpriv === undefined) return { program, words };
  return { program: setpriv, words: ["--pdeathsig", "KILL", ...command] };
}

/**
 * Whether a guest may run on this host's processor. In a virtual machine itself, a host can have the device
 * without a processor that can.
 */
function hasVirtualization(): boolean {
  try {
    accessSync("/dev/kvm", constants.R_OK | constants.W_OK);
    return /^flags\s*:.* (vmx|svm)( |$)/m.test(readFileSync("/proc/cpuinfo", "latin1"));
  } catch {
    return false;
  }
}

/** Returns the words that give the guest a folder under a name. */
function shared(tag: string, path: string, options: string): readonly string[] {
  return [
    ...["-fsdev", `local,id=${tag},path=${comma(path)},security_model=none,${options}`],
    ...["-device", `virtio-9p-pci,fsdev=${tag},mount_tag=${tag}`],
  ];
}

/** Returns the command that mounts what was given under a name. */
function mount(tag: string, options: string): string {
  return `mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000,${options} ${tag}`;
}

/** Returns a value as it stands among options. */
function comma(value: string): string {
  return value.replaceAll(",", ",,");
}
