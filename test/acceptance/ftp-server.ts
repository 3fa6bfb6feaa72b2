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
listen=YES
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
until ss -ltn | grep -q ':21 '; do kill -0 $! || exit 1; sleep 0.1; done
echo ready
wait
`;

/** Starts vsftpd in `host`, with `folder` for its files and settings; returns the folder it serves. */
export async function startFtpServer(host: NamespaceHost, folder: string): Promise<string> {
  const served = join(folder, "served");
  mkdirSync(served);
  const settings = join(folder, "vsftpd.conf");
  writeFileSync(settings, `${SETTINGS}anon_root=${served}\n`);
  await startProgram(host, ["sh", "-c", START, "sh", settings], "guarded");
  return served;
}
