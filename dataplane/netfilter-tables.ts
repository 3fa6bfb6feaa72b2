/**
 * Whether the host filters or translates packets.
 *
 * Source: linux/netfilter/nfnetlink.h, linux/netfilter/nf_tables.h; /proc/net/ip_tables_names of iptables.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { MESSAGE_FLAG } from "../src/wire/netlink.ts";
import { MessageWriter } from "../src/wire/netlink-writer.ts";
import { NETLINK_PROTOCOL } from "./sys/netlink-descriptor.ts";
import { NetlinkSocket } from "./sys/netlink-socket.ts";
import { SystemError } from "./sys/system-error.ts";

/** Subsystem and message: `NFNL_SUBSYS_NFTABLES`, `NFT_MSG_NEWTABLE`, `NFT_MSG_GETTABLE`. */
const NEW_TABLE = 10 << 8;
const GET_TABLE = NEW_TABLE | 1;

/** Length of struct nfgenmsg; all zeros stand for tables of every family. */
const FIXED = 4;

const LEGACY = ["/proc/net/ip_tables_names", "/proc/net/ip6_tables_names"];

/**
 * Whether this network namespace has tables of nftables or iptables; also `false` where the kernel does not
 * tell.
 *
 * @throws Error without koffi
 */
export function hasNetfilterTables(): boolean {
  return LEGACY.some(isFilled) || hasNftables();
}

function hasNftables(): boolean {
  const writer = new MessageWriter();
  const flags = MESSAGE_FLAG.request | MESSAGE_FLAG.dump;
  writer.message({ type: GET_TABLE, flags, sequence: 0, port: 0 }, () =>
    writer.raw(new Uint8Array(FIXED)),
  );
  let socket: NetlinkSocket | undefined;
  try {
    socket = NetlinkSocket.open(0, NETLINK_PROTOCOL.netfilter);
    const isTable = ({ type }: { readonly type: number }) => type === NEW_TABLE || undefined;
    return socket.list(writer.take(), isTable, "Cannot list netfilter's tables").length > 0;
  } catch (error) {
    if (error instanceof SystemError) return false;
    throw error;
  } finally {
    socket?.close();
  }
}

function isFilled(path: string): boolean {
  try {
    return readFileSync(path, "utf8").trim() !== "";
  } catch {
    return false;
  }
}
