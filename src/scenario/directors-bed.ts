/**
 * A bed of several directors, between the same clients and real servers.
 *
 *     clients --- c0 [A] r0 --- real servers
 *             --- c0 [B] r0 ---
 *
 * The first that lives has the virtual addresses: packets come to it. What directors send to groups of hosts
 * reaches the others, by the interface it left by, at the time it was sent.
 *
 * @module
 */
import { ManualClock, type Milliseconds } from "../base/clock.ts";
import * as ipv4 from "../wire/ipv4.ts";
import type { Bed, Captured, Printed, Sent, Variable } from "./bed.ts";
import { EmulatorBed, type EmulatorOptions } from "./emulator-bed.ts";
import type { ProgramName } from "./statement.ts";

const NAME = /^[A-Za-z][\w-]*$/;
/** First bytes of a group: 224.0.0.0/4 and ff00::/8. */
const FIRST_GROUP4 = 0xe0;
const GROUP6 = 0xff;
const DESTINATION4 = 16;
const DESTINATION6 = 24;

/** One of several directors. */
interface Member {
  readonly name: string;
  readonly bed: EmulatorBed;
  alive: boolean;
}

/** Something that was done to the one director there was, to be done to others too. */
type Deed = (bed: Bed) => Promise<unknown>;

/** A bed that begins with one director. */
export class DirectorsBed implements Bed {
  readonly #options: EmulatorOptions;
  readonly #clock = new ManualClock();
  readonly #done: Deed[] = [];
  #members: readonly Member[];
  #chosen: Member | undefined;

  constructor(options: EmulatorOptions = {}) {
    this.#options = options;
    this.#members = [this.#make("", 0)];
  }

  now(): Milliseconds {
    return this.#clock.now();
  }

  async setDirectors(names: readonly string[]): Promise<void> {
    if (this.#members.length > 1) throw new RangeError("there are several already");
    const odd = names.find((name) => !NAME.test(name) || name === "all");
    if (odd !== undefined) throw new RangeError(`"${odd}" is no name`);
    if (new Set(names).size < names.length) throw new RangeError("two have the same name");
    const members = [{ ...this.#members[0]!, name: names[0]! }];
    for (const name of names.slice(1)) {
      const member = this.#make(name, members.length);
      for (const deed of this.#done) await deed(member.bed);
      members.push(member);
    }
    this.#members = members;
  }

  choose(director: string | undefined): void {
    this.#chosen = director === undefined ? undefined : this.#living(director);
  }

  fail(director: string): void {
    const member = this.#living(director);
    if (this.#alive().length === 1) throw new RangeError("it is the last one");
    member.alive = false;
  }

  async setUp(topology: string): Promise<void> {
    await this.#all((bed) => bed.setUp(topology));
  }

  async addInterface(type: "tap" | "tun", name: string): Promise<void> {
    await this.#all((bed) => bed.addInterface(type, name));
  }

  run(program: ProgramName, args: readonly string[]): Promise<Printed> {
    return this.#command((bed) => bed.run(program, args));
  }

  shell(command: string): Promise<Printed> {
    return this.#command((bed) => bed.shell(command));
  }

  async sysctl(name: string, value?: string): Promise<Variable> {
    const [first] = await this.#all((bed) => bed.sysctl(name, value));
    return first!;
  }

  read(path: string): Promise<Uint8Array | undefined> {
    return this.#active.read(path);
  }

  async send(device: string, packet: Uint8Array, mark?: number): Promise<Sent | undefined> {
    return this.#sent(await this.#active.send(device, packet, mark));
  }

  async sendFrame(device: string, frame: Uint8Array): Promise<Sent | undefined> {
    return this.#sent(await this.#active.sendFrame(device, frame));
  }

  reasons(): readonly string[] {
    return this.#active.reasons();
  }

  async sleep(duration: Milliseconds): Promise<readonly Captured[]> {
    const end = this.#clock.now() + duration;
    if (this.#members.length === 1) {
      this.#clock.advanceTo(end);
      return this.#active.pass();
    }
    const captured: Captured[] = [];
    const pass = async (to: Milliseconds) => {
      this.#clock.advanceTo(to);
      for (const member of this.#alive()) {
        captured.push(...(await this.#exchange(member, member.bed.pass())));
      }
    };
    // One after the other what is due anywhere, so that messages come when they are sent.
    for (let next = this.#nextDeadline(); next < end; next = this.#nextDeadline()) await pass(next);
    await pass(end);
    return captured;
  }

  async close(): Promise<void> {
    await Promise.all(this.#members.map(({ bed }) => bed.close()));
  }

  #make(name: string, number: number): Member {
    const bed = new EmulatorBed({ ...this.#options, clock: this.#clock, number });
    return { name, bed, alive: true };
  }

  #alive(): readonly Member[] {
    return this.#members.filter(({ alive }) => alive);
  }

  get #active(): EmulatorBed {
    return (this.#chosen ?? this.#alive()[0]!).bed;
  }

  #living(name: string): Member {
    const found = this.#members.find((member) => member.name === name);
    if (found === undefined) throw new RangeError(`there is no director "${name}"`);
    if (!found.alive) throw new RangeError(`director "${name}" has failed`);
    return found;
  }

  /** Does something to the director that is chosen, or to all; returns what came of it, in their order. */
  async #all<T>(deed: (bed: Bed) => Promise<T>): Promise<readonly T[]> {
    if (this.#chosen !== undefined) return [await deed(this.#chosen.bed)];
    if (this.#members.length === 1) this.#done.push(deed);
    const outcomes: T[] = [];
    for (const { bed } of this.#alive()) outcomes.push(await deed(bed));
    return outcomes;
  }

  /** Runs a command; where one of several directors refuses it, that is what is told. */
  async #command(run: (bed: Bed) => Promise<Printed>): Promise<Printed> {
    const printed = await this.#all(run);
    return printed.find(({ status }) => status !== 0) ?? printed[0]!;
  }

  async #sent(sent: Sent | undefined): Promise<Sent | undefined> {
    if (sent === undefined || this.#members.length === 1) return sent;
    const from = this.#chosen ?? this.#alive()[0]!;
    return { ...sent, captured: await this.#exchange(from, sent.captured) };
  }

  /** Hands the other directors what one has sent to groups, and returns the rest. */
  async #exchange(from: Member, captured: readonly Captured[]): Promise<readonly Captured[]> {
    if (this.#members.length === 1) return captured;
    const others = this.#alive().filter((member) => member !== from);
    const rest: Captured[] = [];
    for (const one of captured) {
      if (!isForGroup(one.packet)) {
        rest.push(one);
        continue;
      }
      for (const { bed } of others) {
        await bed.send(one.device, one.packet);
        bed.reasons();
      }
    }
    return rest;
  }

  #nextDeadline(): Milliseconds {
    return Math.min(...this.#alive().map(({ bed }) => bed.nextDeadline()));
  }
}

function isForGroup(packet: Uint8Array): boolean {
  if (packet.length <= DESTINATION6) return false;
  const isVersion4 = ipv4.version(new DataView(packet.buffer, packet.byteOffset), 0) === 4;
  const first = packet[isVersion4 ? DESTINATION4 : DESTINATION6]!;
  return isVersion4 ? first >>> 4 === FIRST_GROUP4 >>> 4 : first === GROUP6;
}
