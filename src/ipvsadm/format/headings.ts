/**
 * The lines above a listing of services.
 *
 * @module
 */
import type { EngineInfo } from "../../wire/ipvs-objects.ts";
import type { ServiceColumns } from "../command.ts";
import { left, right } from "./columns.ts";

/** Width of the first column of a service's line. */
export const SERVICE_WIDTH = 33;

/** Returns the line that opens the listing of a whole table. */
export function versionLine(info: EngineInfo): string {
  const { version, connectionTableSize } = info;
  const text = `${version >>> 16}.${(version >>> 8) & 255}.${version & 255}`;
  return `IP Virtual Server version ${text} (size=${connectionTableSize})\n`;
}

const SERVICE = left("Prot LocalAddress:Port", SERVICE_WIDTH);
const SERVER = "  -> RemoteAddress:Port";
const SCHEDULER = "Prot LocalAddress:Port Scheduler Flags";
const METHOD = `${left(SERVER, SERVICE_WIDTH)} Forward`;
const CONNECTIONS = `${left("ActiveConn", 10)} ${left("InActConn", 10)}`;

const HEADINGS: Readonly<Record<ServiceColumns, string>> = {
  plain: `${SCHEDULER}\n${METHOD} Weight ActiveConn InActConn\n`,
  "tun-info": `${SCHEDULER}\n${METHOD} ${left("TunnelInfo", 13)} Weight ActiveConn InActConn\n`,
  stats: counters(["Conns", "InPkts", "OutPkts", "InBytes", "OutBytes"]),
  rate: counters(["CPS", "InPPS", "OutPPS", "InBPS", "OutBPS"]),
  thresholds: `${SERVICE} Uthreshold Lthreshold ${CONNECTIONS}\n${SERVER}\n`,
  "persistent-conn": `${SERVICE} ${left("Weight", 9)} PersistConn ${CONNECTIONS}\n${SERVER}\n`,
};

function counters(titles: readonly string[]): string {
  return `${SERVICE} ${titles.map((title) => right(title, 8)).join(" ")}\n${SERVER}\n`;
}

/** Returns the two lines above the services. */
export function serviceHeading(columns: ServiceColumns): string {
  return HEADINGS[columns];
}
