/**
 * Who does the labs in tests: root, or a user without privileges.
 *
 * Root becomes one by setpriv(1), in a mount namespace of its own in which everybody may open /dev/net/tun, as udev has it
 * on a desktop.
 *
 * @module
 */
import { findGround, type Ground } from "../../src/lab/ground.ts";
import { execute } from "../../src/lab/system-command.ts";

/** Words in front of a program. */
export type Words = readonly string[];

/** The user `nobody`. */
const NOBODY = "65534";

const OPEN_TUN = [
  "mount -t tmpfs -o mode=755 none /dev/net",
  "mknod -m 666 /dev/net/tun c 10 200",
  `exec setpriv --reuid=${NOBODY} --regid=${NOBODY} --clear-groups -- "$@"`,
].join(" && ");

/** Words that run what follows as a user without privileges; none where this process is one. */
export const WITHOUT_PRIVILEGE: Words =
  process.geteuid?.() === 0
    ? ["unshare", "--mount", "--propagation", "private", "--", "sh", "-c", OPEN_TUN, "sh"]
    : [];

/** The user and group such a program runs as. */
export const UNPRIVILEGED_USER =
  process.geteuid?.() === 0 ? Number(NOBODY) : (process.geteuid?.() ?? 0);

/** Returns what keeps root from doing labs here, as a sentence, or `false`. */
export async function noLabsForRoot(): Promise<string | false> {
  const ground = await findGround();
  if (ground.kind === "direct") return false;
  return `labs as root need root, and its network namespaces: ${reasonOf(ground)}`;
}

/** Returns what keeps a user without privileges from doing labs here, as a sentence, or `false`. */
export async function noLabsForUsers(): Promise<string | false> {
  const tried = [
    ...WITHOUT_PRIVILEGE,
    "unshare",
    "--user",
    "--map-root-user",
    "--net",
    "--",
    "sh",
    "-c",
  ];
  const { status, stderr } = await execute([...tried, "ip link set lo up && : <>/dev/net/tun"]);
  return (
    status !== 0 &&
    `labs without privileges need user namespaces and /dev/net/tun: ${stderr.trim()}`
  );
}

function reasonOf(ground: Ground): string {
  return ground.kind === "none" ? ground.reason : "this user has them in a user namespace only";
}
