/**
 * A small host in memory around a director: routes, marks, answers.
 *
 * @module
 */
export { HOST_DROPS, type HostDrop } from "./drops.ts";
export type { InterfaceAddress, InterfaceOptions } from "./interfaces.ts";
export { type MarkRule, MarkRules } from "./mark-rules.ts";
export type { Departure } from "./output.ts";
export {
  type RouteConfig,
  type RouteType,
  Routing,
  type RoutingRule,
  TABLE,
} from "./routing.ts";
export { type Stage, VirtualHost, type VirtualHostOptions } from "./virtual-host.ts";
