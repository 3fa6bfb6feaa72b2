import { join } from "node:path";
import t, { type Test } from "tap";
import { directorServices } from "../../src/control/director-services.ts";
import { NetlinkServer } from "../../src/control/netlink-server.ts";
import { ControlSocket } from "../../src/daemon/control-socket.ts";
import { ROOT } from "../support/files.ts";
import { idleDirector } from "./idle-director.ts";
import { execute, linkedPrograms } from "./processes.ts";

/** A folder with links to the program under several names, and a director's socket. */
async function startDirector(t: Test): Promise<{ folder: string; socket: string }> {
  const folder = linkedPrograms(t);
  const director = idleDirector();
  const server = new NetlinkServer(director, directorServices(director));
  const socket = join(folder, "control.sock");
  const control = await ControlSocket.listen(socket, {
    answer: async function* (message) {
      yield* server.pieces(message);
    },
    refuse: (header) => server.refuse(header),
  });
  t.teardown(() => control.close());
  return { folder, socket };
}

t.test("the program configures a director through its socket", async (t) => {
  const { folder, socket } = await startDirector(t);
  const ipvsadm = (...argv: string[]) => execute(join(folder, "ipvsadm"), argv, socket);
  t.same(await ipvsadm("-A", "-t", "192.0.2.1:80", "-s", "rr"), {
    stdout: "",
    stderr: "",
    code: 0,
  });
  await ipvsadm("-a", "-t", "192.0.2.1:80", "-r", "10.0.0.1", "-m");
  t.same(await ipvsadm("-Ln"), {
    stdout: `IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn
TCP  192.0.2.1:80 rr
  -> 10.0.0.1:80                  Masq    1      0          0         \n`,
    stderr: "",
    code: 0,
  });
  t.match((await ipvsadm("-Lnc")).stdout, /^IPVS connection entries\n/);
  t.match((await ipvsadm("-n")).stderr, /^Try `ipvsadm -h'/);
});

t.test("links named like the scripts save and restore", async (t) => {
  const { folder, socket } = await startDirector(t);
  const rules = "-A -t 192.0.2.1:80 -s sh -b sh-port\n-a -t 192.0.2.1:80 -r 10.0.0.1:80 -g -w 2\n";
  const restored = await execute(join(folder, "ipvsadm-restore"), [], socket, {
    stdin: `# rules\n${rules}`,
  });
  t.same(restored, { stdout: "", stderr: "", code: 0 });
  t.equal((await execute(join(folder, "ipvsadm-save"), ["-n"], socket)).stdout, rules);
  const misused = await execute(join(folder, "ipvsadm-save"), ["-x"], socket);
  t.match(misused, { stderr: /^ipvsadm-save: Script to save/, code: 1 });
});

t.test("without a director the program says where it looked", async (t) => {
  const program = join(ROOT, "bin", "uipvsadm.js");
  const { stderr, code } = await execute(program, ["-L"], "/nonexistent/control.sock");
  t.equal(code, 2);
  t.match(stderr, "No director answers at /nonexistent/control.sock: No such file or directory\n");
});
