/**
 * What passes one link of a laboratory's host, recorded by tcpdump and read back by tshark: two programs
 * that know nothing of us and check every checksum.
 *
 * @module
 */
import { mkdtempSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Test } from "tap";
import { startProgram } from "../../src/lab/host-program.ts";
import { endProgram, type HostProgram, type NamespaceHost } from "../../src/lab/namespace-host.ts";
import { mustExecute } from "../../src/lab/system-command.ts";

/**
 * Fields of tshark by our names for them; where there are several, the one the packet has. Of a packet in
 * a packet both headers speak, the outer first: `172.16.16.1,192.168.1.10`.
 */
const FIELDS = {
  /** Hardware addresses. */
  sender: ["eth.src"],
  receiver: ["eth.dst"],
  /** What is in what, by tshark's names: `eth:ethertype:ip:ipv6:tcp`. */
  layers: ["frame.protocols"],
  from: ["ip.src", "ipv6.src"],
  to: ["ip.dst", "ipv6.dst"],
  protocol: ["ip.proto", "ipv6.nxt"],
  ttl: ["ip.ttl", "ipv6.hlim"],
  /** Length of the IPv4 packet, of an IPv6 packet what is behind its header. */
  length: ["ip.len", "ipv6.plen"],
  id: ["ip.id"],
  /** Offset of a fragment. */
  offset: ["ip.frag_offset", "ipv6.fraghdr.offset"],
  /** `1` is right, `0` is wrong. */
  ipChecksum: ["ip.checksum.status"],
  srcPort: ["tcp.srcport", "udp.srcport"],
  dstPort: ["tcp.dstport", "udp.dstport"],
  /** As `ipChecksum`. */
  checksum: ["tcp.checksum.status", "udp.checksum.status"],
  icmpChecksum: ["icmp.checksum.status", "icmpv6.checksum.status"],
  icmpType: ["icmp.type", "icmpv6.type"],
  icmpCode: ["icmp.code", "icmpv6.code"],
  icmpMtu: ["icmp.mtu", "icmpv6.mtu"],
  /** As a number: 0x0002 is a SYN. */
  flags: ["tcp.flags"],
  sequence: ["tcp.seq_raw"],
  acknowledgment: ["tcp.ack_raw"],
  window: ["tcp.window_size_value"],
  options: ["tcp.options"],
  payload: ["tcp.payload", "udp.payload"],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** A packet as tshark tells it: text, empty for what it does not have. */
export type SeenPacket = Readonly<Record<keyof typeof FIELDS, string>>;

/** What a packet says when its checksums are right. */
export const RIGHT_CHECKSUMS = { ipChecksum: "1", checksum: "1" } as const;

const CHECKS = ["ip", "tcp", "udp"].flatMap((name) => ["-o", `${name}.check_checksum:TRUE`]);

/** How long a file must not have grown to be whole, in ms, and how often that is looked at. */
const QUIET = 100;
const LOOKS = 30;

/** A recording that goes on. */
export class HostCapture {
  readonly #program: HostProgram;
  readonly #path: string;

  private constructor(program: HostProgram, path: string) {
    this.#program = program;
    this.#path = path;
  }

  /**
   * Starts to record the packets of a link that fit a filter of pcap-filter(7), in both directions. It
   * ends with the test at the latest.
   *
   * @throws Error with what tcpdump said, when it does not start
   */
  static async start(
    t: Pick<Test, "teardown">,
    host: NamespaceHost,
    link: string,
    filter: string,
  ): Promise<HostCapture> {
    const path = join(mkdtempSync(join(host.folder, "capture-")), `${link}.pcap`);
    const tcpdump = ["tcpdump", "-n", "-U", "--immediate-mode", "-Z", "root", "-i", link];
    // It says on its standard error output that it listens.
    const words = ["sh", "-c", 'exec "$@" 2>&1', "sh", ...tcpdump, "-w", path, filter];
    const program = await startProgram(host, words, "guarded");
    t.teardown(() => endProgram(program));
    return new HostCapture(program, path);
  }

  /**
   * Waits until nothing more comes, ends the recording and returns its packets.
   *
   * @param opaque a UDP port behind which is nothing tshark knows, whatever it takes the other port for: those
   *   of GUE are drawn by chance
   * @throws Error with what tshark said, when it cannot read them
   */
  async stop(opaque?: number): Promise<readonly SeenPacket[]> {
    let size = -1;
    for (let look = 0; look < LOOKS && size !== statSync(this.#path).size; look++) {
      size = statSync(this.#path).size;
      await pause(QUIET);
    }
    await endProgram(this.#program);
    const names = Object.values(FIELDS).flat();
    const known = opaque === undefined ? [] : ["-d", `udp.port==${opaque},data`];
    const words = ["-T", "fields", "-E", "occurrence=a", ...names.flatMap((name) => ["-e", name])];
    const program = ["tshark", "-n", "-r", this.#path];
    const output = await mustExecute([...program, ...CHECKS, ...known, ...words]);
    const lines = output.split("\n").filter((line) => line !== "");
    return lines.map((line) => packetOf(names, line.split("\t")));
  }
}

function packetOf(names: readonly string[], values: readonly string[]): SeenPacket {
  const valueNamed = (name: string) => values[names.indexOf(name)] ?? "";
  const entries = Object.entries(FIELDS).map(([key, alternatives]) => {
    const present = alternatives.map(valueNamed).find((value) => value !== "");
    return [key, present ?? ""] as const;
  });
  return Object.fromEntries(entries) as SeenPacket;
}

/** Asserts that each of some packets has the wanted fields; `what` tells which packets they are. */
export function everyPacket(
  t: Pick<Test, "strictSame">,
  packets: readonly SeenPacket[],
  wanted: Partial<SeenPacket>,
  what: string,
): void {
  const names = Object.keys(wanted) as (keyof SeenPacket)[];
  const odd = packets.filter((packet) => names.some((name) => packet[name] !== wanted[name]));
  t.strictSame(odd, [], `every packet that ${what} is as it should be`);
}

/** Returns what no forwarding method may change of packets, to be compared in whatever order they came. */
export function substances(packets: readonly SeenPacket[]): readonly string[] {
  return packets.map(substance).sort();
}

function substance(packet: SeenPacket): string {
  const { srcPort, flags, sequence, acknowledgment, window, options, payload } = packet;
  return [innermost(packet.id), srcPort, flags, sequence, acknowledgment, window, options, payload]
    .filter((value) => value !== "")
    .join(" ");
}

function innermost(values: string): string {
  return values.slice(values.lastIndexOf(",") + 1);
}

/** Returns the hardware address of a host's link. */
export async function hardwareAddress(host: NamespaceHost, link: string): Promise<string> {
  const output = await host.mustRun(["ip", "-json", "link", "show", "dev", link]);
  const [shown] = JSON.parse(output) as readonly { readonly address: string }[];
  return shown?.address ?? "";
}
