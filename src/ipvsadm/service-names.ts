/**
 * The table of service names, services(5): `http 80/tcp www`.
 *
 * @module
 */
import { SCTP, TCP, UDP } from "../net/protocol.ts";

const PROTOCOLS: Readonly<Record<string, number>> = { tcp: TCP, udp: UDP, sctp: SCTP };

/** Names and ports both ways; the first line that fits counts. */
export class ServiceNames {
  readonly #ports = new Map<string, number>();
  readonly #names = new Map<string, string>();

  /** @param text the file; lines that make no sense are passed over */
  constructor(text: string) {
    for (const line of text.split("\n")) {
      const [name, target, ...aliases] = line.replace(/#.*/, "").split(/\s+/).filter(Boolean);
      const [port, protocolName] = target?.split("/") ?? [];
      const protocol = PROTOCOLS[protocolName ?? ""];
      if (name === undefined || protocol === undefined || !/^\d{1,5}$/.test(port ?? "")) continue;
      for (const alias of [name, ...aliases]) {
        setOnce(this.#ports, `${alias}/${protocol}`, Number(port));
      }
      setOnce(this.#names, `${Number(port)}/${protocol}`, name);
    }
  }

  /** Returns the port of a name or alias for a protocol number; case matters. */
  portOf(name: string, protocol: number): number | undefined {
    return this.#ports.get(`${name}/${protocol}`);
  }

  /** Returns the official name of a port for a protocol number. */
  nameOf(port: number, protocol: number): string | undefined {
    return this.#names.get(`${port}/${protocol}`);
  }
}

function setOnce<Value>(map: Map<string, Value>, key: string, value: Value): void {
  if (!map.has(key)) map.set(key, value);
}
