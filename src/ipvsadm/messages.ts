/**
 * Every sentence the front end says, apart from the usage text.
 *
 * They are ipvsadm's, byte for byte, odd quotes and all, since scripts match on them. Only what is said
 * of a director that does not answer is ours.
 *
 * @module
 */
import { type ErrorCode, IpvsError } from "../base/error.ts";
import type { BackendChoice } from "../control/backend-choice.ts";
import type { CommandName, OptionName } from "./options.ts";

export const ILLEGAL_SERVICE = "illegal virtual server address[:port] specified";
export const ILLEGAL_SERVER = "illegal real server address[:port] specified";
export const ILLEGAL_NETMASK = "illegal virtual server persistent mask specified";
export const ILLEGAL_PREFIX = "illegal ipv6 netmask specified";
export const ILLEGAL_WEIGHT = "illegal weight specified";
export const ILLEGAL_UPPER_THRESHOLD = "illegal u_threshold specified";
export const ILLEGAL_LOWER_THRESHOLD = "illegal l_threshold specified";
export const ILLEGAL_TUNNEL_TYPE = "illegal tunnel type specified";
export const ILLEGAL_TUNNEL_PORT = "illegal tunnel port specified";
export const ILLEGAL_SYNC_ID = "illegal syncid specified";
export const ILLEGAL_MCAST_PORT = "illegal mcast-port specified";
export const ILLEGAL_MCAST_TTL = "illegal mcast-ttl specified";
export const ILLEGAL_SYNC_MAXLEN = "illegal sync-maxlen specified";
export const ILLEGAL_START_DAEMON = "illegal start-daemon parameter specified";
export const ILLEGAL_STOP_DAEMON = "illegal start_daemon specified";
/** Ends in a newline of its own, so that two are printed. */
export const IPV6_BEFORE_FWMARK = "-6 used before -f\n";
export const THREE_TIMEOUTS = "--set option requires 3 timeout values";
export const ZERO_PORT = "Zero port specified for non-persistent service";
export const ONE_PACKET_IS_FOR_UDP = "One-Packet Scheduling is only for UDP virtual services";
export const FAMILIES_DIFFER = "Different address family is allowed only for tunneling servers";
export const TUNNEL_OPTIONS_CONFLICT = "Tunnel options conflict with forward method";
export const LIST_OPTIONS_CONFLICT = "options conflicts in the list command";

export function tryHelp(program: string): string {
  return `Try \`${program} -h' or '${program} --help' for more information.`;
}

export function secondCommand(token: string): string {
  return `invalid option \`${token}'`;
}

export function repeatedOption(name: OptionName): string {
  return `multiple '${name}' options specified`;
}

export function unexpectedArgument(operand: string): string {
  return `unexpected argument ${operand}`;
}

export function invalidTimeout(text: string): string {
  return `invalid timeout value \`${text}' specified`;
}

export function invalidFwmark(text: string): string {
  return `invalid fwmark value \`${text}' specified`;
}

export function invalidGroup(text: string): string {
  return `invalid ${text.includes(":") ? "IPv6" : "IPv4"} mcast-group \`${text}'`;
}

export function invalidSchedulerFlag(flag: string): string {
  return `invalid scheduler flag \`${flag}'`;
}

export function incompatibleSchedulerFlag(flag: string): string {
  return `incompatible scheduler flag \`${flag}'`;
}

/** @param subject what the rule belongs to, such as `'list' command` */
export function missingOption(option: OptionName, subject: string): string {
  return `You need to supply the '${option}' option for the ${subject}`;
}

/** @param subject what the rule belongs to, such as `'list' command` */
export function illegalOption(option: OptionName, subject: string): string {
  return `Illegal '${option}' option with the ${subject}`;
}

/** @param subject what the rule belongs to, such as `'list' command` */
export function conflictingOptions(
  later: OptionName,
  earlier: OptionName,
  subject: string,
): string {
  return `The option '${later}' conflicts with the '${earlier}' option in the ${subject}`;
}

/** @param path name of the status file below /proc/net */
export function cannotOpen(path: string): string {
  return `cannot open file /proc/net/${path}`;
}

