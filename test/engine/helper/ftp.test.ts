/**
 * The FTP helper in a director. Beside it the recordings `ftp-*` hold it to a kernel, byte for byte.
 */
import t, { type Test } from "tap";
import { Director } from "../../../src/engine/director.ts";
import { REASONS } from "../../../src/engine/verdict.ts";
import { type TcpFields, tcp } from "../../support/packet.ts";
import { VIP, Wire } from "../support.ts";

const CLIENT = "10.1.2.3:1000";
const SERVER = "192.168.10.11";
const ANSWER = `227 Entering Passive Mode (${SERVER.replaceAll(".", ",")},15,160).\r\n`;
const TRANSLATED = `227 Entering Passive Mode (${VIP.replaceAll(".", ",")},15,160).\r\n`;
const SHRUNK = ANSWER.length - TRANSLATED.length;

type Fields = Omit<TcpFields, "from" | "to">;

/** A control connection through a director, by hand. */
class Control {
  readonly wire: Wire;
  readonly #port: number;
  constructor(
    options: ConstructorParameters<typeof Wire>[0] = {},
    port = 21,
    method = "masquerade",
  ) {
    this.wire = new Wire(options);
    this.#port = port;
    this.wire.service("tcp", port, { scheduler: "rr" });
    this.wire.server("tcp", port, `${SERVER}:21`, { method: method as "masquerade" });
  }

  /** Opens the connection: the client's next byte is 101, the server's 1001. */
  open(): this {
    this.client({ flags: "S", seq: 100 });
    this.server({ flags: "SA", seq: 1000, ack: 101 });
    this.client({ flags: "A", seq: 101, ack: 1001 });
    return this;
  }

  client(fields: Fields): Seen | undefined {
    return this.#send(tcp({ from: CLIENT, to: `${VIP}:${this.#port}`, ...fields }));
  }

  server(fields: Fields): Seen | undefined {
    return this.#send(tcp({ from: `${SERVER}:21`, to: CLIENT, ...fields }));
  }

  get why(): string {
    return REASONS[this.wire.director.decision.reason]!;
  }

  get listed(): readonly string[] {
    return [...this.wire.director.connections()]
      .map(({ state, clientPort, virtualPort }) => `${state} ${clientPort} ${virtualPort}`)
      .sort();
  }

  #send(packet: Uint8Array): Seen | undefined {
    const sent = [...this.wire.send(packet).map(({ packet }) => packet)];
    for (let next = this.wire.device.takeAccepted(); next; next = this.wire.device.takeAccepted()) {
      sent.push(next);
    }
    return sent[0] && seen(sent[0]);
  }
}

interface Seen {
  readonly seq: number;
  readonly ack: number;
  readonly text: string;
}

function seen(packet: Uint8Array): Seen {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
  const payload = packet.subarray(20 + (view.getUint8(32) >>> 4) * 4);
  return {
    seq: view.getUint32(24),
    ack: view.getUint32(28),
    text: Buffer.from(payload).toString(),
  };
}

/** A control connection whose server has answered PASV. */
function answered(t: Test): Control {
  const control = new Control().open();
  control.client({ flags: "PA", seq: 101, ack: 1001, payload: "PASV\r\n" });
  t.match(control.server({ flags: "PA", seq: 1001, ack: 107, payload: ANSWER }), {
    seq: 1001,
    text: TRANSLATED,
  });
  return control;
}

t.test("an answer that comes again is translated again", async (t) => {
  const control = answered(t);
  const again = control.server({ flags: "PA", seq: 1001, ack: 107, payload: ANSWER });
  t.match(again, { seq: 1001, ack: 107, text: TRANSLATED });
  t.match(control.client({ flags: "A", seq: 107, ack: 1001 + TRANSLATED.length }), {
    ack: 1001 + ANSWER.length,
  });
  const next = control.server({
    flags: "PA",
    seq: 1001 + ANSWER.length,
    ack: 107,
    payload: "150 Here it comes\r\n",
  });
  t.match(next, { seq: 1001 + TRANSLATED.length, text: "150 Here it comes\r\n" });
  t.same(control.listed, ["ESTABLISHED 1000 21", "LISTEN 0 4000"], "one data connection");
});

