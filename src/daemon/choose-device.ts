/**
 * Which device is best where a director is to run.
 *
 * @module
 */
import { hasNetfilterTables } from "../../dataplane/netfilter-tables.ts";
import { NetlinkSocket } from "../../dataplane/sys/netlink-socket.ts";
import { PacketRing, SHORT_SLOT } from "../../dataplane/sys/packet-ring.ts";
import { PcapHandle } from "../../dataplane/sys/pcap-handle.ts";
import { lackOfTun } from "../../dataplane/sys/tun.ts";
import { sentenceOf } from "../base/sentence.ts";
import { ETHER_TYPE } from "../wire/ethernet.ts";
import { type Link, linkDump, parseLink } from "../wire/rtnetlink.ts";
import type { DeviceKind } from "./engine.ts";

/** A device, and why it is the best one. */
export interface DeviceChoice {
  readonly device: DeviceKind;
  /** Half a sentence: `no link is an Ethernet`. */
  readonly reason: string;
}

/**
 * Returns the fastest device this place allows, or `tun`, whose own error will tell what is lacking, where it
 * allows none.
 */
export function chooseDevice(): DeviceChoice {
  try {
    const links = ethernets();
    const lack = lackOfTun();
    if (lack !== undefined && links.some(canCapture)) {
      return { device: "cap", reason: `${lack}, which ring and tun need` };
    }
    if (hasNetfilterTables()) {
      return { device: "tun", reason: "the host has netfilter tables, which a ring would pass by" };
    }
    if (links.length === 0) return { device: "tun", reason: "no link is an Ethernet" };
    PacketRing.open(ETHER_TYPE.ipv4, { slotSize: SHORT_SLOT, blocks: 1 }).close();
    return { device: "ring", reason: "packets can be taken straight from its links" };
  } catch (error) {
    return { device: "tun", reason: sentenceOf(error) };
  }
}

/** Returns the links packets can be taken from. */
function ethernets(): readonly Link[] {
  const socket = NetlinkSocket.open();
  try {
    const links = socket.list(linkDump(), parseLink, "Cannot list the links of this host");
    return links.filter(({ mac, master }) => mac !== undefined && master === undefined);
  } finally {
    socket.close();
  }
}

function canCapture({ name, up }: Link): boolean {
  if (!up) return false;
  try {
    PcapHandle.open(name).close();
    return true;
  } catch {
    return false;
  }
}
