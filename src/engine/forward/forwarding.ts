/**
 * Sending a packet of a connection on, by the connection's forwarding method.
 *
 * @module
 */
import { FORWARDING_METHODS } from "../../wire/ipvs-objects.ts";
import { CONNECTION_FLAG, type ConnectionHandle } from "../connection-records.ts";
import type { Decision } from "../decision.ts";
import type { EngineState } from "../engine-state.ts";
import type { FtpHelper } from "../helper/ftp.ts";
import type { Packet } from "../packet.ts";
import { REASON, VERDICT, type Verdict } from "../verdict.ts";
import { Bypass } from "./bypass.ts";
import { DirectRoute } from "./direct-route.ts";
import { Masquerade } from "./masquerade.ts";
import type { Outgoing } from "./outgoing.ts";
import { Tunnel } from "./tunnel.ts";

/** The forwarding methods of one director. */
export class Forwarding {
  readonly #state: EngineState;
  readonly #decision: Decision;
  readonly #masquerade: Masquerade;
  readonly #directRoute: DirectRoute;
  readonly tunnel: Tunnel;
  readonly #bypass: Bypass;

  constructor(state: EngineState, outgoing: Outgoing, helper: FtpHelper, decision: Decision) {
    this.#state = state;
    this.#decision = decision;
    this.#masquerade = new Masquerade(state, outgoing, helper, decision);
    this.#directRoute = new DirectRoute(state, outgoing, decision);
    this.tunnel = new Tunnel(state, outgoing, decision);
    this.#bypass = new Bypass(outgoing, decision);
  }

  /** Sends a client's packet on; the decision's destination must be the connection's. */
  request(packet: Packet, connection: ConnectionHandle): Verdict {
    const method = this.#state.connections.flags(connection) & CONNECTION_FLAG.methodMask;
    switch (FORWARDING_METHODS[method]) {
      case "masquerade":
        return this.#masquerade.request(packet, connection);
      case "tunnel":
        return this.tunnel.request(packet, connection, this.#decision.destination);
      case "direct-route":
        return this.#directRoute.request(packet, connection);
      case "bypass":
        return this.#bypass.request(packet);
      default:
        return this.#decision.give(VERDICT.accept, REASON["local-destination"]);
    }
  }
}
