/**
 * The part of the family `UIPVS` that explains, follows and captures packets.
 *
 * | Command | No | do | dump | Request | Replies, with the same command number |
 * |---|---|---|---|---|---|
 * | explain | 20 | | x | PACKET, and MARK or not | TEXT: the parts of a document `uipvs/explanation/1` |
 * | startTrace | 21 | x | | CLIENT, SERVICE, SERVER: each or not; LIMIT, and CANDIDATES or not | TRACE |
 * | readTrace | 22 | | x | TRACE | LOST once, then TEXT: the parts of lines, each a `uipvs/trace/1` |
 * | stopTrace | 23 | x | | TRACE | none |
 * | startCapture | 24 | x | | PATH | none |
 * | stopCapture | 25 | x | | none | PATH, and PACKETS: how many it holds |
 *
 * | Attribute | No | Value |
 * |---|---|---|
 * | PACKET | 20 | an IP packet from its header on |
 * | MARK | 21 | unsigned, 32 bits: firewall mark |
 * | CLIENT | 22 | text: a network of clients, `192.0.2.0/24` |
 * | SERVICE | 23 | text: `192.0.2.1:80`, or a firewall mark |
 * | SERVER | 24 | text: `192.0.2.1` or `192.0.2.1:80` |
 * | LIMIT | 25 | unsigned, 32 bits, not 0: records a second at most |
 * | CANDIDATES | 26 | unsigned, 8 bits, not 0: tell of every real server a scheduler looks at |
 * | TRACE | 27 | unsigned, 32 bits: number of a trace |
 * | LOST | 28 | unsigned, 64 bits: packets that would have been told of since the last time |
 * | PATH | 29 | text of at most 4095 bytes: a file, from the director's root |
 * | PACKETS | 30 | unsigned, 64 bits |
 *
 * TEXT is that of the family (wire/uipvs-genl.ts). Documents are JSON in UTF-8, and say the number of
 * their form; a form changes as docs/json.md says. A trace that has not been read for 15 s ends by
 * itself, and reading it is refused with ENOENT. So is stopping a capture where there is none; starting
 * one where there is one, or a ninth trace, with EBUSY.
 *
 * @module
 */
import { type AttributePolicy, type Attributes, present } from "./netlink-attributes.ts";
import type { MessageWriter } from "./netlink-writer.ts";

/** Commands. */
export const EXPLAIN_COMMAND = {
  explain: 20,
  startTrace: 21,
  readTrace: 22,
  stopTrace: 23,
  startCapture: 24,
  stopCapture: 25,
} as const;

/** Attributes. */
export const EXPLAIN_ATTRIBUTE = {
  packet: 20,
  mark: 21,
  client: 22,
  service: 23,
  server: 24,
  limit: 25,
  candidates: 26,
  trace: 27,
  lost: 28,
  path: 29,
  packets: 30,
} as const;

const { packet, mark, client, service, server, limit, candidates, trace, lost, path, packets } =
  EXPLAIN_ATTRIBUTE;

/** What requests and replies carry. */
export const EXPLAIN_POLICY: AttributePolicy = {
  [packet]: { atMost: 65531 },
  [mark]: "u32",
  [client]: { text: 63 },
  [service]: { text: 63 },
  [server]: { text: 63 },
  [limit]: "u32",
  [candidates]: "u8",
  [trace]: "u32",
  [lost]: "u64",
  [path]: { text: 4095 },
  [packets]: "u64",
};

/** A packet to be explained. */
export interface ExplainRequest {
  readonly packet: Uint8Array;
  /** 0 for none. */
  readonly mark: number;
}

/** Which packets to follow, and how; texts as the attributes have them. */
export interface TraceRequest {
  readonly client?: string | undefined;
  readonly service?: string | undefined;
  readonly server?: string | undefined;
  readonly limit: number;
  readonly candidates: boolean;
}

/** A capture that has ended. */
export interface CaptureEnd {
  readonly path: string;
  readonly packets: number;
}

export function writeExplainRequest(writer: MessageWriter, request: ExplainRequest): void {
  writer.bytes(packet, request.packet);
  if (request.mark !== 0) writer.u32(mark, request.mark);
}

/** @throws IpvsError EINVAL when the packet is missing */
export function readExplainRequest(attributes: Attributes): ExplainRequest {
  return {
    packet: present(attributes.bytes(packet), "packet"),
    mark: attributes.u32(mark) ?? 0,
  };
}

export function writeTraceRequest(writer: MessageWriter, request: TraceRequest): void {
  if (request.client !== undefined) writer.text(client, request.client);
  if (request.service !== undefined) writer.text(service, request.service);
  if (request.server !== undefined) writer.text(server, request.server);
  writer.u32(limit, request.limit);
  if (request.candidates) writer.u8(candidates, 1);
}

/** @throws IpvsError EINVAL when the limit is missing */
export function readTraceRequest(attributes: Attributes): TraceRequest {
  return {
    client: attributes.text(client),
    service: attributes.text(service),
    server: attributes.text(server),
    limit: present(attributes.u32(limit), "limit"),
    candidates: (attributes.u8(candidates) ?? 0) !== 0,
  };
}

export function writeTraceNumber(writer: MessageWriter, number: number): void {
  writer.u32(trace, number);
}

/** @throws IpvsError EINVAL when it is missing */
export function readTraceNumber(attributes: Attributes): number {
  return present(attributes.u32(trace), "trace");
}

export function writeLost(writer: MessageWriter, count: number): void {
  writer.u64(lost, BigInt(count));
}

/** Returns how many packets were lost; 0 where the message does not say. */
export function readLost(attributes: Attributes): number {
  return Number(attributes.u64(lost) ?? 0n);
}

export function writePath(writer: MessageWriter, text: string): void {
  writer.text(path, text);
}

/** @throws IpvsError EINVAL when it is missing */
export function readPath(attributes: Attributes): string {
  return present(attributes.text(path), "path");
}

export function writeCaptureEnd(writer: MessageWriter, end: CaptureEnd): void {
  writePath(writer, end.path);
  writer.u64(packets, BigInt(end.packets));
}

/** @throws IpvsError EINVAL when the path is missing */
export function readCaptureEnd(attributes: Attributes): CaptureEnd {
  return { path: readPath(attributes), packets: Number(attributes.u64(packets) ?? 0n) };
}
