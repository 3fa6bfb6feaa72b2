/**
 * What would become of ICMP errors: they follow the packet they quote.
 *
 * @module
 */

import * as icmpv4 from "../../wire/icmpv4.ts";
import * as ipv4 from "../../wire/ipv4.ts";
import { FORWARDING_METHODS } from "../../wire/ipvs-objects.ts";
import { ERROR_RULES, PASSING_ERROR_RULES } from "../client-errors.ts";
import type { ConnectionLifecycle } from "../connection-lifecycle.ts";
import { findReply, findRequest } from "../connection-lookup.ts";
import { type ConnectionHandle, NO_CONNECTION } from "../connection-records.ts";
import { Decision } from "../decision.ts";
import type { Destination } from "../destination.ts";
import type { EngineState } from "../engine-state.ts";
import { errorChecksumIsRight } from "../forward/rewrite-error.ts";
import type { IcmpErrors } from "../icmp-errors.ts";
import { isFollowed } from "../icmp-message.ts";
import { HOOK, Packet } from "../packet.ts";
import { NO_TUNNEL, TunnelErrors } from "../tunnel-errors.ts";
import { VERDICT, VERDICT_NAMES } from "../verdict.ts";
import type { Answer, Outcome, Step } from "./explanation.ts";
import { connectionFigures, end, packetFigures } from "./names.ts";
import { outcome, type Rest } from "./outcome.ts";
import { RULES } from "./rules.ts";
import { restOf, type Target, targetOf } from "./target.ts";
import type { Way } from "./way.ts";

type About = "request" | "reply" | "tunnel";

/** Explains the ICMP errors that meet one director. */
export class ErrorExplainer {
  readonly #state: EngineState;
  readonly #lifecycle: ConnectionLifecycle;
  readonly #way: Way;
  readonly #tunnelErrors: TunnelErrors;

  constructor(state: EngineState, lifecycle: ConnectionLifecycle, errors: IcmpErrors, way: Way) {
    this.#state = state;
    this.#lifecycle = lifecycle;
    this.#way = way;
    // Asked for its judgement only, so nothing is ever noted in this record.
    this.#tunnelErrors = new TunnelErrors(state, lifecycle, errors, new Decision());
  }

