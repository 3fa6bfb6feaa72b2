/**
 * Whom commands go to: a director of ours, at a socket, or the kernel.
 *
 * @module
 */
import type { Backend } from "./backend.ts";

/** Words for the backends, as `--backend` and UIPVS_BACKEND take them. */
export const BACKEND_NAMES = ["director", "kernel"] as const;

/** One of the words. */
export type BackendName = (typeof BACKEND_NAMES)[number];

/** Whom commands go to. */
export type BackendChoice =
  | { readonly name: "kernel" }
  /** `socket` is the path of the director's control socket. */
  | { readonly name: "director"; readonly socket: string };

/**
 * Returns the backend `text` names.
 *
 * @param source where the text was given, for the error: `--backend`
 * @throws SyntaxError for a word that is none
 */
export function backendName(text: string, source: string): BackendName {
  const name = BACKEND_NAMES.find((each) => each === text);
  if (name !== undefined) return name;
  throw new SyntaxError(`${source} names no backend: must be director or kernel, is "${text}"`);
}

/**
 * Returns the backend of whoever names none: `$UIPVS_BACKEND` if set and not empty, else a director.
 *
 * @throws SyntaxError when the variable names none
 */
export function usualBackend(env: Readonly<Record<string, string | undefined>>): BackendName {
  return env.UIPVS_BACKEND ? backendName(env.UIPVS_BACKEND, "UIPVS_BACKEND") : "director";
}

/**
 * Opens the way to a backend. What only one of them needs is loaded for that one.
 *
 * @throws the system's error where no director answers; KernelUnavailable where the kernel cannot be
 *   commanded
 */
export async function openBackend(choice: BackendChoice): Promise<Backend> {
  if (choice.name === "kernel") {
    return (await import("./kernel-backend.ts")).openKernelBackend();
  }
  const [{ NetlinkBackend }, { SocketTransport }] = await Promise.all([
    import("./netlink-backend.ts"),
    import("./socket-transport.ts"),
  ]);
  return new NetlinkBackend(await SocketTransport.connect(choice.socket));
}
