/**
 * Commands to a director or the kernel: one interface, the netlink protocol behind it, and both ends
 * of that protocol.
 *
 * @module
 */

export type { Sysctl } from "../wire/uipvs-genl.ts";
export type { Administration, Backend, StatusFile } from "./backend.ts";
export { type ConnectionEntry, connectionEntries } from "./conn-entries.ts";
export { type Answering, DirectTransport } from "./direct-transport.ts";
export { DirectorClient } from "./director-client.ts";
export { ExplainClient } from "./explain-client.ts";
export { type ExplainServices, explainServices } from "./explain-services.ts";
export { NetlinkBackend, type NetlinkBackendOptions } from "./netlink-backend.ts";
export { NetlinkServer, type NetlinkServerOptions } from "./netlink-server.ts";
export {
  type HelperRecord,
  protocolName,
  type StatusSources,
  statusFile,
} from "./procfs.ts";
export { SocketTransport } from "./socket-transport.ts";
export type { Transport } from "./transport.ts";
export type { DirectorServices, SysctlTable } from "./uipvs-family.ts";
