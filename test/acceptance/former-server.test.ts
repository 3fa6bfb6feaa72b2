/** A host that served the virtual address itself, a moment ago, becomes its director. */
import { once } from "node:events";
import t from "tap";
import { REAL_SERVERS, VIRTUAL } from "../../src/lab/demo/laboratory.ts";
import { startProgram } from "../../src/lab/host-program.ts";
import { lackOfDevice } from "../support/packages.ts";
import {
  DEVICES,
  helperWords,
  laboratory,
  onRealServers,
  rulesOf,
  setRules,
} from "./laboratory.ts";
import { lackOfLaboratory } from "./requirements.ts";

const PORT = 81;
const CLIENT_PORT = "41000";

const skip = await lackOfLaboratory("curl", "ss");

for (const device of DEVICES) {
  const options = { skip: skip || lackOfDevice(device) };
  t.test(`${device}: a client may use the port of its last connection`, options, async (t) => {
    const lab = await laboratory(t, device);
    await lab.arrange("masquerade", () => {});
    const director = lab.host("director");
    const url = `http://${VIRTUAL.address}:${PORT}/`;
    const words = ["curl", "-sS", "-m", "4", "--local-port", CLIENT_PORT, url];
    const fetch = () => lab.host("client").mustRun(words);

    const server = await startProgram(
      director,
      helperWords("closing-server", `${PORT}`, "director"),
    );
    t.equal(await fetch(), "director");
    const ended = once(server, "close");
    server.kill();
    await ended;
    const waiting = await director.mustRun(["ss", "-Hnt", "state", "time-wait"]);
    t.match(waiting, `:${CLIENT_PORT}`, "the host remembers the connection");

    await onRealServers(lab, ({ name }) => helperWords("closing-server", `${PORT}`, name));
    const service = `-t ${VIRTUAL.address}:${PORT}`;
    await setRules(t, lab, rulesOf(service, "-s rr", PORT, "-m"));
    t.equal(await fetch(), REAL_SERVERS.at(-1)?.name);
  });
}
