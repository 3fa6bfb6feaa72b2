/**
 * Asks a director how it decides, follows its packets, and has it capture them.
 *
 * @module
 */
import { IpvsError } from "../base/error.ts";
import type { Explanation } from "../engine/explain/explanation.ts";
import { Attributes } from "../wire/netlink-attributes.ts";
import {
  type CaptureEnd,
  EXPLAIN_COMMAND,
  EXPLAIN_POLICY,
  type ExplainRequest,
  readCaptureEnd,
  readLost,
  readTraceNumber,
  type TraceRequest,
  writeExplainRequest,
  writePath,
  writeTraceNumber,
  writeTraceRequest,
} from "../wire/uipvs-explain.ts";
import { readText, UIPVS_NAME, UIPVS_POLICY } from "../wire/uipvs-genl.ts";
import type { ToldTrace } from "./explain-services.ts";
import { type Fill, NetlinkClient, understand } from "./netlink-client.ts";
import type { Transport } from "./transport.ts";

const POLICY = { ...UIPVS_POLICY, ...EXPLAIN_POLICY };

/** A client of that part of the family `UIPVS`; refused as a `DirectorClient` is. */
export class ExplainClient {
  readonly #client: NetlinkClient;

  /** @param transport left open; others may use it at the same time */
  constructor(transport: Transport) {
    this.#client = new NetlinkClient(transport, UIPVS_NAME);
  }

  /**
   * Returns what would become of a packet.
   *
   * @throws IpvsError EINVAL for what is no packet
   */
  async explain(request: ExplainRequest): Promise<Explanation> {
    const { explain } = EXPLAIN_COMMAND;
    const messages = await this.#list(explain, (writer) => writeExplainRequest(writer, request));
    return parsed<Explanation>(textOf(messages));
  }

  /**
   * Starts a trace and returns its number.
   *
   * @throws IpvsError EBUSY when there are too many, EINVAL for a request that makes no sense
   */
  async startTrace(request: TraceRequest): Promise<number> {
    const { startTrace } = EXPLAIN_COMMAND;
    const reply = await this.#client.request(startTrace, (writer) =>
      writeTraceRequest(writer, request),
    );
    const attributes = parse(reply?.attributes ?? new Uint8Array(0));
    return understand(() => readTraceNumber(attributes));
  }

  /**
   * Returns what a trace has told since it was read last, and how many packets it could not tell of.
   *
   * @throws IpvsError ENOENT when it has ended
   */
  async readTrace(
    number: number,
  ): Promise<{ readonly records: readonly ToldTrace[]; readonly lost: number }> {
    const messages = await this.#list(EXPLAIN_COMMAND.readTrace, (writer) =>
      writeTraceNumber(writer, number),
    );
    const lines = textOf(messages).split("\n").slice(0, -1);
    return {
      records: lines.map((line) => parsed<ToldTrace>(line)),
      lost: messages.reduce((sum, message) => sum + readLost(message), 0),
    };
  }

  /** @throws IpvsError ENOENT when it has ended */
  async stopTrace(number: number): Promise<void> {
    const { stopTrace } = EXPLAIN_COMMAND;
    await this.#client.request(stopTrace, (writer) => writeTraceNumber(writer, number));
  }

  /**
   * Has packets captured into a file of the director's host.
   *
   * @param path from its root
   * @throws IpvsError EBUSY when they are already, or why the file cannot be made
   */
  async startCapture(path: string): Promise<void> {
    await this.#client.request(EXPLAIN_COMMAND.startCapture, (writer) => writePath(writer, path));
  }

  /** @throws IpvsError ENOENT when nothing is captured */
  async stopCapture(): Promise<CaptureEnd> {
    const reply = await this.#client.request(EXPLAIN_COMMAND.stopCapture);
    const attributes = parse(reply?.attributes ?? new Uint8Array(0));
    return understand(() => readCaptureEnd(attributes));
  }

  async #list(command: number, fill: Fill): Promise<readonly Attributes[]> {
    const replies = await this.#client.list(command, fill);
    return replies.map(({ attributes }) => parse(attributes));
  }
}

function parse(bytes: Uint8Array): Attributes {
  return understand(() => Attributes.parse(bytes, POLICY));
}

function textOf(messages: readonly Attributes[]): string {
  const decoder = new TextDecoder();
  return messages.map((message) => decoder.decode(readText(message))).join("");
}

/** Returns a document; the director's own, so its form is trusted once it is JSON. */
function parsed<Document>(text: string): Document {
  try {
    return JSON.parse(text) as Document;
  } catch (error) {
    throw new IpvsError("EIO", `Cannot understand the answer: ${String(error)}`);
  }
}
