/**
 * A director that, before each packet, is asked what would become of it, and after it compares.
 *
 * @module
 */
import { Director, type DirectorOptions } from "../../../src/engine/director.ts";
import type { Emit } from "../../../src/engine/engine-state.ts";
import type { Explanation, Outcome } from "../../../src/engine/explain/explanation.ts";
import { HOOK, type Hook } from "../../../src/engine/packet.ts";
import { REASONS, VERDICT, VERDICT_NAMES, type Verdict } from "../../../src/engine/verdict.ts";
import { formatAddress } from "../../../src/net/address.ts";
import { GRE, hasPorts, UDP } from "../../../src/net/protocol.ts";
import type { Frame } from "../../../src/wire/frame.ts";
import * as ipv4 from "../../../src/wire/ipv4.ts";
import * as ipv6 from "../../../src/wire/ipv6.ts";
import { FORWARDING_METHODS } from "../../../src/wire/ipvs-objects.ts";

/** What was said and what happened. */
export interface Compared {
  readonly explanation: Explanation;
  readonly said: Record<string, unknown>;
  readonly happened: Record<string, unknown>;
}

/** An ICMP error that was sent. */
interface Sent {
  readonly type: number;
  readonly code: number;
  readonly rest: number;
  readonly from: string;
  readonly to: string;
}

/** A director that is asked all the time. */
export class ExplainingDirector extends Director {
  readonly compared: Compared[] = [];
  #errors: Sent[] = [];

  constructor(options: DirectorOptions) {
    super(options);
    if (options.emit !== undefined) this.emitTo(options.emit);
  }

  override emitTo(emit: Emit): void {
    super.emitTo((frame, family, nextHop) => {
      this.#errors.push(errorIn(frame));
      emit(frame, family, nextHop);
    });
  }

  override localIn(frame: Frame): Verdict {
    return this.#compare(frame, HOOK.localIn, () => super.localIn(frame));
  }

  override forwarded(frame: Frame): Verdict {
    return this.#compare(frame, HOOK.forward, () => super.forwarded(frame));
  }

  override localOut(frame: Frame): Verdict {
    return this.#compare(frame, HOOK.localOut, () => super.localOut(frame));
  }

  #compare(frame: Frame, hook: Hook, decide: () => Verdict): Verdict {
    const asked = { mark: frame.mark, hook };
    this.#askAboutAnother(asked, frame);
    // Whether reasons are asked for or not makes no difference, nor does asking twice.
    this.explain(frame.packet(), { ...asked, candidates: false });
    const explanation = this.explain(frame.packet(), asked);
    this.#errors = [];
    const verdict = decide();
    if (explanation === undefined || !isSettled(explanation)) return verdict;
    const { outcome } = explanation;
    this.compared.push({
      explanation,
      said: said(outcome, explanation),
      happened: this.#happened(frame, explanation),
    });
    return verdict;
  }

  /** Asks about the flow of somebody else to the same place. */
  #askAboutAnother(asked: { readonly mark: number; readonly hook: Hook }, frame: Frame): void {
    const packet = frame.packet().slice();
    const fields = new DataView(packet.buffer);
    if (ipv4.version(fields, 0) !== 4 || packet.length < ipv4.HEADER_LENGTH) return;
    ipv4.setSrc(fields, 0, (ipv4.src(fields, 0) ^ 0x5a5a) >>> 0);
    ipv4.updateHeaderChecksum(fields, 0);
    this.explain(packet, asked);
  }

  #happened(frame: Frame, { outcome, packet }: Explanation): Record<string, unknown> {
    const { decision } = this;
    const { service } = decision;
    return {
      verdict: outcome.byChance ? null : VERDICT_NAMES[decision.verdict],
      reason: outcome.byChance ? null : REASONS[decision.reason],
      service: service === undefined ? null : `${service.id.fwmark} ${service.id.port}`,
      server: this.#serverThatWas(outcome),
      method: outcome.byChance ? null : (FORWARDING_METHODS[decision.method] ?? null),
      connection: decision.isNew ? "new" : decision.connection === 0 ? "none" : "existing",
      sent:
        decision.verdict === VERDICT.forward && !outcome.byChance
          ? sentIn(frame, packet.protocol, outcome.sent?.length === null)
          : null,
      nextHop:
        decision.verdict === VERDICT.forward && !outcome.byChance
          ? formatAddress({ family: decision.nextHopFamily, words: decision.nextHop })
          : null,
      errors: outcome.byChance ? [] : this.#errors.map(answerText),
    };
  }

  /**
   * A connection that another director told of may be of a real server that is not there: what goes to that
   * address all the same is held by `nextHop`.
   */
  #serverThatWas({ byChance, server }: Outcome): string | null {
    const { destination, connection } = this.decision;
    if (byChance) return null;
    if (destination !== undefined) return formatAddress(destination.address);
    return connection === 0 ? null : (server?.address ?? null);
  }
}

