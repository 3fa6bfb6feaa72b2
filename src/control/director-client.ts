/**
 * What only a director of ours can be asked: its status files, variables and state, and to stop.
 *
 * @module
 */
import { Attributes } from "../wire/netlink-attributes.ts";
import {
  readItem,
  readText,
  type StatusItem,
  type Sysctl,
  UIPVS_COMMAND,
  UIPVS_NAME,
  UIPVS_POLICY,
  writeItem,
  writeName,
  writeTicks,
  writeVariables,
} from "../wire/uipvs-genl.ts";
import { type Fill, NetlinkClient, understand } from "./netlink-client.ts";
import type { Transport } from "./transport.ts";

/**
 * A client of the family `UIPVS`. Every method rejects with an `IpvsError` when it is refused:
 * ENOPROTOOPT by a peer that has no such family, EOPNOTSUPP by a director that does not offer it.
 */
export class DirectorClient {
  readonly #client: NetlinkClient;

  /** @param transport left open; others may use it at the same time */
  constructor(transport: Transport) {
    this.#client = new NetlinkClient(transport, UIPVS_NAME);
  }

  /**
   * Yields the text of a status file, such as `ip_vs_conn`, in pieces as they come.
   *
   * @param ticksPerSecond what times in ticks count, 1 or more; as the director's clock unless given
   * @throws IpvsError ENOENT for a file that does not exist
   */
  async *statusFile(
    name: string,
    ticksPerSecond?: number,
  ): AsyncGenerator<string, void, undefined> {
    const decoder = new TextDecoder();
    const parts = this.#client.stream(UIPVS_COMMAND.getFile, (writer) => {
      writeName(writer, name);
      if (ticksPerSecond !== undefined) writeTicks(writer, ticksPerSecond);
    });
    for await (const { attributes } of parts) yield decoder.decode(readText(parse(attributes)));
  }

  /** Returns all variables. */
  async sysctls(): Promise<readonly Sysctl[]> {
    const items = await this.#items(UIPVS_COMMAND.getSysctl);
    return items.map(({ name, value }) => ({ name, value: String(value) }));
  }

  /**
   * Returns the value of a variable.
   *
   * @throws IpvsError ENOENT for a name unknown
   */
  async sysctl(name: string): Promise<string> {
    const reply = await this.#client.request(UIPVS_COMMAND.getSysctl, (writer) =>
      writeName(writer, name),
    );
    const attributes = reply?.attributes ?? new Uint8Array(0);
    return understand(() => String(readItem(parse(attributes)).value));
  }

  /**
   * Sets a variable.
   *
   * @throws IpvsError ENOENT for a name unknown, EINVAL for a value that is refused
   */
  async setSysctl(name: string, value: string): Promise<void> {
    await this.#client.request(UIPVS_COMMAND.setSysctl, (writer) =>
      writeItem(writer, { name, value }),
    );
  }

  /**
   * Sets variables one after the other: all, or none if one is refused.
   *
   * @throws IpvsError as `setSysctl` does
   */
  async setSysctls(settings: readonly Sysctl[]): Promise<void> {
    await this.#client.request(UIPVS_COMMAND.setSysctls, (writer) =>
      writeVariables(writer, settings),
    );
  }

  /** Returns what the director tells of itself, in its own order. */
  status(): Promise<readonly StatusItem[]> {
    return this.#items(UIPVS_COMMAND.getStatus);
  }

  /** Has the director end; it still answers before it does. */
  async stop(): Promise<void> {
    await this.#client.request(UIPVS_COMMAND.stop);
  }

  async #items(command: number, fill?: Fill): Promise<readonly StatusItem[]> {
    const replies = await this.#client.list(command, fill);
    return replies.map(({ attributes }) => understand(() => readItem(parse(attributes))));
  }
}

function parse(attributes: Uint8Array): Attributes {
  return understand(() => Attributes.parse(attributes, UIPVS_POLICY));
}
