/**
 * Which packets are taken from links where nothing of the host can be changed: the host must leave them alone
 * by itself. So it may not have the virtual addresses, and may not forward packets.
 *
 * @module
 */
import { formatAddress } from "../src/net/address.ts";
import type { HostRoutes } from "./host-routes.ts";
import type { DirectCapture, SelectorChange } from "./interception.ts";
import type { PacketSelection } from "./packet-selection.ts";
import { PortGroups } from "./port-groups.ts";

/** What packets are taken with. */
export interface HeldCaptureOptions {
  readonly device: DirectCapture;
  readonly selection: PacketSelection;
  /** Tells which addresses the host has. */
  readonly routes: Pick<HostRoutes, "isLocal">;
}

/** The packets of this network namespace that the director gets, without the host's help. */
export class HeldCapture {
  readonly #options: HeldCaptureOptions;
  readonly #groups = new PortGroups();

  constructor(options: HeldCaptureOptions) {
    this.#options = options;
  }

  /**
   * Takes what else `change` adds, and no longer what it removes; all of it or nothing.
   *
   * @throws Error for what the host alone could hand over, or would answer for itself
   */
  apply(change: SelectorChange): void {
    const { selection, routes } = this.#options;
    for (const { fwmark, direction, family, address } of change.add) {
      const action = "Cannot take packets of a service";
      if (fwmark !== undefined) {
        throw new Error(`${action}: libpcap alone does not see firewall marks`);
      }
      if (direction === "request" && address && routes.isLocal(family, address.words)) {
        const text = formatAddress(address);
        throw new Error(`${action}: this host has ${text} itself, and answers what is sent there`);
      }
    }
    const { add, remove } = this.#groups.change(change);
    for (const selector of add) selection.add(selector);
    for (const selector of remove) selection.remove(selector);
    this.linksChanged();
  }

  /** Has packets taken from the links there are now. */
  linksChanged(): void {
    const { device } = this.#options;
    device.takeFrom(device.interfaces);
  }

  /** Nothing of the host was changed. */
  close(): void {}
}
