/**
 * The client port as sh and mh hash it.
 *
 * @module
 */
import type { SchedulableService, ScheduleRequest } from "../src/engine/scheduler.ts";
import { hasPorts } from "../src/net/protocol.ts";
import { SERVICE_FLAG } from "../src/wire/ipvs-objects.ts";

/**
 * Returns the client's port if the service asks for it to be hashed (`-b sh-port`, `-b mh-port`) and
 * the protocol has ports, else 0.
 */
export function hashedPort(service: SchedulableService, request: ScheduleRequest): number {
  const wanted = (service.flags & SERVICE_FLAG.scheduler2) !== 0;
  return wanted && hasPorts(request.protocol) ? request.clientPort : 0;
}
