/**
 * Whether optional dependencies are there: their compilation may have been refused, or be impossible, and the
 * system may lack a library.
 *
 * @module
 */
import { createRequire } from "node:module";
import { openLibpcap } from "../../dataplane/sys/libpcap.ts";
import { sentenceOf } from "../../src/base/sentence.ts";
import { lacking } from "./requirement.ts";

/** Returns `false`, or the sentence to skip a test with, for a package that may not be there. */
export function noPackage(name: "raw-socket"): string | false {
  try {
    createRequire(import.meta.url)(name);
    return false;
  } catch {
    return lacking(`the optional dependency ${name} is not installed for this Node`);
  }
}

/** Returns `false`, or the sentence to skip a test with, for a machine without libpcap. */
export function noLibpcap(): string | false {
  try {
    openLibpcap("Cannot test libpcap");
    return false;
  } catch (error) {
    return lacking(sentenceOf(error));
  }
}

/** Returns `false`, or the sentence to skip a test with, for a device this machine cannot have. */
export function lackOfDevice(device: string): string | false {
  if (device === "raw") return noPackage("raw-socket");
  return device === "cap" && noLibpcap();
}
