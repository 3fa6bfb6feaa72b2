/**
 * Which packets a trace follows, as people write it.
 *
 * @module
 */
import type { TraceFilter } from "../engine/explain/trace.ts";
import { parseAddress } from "../net/address.ts";
import { parseEndpoint } from "../net/endpoint.ts";
import { parsePrefix } from "../net/prefix.ts";
import type { TraceRequest } from "../wire/uipvs-explain.ts";

const MAX_MARK = 0xffffffff;

/**
 * Returns the filter of a request.
 *
 * @throws SyntaxError for a text that is none: it says what it has to be
 */
export function parseTraceFilter(
  request: Pick<TraceRequest, "client" | "service" | "server">,
): TraceFilter {
  const { client, service, server } = request;
  return {
    client: client === undefined ? undefined : parsePrefix(client),
    service: service === undefined ? undefined : parseService(service),
    server: server === undefined ? undefined : parseServer(server),
  };
}

function parseService(text: string): NonNullable<TraceFilter["service"]> {
  if (/^\d{1,10}$/.test(text)) {
    const fwmark = Number(text);
    if (fwmark >= 1 && fwmark <= MAX_MARK) return { fwmark };
    throw new SyntaxError(`Cannot parse firewall mark "${text}": must be 1–${MAX_MARK}`);
  }
  const { address, port } = parseEndpoint(text);
  return { address: address.words, port };
}

function parseServer(text: string): NonNullable<TraceFilter["server"]> {
  const hasPort = text.startsWith("[") || /^[^:]*:[^:]*$/.test(text);
  if (!hasPort) return { address: parseAddress(text).words };
  const { address, port } = parseEndpoint(text);
  return { address: address.words, port };
}
