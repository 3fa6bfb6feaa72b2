/**
 * Says what would become of a packet and why, and changes nothing: no counter, no connection, no turn of
 * a scheduler, nothing remembered, nothing drawn.
 *
 * It walks the way of `Director.localIn`, `forwarded` and `localOut`, asking the same judges at the same
 * points (`judgeReuse`, `judgeBeginning`, `Persistence.lookUp`, `Scheduler.peek`, `Outgoing.judge`), so
 * that what it says and what happens cannot drift apart.
 *
 * @module
 */
import type { AddressWords } from "../../net/address.ts";
import { hasPorts, ICMP, ICMPV6 } from "../../net/protocol.ts";
import { judgeBeginning, MAY_BEGIN } from "../beginning.ts";
import type { ConnectionLifecycle } from "../connection-lifecycle.ts";
import { findReply, findRequest } from "../connection-lookup.ts";
import { CONNECTION_FLAG, type ConnectionHandle, NO_CONNECTION } from "../connection-records.ts";
import { givesWay, judgeReuse } from "../connection-reuse.ts";
import { FTP_DATA_PORT, isLocalReply, portAt, servesPort } from "../connection-scheduling.ts";
import type { Defence } from "../defence.ts";
import type { Destination } from "../destination.ts";
import type { EngineState } from "../engine-state.ts";
import { isIntact } from "../helper/ftp.ts";
import type { IcmpErrors } from "../icmp-errors.ts";
import { MESSAGE, messageKind } from "../icmp-message.ts";
import { isSparedByFtp, mayBypass } from "../no-destination.ts";
import { HOOK, type Packet } from "../packet.ts";
import { Persistence, REFUSED } from "../persistence.ts";
import { ServerConnections } from "../persistence-engine/server-connections.ts";
import { DIRECTION, NO_CHANGE, type Protocol } from "../protocol/protocol.ts";
import { mustBeWhole } from "../reassembly.ts";
import { REASONS, VERDICT_NAMES } from "../verdict.ts";
import type { VirtualService } from "../virtual-service.ts";
import { type Choice, chooseFor } from "./choice.ts";
import { ErrorExplainer } from "./error-explainer.ts";
import {
  type ConnectionFate,
  EXPLANATION_SCHEMA,
  type Explanation,
  type Outcome,
  type Step,
} from "./explanation.ts";
import {
  connectionFigures,
  end,
  endOf,
  packetFigures,
  protocolText,
  serviceName,
} from "./names.ts";
import { outcome, type Rest } from "./outcome.ts";
import { RULES } from "./rules.ts";
import { serviceStep, templateStep } from "./steps.ts";
import { restOf, type Target, targetOf } from "./target.ts";
import { Way } from "./way.ts";

/** How much to say. */
export interface Detail {
  /** Whether to tell of every real server of a service, which takes the longer the more there are. */
  readonly candidates: boolean;
}

/** What is asked about a packet, and how much to say. */
interface Asked extends Detail {
  /** The ICMP error that quotes the packet, where it is one. */
  readonly error?: Packet;
}

/** Explains for one director. */
export class Explainer {
  readonly #state: EngineState;
  readonly #lifecycle: ConnectionLifecycle;
  readonly #defence: Defence;
  readonly #persistence: Persistence;
  readonly #serverConnections: ServerConnections;
  readonly #way: Way;
  readonly #errors: ErrorExplainer;

  constructor(
    state: EngineState,
    lifecycle: ConnectionLifecycle,
    defence: Defence,
    errors: IcmpErrors,
  ) {
    this.#state = state;
    this.#lifecycle = lifecycle;
    this.#defence = defence;
    this.#persistence = new Persistence(state, lifecycle);
    this.#serverConnections = new ServerConnections(state, lifecycle);
    this.#way = new Way(state, errors);
    this.#errors = new ErrorExplainer(state, lifecycle, errors, this.#way);
  }

  /** Returns what would become of a packet that is whole. */
  explain(packet: Packet, detail: Detail): Explanation {
    const steps: Step[] = [];
    const outcome = this.#follow(packet, detail, steps);
    return { schema: EXPLANATION_SCHEMA, packet: packetFigures(packet), steps, outcome };
  }

