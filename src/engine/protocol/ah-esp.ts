/**
 * AH and ESP as the director follows them: by the UDP connection their keys were exchanged on. They begin
 * no connection and move no state; a packet restarts the timer of the connection it belongs to.
 *
 * Source: linux ip_vs_proto_ah_esp.c.
 *
 * @module
 */
import { NO_CHANGE, type Protocol } from "./protocol.ts";

/** Makes the AH or the ESP of one director. */
export function makeAhEsp(number: number): Protocol {
  return {
    number,
    stateNames: [],
    timeouts: [],
    isActive: () => false,
    assuresTemplate: () => false,
    isReadable: () => true,
    canBeJudged: () => true,
    mayBegin: () => false,
    startsFlow: () => false,
    isOver: () => false,
    aborts: () => false,
    next: () => NO_CHANGE,
  };
}
