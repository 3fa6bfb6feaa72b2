import t from "tap";
import { IpvsError } from "../../src/base/error.ts";
import { MemoryBackend } from "./memory-backend.ts";
import { noBackend, runIpvsadm } from "./support.ts";

t.test("help, version and faults of a command line need no director", async (t) => {
  const options = { openBackend: noBackend };
  t.equal((await runIpvsadm(["-h"], options)).code, 0);
  t.equal((await runIpvsadm(["-v"], options)).code, 0);
  t.equal((await runIpvsadm(["-A"], options)).code, 2);
});

t.test("without a director, two lines say where none answers and how to start one", async (t) => {
  for (const argv of [[], ["-C"], ["-L", "--timeout"]]) {
    const { stdout, stderr, code } = await runIpvsadm(argv, { openBackend: noBackend });
    t.same([stdout, code], ["", 2]);
    t.match(stderr, /^No director answers at \/nowhere\/control.sock: .*\n.*`uipvs up'.*\n$/);
  }
});

t.test("the backend is opened once for a restore, and closed", async (t) => {
  const backend = new MemoryBackend();
  let opened = 0;
  let closed = 0;
  backend.close = async () => void closed++;
  const openBackend = async () => {
    opened++;
    return backend;
  };
  await runIpvsadm(["-R"], { openBackend, stdin: "-A -f 1\n-A -f 2\n-A -t bad\n" });
  t.same([opened, closed], [1, 1]);
});

t.test("a change that meets a broken connection says so", async (t) => {
  const backend = new MemoryBackend();
  backend.flush = async () => {
    throw Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" });
  };
  const { stderr, code } = await runIpvsadm(["-C"], { openBackend: async () => backend });
  t.same([stderr, code], ["Connection reset by peer\n", 255]);
});

t.test("a listing that is refused midway keeps what was printed", async (t) => {
  const backend = new MemoryBackend();
  backend.services = async () => {
    throw new IpvsError("EPERM", "Refused");
  };
  t.same(await runIpvsadm(["-L"], { openBackend: async () => backend }), {
    stdout: "IP Virtual Server version 1.2.1 (size=4096)\n",
    stderr: "Permission denied (you must be root)\n",
    code: 1,
  });
});

t.test("requests for settings fail without a word", async (t) => {
  const backend = new MemoryBackend();
  const refuse = async () => {
    throw new IpvsError("EPERM", "Refused");
  };
  backend.timeouts = refuse;
  backend.daemons = refuse;
  for (const option of ["--timeout", "--daemon"]) {
    const printed = await runIpvsadm(["-L", option], { openBackend: async () => backend });
    t.same(printed, { stdout: "", stderr: "", code: 1 });
  }
});

t.test("a missing table of connections is told", async (t) => {
  const backend = new MemoryBackend();
  const { statusFile } = backend;
  backend.statusFile = () => statusFile.call(backend, "no_such_file");
  const { stderr, code } = await runIpvsadm(["-Lc"], { openBackend: async () => backend });
  t.same([stderr, code], ["cannot open file /proc/net/ip_vs_conn\n", 1]);
});

t.test("scheduler flags made of commas only are a fault", async (t) => {
  const { stderr, code } = await runIpvsadm(["-A", "-f", "1", "-b", ",,"], {
    openBackend: noBackend,
  });
  t.same([stderr, code], ["invalid scheduler flag `,,'\n", 2]);
});
