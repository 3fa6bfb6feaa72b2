import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import t, { type Test } from "tap";
import { LineChannel } from "../../src/parity/line-channel.ts";

/** Two ends of a channel, what went over the wires between them, and their folder. */
function ends(t: Test) {
  const folder = mkdtempSync(join(tmpdir(), "uipvs-channel-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const wires = { toGuest: "", toHost: "" };
  const toGuest = new PassThrough({ encoding: "latin1" });
  const toHost = new PassThrough({ encoding: "latin1" });
  const host = new LineChannel({
    input: toHost as AsyncIterable<string>,
    write: (text) => {
      wires.toGuest += text;
      // In pieces, as a terminal gives them.
      for (let at = 0; at < text.length; at += 7) toGuest.write(text.slice(at, at + 7), "latin1");
    },
    folder,
    side: "host",
  });
  const guest = new LineChannel({
    input: toGuest as AsyncIterable<string>,
    write: (text) => {
      wires.toHost += text;
      toHost.write(text.replaceAll("\n", "\r\n"), "latin1");
    },
    folder,
    side: "guest",
  });
  return { host, guest, wires, folder, hangUp: () => toGuest.end() };
}

t.test("short messages are lines of ASCII, whatever is in them", async (t) => {
  const { host, guest, wires } = ends(t);
  const message = { words: ["ä€😀", "two\nlines\r", '"'], number: 1.5, nothing: null };
  host.send(message);
  guest.send([message]);
  t.same(await guest.receive(), message);
  t.same(await host.receive(), [message]);
  t.match(wires.toGuest, /^[\x20-\x7e]+\n$/);
});

t.test("a long message goes through a file that is gone when it has been read", async (t) => {
  const { host, guest, wires, folder } = ends(t);
  for (const length of [2000, 500_000]) {
    const message = { text: "€".repeat(length) };
    host.send(message);
    t.same(await guest.receive(), message);
  }
  t.equal(wires.toGuest, "@host-1.json\n@host-2.json\n");
  t.same(readdirSync(folder), []);
});

t.test("messages that came at once are given one by one", async (t) => {
  const { host, guest } = ends(t);
  for (const number of [1, 2, 3]) host.send(number);
  t.same([await guest.receive(), await guest.receive(), await guest.receive()], [1, 2, 3]);
});

t.test("the other side's end is an error", async (t) => {
  const { guest, hangUp } = ends(t);
  hangUp();
  await t.rejects(guest.receive(), { message: "The other side of the channel is gone" });
});
