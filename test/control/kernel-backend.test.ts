import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t, { type Test } from "tap";
import { SystemError } from "../../dataplane/sys/system-error.ts";
import { IpvsError } from "../../src/base/error.ts";
import { openKernelBackend } from "../../src/control/kernel-backend.ts";
import type { KernelSocket } from "../../src/control/kernel-transport.ts";
import { NetlinkServer } from "../../src/control/netlink-server.ts";
import { CONTROLLER_ID } from "../../src/wire/genetlink.ts";
import { messageAt, messagesIn } from "../../src/wire/netlink.ts";
import { MessageWriter } from "../../src/wire/netlink-writer.ts";
import { textOf } from "../support/text-of.ts";
import { FakeAdministration, PLAIN, tcpService } from "./support.ts";

const WEB = tcpService("10.0.0.100", 80);

/** A kernel in this process. */
class FakeKernel implements KernelSocket {
  readonly administration = new FakeAdministration();
  closed = 0;
  readonly #server = new NetlinkServer(this.administration);

  exchange(request: Uint8Array): readonly Uint8Array[] {
    return [...messagesIn(this.#server.answer(request))].map(({ bytes }) => bytes);
  }

  close(): void {
    this.closed++;
  }
}

/** A kernel that refuses with an error number: what it knows of families, or all but that. */
function refusing(errno: number, what: "families" | "commands"): FakeKernel {
  const kernel = new FakeKernel();
  const answer = kernel.exchange.bind(kernel);
  kernel.exchange = (request) => {
    const asked = messageAt(request, 0)!;
    if ((asked.type === CONTROLLER_ID) !== (what === "families")) return answer(request);
    return [new MessageWriter().outcome(asked, errno).take()];
  };
  return kernel;
}

function statusFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), "uipvs-kernel-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  return folder;
}

t.test("the kernel is commanded through its socket, which closes with the backend", async (t) => {
  const kernel = new FakeKernel();
  const backend = await openKernelBackend({ open: () => kernel });
  await backend.addService(WEB, PLAIN);
  t.match(await backend.services(), [{ id: WEB }]);
  await t.rejects(backend.addService(WEB, PLAIN), { code: "EEXIST" });
  await backend.close();
  t.equal(kernel.closed, 1);
});

t.test("status files are those below /proc/net", async (t) => {
  const folder = statusFolder(t);
  const text = `Pro FromIP\n${"TCP 0A010203 03E9\n".repeat(20_000)}`;
  writeFileSync(join(folder, "ip_vs_conn"), text);
  const backend = await openKernelBackend({ open: () => new FakeKernel(), statusFolder: folder });
  t.equal(await textOf(backend.statusFile("ip_vs_conn")), text);
  await t.rejects(textOf(backend.statusFile("ip_vs_app")), {
    code: "ENOENT",
    message: `Cannot read ${folder}/ip_vs_app: the kernel has no such status file`,
  });
  await backend.close();
});

t.test("a kernel without ip_vs says what to load, and its socket is closed", async (t) => {
  const kernel = refusing(2, "families");
  await t.rejects(openKernelBackend({ open: () => kernel }), {
    name: "KernelUnavailable",
    message:
      "Can't initialize ipvs: Protocol not available\n" +
      "Are you sure that IP Virtual Server is built in the kernel or as module? " +
      "Load it with `modprobe ip_vs'",
  });
  t.equal(kernel.closed, 1);
});

t.test("a caller without the privilege learns which it needs", async (t) => {
  await t.rejects(openKernelBackend({ open: () => refusing(1, "commands") }), {
    message: /^Can't initialize ipvs: Permission denied \(you must be root\)\n.*CAP_NET_ADMIN/,
  });
});

t.test("whatever else is wrong is told as it is", async (t) => {
  const failing = (error: Error) => () => {
    throw error;
  };
  const lack = "Cannot open a generic netlink socket: needs the optional dependency koffi";
  await t.rejects(openKernelBackend({ open: failing(new Error(lack)) }), {
    message: `Can't initialize ipvs: ${lack}`,
  });
  const refusal = new SystemError("socket", 97, "Cannot open a socket: no netlink (EAFNOSUPPORT)");
  await t.rejects(openKernelBackend({ open: failing(refusal) }), {
    message: "Can't initialize ipvs: Cannot open a socket: no netlink (EAFNOSUPPORT)",
    cause: refusal,
  });
  const busy = new FakeKernel();
  busy.administration.info = failing(new IpvsError("EBUSY", "Not now"));
  await t.rejects(openKernelBackend({ open: () => busy }), { message: /ipvs: Not now/ });
});
