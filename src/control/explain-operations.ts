/**
 * The commands of the family `UIPVS` that explain, follow and capture packets.
 *
 * @module
 */
import { IpvsError } from "../base/error.ts";
import { Attributes } from "../wire/netlink-attributes.ts";
import {
  EXPLAIN_COMMAND,
  EXPLAIN_POLICY,
  readExplainRequest,
  readPath,
  readTraceNumber,
  readTraceRequest,
  writeCaptureEnd,
  writeLost,
  writeTraceNumber,
} from "../wire/uipvs-explain.ts";
import { writeText } from "../wire/uipvs-genl.ts";
import type { ExplainServices } from "./explain-services.ts";
import { type Operation, type Reply, replies } from "./family.ts";
import { offered } from "./offered.ts";
import { textParts } from "./text-parts.ts";

/** Returns the commands, by number. */
export function explainOperations(services: ExplainServices): readonly [number, Operation][] {
  const { explain, startTrace, readTrace, stopTrace, startCapture, stopCapture } = EXPLAIN_COMMAND;
  return [
    [explain, { dump: (bytes) => explanation(services, parse(bytes)) }],
    [
      startTrace,
      {
        do: (message) => {
          const number = offered(services.traces).start(readTraceRequest(message));
          return { command: startTrace, fill: (writer) => writeTraceNumber(writer, number) };
        },
      },
    ],
    [readTrace, { dump: (bytes) => recordsOf(services, readTraceNumber(parse(bytes))) }],
    [
      stopTrace,
      {
        do: (message) => {
          offered(services.traces).stop(readTraceNumber(message));
          return undefined;
        },
      },
    ],
    [
      startCapture,
      {
        do: (message) => {
          offered(services.capture).start(readPath(message));
          return undefined;
        },
      },
    ],
    [
      stopCapture,
      {
        do: () => {
          const end = offered(services.capture).stop();
          return { command: stopCapture, fill: (writer) => writeCaptureEnd(writer, end) };
        },
      },
    ],
  ];
}

function parse(bytes: Uint8Array): Attributes {
  return Attributes.parse(bytes, EXPLAIN_POLICY);
}

function explanation(services: ExplainServices, request: Attributes): Iterable<Reply> {
  const explained = offered(services.explain)(readExplainRequest(request));
  if (explained === undefined) {
    throw new IpvsError("EINVAL", "Cannot explain what is no whole IP packet");
  }
  return texts(EXPLAIN_COMMAND.explain, [JSON.stringify(explained)]);
}

function* recordsOf(services: ExplainServices, number: number): Generator<Reply> {
  const { records, lost } = offered(services.traces).read(number);
  yield { command: EXPLAIN_COMMAND.readTrace, fill: (writer) => writeLost(writer, lost) };
  yield* texts(EXPLAIN_COMMAND.readTrace, lines(records));
}

function* lines(records: readonly unknown[]): Generator<string> {
  for (const record of records) yield `${JSON.stringify(record)}\n`;
}

function texts(command: number, pieces: Iterable<string>): Iterable<Reply> {
  const encoder = new TextEncoder();
  return replies(textParts(pieces), (text) => ({
    command,
    fill: (writer) => writeText(writer, encoder.encode(text)),
  }));
}
