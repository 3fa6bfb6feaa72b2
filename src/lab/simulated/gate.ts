/**
 * The door to the hosts of a simulated lab, for the programs a student runs: a port of the machine's loopback, as the
 * shell itself can open nothing else.
 *
 *     SECRET HOST connect ADDRESS PORT [FROM]    a line `ok`, then what is sent and received; else a line that says why not
 *     SECRET HOST ip WORD…                       a line with the exit status, then what is printed, on the error output
 *                                                where the status is not 0
 *
 * @module
 */
import { randomBytes, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import type { SimulatedHost } from "./host.ts";
import type { SimulatedNetwork } from "./network.ts";

const SECRET_BYTES = 18;
/** Longest line that is read. */
const MAX_LINE = 4096;

/** The open door. */
export class Gate {
  /** Port and secret, as `GATE_VARIABLE` has them. */
  readonly key: string;
  readonly #server: Server;
  readonly #sockets: Set<Socket>;

  private constructor(key: string, server: Server, sockets: Set<Socket>) {
    this.key = key;
    this.#server = server;
    this.#sockets = sockets;
  }

  /** Opens it. */
  static async open(network: SimulatedNetwork): Promise<Gate> {
    const secret = randomBytes(SECRET_BYTES).toString("base64url");
    const sockets = new Set<Socket>();
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      sockets.add(socket);
      socket.once("close", () => sockets.delete(socket));
      // Whoever is gone need not be told.
      socket.on("error", () => {});
      firstLine(socket, (line, rest) => answer(network, secret, socket, line, rest));
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new Gate(`${(server.address() as AddressInfo).port} ${secret}`, server, sockets);
  }

  async close(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

/** Reads the first line, and hands it on with what came behind it. */
function firstLine(socket: Socket, take: (line: string, rest: string) => void): void {
  let text = "";
  const read = (piece: Buffer): void => {
    text += piece.toString("latin1");
    const end = text.indexOf("\n");
    if (end < 0) {
      if (text.length > MAX_LINE) socket.destroy();
      return;
    }
    socket.off("data", read);
    take(text.slice(0, end), text.slice(end + 1));
  };
  socket.on("data", read);
}

function answer(
  network: SimulatedNetwork,
  secret: string,
  socket: Socket,
  line: string,
  rest: string,
): void {
  const [given = "", name = "", verb, ...words] = line.split(" ");
  const host = network.host(name);
  if (!isSame(given, secret) || host === undefined) {
    socket.destroy();
    return;
  }
  if (verb === "connect") connect(host, socket, words, rest);
  else if (verb === "ip") {
    const { status, stdout, stderr } = host.ip(words);
    socket.end(`${status}\n${stdout}${stderr}`);
  } else socket.destroy();
}

function isSame(given: string, secret: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(secret)];
  return one.length === other.length && timingSafeEqual(one, other);
}

/** Opens a connection from a host, and passes on what goes each way. */
function connect(
  host: SimulatedHost,
  socket: Socket,
  [address = "", port = "", from]: readonly string[],
  rest: string,
): void {
  let opened = false;
  const connection = host.connect(address, Number(port), from, {
    opened: () => {
      opened = true;
      socket.write("ok\n");
    },
    received: (text) => socket.write(text, "latin1"),
    ended: () => socket.end(),
    failed: (reason) => {
      if (opened) socket.resetAndDestroy();
      else socket.end(`${reason}\n`);
    },
  });
  if (typeof connection === "string") {
    socket.end(`${connection}\n`);
    return;
  }
  connection.open();
  connection.write(rest);
  socket.on("data", (piece) => connection.write(piece.toString("latin1")));
  socket.once("end", () => {
    connection.close();
    socket.end();
  });
  socket.once("close", () => connection.close());
}
