/**
 * The packet a page asks about.
 *
 * @module
 */
import type { ExplainClient } from "../control/explain-client.ts";
import type { Explanation } from "../engine/explain/explanation.ts";
import { packetOf } from "../engine/explain/question.ts";
import { parseAddress } from "../net/address.ts";
import { type Endpoint, parseEndpoint } from "../net/endpoint.ts";
import { SCTP, TCP, UDP } from "../net/protocol.ts";
import * as tcp from "../wire/tcp.ts";
import type { ExplainRequest } from "./api.ts";
import { BadRequest } from "./requests.ts";

const PROTOCOLS = { tcp: TCP, udp: UDP, sctp: SCTP } as const;
const FLAGS: Readonly<Record<string, number>> = {
  FIN: tcp.FIN,
  SYN: tcp.SYN,
  RST: tcp.RST,
  PSH: tcp.PSH,
  ACK: tcp.ACK,
  URG: tcp.URG,
};
/** Port of a client that is given without one. */
const CLIENT_PORT = 40000;

/**
 * Returns what would become of the packet.
 *
 * @throws SyntaxError, RangeError or BadRequest for what is none
 */
export function explain(director: ExplainClient, request: ExplainRequest): Promise<Explanation> {
  const packet = packetOf({
    protocol: PROTOCOLS[request.protocol],
    client: clientEnd(request.client.trim()),
    service: parseEndpoint(request.service.trim()),
    flags: request.flags === undefined ? undefined : flagBits(request.flags),
  });
  return director.explain({ packet, mark: request.fwmark ?? 0 });
}

function clientEnd(text: string): Endpoint {
  const hasPort = text.startsWith("[") || /^[^:]*:[^:]*$/.test(text);
  return hasPort ? parseEndpoint(text) : { address: parseAddress(text), port: CLIENT_PORT };
}

function flagBits(text: string): number {
  let bits = 0;
  for (const name of text.toUpperCase().split(",")) {
    const bit = Object.hasOwn(FLAGS, name) ? FLAGS[name] : undefined;
    if (bit === undefined) {
      throw new BadRequest(
        `Unknown TCP flag "${name}": must be of ${Object.keys(FLAGS).join(", ")}`,
      );
    }
    bits |= bit;
  }
  return bits;
}
