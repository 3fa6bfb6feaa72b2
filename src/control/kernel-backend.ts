/**
 * The kernel's ip_vs, of this network namespace, as a backend.
 *
 * Commands go the way ipvsadm's own go, by generic netlink; status files are read below /proc/net.
 *
 * @module
 */
import { createReadStream } from "node:fs";
import { GenericNetlinkSocket } from "../../dataplane/sys/generic-netlink-socket.ts";
import { IpvsError } from "../base/error.ts";
import type { Backend, StatusFile } from "./backend.ts";
import { type KernelSocket, KernelTransport } from "./kernel-transport.ts";
import { NetlinkBackend } from "./netlink-backend.ts";

/** Where the kernel shows the status of the network namespace of whoever reads. */
const STATUS_FOLDER = "/proc/net";

/** A kernel that cannot be commanded. Its message is ipvsadm's line, and one of advice where it helps. */
export class KernelUnavailable extends Error {
  override readonly name = "KernelUnavailable";
}

/** What opening may be given, for tests. */
export interface KernelBackendOptions {
  /** Opens the socket; the default is one of the operating system. */
  readonly open?: () => KernelSocket;
  /** Folder of the status files; `/proc/net`. */
  readonly statusFolder?: string;
}

/**
 * Returns the kernel's ip_vs, which has answered once.
 *
 * The kernel loads the module by itself when it is asked for the family, if it can.
 *
 * @throws KernelUnavailable when the kernel has no ip_vs, this process may not command it, or koffi is
 *   missing
 */
export async function openKernelBackend(options: KernelBackendOptions = {}): Promise<Backend> {
  const { open = GenericNetlinkSocket.open, statusFolder = STATUS_FOLDER } = options;
  let socket: KernelSocket;
  try {
    socket = open();
  } catch (cause) {
    throw unavailable(cause);
  }
  const backend = new NetlinkBackend(new KernelTransport(socket), {
    statusFile: (name) => statusFile(statusFolder, name),
  });
  try {
    // As the original does: so a kernel without ip_vs is found out before anything is asked of it.
    await backend.info();
  } catch (cause) {
    socket.close();
    throw unavailable(cause);
  }
  return backend;
}

async function* statusFile(folder: string, name: StatusFile): AsyncGenerator<string> {
  const path = `${folder}/${name}`;
  try {
    yield* createReadStream(path, { encoding: "utf8" }) as AsyncIterable<string>;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw new IpvsError("ENOENT", `Cannot read ${path}: the kernel has no such status file`);
  }
}

/** Words of ipvsadm for why it cannot start, and advice, by error name. */
const REASONS: Readonly<Record<string, readonly [reason: string, advice: string]>> = {
  ENOPROTOOPT: [
    "Protocol not available",
    "Are you sure that IP Virtual Server is built in the kernel or as module? Load it with `modprobe ip_vs'",
  ],
  EPERM: [
    "Permission denied (you must be root)",
    "Commanding the kernel needs the capability CAP_NET_ADMIN, outside of user namespaces unless the kernel allows it there",
  ],
};

function unavailable(cause: unknown): KernelUnavailable {
  const code = cause instanceof IpvsError ? cause.code : "";
  const [reason, advice] = REASONS[code] ?? [cause instanceof Error ? cause.message : cause];
  const lines = `Can't initialize ipvs: ${reason}`;
  return new KernelUnavailable(advice === undefined ? lines : `${lines}\n${advice}`, { cause });
}
