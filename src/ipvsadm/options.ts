/**
 * The commands and options of ipvsadm, declared once, and two of ours: `--json` and `--dry-run`.
 *
 * Source: ipvsadm(8), and the behaviour of ipvsadm 1.31 where the manual page differs.
 *
 * @module
 */
import type { ScannableOption } from "./popt.ts";

/** A command, by the word messages use for it: `-C` is `flush`. */
export type CommandName =
  | "add-service"
  | "edit-service"
  | "delete-service"
  | "flush"
  | "restore"
  | "save"
  | "add-server"
  | "edit-server"
  | "delete-server"
  | "list"
  | "zero"
  | "set"
  | "start-daemon"
  | "stop-daemon"
  | "help"
  | "version";

/**
 * Options by the word messages use for them, in the order the rules of each command are checked in,
 * which is not the order on the command line.
 */
export const OPTION_ORDER = [
  "numeric",
  "connection",
  "service-address",
  "scheduler",
  "persistent",
  "netmask",
  "real-server",
  "forwarding-method",
  "weight",
  "u-threshold",
  "l-threshold",
  "mcast-interface",
  "timeout",
  "daemon",
  "stats",
  "rate",
  "thresholds",
  "persistent-conn",
  "nosort",
  "syncid",
  "exact",
  "ops",
  "pe",
  "sched-flags",
  "mcast-group",
  "mcast-port",
  "mcast-ttl",
  "sync-maxlen",
  "tun-info",
  "tun-type",
  "tun-port",
  "tun-nocsum",
  "tun-csum",
  "tun-remcsum",
  "json",
  "dry-run",
] as const;

/** The word messages use for an option; several options may share one. */
export type OptionName = (typeof OPTION_ORDER)[number];

/** One entry of the option table. */
export interface CommandLineOption extends ScannableOption {
  readonly long: string;
  /** The command it gives, for the options that are commands. */
  readonly command?: CommandName;
  /** Absent for commands, and for the two options no rule looks at: `--sort` and `-6`. */
  readonly name?: OptionName;
}

function command(
  name: CommandName,
  short: string | undefined,
  long: string = name,
  value: CommandLineOption["value"] = "none",
): CommandLineOption {
  return { command: name, long, value, ...(short === undefined ? {} : { short }) };
}

function flag(long: string, short?: string, name = long as OptionName): CommandLineOption {
  return { name, long, value: "none", ...(short === undefined ? {} : { short }) };
}

function valued(long: string, short?: string, name = long as OptionName): CommandLineOption {
  return { name, long, value: "required", ...(short === undefined ? {} : { short }) };
}

/** Everything a command line may contain. */
export const OPTIONS: readonly CommandLineOption[] = [
  command("add-service", "A"),
  command("edit-service", "E"),
  command("delete-service", "D"),
  command("flush", "C", "clear"),
  command("restore", "R"),
  command("save", "S"),
  command("add-server", "a"),
  command("edit-server", "e"),
  command("delete-server", "d"),
  command("list", "L"),
  command("list", "l"),
  command("zero", "Z"),
  command("set", undefined),
  command("start-daemon", undefined, "start-daemon", "required"),
  command("stop-daemon", undefined, "stop-daemon", "required"),
  command("help", "h"),
  command("version", "v"),

  valued("tcp-service", "t", "service-address"),
  valued("udp-service", "u", "service-address"),
  valued("sctp-service", undefined, "service-address"),
  valued("fwmark-service", "f", "service-address"),
  { long: "ipv6", short: "6", value: "none" },
  valued("scheduler", "s"),
  { name: "persistent", long: "persistent", short: "p", value: "optional" },
  valued("netmask", "M"),
  valued("pe"),
  valued("sched-flags", "b"),
  flag("ops", "o"),
  valued("real-server", "r"),
  flag("gatewaying", "g", "forwarding-method"),
  flag("ipip", "i", "forwarding-method"),
  flag("masquerading", "m", "forwarding-method"),
  valued("weight", "w"),
  valued("u-threshold", "x"),
  valued("l-threshold", "y"),
  valued("tun-type"),
  valued("tun-port"),
  flag("tun-nocsum"),
  flag("tun-csum"),
  flag("tun-remcsum"),
  flag("connection", "c"),
  flag("numeric", "n"),
  flag("timeout"),
  flag("daemon"),
  flag("stats"),
  flag("rate"),
  flag("thresholds"),
  flag("persistent-conn"),
  flag("tun-info"),
  flag("nosort"),
  { long: "sort", value: "none" },
  flag("exact", "X"),
  valued("syncid"),
  valued("mcast-interface"),
  valued("mcast-group"),
  valued("mcast-port"),
  valued("mcast-ttl"),
  valued("sync-maxlen"),
  flag("json"),
  flag("dry-run"),
];
