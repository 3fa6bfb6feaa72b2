/**
 * What is around the director of a script that does not say: the standard topology, the addresses of its
 * services on it, its real servers and clients in reach.
 *
 *     clients --- c0 [director] r0 --- real servers
 *
 * A script that names a topology gets that and nothing by itself.
 *
 * @module
 */
import { parseCommandLine } from "../ipvsadm/argv.ts";
import type { Command } from "../ipvsadm/command.ts";
import { Failure } from "../ipvsadm/failure.ts";
import {
  type Address,
  type Family,
  formatAddress,
  isLoopback,
  sameAddress,
} from "../net/address.ts";
import { ADDRESS_BITS, sharesPrefix } from "../net/prefix.ts";
import type { Bed } from "../scenario/bed.ts";
import { type Topology, topologyNamed } from "../scenario/topology.ts";
import type { KnownServers } from "./departure.ts";
import { addressKey } from "./ends.ts";

/** The topology unless a script names one. */
const STANDARD = "std";
/** Interfaces of the standard topology. */
const CLIENT_SIDE = "c0";
const SERVER_SIDE = "r0";
/** First bytes of the link addresses of servers the topology has not. */
const OWN_MACS = "02:00:00:01";

/** The surroundings of one script. */
export class Surroundings implements KnownServers {
  readonly #bed: Bed;
  /** Addresses of the director itself, by their keys. */
  readonly #local = new Set<string>();
  /** Link addresses of real servers by their addresses, and the way back, by family. */
  readonly #macs = new Map<string, string>();
  readonly #servers = new Map<string, Address>();
  readonly #clients = new Set<string>();
  #topology: Topology | undefined;
  /** Whether services and servers get what they need by themselves. */
  #helpful = false;

  constructor(bed: Bed) {
    this.#bed = bed;
  }

  /** Makes the standard topology, for a script that names none. */
  async setUpStandard(): Promise<void> {
    await this.#bed.setUp(STANDARD);
    this.learn(STANDARD);
    this.#helpful = true;
  }

  /** Notes who is there once a topology is. */
  learn(name: string): void {
    const topology = topologyNamed(name);
    this.#topology = topology;
    const local = [...topology.virtual, ...topology.interfaces.flatMap((each) => each.addresses)];
    for (const { address } of local) this.#local.add(addressKey(address));
    for (const { address, mac } of topology.servers) this.#note(address, mac);
  }

  has(address: Address): boolean {
    return this.#macs.has(addressKey(address));
  }

  at(mac: string, family: Family): Address | undefined {
    return this.#servers.get(`${mac} ${family}`);
  }

  /** Prepares for a command of ipvsadm: makes addresses of services local, and servers reachable. */
  async prepareFor(args: readonly string[]): Promise<void> {
    if (!this.#helpful) return;
    const command = await understood(args);
    if (command?.verb === "add-service" && command.id.fwmark === 0) {
      await this.addVirtual(command.id.address);
    }
    if (command?.verb === "add-server") await this.addServer(command.id.address);
  }

  /** Makes an address the director's own. */
  async addVirtual(address: Address): Promise<void> {
    const [key, text] = [addressKey(address), formatAddress(address)];
    if (this.#local.has(key)) return;
    this.#local.add(key);
    const nodad = address.family === 6 ? ["nodad"] : [];
    await this.#ip("addr", "add", `${text}/${bits(address)}`, "dev", "lo", ...nodad);
  }

  /** Puts a real server behind the director, unless the address is there or the director's own. */
  async addServer(address: Address): Promise<void> {
    if (
      this.has(address) ||
      this.#local.has(addressKey(address)) ||
      isLoopback(address.family, address.words)
    )
      return;
    const number = this.#macs.size;
    const mac = [OWN_MACS, hexByte(number >>> 8), hexByte(number & 255)].join(":");
    this.#note(address, mac);
    if (!this.#isOn(SERVER_SIDE, address)) {
      await this.#ip(
        "route",
        "add",
        `${formatAddress(address)}/${bits(address)}`,
        "dev",
        SERVER_SIDE,
      );
    }
    await this.#neighbor(address, SERVER_SIDE, mac);
  }

  /** Puts a client on the client's side, should it be on the link itself and not behind the gateway. */
  async addClient(address: Address): Promise<void> {
    if (!this.#helpful || !this.#isOn(CLIENT_SIDE, address)) return;
    const key = addressKey(address);
    if (this.#clients.has(key) || this.#local.has(key)) return;
    this.#clients.add(key);
    const gateways = this.#topology?.gateways ?? [];
    const gateway = gateways.find((each) => each.device === CLIENT_SIDE);
    if (gateway === undefined || gateways.some((each) => sameAddress(each.address, address)))
      return;
    await this.#neighbor(address, CLIENT_SIDE, gateway.mac);
  }

  async #neighbor(address: Address, device: string, mac: string): Promise<void> {
    const [family, text] = [`-${address.family}`, formatAddress(address)];
    await this.#ip(
      family,
      "neigh",
      "replace",
      text,
      "lladdr",
      mac,
      "dev",
      device,
      "nud",
      "permanent",
    );
  }

  async #ip(...args: readonly string[]): Promise<void> {
    const { status, err } = await this.#bed.run("ip", args);
    const said = new TextDecoder().decode(err);
    // The scenario may have seen to it itself.
    if (status === 0 || said.includes("File exists")) return;
    throw new Error(`Cannot prepare with "ip ${args.join(" ")}": ${said.trim()}`);
  }

  #note(address: Address, mac: string): void {
    this.#macs.set(addressKey(address), mac);
    this.#servers.set(`${mac} ${address.family}`, address);
  }

  #isOn(device: string, address: Address): boolean {
    const found = this.#topology?.interfaces.find(({ name }) => name === device);
    return (found?.addresses ?? []).some(
      (prefix) =>
        prefix.address.family === address.family &&
        sharesPrefix(prefix.address.words, address.words, prefix.prefixLength),
    );
  }
}

/** Names in commands need nothing prepared: what they stand for is not known here. */
const NO_NAMES = { addressOf: async () => undefined, portOf: async () => 0 };

/** Returns what a command line stands for; `undefined` where the front end will refuse it. */
async function understood(args: readonly string[]): Promise<Command | undefined> {
  const context = { program: "ipvsadm", posixOrder: false, restoring: false, lookup: NO_NAMES };
  try {
    return await parseCommandLine(args, context);
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

function bits({ family }: Address): number {
  return ADDRESS_BITS[family];
}

function hexByte(value: number): string {
  return value.toString(16).padStart(2, "0");
}
