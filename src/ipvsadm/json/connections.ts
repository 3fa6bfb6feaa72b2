/**
 * Connections as JSON values. Described in docs/json.md.
 *
 * @module
 */
import type { ConnectionEntry } from "../../control/conn-entries.ts";
import { formatAddress } from "../../net/address.ts";
import type { Endpoint } from "../../net/endpoint.ts";

/** Protocol the template of a firewall-mark service is listed under. */
const ANY_PROTOCOL = "IP";

/** Returns a connection or template. */
export function connectionJson(entry: ConnectionEntry): object {
  const { protocol, client, virtual, destination, state, expires } = entry;
  const marked = protocol === ANY_PROTOCOL;
  return {
    protocol: protocol.toLowerCase(),
    state,
    expires,
    client: endpointJson(client),
    // The mark stands in the first word of the address.
    virtual: marked ? null : endpointJson(virtual),
    fwmark: marked ? virtual.address.words[0]! : null,
    server: endpointJson(destination),
    persistenceEngine:
      entry.engineName === undefined
        ? null
        : { name: entry.engineName, data: entry.engineData ?? "" },
  };
}

function endpointJson({ address, port }: Endpoint): object {
  return { address: formatAddress(address), port };
}
