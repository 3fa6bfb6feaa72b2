/**
 * The page of a director.
 *
 * @module
 */
import { DirectorClient } from "../control/director-client.ts";
import { ExplainClient } from "../control/explain-client.ts";
import { NetlinkBackend } from "../control/netlink-backend.ts";
import type { Transport } from "../control/transport.ts";
import type { WebAddress } from "./address.ts";
import { newToken, tokenFromFile } from "./token.ts";
import { WebServer } from "./web-server.ts";

export { isLoopbackHost, parseWebAddress, type WebAddress } from "./address.ts";
export type { WebServer } from "./web-server.ts";

/** Which page is to be served. */
export interface PageOptions {
  readonly address: WebAddress;
  /** File that holds the token, or will; a token of its own unless given. */
  readonly tokenFile?: string | undefined;
}

/**
 * Serves the page of the director at the other end of `transport`.
 *
 * @throws Error when the address cannot be listened at, the token not be read, or the page is not built
 */
export function servePage(transport: Transport, options: PageOptions): Promise<WebServer> {
  const { address, tokenFile } = options;
  return WebServer.start({
    address,
    token: tokenFile === undefined ? newToken() : tokenFromFile(tokenFile),
    backend: new NetlinkBackend(transport),
    director: new DirectorClient(transport),
    explainer: new ExplainClient(transport),
  });
}