t.test("numbers are those of the new stream when the client begins anew", async (t) => {
  const control = answered(t);
  control.server({ flags: "R", seq: 1001 + ANSWER.length });
  t.match(control.listed, [/^CLOSE/, /^LISTEN/]);
  t.match(control.client({ flags: "S", seq: 70_000 }), { seq: 70_000 });
  t.match(control.server({ flags: "SA", seq: 80_000, ack: 70_001 }), { seq: 80_000, ack: 70_001 });
  t.match(control.client({ flags: "A", seq: 70_001, ack: 80_001 }), { ack: 80_001 });
  t.match(control.server({ flags: "PA", seq: 80_001, ack: 70_001, payload: "220\r\n" }), {
    seq: 80_001,
  });
});

t.test("a packet of a control connection whose checksum is wrong is dropped", async (t) => {
  const control = new Control().open();
  for (const packet of [
    () => control.server({ seq: 1001, ack: 101, payload: "220 x\r\n", checksum: 0x1234 }),
    () => control.client({ seq: 101, ack: 1001, checksum: 0x1234 }),
  ]) {
    t.equal(packet(), undefined);
    t.equal(control.why, "bad-tcp-checksum");
  }
  const other = new Control({}, 22).open();
  t.ok(other.client({ seq: 101, ack: 1001, checksum: 0x1234 }), "others are none of its business");
});

t.test("an answer that does not fit is dropped", async (t) => {
  const control = new Control().open();
  control.client({ flags: "PA", seq: 101, ack: 1001, payload: "PASV\r\n" });
  const short = "227 (1,1,1,1,1,1)";
  // As long as an IP packet can be, so that three bytes more make it too long.
  const payload = short + "x".repeat(65_535 - 40 - short.length);
  t.equal(control.server({ flags: "PA", seq: 1001, ack: 107, payload }), undefined);
  t.equal(control.why, "helper-refused");
});

t.test("a data connection keeps its control connection, and both end", async (t) => {
  const control = answered(t);
  t.match(control.wire.director.helpers(), [{ name: "ftp", port: 21, useCount: 1 }]);
  control.client({ flags: "R", seq: 107 });
  control.wire.wait(15);
  t.same(control.listed.length, 2, "the control connection is kept");
  control.wire.wait(400);
  t.equal(control.wire.director.connectionCount, 0);
  t.match(control.wire.director.helpers(), [{ port: 21, useCount: 0 }]);
});

t.test("the helper follows masqueraded connections to its ports", async (t) => {
  const other = new Control({ ftpPorts: [21, 2121] }, 2121).open();
  other.client({ flags: "PA", seq: 101, ack: 1001, payload: "PASV\r\n" });
  const answer = other.server({ flags: "PA", seq: 1001, ack: 107, payload: ANSWER });
  t.equal(answer?.text, TRANSLATED);
  t.match(other.wire.director.helpers(), [
    { port: 21, useCount: 0 },
    { port: 2121, useCount: 1 },
  ]);

  const direct = new Control({}, 21, "direct-route").open();
  t.match(direct.wire.director.helpers(), [{ useCount: 0 }]);
  const none = new Control({ ftpPorts: [] }).open();
  none.client({ flags: "PA", seq: 101, ack: 1001, payload: "PASV\r\n" });
  t.equal(none.server({ flags: "PA", seq: 1001, ack: 107, payload: ANSWER })?.text, ANSWER);
});

t.test("a list of ports is 8 long at most, and of ports", async (t) => {
  const { clock, host } = new Wire().parts;
  const make = (ftpPorts: readonly number[]) => () =>
    new Director({ schedulers: new Map(), clock, host, ftpPorts });
  t.doesNotThrow(make([1, 2, 3, 4, 5, 6, 7, 8]));
  t.throws(make([1, 2, 3, 4, 5, 6, 7, 8, 9]), { message: /9 FTP ports: must be at most 8/ });
  for (const port of [0, 65_536, 1.5]) t.throws(make([port]), { message: /must be 1–65535/ });
});

t.test("what was taken out of an answer is given back to later acknowledgments", async (t) => {
  const control = answered(t);
  const acked = control.client({ flags: "A", seq: 107, ack: 1001 + TRANSLATED.length });
  t.equal(acked?.ack, 1001 + TRANSLATED.length + SHRUNK);
});
