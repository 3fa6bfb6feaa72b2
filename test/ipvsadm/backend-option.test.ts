import t from "tap";
import { chooseBackend, takeBackendOption } from "../../src/ipvsadm/backend-option.ts";

const SOCKET = "/run/control.sock";
const choose = (argv: readonly string[], env: Record<string, string> = {}) =>
  chooseBackend(argv, env, () => SOCKET);

t.test("--backend is taken out wherever it stands; the last one counts", async (t) => {
  for (const argv of [
    ["--backend", "kernel", "-L", "-n"],
    ["-L", "--backend=kernel", "-n"],
    ["-L", "-n", "--backend", "director", "--backend", "kernel"],
  ]) {
    t.same(takeBackendOption(argv), { words: ["-L", "-n"], name: "kernel" }, argv.join(" "));
  }
  t.same(takeBackendOption(["-L", "--", "--backend"]), { words: ["-L", "--", "--backend"] });
});

t.test("the option goes before the environment, and a director is the default", async (t) => {
  const director = { name: "director", socket: SOCKET };
  t.same(choose(["-L"]).choice, director);
  t.same(choose(["-L"], { UIPVS_BACKEND: "" }).choice, director);
  t.same(choose(["-L"], { UIPVS_BACKEND: "kernel" }).choice, { name: "kernel" });
  const argv = ["-L", "--backend", "director"];
  t.same(choose(argv, { UIPVS_BACKEND: "kernel" }).choice, director);
});

t.test("a word that names no backend is refused, and told where it was", async (t) => {
  const message = '--backend names no backend: must be director or kernel, is "krenel"';
  t.throws(() => choose(["--backend", "krenel"]), { name: "SyntaxError", message });
  t.throws(() => choose(["-L", "--backend"]), /must be director or kernel, is ""/);
  t.throws(() => choose(["-L"], { UIPVS_BACKEND: "x" }), /^UIPVS_BACKEND names no/);
});
