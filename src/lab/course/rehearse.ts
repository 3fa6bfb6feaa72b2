/**
 * Plays a scenario on a copy of a running director's configuration, in virtual time: what would happen.
 *
 * Copied are services, real servers with their thresholds, time-outs and variables. Connections are not, nor is the
 * host: a scenario has the standard surroundings of docs/scenarios.md.
 *
 * @module
 */
import type { Backend } from "../../control/backend.ts";
import { DirectorClient } from "../../control/director-client.ts";
import { NetlinkBackend } from "../../control/netlink-backend.ts";
import { SocketTransport } from "../../control/socket-transport.ts";
import type { Change } from "../../ipvsadm/command.ts";
import { commandText } from "../../ipvsadm/format/commands.ts";
import { readScript } from "../../lvs/read-script.ts";
import { runScript } from "../../lvs/run-script.ts";
import type { Script } from "../../lvs/script.ts";
import { EmulatorBed } from "../../scenario/emulator-bed.ts";

/** What the file is called in messages. */
const FILE = "check";

/** Reads a scenario that stands in a lab. @throws ScenarioError for a line that says nothing known */
export function readScenario(text: string): Script {
  return readScript(FILE, () => text);
}

/** Returns what is not as a scenario expects, in a sentence, or `undefined`. */
export async function rehearse(scenario: string, socket: string): Promise<string | undefined> {
  const bed = new EmulatorBed();
  try {
    const commands = await copy(socket, bed);
    const script = readScenario([...commands, scenario].join("\n"));
    const [failure] = (await runScript(script, bed)).failures;
    return failure && `${failure.text}: ${failure.message}`;
  } finally {
    await bed.close();
  }
}

/** Copies the variables of a director, and returns the lines that make its table. */
async function copy(socket: string, bed: EmulatorBed): Promise<readonly string[]> {
  const transport = await SocketTransport.connect(socket);
  try {
    for (const { name, value } of await new DirectorClient(transport).sysctls()) {
      const path = `net.ipv4.vs.${name}`;
      const own = await bed.sysctl(path);
      if (own.value !== null && own.value.trim() !== value) await bed.sysctl(path, value);
    }
    const lines: string[] = [];
    for await (const change of changesOf(new NetlinkBackend(transport))) {
      lines.push(`ipvsadm ${commandText(change)}`);
    }
    return lines;
  } finally {
    await transport.close();
  }
}

/** Yields the changes that make the table of a director, the oldest part first. */
async function* changesOf(backend: Backend): AsyncGenerator<Change> {
  yield { verb: "set", timeouts: await backend.timeouts() };
  for (const { id: service, config } of await backend.services()) {
    yield { verb: "add-service", id: service, config };
    for (const { id, config } of [...(await backend.destinations(service))].reverse()) {
      yield { verb: "add-server", service, id, config };
    }
  }
}
