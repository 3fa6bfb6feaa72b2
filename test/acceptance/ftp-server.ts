/**
 * vsftpd on a real server: what it serves, and how it is started.
 *
 * @module
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startProgram } from "../../src/lab/host-program.ts";
import type { NamespaceHost } from "../../src/lab/namespace-host.ts";

/** Everybody may read and write, by way of whoever has started it. */
const SETTINGS = `
background=NO
anonymous_enable=YES
no_anon_password=YES
anon_upload_enable=YES
anon_other_write_enable=YES
anon_world_readable_only=NO
write_enable=YES
local_enable=NO
run_as_launching_user=YES
allow_writeable_chroot=YES
seccomp_sandbox=NO
connect_from_port_20=YES
xferlog_enable=NO
idle_session_timeout=60
data_connection_timeout=20
`;

/** Starts it in the background, says when it listens, and stays. */
const START = `
vsftpd "$1" &
until ss -ltnH 'sport = :21' | grep -qF "$2"; do kill -0 $! || exit 1; sleep 0.1; done
echo ready
wait
`;

/**
 * Starts vsftpd at an address of `host`, of either family, with `folder` for its files and settings;
 * returns the folder it serves.
 */
export async function startFtpServer(
  host: NamespaceHost,
  address: string,
  folder: string,
): Promise<string> {
  const served = join(folder, "served");
  mkdirSync(served, { recursive: true });
  const listen = address.includes(":")
    ? `listen=NO\nlisten_ipv6=YES\nlisten_address6=${address}\n`
    : `listen=YES\nlisten_ipv6=NO\nlisten_address=${address}\n`;
  const settings = join(folder, "vsftpd.conf");
  writeFileSync(settings, `${SETTINGS}${listen}anon_root=${served}\n`);
  await startProgram(host, ["sh", "-c", START, "sh", settings, address], "guarded");
  return served;
}
