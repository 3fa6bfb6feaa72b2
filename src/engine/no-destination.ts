/**
 * What becomes of a packet that nobody can take: no real server is usable.
 *
 * @module
 */
import { type AddressWords, type Family, isLoopback } from "../net/address.ts";
import { UDP } from "../net/protocol.ts";
import { FORWARDING_METHODS } from "../wire/ipvs-objects.ts";
import type { ConnectionLifecycle } from "./connection-lifecycle.ts";
import { CONNECTION_FLAG, type ConnectionHandle, emptySeed } from "./connection-records.ts";
import { type Decision, describeConnection } from "./decision.ts";
import type { EngineState } from "./engine-state.ts";
import type { Forwarding } from "./forward/forwarding.ts";
import type { IcmpErrors } from "./icmp-errors.ts";
import type { Packet } from "./packet.ts";
import { DIRECTION } from "./protocol/protocol.ts";
import { REASON, VERDICT, type Verdict } from "./verdict.ts";
import type { VirtualService } from "./virtual-service.ts";

const FTP_PORT = 21;
const BYPASS = FORWARDING_METHODS.indexOf("bypass");

/** The no-destination rule of one director. */
export class NoDestination {
  readonly #state: EngineState;
  readonly #lifecycle: ConnectionLifecycle;
  readonly #forwarding: Forwarding;
  readonly #errors: IcmpErrors;
  readonly #decision: Decision;
  readonly #seed = emptySeed();

  constructor(
    state: EngineState,
    lifecycle: ConnectionLifecycle,
    forwarding: Forwarding,
    errors: IcmpErrors,
    decision: Decision,
  ) {
    this.#state = state;
    this.#lifecycle = lifecycle;
    this.#forwarding = forwarding;
    this.#errors = errors;
    this.#decision = decision;
  }

  /**
   * Answers port unreachable, for TCP too, and drops; but what a transparent cache cannot take goes where
   * it was going, if cache_bypass is set, and what an FTP service caught for its data connections is left
   * to the host.
   *
   * Source: linux ip_vs_core.c `ip_vs_leave`.
   */
  handle(packet: Packet): Verdict {
    const decision = this.#decision;
    const { service } = decision;
    if (!packet.portsReadable) return decision.give(VERDICT.drop, REASON["truncated-transport"]);
    if (service !== undefined && mayBypass(this.#state, service, packet)) {
      return this.#bypass(service, packet);
    }
    if (service !== undefined && isSparedByFtp(service, packet)) {
      return decision.give(VERDICT.accept, REASON["no-destination"]);
    }
    if (!packet.quoted) this.#errors.portUnreachable(packet);
    return decision.give(VERDICT.drop, REASON["no-destination"]);
  }

  #bypass(service: VirtualService, packet: Packet): Verdict {
    const decision = this.#decision;
    const connection = this.#open(service, packet);
    describeConnection(decision, this.#state, this.#lifecycle, connection);
    decision.isNew = true;
    this.#lifecycle.transition(connection, packet, DIRECTION.input);
    const verdict = this.#forwarding.request(packet, connection);
    this.#lifecycle.releaseCounted(connection);
    return verdict;
  }

  #open(service: VirtualService, packet: Packet): ConnectionHandle {
    const seed = this.#seed;
    seed.family = packet.family;
    seed.destinationFamily = packet.family;
    seed.protocol = packet.protocol;
    seed.clientAddress = packet.source;
    seed.clientPort = packet.sourcePort;
    seed.virtualAddress = packet.destination;
    seed.virtualPort = packet.destinationPort;
    seed.flags =
      BYPASS | (service.onePacket && packet.protocol === UDP ? CONNECTION_FLAG.onePacket : 0);
    seed.mark = packet.mark;
    return this.#lifecycle.open(seed, undefined);
  }
}

/** Whether a packet nobody can take goes where it was going. */
export function mayBypass(state: EngineState, service: VirtualService, packet: Packet): boolean {
  const { sysctls, host } = state;
  if (sysctls.cache_bypass === 0 || service.id.fwmark === 0 || packet.quoted) return false;
  const { family, destination } = packet;
  return isUnicast(family, destination) && !host.isLocal(family, destination);
}

/** Whether a packet nobody can take is left to the host, as an FTP service has caught it. */
export function isSparedByFtp(service: VirtualService, packet: Packet): boolean {
  return service.id.port === FTP_PORT && packet.receiverPort !== FTP_PORT;
}

/** Whether an address is one host's, as a router sees it. */
function isUnicast(family: Family, address: Readonly<AddressWords>): boolean {
  if (isLoopback(family, address)) return false;
  if (family === 6) {
    const unspecified = (address[0]! | address[1]! | address[2]! | address[3]!) === 0;
    return !unspecified && address[0]! >>> 24 !== 0xff;
  }
  return address[0] !== 0 && address[0] !== 0xffffffff && address[0]! >>> 28 !== 0xe;
}
