import t from "tap";
import { controlSocketPath } from "../../src/control/socket-path.ts";

t.test("controlSocketPath() prefers what the environment names", async (t) => {
  t.equal(controlSocketPath({ UIPVS_SOCKET: "/a/b", XDG_RUNTIME_DIR: "/r" }, 1000), "/a/b");
  t.equal(controlSocketPath({ UIPVS_SOCKET: "/a/b" }, 0), "/a/b");
  t.equal(controlSocketPath({ UIPVS_SOCKET: "" }, 0), "/run/uipvs/control.sock");
});

t.test("controlSocketPath() gives root the system's folder and others their own", async (t) => {
  t.equal(controlSocketPath({ XDG_RUNTIME_DIR: "/r" }, 0), "/run/uipvs/control.sock");
  t.equal(controlSocketPath({ XDG_RUNTIME_DIR: "/r" }, 1000), "/r/uipvs/control.sock");
  t.equal(controlSocketPath({}, 1000), "/tmp/uipvs-1000/control.sock");
});
