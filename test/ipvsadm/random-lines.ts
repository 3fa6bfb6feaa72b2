/**
 * Random command lines: real options and commands, values right, nearly right and absurd, in every
 * way of writing them.
 *
 * @module
 */
import type { Random } from "../../src/base/random.ts";
import { type CommandLineOption, OPTIONS } from "../../src/ipvsadm/options.ts";

const COMMANDS = OPTIONS.filter((option) => option.command !== undefined);
const OTHERS = OPTIONS.filter((option) => option.command === undefined);

const ENDPOINTS = [
  ...["192.0.2.1:80", "192.0.2.1", "192.0.2.1:0", "10.0.0.2:8080", "0.0.0.0:80", "0:0", "1:80"],
  ...["[2001:db8::1]:80", "2001:db8::1", "[::]:0", "[192.0.2.1]:80", "vip:http", "vip", "vip:"],
  ...["[", "[]:1", ":", "::", ":80", "80", "192.0.2.256:80", "192.0.2.1:70000", "192.0.2.1:-1"],
  ...["0xC0000201:80", "010.1:1", "[2001:db8::1]", "1:2:3:4:5:6:7:8:9", "2001:db8::1%eth0", "*:80"],
];

const NUMBERS = [
  ...["0", "1", "5", "60", "255", "256", "360", "2678400", "2678401", "2147483647", "2147483648"],
  ...["4294967295", "4294967296", "-1", "-0", "+7", " 8", "8 ", "0x10", "1e3", "1.5", "", "007"],
  ...["99999999999999999999999999", "٣", "NaN", "Infinity"],
];

/** Values by the long name of the option; others take numbers. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  "tcp-service": ENDPOINTS,
  "udp-service": ENDPOINTS,
  "sctp-service": ENDPOINTS,
  "real-server": ENDPOINTS,
  scheduler: ["rr", "wrr", "wlc", "sh", "mh", "none", "", "a".repeat(40)],
  "sched-flags": ["sh-port", "mh-fallback,mh-port", "flag-1,,flag-3", "", ",", "sh-port,x", "a,b"],
  netmask: ["255.255.255.0", "24", "64", "128", "129", "0", "/24", "vip", "255.255", "-64"],
  pe: ["sip", "", "b".repeat(40)],
  "tun-type": ["ipip", "gue", "gre", "IPIP", ""],
  "mcast-interface": ["eth0", "", "c".repeat(40)],
  "mcast-group": ["224.0.0.81", "ff02::81", "192.0.2.1", "2001:db8::1", "[ff02::81]", ":", ""],
  "start-daemon": ["master", "backup", "", "slave"],
  "stop-daemon": ["master", "backup", "", "slave"],
};

/** Words that are no options, or none that is known. */
const GARBAGE = [
  ...["-", "--", "---", "-=", "--=", "=", "", " ", "ipvsadm", "#", "!#:+", "-j", "--bogus", "-Lnj"],
  ...["--list=x", "--numeric=5", "-L=n", "-At", "--__proto__", "--constructor", "__proto__", "-Ω"],
  ...["\u0000", "\ud800", "-\udc00", "\n", "é".repeat(300), "-".repeat(300), "[".repeat(300)],
];

/** Makes one command line after the other. */
export class RandomLines {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Returns the words of the next line. */
  next(): readonly string[] {
    const words: string[] = [];
    if (!this.#once(20)) words.push(...this.#written(this.#pick(COMMANDS)));
    if (words[0] === "--set") words.push(...this.#numbers(3));
    // A service, as most commands need one, and a server, as many do.
    if (this.#once(2)) words.push(...this.#written(this.#pick(OTHERS.slice(0, 4))));
    if (this.#once(3)) words.push("-r", this.#pick(ENDPOINTS));
    for (let count = this.#random.below(6); count > 0; count--) {
      if (this.#once(6)) words.push(this.#pick(this.#once(2) ? GARBAGE : NUMBERS));
      else words.push(...this.#written(this.#pick(this.#once(60) ? COMMANDS : OTHERS)));
    }
    return words;
  }

  /** Returns an option in one of the ways it can be written, with a value it may need. */
  #written({ short, long, value }: CommandLineOption): readonly string[] {
    const name = short !== undefined && !this.#once(3) ? `-${short}` : `--${long}`;
    if (value === "none" || (value === "optional" && this.#once(2))) return [name];
    const text = this.#value(long);
    if (this.#once(4)) return [`${name}=${text}`];
    if (name === `-${short}` && this.#once(4)) return [name + text];
    return [name, text];
  }

  #numbers(count: number): readonly string[] {
    return Array.from({ length: count }, () => this.#value(""));
  }

  #value(long: string): string {
    if (this.#once(25)) return this.#pick(GARBAGE);
    // The first few are good: most values have to be, for a line to get anywhere.
    const values = VALUES[long] ?? NUMBERS;
    return this.#once(2) ? this.#pick(values.slice(0, 4)) : this.#pick(values);
  }

  #pick<Item>(items: readonly Item[]): Item {
    return items[this.#random.below(items.length)]!;
  }

  /** Whether it is one of `count` times. */
  #once(count: number): boolean {
    return this.#random.below(count) === 0;
  }
}
