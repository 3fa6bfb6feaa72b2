/**
 * The control connections of FTP, and what is known of each beside its record.
 *
 * A connection's record has one bit that says whether there is anything: packets of others pay no more
 * than to look at it.
 *
 * Source: linux ip_vs_ftp.c, ip_vs_proto_tcp.c `tcp_app_conn_bind`.
 *
 * @module
 */
import { TCP } from "../../net/protocol.ts";
import {
  CONNECTION_FLAG,
  type ConnectionHandle,
  type ConnectionRecords,
  type ConnectionSeed,
} from "../connection-records.ts";
import { FTP_MODE, type FtpMode } from "./ftp-text.ts";
import { SequenceShift } from "./sequence.ts";

/** Port of FTP's control connections (RFC 959 §8). */
export const FTP_PORT = 21;
/** Ports the helper can watch. */
const MOST_PORTS = 8;

/** A port that is watched, and how many connections are followed on it. */
export interface FtpPort {
  readonly port: number;
  count: number;
}

/** What is known of one control connection. */
export class FtpConnection {
  mode: FtpMode = FTP_MODE.active;
  /** What the server's last translated answer was an answer to, and its sequence number. */
  answeredMode: FtpMode = FTP_MODE.active;
  answeredAt = 0;
  /** Of the bytes the client sends, which nothing changes so far. */
  input = new SequenceShift();
  /** Of the bytes the server sends. */
  output = new SequenceShift();

  /**
   * Takes over what another director told of the bytes.
   *
   * @param flags of the connection, which say of which direction something is told
   * @param words six: where, how much behind and how much before, of requests and then of replies
   */
  adopt(flags: number, words: Readonly<Uint32Array>): void {
    const shift = (from: number) =>
      new SequenceShift(words[from]!, words[from + 2]! | 0, words[from + 1]! | 0);
    if ((flags & CONNECTION_FLAG.inputSequence) !== 0) this.input = shift(0);
    if ((flags & CONNECTION_FLAG.outputSequence) !== 0) this.output = shift(3);
  }

  /** Forgets what had become of the bytes: both ends begin anew. */
  restart(): void {
    this.answeredMode = FTP_MODE.active;
    this.input = new SequenceShift();
    this.output = new SequenceShift();
  }
}

/** The control connections of one director. */
export class FtpConnections {
  readonly ports: readonly FtpPort[];
  readonly #byHandle = new Map<ConnectionHandle, FtpConnection>();

  /**
   * @param ports virtual ports on which clients speak FTP
   * @throws RangeError when there are more than 8, or one is no port
   */
  constructor(ports: readonly number[]) {
    if (ports.length > MOST_PORTS) {
      throw new RangeError(`Cannot watch ${ports.length} FTP ports: must be at most ${MOST_PORTS}`);
    }
    for (const port of ports) {
      if (!Number.isInteger(port) || port < 1 || port > 65535) {
        throw new RangeError(`Cannot watch FTP port ${port}: must be 1–65535`);
      }
    }
    this.ports = ports.map((port) => ({ port, count: 0 }));
  }

  /** Whether a new connection speaks FTP through masquerading. */
  isOne(seed: Readonly<Pick<ConnectionSeed, "protocol" | "virtualPort" | "flags">>): boolean {
    return (
      (seed.flags & (CONNECTION_FLAG.methodMask | CONNECTION_FLAG.template)) === 0 &&
      this.isWatched(seed.protocol, seed.virtualPort)
    );
  }

  /** Whether connections to a virtual port may speak FTP. */
  isWatched(protocol: number, virtualPort: number): boolean {
    if (protocol !== TCP) return false;
    for (const { port } of this.ports) if (port === virtualPort) return true;
    return false;
  }

  /** Follows a new connection. */
  add(records: ConnectionRecords, handle: ConnectionHandle): void {
    records.setHelped(handle, true);
    records.setFlags(handle, records.flags(handle) | CONNECTION_FLAG.conntrack);
    this.#byHandle.set(handle, new FtpConnection());
    this.#count(records.virtualPort(handle), 1);
  }

  /** Returns what is known of a connection that is followed. */
  get(handle: ConnectionHandle): FtpConnection {
    return this.#byHandle.get(handle)!;
  }

  /** Forgets a connection that has ended. */
  remove(records: ConnectionRecords, handle: ConnectionHandle): void {
    this.#byHandle.delete(handle);
    records.setHelped(handle, false);
    this.#count(records.virtualPort(handle), -1);
  }

  #count(port: number, change: 1 | -1): void {
    for (const watched of this.ports) if (watched.port === port) watched.count += change;
  }
}
