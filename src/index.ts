/**
 * uipvs as a library: a director, what surrounds it, and the types of both.
 *
 * More is behind `uipvs/wire` (byte formats), `uipvs/schedulers`, `uipvs/dataplane` (devices) and
 * `uipvs/control` (the control protocol).
 *
 * @module
 */
export { MemoryDevice } from "../dataplane/memory.ts";
export { Pump } from "../dataplane/pump.ts";
export { StaticHost, type StaticHostOptions } from "../dataplane/static-host.ts";
export { schedulers } from "../schedulers/index.ts";
export { type Clock, ManualClock } from "./base/clock.ts";
export { type ErrorCode, IpvsError } from "./base/error.ts";
export { type Random, SeededRandom } from "./base/random.ts";
export type { Decision } from "./engine/decision.ts";
export {
  Director,
  type DirectorOptions,
  type ExplainOptions,
  type HelperStatus,
} from "./engine/director.ts";
export type { Explanation } from "./engine/explain/explanation.ts";
export { packetOf, type Question } from "./engine/explain/question.ts";
export type { Trace, TraceFilter, TraceOptions, TraceRecord } from "./engine/explain/trace.ts";
export type { Host, NetworkInterface, Route } from "./engine/host.ts";
export { DEFAULT_PROFILE, PROFILES, type Profile, profileNamed } from "./engine/profile.ts";
export { destinationConfig, serviceConfig, serviceId } from "./engine/shorthand.ts";
export {
  REASONS,
  type ReasonName,
  VERDICT,
  VERDICT_NAMES,
  type Verdict,
} from "./engine/verdict.ts";
export { type Address, formatAddress, parseAddress } from "./net/address.ts";
export { type Endpoint, formatEndpoint, parseEndpoint } from "./net/endpoint.ts";
export { Frame } from "./wire/frame.ts";
export type { StatsSnapshot } from "./wire/ipvs-objects.ts";
export {
  type DestinationConfig,
  type DestinationId,
  type DestinationStatus,
  type ForwardingMethod,
  SERVICE_FLAG,
  type ServiceConfig,
  type ServiceId,
  type ServiceStatus,
  TUNNEL_FLAG,
  TUNNEL_TYPE,
} from "./wire/ipvs-objects.ts";
