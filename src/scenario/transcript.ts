/**
 * What a scenario showed, a record for each thing said or seen, and records as lines of JSON.
 *
 * Texts from outside are byte for byte: character N of a string is byte N. So nothing is lost where an
 * output is no UTF-8, and a line of JSON is ASCII.
 *
 * @module
 */

interface Common {
  /** Line of the scenario, from 1. */
  readonly line: number;
  /** Seconds since the scenario began. */
  readonly t: number;
}

/** The interfaces and routes of a topology are there. */
export interface TopologyRecord extends Common {
  readonly op: "topo";
  readonly name: string;
}

/** A program ran. */
export interface CommandRecord extends Common {
  readonly op: "ipvsadm" | "iptables" | "ip6tables" | "ip";
  readonly args: readonly string[];
  readonly rc: number;
  readonly out: string;
  readonly err: string;
}

/** A line of shell ran. */
export interface ShellRecord extends Common {
  readonly op: "sh";
  readonly cmd: string;
  readonly rc: number;
  readonly out: string;
  readonly err: string;
}

/** A variable was set or read. */
export interface SysctlRecord extends Common {
  readonly op: "sysctl";
  readonly name: string;
  readonly set?: string;
  readonly errno?: string;
  readonly value: string | null;
}

/** A packet that left the director. */
export interface SeenPacket {
  readonly dev: string;
  readonly dmac?: string;
  /** In hexadecimal, network header first. */
  readonly pkt: string;
  readonly dec: string;
}

/** A packet was sent. */
export interface SendRecord extends Common {
  readonly op: "send";
  readonly dev?: string;
  readonly pkt?: string;
  readonly frame?: string;
  readonly dec?: string;
  readonly errno?: string;
  readonly rx?: readonly (SeenPacket | string)[];
  /** Why nothing was sent. */
  readonly error?: string;
  /** The line that could not be carried out. */
  readonly spec?: string;
}

/** Packets left the director without being asked for. */
export interface StrayRecord extends Common {
  readonly op: "stray";
  readonly rx: readonly (SeenPacket | string)[];
}

/** Time passed. */
export interface SleepRecord extends Common {
  readonly op: "sleep";
  readonly sec: string;
}

/** A file was read. */
export interface CatRecord extends Common {
  readonly op: "cat";
  readonly path: string;
  readonly out?: string;
  readonly errno?: string;
}

/** A remark. */
export interface NoteRecord extends Common {
  readonly op: "note";
  readonly text: string;
}

/** An interface was made. */
export interface InterfaceRecord extends Common {
  readonly op: "tap" | "tun";
  readonly name: string;
}

/** The scenario is over. */
export interface EndRecord extends Common {
  readonly op: "end";
}

/** Something said or seen. Its members are in the order they are written in. */
export type TranscriptRecord =
  | TopologyRecord
  | CommandRecord
  | ShellRecord
  | SysctlRecord
  | SendRecord
  | StrayRecord
  | SleepRecord
  | CatRecord
  | NoteRecord
  | InterfaceRecord
  | EndRecord;

const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  '"': '\\"',
  "\\": "\\\\",
};

/** Returns bytes as the text of a record. */
export function byteText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}

/** Returns a text as its UTF-8 bytes stand in a record. */
export function utf8Text(text: string): string {
  return byteText(new TextEncoder().encode(text));
}

/** Returns a record as a line of JSON, without the line break. */
export function recordLine(record: TranscriptRecord): string {
  const { op, line, t, ...rest } = record;
  const members = Object.entries(rest)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `,"${name}":${json(value)}`);
  return `{"op":"${op}","line":${line},"t":${t.toFixed(2)}${members.join("")}}`;
}

/** Returns a transcript as text, a record a line. */
export function transcriptText(records: readonly TranscriptRecord[]): string {
  return records.map((record) => `${recordLine(record)}\n`).join("");
}

/**
 * Reads a transcript.
 *
 * @param file name for messages
 * @throws SyntaxError for a line that is no record, with file and line
 */
export function parseTranscript(file: string, text: string): readonly TranscriptRecord[] {
  const records: TranscriptRecord[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    if (line === "") continue;
    try {
      records.push(JSON.parse(line) as TranscriptRecord);
    } catch (error) {
      throw new SyntaxError(`${file}:${index + 1}: expected a record`, { cause: error });
    }
  }
  return records;
}

function json(value: unknown): string {
  if (typeof value === "string") return `"${value.replaceAll(ESCAPED, escaped)}"`;
  if (Array.isArray(value)) return `[${value.map(json).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value).map(([name, member]) => `"${name}":${json(member)}`);
    return `{${members.join(",")}}`;
  }
  return String(value);
}

/** All but printable ASCII, and of that the quotation mark and the backslash. */
const ESCAPED = /[^ !#-[\]-\u007f]/g;

function escaped(character: string): string {
  const short = SHORT_ESCAPES[character];
  return short ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
