import t from "tap";
import type { Segment } from "../../../src/lab/simulated/segment.ts";
import { CLOSE, SimulatedWebServer } from "../../../src/lab/simulated/web-server.ts";
import { ACK, FIN, PSH, SYN } from "../../../src/wire/tcp.ts";

const CLIENT = { address: 0xc0a8010a, port: 40_000 };
const SERVER = { address: 0xac101002, port: 80 };
const REQUEST = "GET / HTTP/1.1\r\nhost: lab\r\n\r\n";

/** A connection to a web server; `send` returns the segments that come back. */
function open(): (payload: string) => readonly Segment[] {
  const sent: Segment[] = [];
  const server = new SimulatedWebServer("web1", (segment) => sent.push(segment));
  const ends = { from: CLIENT, to: SERVER, sequence: 1, acknowledgment: 1 };
  server.receive({ ...ends, flags: SYN, payload: "" });
  return (payload) => {
    sent.length = 0;
    server.receive({ ...ends, flags: ACK | PSH, payload });
    return [...sent];
  };
}

t.test("a request that comes in pieces is answered once, when it is whole", async (t) => {
  const send = open();
  const pieces = ["GET / HTTP/1.1\r\n", "host: lab\r\n\r", "\n"];
  t.same(
    pieces.map((piece) => send(piece).length),
    [0, 0, 1],
  );
  t.same(send("\n"), [], "an empty line asks for nothing");
});

t.test("requests that come together are answered one by one", async (t) => {
  const answers = open()(REQUEST + REQUEST);
  t.equal(answers.length, 2);
  for (const { payload } of answers) t.match(payload, /^HTTP\/1\.1 200 OK\r\n.*web1/s);
});

t.test("the last request of a connection ends it", async (t) => {
  const answers = open()(REQUEST.replace("host: lab", CLOSE));
  t.same(
    answers.map(({ flags }) => flags),
    [ACK | PSH, ACK | FIN],
  );
});

t.test("a head without end is forgotten", async (t) => {
  const send = open();
  t.same(send("x".repeat(20_000)), []);
  t.equal(send(REQUEST).length, 1);
});
