/**
 * Network namespaces of this process.
 *
 * Source: unshare(2), network_namespaces(7).
 *
 * @module
 */
import { CLONE_NEWNET, openLibc } from "./libc.ts";
import { systemError } from "./system-error.ts";

/**
 * Moves the calling thread into a new network namespace: sockets and interfaces it opens, programs it
 * starts, and settings it reads and writes at once (not through Node's threads) are those of the new
 * one. On the main thread, so is /proc/net of the process. The old one ends with its last user.
 *
 * @throws SystemError without the privilege; Error without koffi
 */
export function enterNewNetwork(): void {
  const action = "Cannot make a network namespace";
  const libc = openLibc(action);
  if (libc.unshare(CLONE_NEWNET) === 0) return;
  throw systemError("unshare", libc.errno(), action, {
    EPERM: "needs the capability CAP_SYS_ADMIN",
    EINVAL: "the kernel has no network namespaces (CONFIG_NET_NS)",
  });
}

/** Lets everything else that can run on this processor run first. */
export function giveWay(): void {
  openLibc("Cannot give way").schedYield();
}
