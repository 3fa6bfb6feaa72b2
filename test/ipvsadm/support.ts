/**
 * Runs the front end in memory: output collected, names from a fixed list, any backend.
 *
 * @module
 */
import type { Backend } from "../../src/control/backend.ts";
import { run } from "../../src/ipvsadm/main.ts";
import { noDirector, systemReason } from "../../src/ipvsadm/messages.ts";
import { runRestore, runSave } from "../../src/ipvsadm/scripts.ts";
import type { Resolver, World, Writer } from "../../src/ipvsadm/world.ts";
import { type Address, formatAddress, parseAddress } from "../../src/net/address.ts";

/** What a run printed and how it ended. */
export interface Printed {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

/** What may differ from run to run. */
export interface RunOptions {
  /** A script to run instead of the program. */
  readonly program?: string | undefined;
  readonly name?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  readonly resolver?: Resolver;
  readonly openBackend: () => Promise<Backend>;
}

const LONG_NAME = `${"a".repeat(50)}.example.test`;

/** Hosts known to the recorded runs: address, canonical name, aliases. */
const HOSTS: readonly (readonly [address: string, ...names: string[]])[] = [
  ["127.0.0.1", "localhost"],
  ["::1", "ip6-localhost", "ip6-loopback"],
  ["192.0.2.10", "vip.example.test", "vip"],
  ["192.0.2.21", "rs1.example.test", "rs1"],
  ["192.0.2.22", "a-very-long-real-server-name.example.test"],
  ["2001:db8::10", "vip6.example.test"],
  ["2001:db8::21", "rs6.example.test"],
  ["192.0.2.30", LONG_NAME],
  ["2001:db8::30", LONG_NAME],
];

/** The part of the table of service names the recorded runs use. */
const SERVICES = `
discard 9/tcp sink null
discard 9/udp sink null
domain 53/tcp
domain 53/udp # Domain Name Server
tftp 69/udp
http 80/tcp www # WorldWideWeb HTTP
https 443/tcp
https 443/udp
sip 5060/tcp
sip 5060/udp
amqp 5672/tcp
amqp 5672/sctp
redis 6379/tcp
http-alt 8080/tcp webcache
`;

/** Answers from the two lists above. */
export const RESOLVER: Resolver = {
  async addressOf(host) {
    const entry = HOSTS.find(
      ([address, ...names]) => !address.includes(":") && names.includes(host.toLowerCase()),
    );
    return entry && parseAddress(entry[0]);
  },
  async hostOf(address: Address) {
    return HOSTS.find(([text]) => text === formatAddress(address))?.[1];
  },
  async services() {
    return SERVICES;
  },
};

/** Runs one command line. */
export async function runIpvsadm(argv: readonly string[], options: RunOptions): Promise<Printed> {
  const stdout = new TextWriter();
  const stderr = new TextWriter();
  const world: World = {
    name: options.name ?? "ipvsadm",
    env: options.env ?? {},
    stdin: lines(options.stdin ?? ""),
    stdout,
    stderr,
    openBackend: options.openBackend,
    unanswered: (error) => noDirector("/nowhere/control.sock", systemReason(error)),
    resolver: options.resolver ?? RESOLVER,
  };
  const code = await runProgram(options.program, argv, world);
  return { stdout: stdout.text, stderr: stderr.text, code };
}

function runProgram(
  program: string | undefined,
  argv: readonly string[],
  world: World,
): Promise<number> {
  if (program === "ipvsadm-save") return runSave(argv, world);
  if (program === "ipvsadm-restore") return runRestore(world);
  return run(argv, world);
}

class TextWriter implements Writer {
  text = "";

  write(text: string): void {
    this.text += text;
  }
}

/** Yields the text in pieces that end anywhere. */
async function* lines(text: string): AsyncGenerator<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length; at += 7) yield bytes.subarray(at, at + 7);
}

/** Refuses to open: for runs that must end before anybody is asked. */
export async function noBackend(): Promise<Backend> {
  throw Object.assign(new Error("connect ENOENT"), { code: "ENOENT", syscall: "connect" });
}