/** Fragments are decided by more than themselves. */
function isSettled({ steps, outcome }: Explanation): boolean {
  if (steps.some(({ step }) => step === "fragment")) return false;
  return outcome.verdict !== null || outcome.byChance;
}

function said(outcome: Outcome, { packet }: Explanation): Record<string, unknown> {
  const { service, server, sent, answer } = outcome;
  const forwarded = outcome.verdict === "forward" ? sent : null;
  const outer = forwarded?.outer;
  return {
    verdict: outcome.verdict,
    reason: outcome.reason,
    service: service === null ? null : `${service.fwmark ?? 0} ${service.port ?? 0}`,
    server: server === null ? null : server.address,
    method: outcome.method,
    connection: outcome.connection,
    sent:
      forwarded === null
        ? null
        : {
            source: outer?.source ?? forwarded.source.address,
            destination: outer?.destination ?? forwarded.destination.address,
            hops: forwarded.hopLimit,
            length: forwarded.length ?? "as the helper makes it",
            ports:
              outer || !["tcp", "udp", "sctp"].includes(String(packet.protocol))
                ? null
                : [forwarded.source.port, forwarded.destination.port],
            tunnel: outer?.type ?? null,
          },
    nextHop: forwarded?.nextHop ?? null,
    errors: answer === null ? [] : [`${answer.kind} ${answer.from} ${answer.to} ${answer.mtu}`],
  };
}

function sentIn(frame: Frame, protocol: unknown, helped: boolean): unknown {
  const { view, start } = frame;
  const four = ipv4.version(view, start) === 4;
  const source = new Uint32Array(4);
  const destination = new Uint32Array(4);
  if (four) {
    source[0] = ipv4.src(view, start);
    destination[0] = ipv4.dst(view, start);
  } else {
    ipv6.readSrc(view, start, source);
    ipv6.readDst(view, start, destination);
  }
  const family = four ? 4 : 6;
  const number = four ? ipv4.protocol(view, start) : ipv6.nextHeader(view, start);
  const at = start + (four ? ipv4.headerLength(view, start) : ipv6.HEADER_LENGTH);
  const numbers: Record<string, number> = {
    ...{ tcp: 6, udp: 17, sctp: 132, ah: 51, esp: 50 },
    ...{ icmp: 1, icmpv6: 58 },
  };
  const tunnelled = number !== numbers[String(protocol)] || isGue(view, at, number, protocol);
  const tunnel = !tunnelled ? null : number === GRE ? "gre" : number === UDP ? "gue" : "ipip";
  return {
    source: formatAddress({ family, words: source }),
    destination: formatAddress({ family, words: destination }),
    hops: four ? ipv4.ttl(view, start) : ipv6.hopLimit(view, start),
    length: helped ? "as the helper makes it" : frame.length,
    ports: tunnelled || !hasPorts(number) ? null : [view.getUint16(at), view.getUint16(at + 2)],
    tunnel,
  };
}

/** UDP in GUE is told from UDP by the packet within: it begins behind 12 bytes with an IP version. */
function isGue(view: DataView, at: number, number: number, protocol: unknown): boolean {
  if (number !== UDP || protocol !== "udp") return false;
  const kind = at + 12 < view.byteLength ? view.getUint8(at + 8) : 0xff;
  const next = at + 9 < view.byteLength ? view.getUint8(at + 9) : 0;
  return kind === 0 && (next === 4 || next === 41) && view.getUint8(at + 12) >>> 4 >= 4;
}

function errorIn({ view, start }: Frame): Sent {
  const family = ipv4.version(view, start) === 4 ? 4 : 6;
  const source = new Uint32Array(4);
  const destination = new Uint32Array(4);
  let at = start + ipv6.HEADER_LENGTH;
  if (family === 4) {
    source[0] = ipv4.src(view, start);
    destination[0] = ipv4.dst(view, start);
    at = start + ipv4.headerLength(view, start);
  } else {
    ipv6.readSrc(view, start, source);
    ipv6.readDst(view, start, destination);
  }
  return {
    type: view.getUint8(at) + (family === 6 ? 1000 : 0),
    code: view.getUint8(at + 1),
    rest: view.getUint32(at + 4),
    from: formatAddress({ family, words: source }),
    to: formatAddress({ family, words: destination }),
  };
}

/** Kinds by type and code; types of ICMPv6 are 1000 more. */
const KINDS: Readonly<Record<string, string>> = {
  "3/3": "port-unreachable",
  "1001/4": "port-unreachable",
  "3/1": "host-unreachable",
  "1001/3": "host-unreachable",
  "11/0": "time-exceeded",
  "1003/0": "time-exceeded",
  "3/4": "too-big",
  "1002/0": "too-big",
};

function answerText({ type, code, rest, from, to }: Sent): string {
  const kind = KINDS[`${type}/${code}`] ?? `${type}/${code}`;
  return `${kind} ${from} ${to} ${kind === "too-big" ? rest : null}`;
}
