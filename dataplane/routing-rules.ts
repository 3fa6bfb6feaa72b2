/**
 * The host's policy rules and routing tables, changed one entry at a time and each change told.
 *
 * @module
 */
import type { Family } from "../src/net/address.ts";
import {
  type DefaultRoute,
  parseRoute,
  type RouteEntry,
  routeAdd,
  routeDelete,
  routeDump,
} from "../src/wire/rtnetlink.ts";
import { parseRule, type Rule, ruleAdd, ruleDelete, ruleDump } from "../src/wire/rtnetlink-rule.ts";
import { routeCommand, ruleCommand } from "./ip-command.ts";
import { NetlinkSocket } from "./sys/netlink-socket.ts";
import { SystemError } from "./sys/system-error.ts";
import type { Log } from "./tun.ts";

/** Changes rules and routes of this network namespace. */
export class RoutingRules {
  readonly #netlink: NetlinkSocket;
  readonly #log: Log;

  /** @throws SystemError when the kernel refuses a socket; Error without koffi */
  constructor(log: Log) {
    this.#netlink = NetlinkSocket.open();
    this.#log = log;
  }

  /** All rules of a family in their order; none when the kernel has no policy routing for it. */
  rules(family: Family): readonly Rule[] {
    try {
      return this.#netlink.list(ruleDump(family), parseRule, "Cannot list the policy rules");
    } catch (error) {
      if (hasCode(error, "EAFNOSUPPORT", "EOPNOTSUPP")) return [];
      throw error;
    }
  }

  /** All routes of a table; none when there is no such table. */
  routes(family: Family, table: number): readonly RouteEntry[] {
    try {
      const action = `Cannot list the routes of table ${table}`;
      const routes = this.#netlink.list(routeDump(family, table), parseRoute, action);
      return routes.filter((route) => route.table === table);
    } catch (error) {
      if (hasCode(error, "ENOENT", "EAFNOSUPPORT", "EOPNOTSUPP")) return [];
      throw error;
    }
  }

  /** @throws SystemError when the kernel refuses, also for a rule that is there already */
  addRule(rule: Rule): void {
    const command = ruleCommand("add", rule);
    this.#netlink.change(ruleAdd(rule), `Cannot add the policy rule "${command}"`);
    this.#log(command);
  }

  /** Deletes a rule; one that is gone already is none. */
  deleteRule(rule: Rule): void {
    const command = ruleCommand("del", rule);
    this.#unlessGone(ruleDelete(rule), `Cannot delete the policy rule "${command}"`, command);
  }

  addRoute(route: DefaultRoute, deviceName: string): void {
    const command = routeCommand("add", route, deviceName);
    this.#netlink.change(routeAdd(route), `Cannot add the route "${command}"`);
    this.#log(command);
  }

  /** Deletes a route; one that is gone already, as when its interface is, is none. */
  deleteRoute(route: DefaultRoute, deviceName: string): void {
    const command = routeCommand("del", route, deviceName);
    this.#unlessGone(routeDelete(route), `Cannot delete the route "${command}"`, command);
  }

  close(): void {
    this.#netlink.close();
  }

  #unlessGone(request: Uint8Array, action: string, command: string): void {
    try {
      this.#netlink.change(request, action);
    } catch (error) {
      if (hasCode(error, "ENOENT", "ESRCH", "ENODEV")) return;
      throw error;
    }
    this.#log(command);
  }
}

function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof SystemError && codes.includes(error.code);
}
