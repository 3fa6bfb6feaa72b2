/**
 * User-mode Linux: a Linux kernel that is an ordinary process of this host, and sees the host's files.
 *
 * Debian has one in the package user-mode-linux, with ip_vs and its schedulers (but twos) as modules.
 *
 * Source: linux, Documentation/virt/uml/user_mode_linux_howto_v2.rst; arch/um.
 *
 * @module
 */
import { accessSync, constants, readFileSync, statfsSync } from "node:fs";
import type { Milliseconds } from "../base/clock.ts";
import { findProgram, isExecutable } from "./find-program.ts";
import { quoted, writeInit } from "./init-script.ts";
import { CHANNEL_FD, type Machine } from "./machine.ts";

/** Name of Debian's program. */
const PROGRAM = "linux.uml";
/** What to install. */
export const UML_PACKAGE = "user-mode-linux";
/** Where Debian keeps the modules; `RELEASE` stands for the kernel's. */
export const UML_MODULES = "/usr/lib/uml/modules/RELEASE";

/** Memory of a guest, in MB: Node needs a quarter of it. What is not used costs nothing. */
const MEMORY = 512;
/** Where memory files live in memory, if there is room. */
const SHARED_MEMORY = "/dev/shm";
/** Seconds are enough, unless others keep the host's processors busy. */
const BOOT_TIMEOUT: Milliseconds = 240_000;
/** The guest's end of the channel: its second terminal. */
const CHANNEL = "/dev/tty1";

/** A line of the configuration that a kernel has in it, where its time can be virtual. */
const TIME_TRAVEL = "CONFIG_UML_TIME_TRAVEL_SUPPORT=y";
/** Words for virtual time: it passes only while nobody has anything to do, from a date on (in s since 1970). */
const TRAVELLING = ["time-travel=inf-cpu", "time-travel-start=1700000000"];

/** Returns the path of Debian's user-mode Linux, or `undefined` where there is none. */
export function debianUml(): string | undefined {
  return findProgram(PROGRAM);
}

/** What a user-mode Linux may be given. */
export interface UmlOptions {
  /** Words for its command line. */
  readonly words?: readonly string[];
  /** Absolute path of the program for Node in it, and its words; by default the one that serves a bed. */
  readonly program?: readonly string[];
}

/**
 * Returns the machine that is a user-mode Linux. Its time is virtual where it can be.
 *
 * @throws Error when the file cannot be executed
 */
export function umlMachine(path: string, options: UmlOptions = {}): Machine {
  if (!isExecutable(path)) {
    throw new Error(`Cannot boot "${path}": there is no such file that can be executed`);
  }
  const virtualTime = readFileSync(path).includes(TIME_TRAVEL);
  return {
    bootTimeout: BOOT_TIMEOUT,
    launch: (folder) => {
      const mountShared = `mount -t hostfs -o ${quoted(folder)} none "$1"`;
      const { program, words: more = [] } = options;
      const served = { mountShared, channel: CHANNEL, virtualTime };
      const init = writeInit(folder, program === undefined ? served : { ...served, program });
      const words = umlWords(folder, init, [...(virtualTime ? TRAVELLING : []), ...more]);
      return { program: path, words, env: umlEnvironment(folder) };
    },
  };
}

/** Returns the words of a kernel's command line: the host's files read-only, its messages on descriptor 1. */
function umlWords(folder: string, init: string, more: readonly string[]): readonly string[] {
  return [
    `mem=${MEMORY}M`,
    "umid=guest",
    `uml_dir=${folder}/`,
    "rootfstype=hostfs",
    "rootflags=/",
    "ro",
    "quiet",
    "panic=-1",
    `init=${init}`,
    "con=null",
    "con0=null,fd:1",
    `con1=fd:${CHANNEL_FD}`,
    "ssl=null",
    ...more,
  ];
}

/** Returns the environment of a kernel: it writes its memory file, and what is its own, where it may. */
function umlEnvironment(folder: string): NodeJS.ProcessEnv {
  return {
    HOME: folder,
    TMPDIR: hasRoom(SHARED_MEMORY) ? SHARED_MEMORY : folder,
    PATH: "/usr/bin:/bin",
  };
}

function hasRoom(folder: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(folder);
    accessSync(folder, constants.W_OK);
    return bavail * bsize >= MEMORY * 2 ** 20;
  } catch {
    return false;
  }
}
