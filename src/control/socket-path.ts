/**
 * Where the daemon listens and the front ends ask: one rule for all of them.
 *
 * @module
 */

/**
 * Returns the path of the control socket.
 *
 * `$UIPVS_SOCKET` if set and not empty; else `/run/uipvs/control.sock` for root, and for others
 * `uipvs/control.sock` in `$XDG_RUNTIME_DIR`, or in a folder of the user's below `/tmp` without one.
 *
 * @param env environment variables
 * @param uid effective user id, 0 for root
 */
export function controlSocketPath(
  env: Readonly<Record<string, string | undefined>>,
  uid: number,
): string {
  if (env.UIPVS_SOCKET) return env.UIPVS_SOCKET;
  if (uid === 0) return "/run/uipvs/control.sock";
  const runtimeFolder = env.XDG_RUNTIME_DIR;
  return runtimeFolder ? `${runtimeFolder}/uipvs/control.sock` : `/tmp/uipvs-${uid}/control.sock`;
}
