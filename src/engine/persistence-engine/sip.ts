/**
 * The persistence engine `sip`: packets of one SIP dialogue, told by its Call-ID, go to one server.
 *
 * Only UDP is looked at, and only what is whole in one packet.
 *
 * Source: RFC 3261 §8.1.1.4, §20.8; linux ip_vs_pe_sip.c.
 *
 * @module
 */
import { UDP } from "../../net/protocol.ts";
import * as udp from "../../wire/udp.ts";
import type { Packet } from "../packet.ts";
import { findCallId } from "./call-id.ts";
import type { EngineSpan, PersistenceEngine } from "./persistence-engine.ts";

const MOST_BYTES = 255;
const LF = 0x0a;
const CR = 0x0d;

/** The engine `sip`. */
export const sip: PersistenceEngine = {
  name: "sip",
  followsServers: true,
  find(packet: Packet, into: EngineSpan): boolean {
    if (packet.protocol !== UDP || packet.quoted || packet.fragmentOffset !== 0) return false;
    const { bytes } = packet.frame;
    const at = packet.transport + udp.HEADER_LENGTH;
    if (!findCallId(bytes, at, packet.end, into)) return false;
    if (into.end - into.start > MOST_BYTES || into.end === packet.end) return false;
    return bytes[into.end] === CR || bytes[into.end] === LF;
  },
};
