/**
 * The settings of the host that a running director changes, and how they come to be as before.
 *
 * Packets for the director are forwarded into its device, so the host must forward. Switching that on
 * and off sets further settings; all that differ afterwards from what they were are put back. What they
 * were stands in a small file before anything is changed, so that another process can restore them.
 *
 * Source: Documentation/networking/ip-sysctl.rst, `ip_forward`, `conf/all/forwarding`, `accept_ra`,
 * `ip_early_demux`; linux ip_forward.c `ip_forward`, ip6_output.c `ip6_forward`.
 *
 * @module
 */
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import type { Family } from "../src/net/address.ts";
import { readSysctl, sysctlsIn, writeSysctl } from "./sys/sysctl.ts";
import type { Log } from "./tun.ts";

/** Values by name, in the order they are to be restored. */
type Settings = Readonly<Record<string, string>>;

/** The switch of each family, on with "1". */
const FORWARDING: Readonly<Record<Family, string>> = {
  4: "net/ipv4/ip_forward",
  6: "net/ipv6/conf/all/forwarding",
};

/**
 * Of both families. While it is on, a host looks for a socket before it looks for the way, and drops what is
 * to be forwarded if it finds one: the first packets of clients whose last connection was to the host itself,
 * from the same port, a minute ago or less.
 */
const EARLY_DEMUX = "net/ipv4/ip_early_demux";

/**
 * Has the host forward packets of a family, whatever sockets it has or had, after noting in `statePath` what
 * has to be restored.
 *
 * Interfaces that learn their routes from IPv6 routers keep doing so, which forwarding would end.
 *
 * @throws SystemError when a setting may not be changed; Node's error when the file cannot be written
 */
export function enableForwarding(family: Family, statePath: string, log: Log): void {
  if (readSysctl(EARLY_DEMUX) === "1") {
    writeState(statePath, { ...readState(statePath), [EARLY_DEMUX]: "1" });
    set(EARLY_DEMUX, "0", log);
  }
  const gate = FORWARDING[family];
  if (readSysctl(gate) === "1") return;
  writeState(statePath, { ...readState(statePath), ...settingsChangedWith(family) });
  if (family === 6) {
    for (const setting of perInterface(6, "accept_ra")) {
      if (readSysctl(setting) === "1") set(setting, "2", log);
    }
  }
  set(gate, "1", log);
}

/**
 * Puts back what `enableForwarding` changed, in this process or in one that is gone, and deletes the
 * file. Does nothing without one.
 *
 * @throws SystemError when a setting may not be changed
 */
export function restoreSettings(statePath: string, log: Log): void {
  if (!existsSync(statePath)) return;
  for (const [setting, value] of Object.entries(readState(statePath))) {
    const current = readSysctl(setting);
    // An interface may have gone since.
    if (current !== undefined && current !== value) set(setting, value, log);
  }
  rmSync(statePath, { force: true });
}

/** Returns the values of all that changes when forwarding does; the switch first. */
function settingsChangedWith(family: Family): Settings {
  const names =
    family === 4
      ? [FORWARDING[4], "net/ipv4/conf/all/accept_redirects", ...perInterface(4, "forwarding")]
      : [FORWARDING[6], ...perInterface(6, "forwarding"), ...perInterface(6, "accept_ra")];
  const values = names.map((name) => [name, readSysctl(name)] as const);
  return Object.fromEntries(
    values.filter((pair): pair is [string, string] => pair[1] !== undefined),
  );
}

function perInterface(family: Family, setting: string): readonly string[] {
  const folder = `net/ipv${family}/conf`;
  return sysctlsIn(folder)
    .filter((name) => name !== "all")
    .map((name) => `${folder}/${name}/${setting}`);
}

function set(setting: string, value: string, log: Log): void {
  writeSysctl(setting, value);
  log(`sysctl -w ${setting}=${value}`);
}

/** Returns what the file says; nothing when it is missing. A damaged file cannot be: see `writeState`. */
function readState(path: string): Settings {
  if (!existsSync(path)) return {};
  const parsed: unknown = JSON.parse(readFileSync(path, "utf8"));
  const settings = (parsed as { readonly settings?: unknown } | null)?.settings;
  if (typeof settings !== "object" || settings === null) {
    throw new SyntaxError(`Cannot read "${path}": must be an object with "settings"`);
  }
  const entries = Object.entries(settings);
  return Object.fromEntries(entries.filter(([name, value]) => isSetting(name, value)));
}

/** Whether an entry of the file is one that may be written: the file must not become a way to others. */
function isSetting(name: string, value: unknown): value is string {
  return typeof value === "string" && /^net\/ipv[46]\/\S+$/.test(name) && !name.includes("..");
}

/** Writes the file whole or not at all. */
function writeState(path: string, settings: Settings): void {
  const fresh = `${path}.new`;
  writeFileSync(fresh, `${JSON.stringify({ settings }, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(fresh, path);
}
