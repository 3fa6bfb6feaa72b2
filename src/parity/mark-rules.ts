/**
 * Firewall marks for packets that come from a wire, which carries none: each mark has a sender of its own,
 * whose packets a rule of iptables(8) marks before the director sees them.
 *
 * @module
 */
import { formatMac } from "../wire/ethernet.ts";
import type { CommandOutcome } from "./bed.ts";

/** MAC address of the sender of mark 0; a mark is added to it. */
const FIRST_SENDER = 0x020000000000 + 0x6d * 2 ** 32;

/**
 * The programs, by IP version: those of the older kind, as they need fewer parts of the kernel and mix with
 * no rules of the newer.
 */
const PROGRAMS = { 4: "iptables-legacy", 6: "ip6tables-legacy" } as const;

/** The rules of one network namespace. */
export class MarkRules {
  readonly #run: (words: readonly string[]) => Promise<CommandOutcome>;
  readonly #made = new Set<string>();

  /** @param run runs a program in that namespace */
  constructor(run: (words: readonly string[]) => Promise<CommandOutcome>) {
    this.#run = run;
  }

  /**
   * Returns the MAC address a packet must come from to get the mark; the first time, makes the rule.
   *
   * @throws Error when the rule cannot be made
   */
  async sourceFor(mark: number, packet: Uint8Array): Promise<number> {
    const sender = FIRST_SENDER + mark;
    const program = PROGRAMS[(packet[0] ?? 0) >>> 4 === 6 ? 6 : 4];
    const key = `${program} ${mark}`;
    if (this.#made.has(key)) return sender;
    const rule = ["-m", "mac", "--mac-source", formatMac(sender), "-j", "MARK", "--set-mark"];
    const words = [program, "-w", "-t", "mangle", "-A", "PREROUTING", ...rule, String(mark)];
    const { status, stderr } = await this.#run(words);
    if (status !== 0) throw new Error(`Cannot mark packets with ${mark}: ${stderr.trim()}`);
    this.#made.add(key);
    return sender;
  }
}
