/**
 * What the web servers of a laboratory answer, and how their clients read it.
 *
 * One line of text: `real server web2, client 192.168.1.10:40000`. The client's address is the one
 * the server sees: the true one with every forwarding method, as the director never puts its own in.
 *
 * @module
 */

/** The content of an answer. */
export interface WebPage {
  /** Name of the real server. */
  readonly server: string;
  /** Address of the client as the server saw it. */
  readonly client: string;
}

/**
 * Returns the page a server answers with.
 *
 * @param received bytes of what came with the request; told unless there are none
 */
export function formatPage(
  server: string,
  client: string,
  clientPort: number,
  received = 0,
): string {
  const upload = received === 0 ? "" : `, ${received} bytes received`;
  return `real server ${server}, client ${client}:${clientPort}${upload}\n`;
}

/** Returns what a page says, or `undefined` for any other text. */
export function parsePage(text: string): WebPage | undefined {
  const match = /^real server (\S+), client (\S+):\d+\n$/.exec(text);
  const [, server, client] = match ?? [];
  return server === undefined || client === undefined ? undefined : { server, client };
}
