/**
 * Rules that give packets a firewall mark as they arrive, in the manner of
 * `iptables -t mangle -A PREROUTING ... -j MARK --set-mark`.
 *
 * All rules are tried in order, and each that matches sets the mark: the last one wins.
 *
 * @module
 */
import type { AddressWords, Family } from "../net/address.ts";
import { networkWords, type Prefix, sharesPrefix } from "../net/prefix.ts";
import { hasPorts } from "../net/protocol.ts";
import type { HostPacket } from "./host-packet.ts";

/** One rule; what is left out matches everything. */
export interface MarkRule {
  /** Needed where no prefix tells it. */
  readonly family: Family;
  /** Interface the packet arrives on. */
  readonly interface?: string;
  readonly source?: Prefix;
  readonly destination?: Prefix;
  /** Number of the transport protocol. */
  readonly protocol?: number;
  /** First and last port; TCP, UDP and SCTP only. Later fragments have no ports and do not match. */
  readonly destinationPorts?: readonly [first: number, last: number];
  readonly mark: number;
  /** Bits of the mark that are set; all. */
  readonly mask?: number;
}

/** The rules of a host. */
export class MarkRules {
  readonly #rules: MarkRule[] = [];

  /** Appends a rule. */
  add(rule: MarkRule): void {
    this.#rules.push(rule);
  }

  /** Deletes the first rule that is the same; returns whether there was one. */
  delete(rule: MarkRule): boolean {
    const wanted = keyOf(rule);
    const index = this.#rules.findIndex((other) => keyOf(other) === wanted);
    if (index >= 0) this.#rules.splice(index, 1);
    return index >= 0;
  }

  /** Deletes all rules. */
  clear(): void {
    this.#rules.length = 0;
  }

  /** Returns the mark of a packet that arrived on `interfaceName`. */
  mark(packet: HostPacket, interfaceName: string): number {
    let mark = packet.frame.mark;
    for (const rule of this.#rules) {
      if (!matches(rule, packet, interfaceName)) continue;
      const mask = rule.mask ?? 0xffffffff;
      mark = ((mark & ~mask) | rule.mark) >>> 0;
    }
    return mark;
  }
}

function matches(rule: MarkRule, packet: HostPacket, interfaceName: string): boolean {
  if (rule.family !== packet.family) return false;
  if (rule.interface !== undefined && rule.interface !== interfaceName) return false;
  if (rule.protocol !== undefined && rule.protocol !== packet.protocol) return false;
  if (rule.source !== undefined && !isIn(rule.source, packet.source)) return false;
  if (rule.destination !== undefined && !isIn(rule.destination, packet.destination)) return false;
  const ports = rule.destinationPorts;
  if (ports === undefined) return true;
  const { transport, end } = packet;
  if (!hasPorts(packet.protocol) || packet.laterFragment || transport + 4 > end) return false;
  const port = packet.view.getUint16(transport + 2);
  return ports[0] <= port && port <= ports[1];
}

function isIn({ address, prefixLength }: Prefix, words: Readonly<AddressWords>): boolean {
  return sharesPrefix(address.words, words, prefixLength);
}

/** Returns a text that two rules have in common only when they do the same. */
function keyOf(rule: MarkRule): string {
  const { source, destination } = rule;
  const prefix = (of: Prefix | undefined) => of && [networkWords(of).join(), of.prefixLength];
  const { family, protocol, destinationPorts, mark, mask } = rule;
  return JSON.stringify([
    family,
    rule.interface,
    prefix(source),
    prefix(destination),
    protocol,
    destinationPorts,
    mark,
    mask,
  ]);
}