  /** An error from behind the director, about a request; `undefined` for any other. */
  fromServer(error: Packet, steps: Step[]): Outcome | undefined {
    const quoted = quotedBy(error);
    if (quoted === undefined || !isFollowed(quoted)) return undefined;
    const { connections } = this.#state;
    const handle = findReply(connections, quoted);
    if (handle === NO_CONNECTION) return undefined;
    steps.push(this.#step("request", handle));
    const rest = restOf(this.#state, this.#lifecycle, handle);
    if (rest.method !== FORWARDING_METHODS[0]) return outcome("accept", "server-error", rest);
    const unread = error.family === 6 && !this.#state.profile.verifiesIcmpv6Errors;
    if (error.hook !== HOOK.localOut && (unread || !errorChecksumIsRight(error))) {
      return outcome("drop", "bad-icmp-checksum", rest);
    }
    const virtual = new Uint32Array(4);
    connections.readVirtual(handle, virtual);
    const { destination, hopLimit, length } = packetFigures(error);
    const stays = error.hook === HOOK.localIn;
    const nextHop = stays ? null : destination.address;
    const source = end(error.family, virtual, 0);
    const sent = { source, destination, hopLimit, length, outer: null, nextHop };
    return outcome(stays ? "accept" : "forward", "server-error", { ...rest, sent });
  }

  /**
   * An error from the clients' side, about a reply or a tunnel's packet; `undefined` for any other.
   *
   * @param schedule says who would get the first packet of a connection that the error begins
   */
  fromClient(
    error: Packet,
    steps: Step[],
    schedule: (quoted: Packet) => Outcome,
  ): Outcome | undefined {
    const quoted = quotedBy(error);
    if (quoted === undefined) return undefined;
    const header = error.family === 4 ? this.#tunnelErrors.headerOf(error, quoted) : NO_TUNNEL;
    if (header !== NO_TUNNEL) return this.#aboutTunnel(error, quoted, header, steps);
    if (!isFollowed(quoted)) return undefined;
    const handle = findRequest(this.#state.connections, quoted);
    if (handle === NO_CONNECTION) {
      return this.#state.sysctls.schedule_icmp === 0 ? undefined : schedule(quoted);
    }
    steps.push(this.#step("reply", handle));
    const rest = restOf(this.#state, this.#lifecycle, handle);
    return this.toServer(error, targetOf(this.#state, this.#lifecycle, handle), rest, steps);
  }

  /** An error that goes to a real server. */
  toServer(error: Packet, target: Target, rest: Rest, steps: Step[]): Outcome {
    const masqueraded = target.method === FORWARDING_METHODS[0];
    if (masqueraded && !this.#isTrusted(error)) return outcome("drop", "bad-icmp-checksum", rest);
    const { step, verdict, reason, sent } = this.#follow(error, target, masqueraded);
    steps.push(step);
    const forwards = verdict === VERDICT.forward;
    return outcome(VERDICT_NAMES[verdict]!, forwards ? "client-error" : reason, { ...rest, sent });
  }

  #follow(error: Packet, target: Target, masqueraded: boolean) {
    const bypass = target.method === "bypass";
    const way = {
      ...target,
      ...(bypass && { address: error.destination }),
      port: 0,
      helped: false,
    };
    const rules = error.hook === HOOK.forward ? PASSING_ERROR_RULES : ERROR_RULES;
    const before = error.relayedError;
    error.relayedError = true;
    try {
      return masqueraded ? this.#way.follow(error, way, rules) : this.#way.follow(error, way);
    } finally {
      error.relayedError = before;
    }
  }

  #isTrusted(error: Packet): boolean {
    const verified = error.family === 4 || this.#state.profile.verifiesIcmpv6Errors;
    return error.hook === HOOK.localOut || !verified || errorChecksumIsRight(error);
  }

  #aboutTunnel(error: Packet, outer: Packet, header: number, steps: Step[]): Outcome | undefined {
    const inner = new Packet();
    if (header < 0 || !inner.parseQuoted(error, outer.transport + header, false)) return undefined;
    if (inner.fragmentOffset !== 0) return undefined;
    const handle = findRequest(this.#state.connections, inner);
    if (handle === NO_CONNECTION) return undefined;
    steps.push(this.#step("tunnel", handle));
    const rest = restOf(this.#state, this.#lifecycle, handle);
    if (!errorChecksumIsRight(error)) return outcome("drop", "bad-icmp-checksum", rest);
    const destination = this.#lifecycle.destination(handle);
    const answer = this.#toldClient(error, outer, inner, header, destination);
    return outcome("drop", "tunnel-error", { ...rest, answer });
  }

  /** Returns what the client is told of an error about its tunnelled packet, as far as it has a name here. */
  #toldClient(
    error: Packet,
    outer: Packet,
    inner: Packet,
    header: number,
    destination: Destination | undefined,
  ): Answer | null {
    const { view, transport } = error;
    const type = icmpv4.type(view, transport);
    const code = icmpv4.code(view, transport);
    const kind = KINDS[`${type}/${code}`];
    if (kind === undefined) return null;
    if (kind !== "too-big") return this.#way.answerOf(inner, kind);
    if (!ipv4.dontFragment(view, inner.network)) return null;
    const reported = icmpv4.rest(view, transport) & MTU_MASK;
    const known = destination?.pathMtu ?? 0;
    const mtu = known === 0 || destination?.pathLearned === true ? reported : known;
    return this.#way.answerOf(inner, kind, this.#tunnelErrors.toldMtu(outer, header, mtu));
  }

  #step(about: About, handle: ConnectionHandle): Step {
    const connection = connectionFigures(this.#state, this.#lifecycle, handle);
    return { step: "icmp-error", rule: RULES.icmpErrors, about, connection };
  }
}

const MTU_MASK = 0xffff;

/** Errors that have names, by type and code. */
const KINDS: Readonly<Record<string, Answer["kind"]>> = {
  "3/1": "host-unreachable",
  "3/3": "port-unreachable",
  "3/4": "too-big",
  "11/0": "time-exceeded",
};

/** Returns the packet an error quotes, or `undefined` where there is no header to read. */
function quotedBy(error: Packet): Packet | undefined {
  const quoted = new Packet();
  const at = error.transport + icmpv4.HEADER_LENGTH;
  return quoted.parseQuoted(error, at, true) ? quoted : undefined;
}
