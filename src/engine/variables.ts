/**
 * The variables of one director: as numbers for the packet path, as text for who reads and writes them.
 *
 * @module
 */
import { IpvsError } from "../base/error.ts";
import {
  defaultSysctls,
  isSysctl,
  readSysctl,
  SYSCTL_NAMES,
  type SysctlName,
  type Sysctls,
  writeSysctl,
} from "./sysctl.ts";

/** A variable and a value, as text. */
export interface Setting {
  /** Name below net.ipv4.vs. */
  readonly name: string;
  readonly value: string;
}

/** Hears of a variable that has another value now. */
export type ChangeListener = (name: SysctlName) => void;

/** What the variables begin with and are bounded by. */
export interface VariablesOptions {
  /** Ticks of the kernel's clock in a second. */
  readonly ticksPerSecond: number;
  /** Size of the memory in pages; 262144 (1 GiB) unless given. */
  readonly memoryPages?: number | undefined;
}

/** The variables of net.ipv4.vs. */
export class Variables {
  /** Values now. Who sets one here, as automatic modes do, tells no listener. */
  readonly values: Sysctls;
  readonly #defaults: Readonly<Sysctls>;
  readonly #ticksPerSecond: number;
  readonly #listeners: ChangeListener[] = [];

  constructor({ ticksPerSecond, memoryPages }: VariablesOptions) {
    this.values = defaultSysctls(memoryPages);
    this.#defaults = { ...this.values };
    this.#ticksPerSecond = ticksPerSecond;
  }

  /** Calls `listener` for each variable that gets another value, once everything written is in place. */
  onChange(listener: ChangeListener): void {
    this.#listeners.push(listener);
  }

  /** Returns all variables, in the order of their names. */
  list(): readonly Setting[] {
    return SYSCTL_NAMES.map((name) => ({ name, value: readSysctl(this.values, name) }));
  }

  /** Returns those that have another value than in the beginning. */
  changed(): readonly Setting[] {
    return this.list().filter(
      ({ name, value }) => value !== readSysctl(this.#defaults, known(name)),
    );
  }

  /**
   * Returns the value of a variable as it is read, without a line end.
   *
   * @throws IpvsError ENOENT for a name that does not exist
   */
  read(name: string): string {
    return readSysctl(this.values, known(name));
  }

  /**
   * Writes values one after the other: all, or none if one is refused.
   *
   * @throws IpvsError ENOENT for a name that does not exist, EINVAL for a value that is refused
   */
  write(settings: Iterable<Setting>): void {
    const values = { ...this.values };
    const written = new Set<SysctlName>();
    for (const { name, value } of settings) {
      const variable = known(name);
      writeSysctl(values, variable, value, this.#ticksPerSecond);
      written.add(variable);
    }
    const changed = [...written].filter(
      (name) => readSysctl(values, name) !== readSysctl(this.values, name),
    );
    Object.assign(this.values, values);
    for (const name of changed) for (const listener of this.#listeners) listener(name);
  }
}

function known(name: string): SysctlName {
  if (isSysctl(name)) return name;
  throw new IpvsError("ENOENT", `Unknown variable "${name}": must be a name of net.ipv4.vs`);
}
