/**
 * What a story is told in: a client, a director and three web servers, real or simulated.
 *
 * @module
 */
import type { ForwardingMethod } from "../../wire/ipvs-objects.ts";
import type { WebAnswer, WebOrder } from "../web-order.ts";

/** Address and port of the virtual service: the example of ipvsadm(8). */
export const VIRTUAL = { address: "192.168.1.100", port: 80 } as const;

/** Address of the client. */
export const CLIENT = "192.168.1.10";

/** Addresses of clients in two networks beyond the client's host, for the chapter on persistence. */
export const FAR_CLIENTS: readonly string[] = [
  "10.1.1.1",
  "10.1.1.2",
  "10.1.1.3",
  "10.1.2.1",
  "10.1.2.2",
  "10.1.2.3",
];

/** A web server behind the director. */
export interface RealServer {
  readonly name: string;
  readonly address: string;
}

/** The web servers, named after the last octet of their addresses. */
export const REAL_SERVERS: readonly RealServer[] = [
  { name: "web2", address: "172.16.16.2" },
  { name: "web3", address: "172.16.16.3" },
  { name: "web4", address: "172.16.16.4" },
];

/** The methods the laboratory can be arranged for. */
export type LabMethod = Extract<ForwardingMethod, "masquerade" | "direct-route" | "tunnel">;

/** What `uipvsadm` left behind. */
export interface Obeyed {
  readonly status: number;
  /** Everything it printed. */
  readonly output: string;
}

/** A laboratory that is up. */
export interface Laboratory {
  /** What it is, in one line. */
  readonly description: string;
  /**
   * Arranges the real servers for a method and starts a new director without any rules.
   *
   * @param show takes each command that is run for it, with the host's prompt before it
   * @throws Error when a command fails or the director does not start
   */
  arrange(method: LabMethod, show: (line: string) => void): Promise<void>;
  /** Runs `uipvsadm` on the director with the words that follow its name, and what it reads. */
  uipvsadm(words: readonly string[], input: string): Promise<Obeyed>;
  /** Sends one request from the client; resolves also when nobody answers. */
  request(order: WebOrder): Promise<WebAnswer>;
  /** How to enter the hosts from another terminal, one line each; empty when there are none. */
  directions(): readonly string[];
  /** Takes everything down. Calling it again does nothing. */
  close(): Promise<void>;
}
