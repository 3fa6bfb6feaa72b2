/**
 * What a director of this process offers beyond the commands of the family `IPVS`: the status files of a
 * kernel and the variables of net.ipv4.vs.
 *
 * @module
 */
import type { Director } from "../engine/director.ts";
import { DirectTransport } from "./direct-transport.ts";
import { NetlinkBackend } from "./netlink-backend.ts";
import { NetlinkServer } from "./netlink-server.ts";
import { statusFile } from "./procfs.ts";
import type { DirectorServices, SysctlTable } from "./uipvs-family.ts";

/** Returns status files and variables of `director`, as `NetlinkServer` offers them. */
export function directorServices(
  director: Director,
): Required<Pick<DirectorServices, "statusFile" | "sysctls">> {
  const sources = {
    administration: director,
    totals: () => director.totals(),
    processors: () => [director.liveTotals()],
    connections: () => director.connections(),
    helpers: () => director.helpers(),
  };
  return {
    statusFile: (name, ticksPerSecond = director.profile.ticksPerSecond) =>
      statusFile({ ...sources, ticksPerSecond }, name),
    sysctls: directorSysctls(director),
  };
}

/** Returns a backend that has `director`, in this process, obey. */
export function directorBackend(director: Director): NetlinkBackend {
  const server = new NetlinkServer(director, directorServices(director));
  return new NetlinkBackend(
    new DirectTransport({
      answer: (request) => {
        // Listings show the time they are asked at, not that of the last packet.
        director.advance();
        return server.answer(request);
      },
    }),
  );
}

/** Returns the variables of `director` by name. */
export function directorSysctls(director: Director): SysctlTable {
  return {
    names: () => director.sysctls().map(({ name }) => name),
    get: (name) => director.sysctls().find((variable) => variable.name === name)?.value,
    set: (settings) => director.setSysctls(settings),
  };
}
