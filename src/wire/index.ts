/**
 * Every byte format uipvs reads and writes, one name each: `import { ipv4, tcp } from "uipvs/wire"`.
 *
 * @module
 */
export * as arp from "./arp.ts";
export * as checksum from "./checksum.ts";
export * as ethernet from "./ethernet.ts";
export { Frame, HEADROOM, MAX_PACKET } from "./frame.ts";
export * as genetlink from "./genetlink.ts";
export * as gre from "./gre.ts";
export * as gue from "./gue.ts";
export * as icmpv4 from "./icmpv4.ts";
export * as icmpv6 from "./icmpv6.ts";
export * as ipv4 from "./ipv4.ts";
export * as ipv6 from "./ipv6.ts";
export * as ipv6Extensions from "./ipv6-extensions.ts";
export * as ipvsGenl from "./ipvs-genl.ts";
export * as netlink from "./netlink.ts";
export * as pcap from "./pcap.ts";
export * as rtnetlink from "./rtnetlink.ts";
export * as sctp from "./sctp.ts";
export * as tcp from "./tcp.ts";
export * as text from "./text.ts";
export * as udp from "./udp.ts";
export * as uipvsGenl from "./uipvs-genl.ts";