/** @param path name of the status file below /proc/net */
export function unexpectedInput(path: string): string {
  return `unexpected input from /proc/net/${path}`;
}

/**
 * Returns the two lines for when nobody can be asked.
 *
 * @param socket where a director was expected
 * @param reason what happened there instead
 */
export function noDirector(socket: string, reason: string): string {
  return (
    `No director answers at ${socket}: ${reason}\n` +
    "Start one with `uipvs up', or name its socket in the environment variable UIPVS_SOCKET"
  );
}

/** Returns the lines for when the one who was to obey cannot be asked. */
export function unanswered(choice: BackendChoice, error: unknown): string {
  const reason = systemReason(error);
  // What there is to say of a kernel, its error says.
  return choice.name === "kernel" ? reason : noDirector(choice.socket, reason);
}

const SERVICE_MISSING = "No such service";
const SERVICE_UNDEFINED = "Service not defined";
const SCHEDULER_MISSING = "Scheduler or persistence engine not found";
const SERVER_MISSING = "No such destination";

/** Sentences that hold for one command only. */
const REFUSALS: Partial<Record<CommandName, Partial<Record<ErrorCode, string>>>> = {
  "add-service": { EEXIST: "Service already exists", ENOENT: SCHEDULER_MISSING },
  "edit-service": { ESRCH: SERVICE_MISSING, ENOENT: SCHEDULER_MISSING },
  "delete-service": { ESRCH: SERVICE_MISSING },
  zero: { ESRCH: SERVICE_MISSING },
  list: { ESRCH: SERVICE_MISSING },
  "add-server": { ESRCH: SERVICE_UNDEFINED, EEXIST: "Destination already exists" },
  "edit-server": { ESRCH: SERVICE_UNDEFINED, ENOENT: SERVER_MISSING },
  "delete-server": { ESRCH: SERVICE_UNDEFINED, ENOENT: SERVER_MISSING },
  "start-daemon": { EEXIST: "Daemon has already run" },
  "stop-daemon": { ESRCH: "No daemon is running" },
};

/** Sentences of ipvsadm for any command, then those of the C library (strerror(3)). */
const ERROR_TEXTS: Readonly<Record<ErrorCode, string>> = {
  EPERM: "Permission denied (you must be root)",
  EINVAL: "Invalid operation.  Possibly wrong module version, address not unicast, ...",
  ENOPROTOOPT: "Protocol not available",
  ENOMEM: "Memory allocation problem",
  EOPNOTSUPP: "Operation not supported with IPv6",
  EAFNOSUPPORT: "Operation not supported with specified address family",
  EMSGSIZE: "Module is wrong version",
  ENOENT: "No such file or directory",
  ESRCH: "No such process",
  EIO: "Input/output error",
  EFAULT: "Bad address",
  EBUSY: "Device or resource busy",
  EEXIST: "File exists",
  ENODEV: "No such device",
  ERANGE: "Numerical result out of range",
  EADDRINUSE: "Address already in use",
  EADDRNOTAVAIL: "Cannot assign requested address",
  ENETUNREACH: "Network is unreachable",
};

/** Returns what ipvsadm says when `command` ended in `error`. */
export function failureText(command: CommandName, error: unknown): string {
  if (!(error instanceof IpvsError)) return systemReason(error);
  return REFUSALS[command]?.[error.code] ?? ERROR_TEXTS[error.code];
}

/** What connecting to a socket or reading a file commonly ends in, as strerror(3) says it. */
const SYSTEM_ERRORS: Readonly<Record<string, string>> = {
  ENOENT: ERROR_TEXTS.ENOENT,
  EACCES: "Permission denied",
  EISDIR: "Is a directory",
  ENOTDIR: "Not a directory",
  ECONNREFUSED: "Connection refused",
  ECONNRESET: "Connection reset by peer",
  EPIPE: "Broken pipe",
};

/** Returns the reason in an error of the system, with Node's `code` or without. */
export function systemReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return ("code" in error && SYSTEM_ERRORS[String(error.code)]) || error.message;
}
