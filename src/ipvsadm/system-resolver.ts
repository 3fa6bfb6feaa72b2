/**
 * Names as this system knows them: the hosts file, the name servers, the services file.
 *
 * Reverse look-ups do not go through the C library: its threads cannot be called off, and would hold
 * up the end of the program for as long as a dead name server is waited for. What reads files and asks
 * servers is loaded when the first name is asked for, as most commands ask for none.
 *
 * @module
 */
import { type Address, formatAddress } from "../net/address.ts";
import { parseHosts } from "./hosts-file.ts";
import { inetPton4 } from "./inet.ts";
import { reverseName } from "./reverse-name.ts";
import type { Resolver } from "./world.ts";

/** Time a name server is given, in milliseconds. */
const NAME_SERVER_TIMEOUT = 1000;

/** Codes of look-ups no name server has answered; with others, one has said that it knows no name. */
const SILENCE: ReadonlySet<string> = new Set(["ETIMEOUT", "ECONNREFUSED"]);

/** Returns a resolver that reads each file at most once. */
export function systemResolver(): Resolver {
  const dns = once(() => import("node:dns/promises"));
  const servers = once(async () => {
    const { Resolver: NameServers } = await dns();
    return new NameServers({ timeout: NAME_SERVER_TIMEOUT, tries: 1 });
  });
  let hosts: Promise<ReadonlyMap<string, string>> | undefined;
  return {
    async addressOf(host) {
      const { lookup } = await dns();
      const found = await lookup(host, { family: 4 }).catch(() => undefined);
      return found && inetPton4(found.address);
    },
    async hostOf(address: Address) {
      hosts ??= textOf("/etc/hosts").then(parseHosts);
      const text = formatAddress(address);
      const known = (await hosts).get(text);
      if (known !== undefined) return known;
      try {
        // Not `reverse`, which takes silence for the answer that there is no name.
        const [name] = await (await servers()).resolvePtr(reverseName(address));
        return name;
      } catch (error) {
        if (SILENCE.has((error as NodeJS.ErrnoException).code ?? "")) throw error;
        return undefined;
      }
    },
    services: () => textOf("/etc/services"),
  };
}

/** Returns a function that asks `make` the first time only. */
function once<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** Returns the text of a file, empty for one that cannot be read. */
async function textOf(path: string): Promise<string> {
  const { readFile } = await import("node:fs/promises");
  return readFile(path, "utf8").catch(() => "");
}