  #follow(packet: Packet, detail: Detail, steps: Step[]): Outcome {
    const { family } = packet;
    if (this.#state.servicesOfFamily[family] === 0) {
      steps.push({ step: "no-services", rule: RULES.lookedAt, family });
      return outcome("accept", "no-services");
    }
    if (mustBeWhole(packet)) {
      steps.push({ step: "fragment", rule: RULES.lookedAt });
      return outcome("hold", "fragment");
    }
    const protocol = this.#state.protocol(packet.protocol);
    if (protocol === undefined) return this.#unbalanced(packet, detail, steps);
    const reply = this.#reply(packet, steps);
    if (reply !== undefined) return reply;
    if (packet.hook === HOOK.forward) {
      steps.push({ step: "passing", rule: RULES.lookedAt });
      return outcome("accept", "not-for-us");
    }
    if (this.#isBackup()) {
      steps.push({ step: "backup", rule: RULES.backup });
      return outcome("accept", "backup");
    }
    return this.#request(packet, protocol, detail, steps);
  }

  /** A packet of a protocol that has no connections. ICMP errors follow the packet they quote. */
  #unbalanced(packet: Packet, detail: Detail, steps: Step[]): Outcome {
    steps.push({
      step: "protocol",
      rule: RULES.lookedAt,
      protocol: protocolText(packet.protocol),
    });
    const passing = packet.hook === HOOK.forward;
    const backup = this.#isBackup();
    const kind = messageKind(packet);
    if (kind === MESSAGE.unreadable) return outcome("drop", "truncated-icmp");
    if (kind === MESSAGE.error) {
      const fromClient = (): Outcome | undefined =>
        backup ? undefined : this.#clientError(packet, detail, steps);
      // What passes is first looked at as one about a reply, what arrives as one about a request.
      const passed = passing ? unlessLeft(fromClient()) : undefined;
      const decided = passed ?? this.#errors.fromServer(packet, steps);
      if (decided !== undefined) return decided;
      const arrived = passing ? undefined : fromClient();
      if (arrived !== undefined) return arrived;
      steps.push({ step: "icmp-error", rule: RULES.icmpErrors, about: null, connection: null });
      if (!passing && !backup) return outcome("accept", "unrelated-icmp");
    }
    if (passing) return outcome("accept", "not-for-us");
    if (backup) {
      steps.push({ step: "backup", rule: RULES.backup });
      return outcome("accept", "backup");
    }
    const icmp = packet.protocol === (packet.family === 4 ? ICMP : ICMPV6);
    return outcome("accept", icmp ? "icmp" : "not-balanced");
  }

  /** An error of the client side; `undefined` for one that is about nothing the director knows. */
  #clientError(packet: Packet, detail: Detail, steps: Step[]): Outcome | undefined {
    return this.#errors.fromClient(packet, steps, (quoted) =>
      this.#schedule(quoted, { ...detail, error: packet }, steps),
    );
  }

  #isBackup(): boolean {
    const { sysctls, daemons } = this.#state;
    return sysctls.backup_only !== 0 && daemons.find("backup") !== undefined;
  }

  /** A packet of a real server, if it is one. */
  #reply(packet: Packet, steps: Step[]): Outcome | undefined {
    const { connections } = this.#state;
    const handle = findReply(connections, packet);
    if (handle === NO_CONNECTION) {
      return this.#serverConnection(packet, steps) ?? this.#unknownReply(packet, steps);
    }
    const rest = this.#restOf(handle);
    steps.push({ step: "reply", rule: RULES.replies, connection: this.#figures(handle) });
    if (rest.method !== "masquerade") return outcome("accept", "passing-reply", rest);
    if (!this.#state.protocol(packet.protocol)!.isReadable(packet)) {
      return outcome("drop", "truncated-transport", rest);
    }
    if (connections.isHelped(handle) && !isIntact(packet)) {
      return outcome("drop", "bad-tcp-checksum", rest);
    }
    const virtual = new Uint32Array(4);
    connections.readVirtual(handle, virtual);
    const helped = connections.isHelped(handle);
    return this.#sendBack(packet, virtual, connections.virtualPort(handle), rest, helped);
  }

  /** What a real server sends of its own accord, where its service's engine follows that. */
  #serverConnection(packet: Packet, steps: Step[]): Outcome | undefined {
    const sender = this.#serverConnections.beginner(packet);
    if (sender === undefined) return undefined;
    const server = endOf(sender);
    steps.push({ step: "server-connection", rule: RULES.serverConnections, server });
    const { id } = sender.service;
    const method = "masquerade" as const;
    const rest = { service: serviceName(id), server, method, connection: "new" as const };
    return this.#sendBack(packet, id.address.words, id.port, rest);
  }

  /** A packet to a client leaves with the service's address. */
  #sendBack(
    packet: Packet,
    virtual: Readonly<AddressWords>,
    virtualPort: number,
    rest: Rest,
    helped = false,
  ): Outcome {
    const { family } = packet;
    const arrived = packet.hook === HOOK.localIn;
    const figures = packetFigures(packet);
    const sent = {
      source: end(family, virtual, virtualPort),
      destination: figures.destination,
      hopLimit: figures.hopLimit,
      length: helped ? null : figures.length,
      outer: null,
      nextHop: arrived ? null : figures.destination.address,
    };
    return outcome(arrived ? "accept" : "forward", "reply", { ...rest, sent });
  }

  #unknownReply(packet: Packet, steps: Step[]): Outcome | undefined {
    if (this.#state.sysctls.nat_icmp_send === 0) return undefined;
    if (!hasPorts(packet.protocol) || !packet.portsReadable) return undefined;
    const { family, protocol, source, sourcePort } = packet;
    const sender = this.#state.index.findMasqueraded(family, protocol, source, sourcePort);
    if (sender === undefined || this.#state.protocol(protocol)!.aborts(packet)) return undefined;
    steps.push({ step: "reply", rule: RULES.replies, connection: null });
    return outcome("drop", "unknown-reply", {
      service: serviceName(sender.service.id),
      server: endOf(sender),
      answer: this.#way.answerOf(packet, "port-unreachable"),
    });
  }

  #request(packet: Packet, protocol: Protocol, detail: Detail, steps: Step[]): Outcome {
    const handle = findRequest(this.#state.connections, packet);
    const fate = this.#connection(packet, handle, protocol, steps);
    switch (fate) {
      case "used":
        return this.#forward(packet, this.#wayOf(packet, handle), this.#restOf(handle), steps);
      case "server-removed":
        return outcome("drop", "destination-removed", this.#restOf(handle));
      default:
        return this.#schedule(packet, detail, steps);
    }
  }

  /** Looks at the connection of a packet, which may be none, and says what becomes of it. */
  #connection(
    packet: Packet,
    handle: ConnectionHandle,
    protocol: Protocol,
    steps: Step[],
  ): ConnectionFate {
    if (handle === NO_CONNECTION) {
      const none = { connection: null, reuse: null, stateAfter: null };
      steps.push({ step: "connection", rule: RULES.connections, fate: "none", ...none });
      return "none";
    }
    const begins = packet.fragmentOffset === 0 && protocol.startsFlow(packet);
    const reuse = begins ? judgeReuse(this.#state, this.#lifecycle, handle, protocol) : null;
    const destination = this.#lifecycle.destination(handle);
    let fate: ConnectionFate = "used";
    if (reuse !== null && givesWay(reuse)) {
      fate = "gives-way";
    } else if (destination !== undefined && !destination.available) {
      const ends = this.#state.sysctls.expire_nodest_conn !== 0;
      fate = ends ? "server-removed-gives-way" : "server-removed";
    }
    const used = { used: RULES.connections, "gives-way": RULES.reuse, none: RULES.connections };
    steps.push({
      step: "connection",
      rule: fate in used ? used[fate as keyof typeof used] : RULES.removed,
      connection: this.#figures(handle),
      fate,
      reuse,
      stateAfter: fate === "used" ? this.#stateAfter(packet, handle, protocol) : null,
    });
    return fate;
  }

  #stateAfter(packet: Packet, handle: ConnectionHandle, protocol: Protocol): string | null {
    const { connections, sysctls } = this.#state;
    const before = connections.state(handle);
    const silent = (connections.flags(handle) & CONNECTION_FLAG.noOutput) !== 0;
    const direction = silent ? DIRECTION.inputOnly : DIRECTION.input;
    const after = protocol.next(before, direction, packet, sysctls.secure_tcp >= 2);
    return after === NO_CHANGE ? null : (protocol.stateNames[after] ?? null);
  }

  /** A packet that belongs to no connection, or to one that gives way. */
  #schedule(packet: Packet, asked: Asked, steps: Step[]): Outcome {
    const judgement = judgeBeginning(this.#state, packet);
    const may = judgement === MAY_BEGIN;
    const obstacle = may ? null : REASONS[judgement]!;
    steps.push({ step: "beginning", rule: RULES.beginning, may, reason: obstacle });
    if (obstacle !== null) {
      return outcome(obstacle === "truncated-transport" ? "drop" : "accept", obstacle);
    }
    const { service, step } = serviceStep(this.#state.services, packet);
    steps.push(step);
    if (service === undefined) return outcome("accept", "no-service");
    const named = { service: serviceName(service.id) };
    if (this.#defends(steps)) return outcome("drop", "defence", named);
    const exception = this.#exception(packet);
    if (exception !== undefined) {
      steps.push({ step: "exception", rule: RULES.exceptions, exception });
      return outcome("accept", exception, named);
    }
    return this.#choose(packet, service, asked, steps);
  }

  #defends(steps: Step[]): boolean {
    const { dropRate: rate, untilDrop: next } = this.#defence;
    if (rate === 0) return false;
    steps.push({ step: "defence", rule: RULES.defence, rate, next });
    return next === 1;
  }

  #exception(packet: Packet): "ftp-data-port" | "local-reply" | undefined {
    if (packet.senderPort === FTP_DATA_PORT) return "ftp-data-port";
    return isLocalReply(this.#state, packet) ? "local-reply" : undefined;
  }

  #choose(packet: Packet, service: VirtualService, asked: Asked, steps: Step[]): Outcome {
    let choice: Choice;
    const template = service.persistent ? this.#template(packet, service, steps) : undefined;
    if (template === REFUSED) {
      return outcome("drop", "engine-refused", { service: serviceName(service.id) });
    }
    if (template !== undefined) {
      choice = { destination: template, byChance: false };
    } else if (!service.persistent && !servesPort(service, packet)) {
      steps.push({ step: "port", rule: RULES.ports, port: packet.receiverPort });
      return this.#nobody(packet, service, steps);
    } else {
      choice = chooseFor(packet, service, asked.candidates, steps);
    }
    const { destination } = choice;
    const named = { service: serviceName(service.id) };
    if (choice.byChance) {
      const rest = { ...named, connection: "new" as const, byChance: true };
      return { ...outcome("forward", "request", rest), verdict: null, reason: null };
    }
    if (destination === undefined) return this.#nobody(packet, service, steps);
    const { method } = destination.config;
    const { family, address } = destination;
    const port = portAt(service, destination, packet);
    const flags = destination.connectionFlags;
    const begun = { protocol: packet.protocol, virtualPort: packet.receiverPort, flags };
    const helped = this.#state.ftp.isOne(begun);
    const target: Target = { method, family, address: address.words, port, destination, helped };
    const server = { address: endOf(destination).address, port };
    const rest = { ...named, server, method, connection: "new" as const };
    return asked.error === undefined
      ? this.#forward(packet, target, rest, steps)
      : this.#errors.toServer(asked.error, target, rest, steps);
  }

  /** Returns the real server of the client's template, if it has a good one, or REFUSED. */
  #template(
    packet: Packet,
    service: VirtualService,
    steps: Step[],
  ): Destination | typeof REFUSED | undefined {
    const lookUp = this.#persistence.lookUp(service, packet);
    if (lookUp === REFUSED) {
      const engine = service.engine?.name ?? "";
      steps.push({ step: "engine", rule: RULES.persistence, engine });
      return REFUSED;
    }
    const figures = lookUp.found === NO_CONNECTION ? null : this.#figures(lookUp.found);
    steps.push(templateStep(service, lookUp, figures));
    const good = lookUp.found !== NO_CONNECTION && lookUp.rejection === undefined;
    return good ? this.#lifecycle.destination(lookUp.found) : undefined;
  }

  /** A packet nobody can take. */
  #nobody(packet: Packet, service: VirtualService, steps: Step[]): Outcome {
    const named = { service: serviceName(service.id) };
    const rule = RULES.nobody;
    if (!packet.portsReadable) {
      steps.push({ step: "no-destination", rule, fate: "unreadable" });
      return outcome("drop", "truncated-transport", named);
    }
    if (mayBypass(this.#state, service, packet)) {
      steps.push({ step: "no-destination", rule, fate: "bypassed" });
      const { family, destination: address, destinationPort: port } = packet;
      const method = "bypass" as const;
      const nobody = { destination: undefined, helped: false };
      const target: Target = { method, family, address, port, ...nobody };
      return this.#forward(packet, target, { ...named, method, connection: "new" }, steps);
    }
    if (isSparedByFtp(service, packet)) {
      steps.push({ step: "no-destination", rule, fate: "left-to-host" });
      return outcome("accept", "no-destination", named);
    }
    steps.push({ step: "no-destination", rule, fate: "refused" });
    const answer = packet.quoted ? null : this.#way.answerOf(packet, "port-unreachable");
    return outcome("drop", "no-destination", { ...named, answer });
  }

  #forward(packet: Packet, target: Target, rest: Rest, steps: Step[]): Outcome {
    const { step, verdict, reason, sent, answer } = this.#way.follow(packet, target);
    steps.push(step);
    return outcome(VERDICT_NAMES[verdict]!, reason, { ...rest, sent, answer });
  }

  /** Returns where a packet of a connection goes: without a cache server, where it was going. */
  #wayOf(packet: Packet, handle: ConnectionHandle): Target {
    const target = targetOf(this.#state, this.#lifecycle, handle);
    if (target.method !== "bypass") return target;
    return { ...target, address: packet.destination, port: packet.destinationPort };
  }

  #restOf(handle: ConnectionHandle): Rest {
    return restOf(this.#state, this.#lifecycle, handle);
  }

  #figures(handle: ConnectionHandle) {
    return connectionFigures(this.#state, this.#lifecycle, handle);
  }
}

/** Returns `undefined` for a packet that is of no connection and is left to whoever else may know it. */
function unlessLeft(decided: Outcome | undefined): Outcome | undefined {
  return decided?.verdict === "accept" && decided.connection === "none" ? undefined : decided;
}
