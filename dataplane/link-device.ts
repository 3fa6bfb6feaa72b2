/**
 * The host's packets as one device, straight from its links: a source brings them before the host's own stack
 * has a say, and an output sends them straight to links again.
 *
 *     link --source--> director --output--> link
 *       |                |  ^
 *       v                v  |
 *     host, which     TUN: what is given back, and what only the host can tell to be the director's
 *     drops it
 *
 * Of the packets of all Ethernets are taken those the host was told to drop (packet-selection.ts has the same
 * selectors as the host's rules); the host goes on with the others. Everything else is as with the TUN device
 * alone, which is there as well: for what this host sends itself, for other links, for ICMP, and for all
 * packets as long as there is a service by firewall mark, since marks are put on after a source has seen a
 * packet.
 *
 * Where there can be no TUN device, there is the source alone, and nothing is given back.
 *
 * @module
 */
import type { Frame } from "../src/wire/frame.ts";
import type { Device, DeviceCapabilities, NextHop } from "./device.ts";
import type { HostRoutes } from "./host-routes.ts";
import type { DirectCapture } from "./interception.ts";
import type { LinkSource } from "./link-source.ts";

/** Answers on links for addresses the host does not have. */
export interface Holder {
  /** Descriptors to wait for. */
  readonly fds: readonly number[];
  /** Answers what has been asked. */
  turn(): void;
  close(): void;
}

/** The host's packets by its TUN interfaces. */
export interface WaitableDevice extends Device {
  /** Descriptors to wait for; more may come. */
  readonly fds: readonly number[];
}

/** What a link device is made of; all of it is closed with it but for `routes`. */
export interface LinkDeviceOptions {
  /** Name where there is no `host`. */
  readonly name: string;
  readonly source: LinkSource;
  /** What packets leave by. */
  readonly output: Device;
  /** Gets what is given back, and brings what the source does not. */
  readonly host?: WaitableDevice | undefined;
  /** Tells of the host's links. */
  readonly routes: Pick<HostRoutes, "links">;
  /** Nobody answers for addresses the host does not have unless given. */
  readonly holder?: Holder | undefined;
}

/** Batches of a source after which the host's packets get their turn, however many more the source has. */
const MOST_BATCHES = 16;

/** The device of a director on a host whose links are Ethernets. */
export class LinkDevice implements Device, DirectCapture {
  readonly name: string;
  readonly capabilities: DeviceCapabilities;
  readonly #options: LinkDeviceOptions;
  /** Batches the source has brought in a row. */
  #batches = 0;
  #open = true;

  constructor(options: LinkDeviceOptions) {
    this.#options = options;
    this.name = options.host?.name ?? options.name;
    const { transmit, nextHop } = options.output.capabilities;
    this.capabilities = { receive: true, transmit, nextHop, forwarded: true };
  }

  /** Descriptors to wait for; more may come. */
  get fds(): readonly number[] {
    const { source, holder, host } = this.#options;
    return [...source.fds, ...(holder?.fds ?? []), ...(host?.fds ?? [])];
  }

  get drops(): Readonly<Record<string, number>> {
    const { source, output, host } = this.#options;
    const sum: Record<string, number> = { ...host?.drops };
    for (const counts of [output.drops, source.drops]) {
      for (const [reason, count] of Object.entries(counts))
        sum[reason] = (sum[reason] ?? 0) + count;
    }
    return sum;
  }

  /** @throws SystemError when somebody deleted the TUN interface */
  receive(batch: Frame[]): number {
    const { source, holder, host } = this.#options;
    holder?.turn();
    if (this.#batches === MOST_BATCHES) {
      this.#batches = 0;
      source.giveBack(batch);
      const others = host?.receive(batch) ?? 0;
      if (others > 0) return others;
    }
    const count = source.receive(batch);
    if (count > 0) {
      this.#batches++;
      return count;
    }
    this.#batches = 0;
    return host?.receive(batch) ?? 0;
  }

  transmit(frame: Frame, nextHop: NextHop): boolean {
    return this.#options.output.transmit(frame, nextHop);
  }

  /** The host gets it by its TUN interface. */
  accept(frame: Frame): boolean {
    return this.#options.host?.accept?.(frame) ?? false;
  }

  flush(): void {
    this.#options.output.flush?.();
    this.#options.host?.flush?.();
  }

  // What the interception tells.

  /** Names of the interfaces whose packets can be taken: Ethernets that are no part of another interface. */
  get interfaces(): readonly string[] {
    const links = [...this.#options.routes.links.values()];
    return links
      .filter(({ mac, master }) => mac !== undefined && master === undefined)
      .map(({ name }) => name);
  }

  /** Takes packets of these interfaces from now on, and of no others. */
  takeFrom(names: readonly string[]): void {
    const links = [...this.#options.routes.links.values()];
    this.#options.source.takeFrom(links.filter(({ name }) => names.includes(name)));
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    const { source, output, host, holder } = this.#options;
    holder?.close();
    output.close();
    source.close();
    host?.close();
  }
}
