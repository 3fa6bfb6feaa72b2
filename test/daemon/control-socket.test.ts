import { once } from "node:events";
import { existsSync, mkdirSync, renameSync, statSync, writeFileSync } from "node:fs";
import { createConnection, createServer, type Socket } from "node:net";
import { join } from "node:path";
import t, { type Test } from "tap";
import { ControlSocket, occupancy, preparePath } from "../../src/daemon/control-socket.ts";
import { temporaryFolder } from "./support.ts";

/** A message that asks for a reply of that many bytes. */
function ask(replyLength: number): Uint8Array {
  const bytes = new Uint8Array(20);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length, true);
  view.setUint32(16, replyLength, true);
  return bytes;
}

/** Bytes of an answer given at a time. */
const PIECE = 65536;

/** Answers each message with as many bytes as it asks for, and counts. */
class Replies {
  asked = 0;
  pieces = 0;

  async *answer(messages: Uint8Array): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < messages.length; at += 20) {
      yield* this.#replyOf(new DataView(messages.buffer, at).getUint32(16, true));
    }
  }

  *#replyOf(length: number): Generator<Uint8Array> {
    this.asked++;
    const bytes = new Uint8Array(length).fill(this.asked);
    for (let from = 0; from < bytes.length; from += PIECE) {
      this.pieces++;
      yield bytes.subarray(from, from + PIECE);
    }
  }

  refuse(header: Uint8Array): Uint8Array {
    return Uint8Array.of(0xee, header[0]!);
  }
}

async function listening(t: Test, replies = new Replies()): Promise<ControlSocket> {
  const control = await ControlSocket.listen(join(temporaryFolder(t), "control.sock"), replies);
  t.teardown(() => control.close());
  return control;
}

async function connected(path: string): Promise<Socket> {
  const socket = createConnection(path);
  await once(socket, "connect");
  return socket;
}

async function everything(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

t.test("a socket is its owner's alone, and gone when it is closed", async (t) => {
  const control = await listening(t);
  t.equal(statSync(control.path).mode & 0o777, 0o600);
  t.equal(await occupancy(control.path), "in use");
  await control.close();
  t.notOk(existsSync(control.path));
  t.equal(await occupancy(control.path), "free");
});

t.test("a client that closes its side first still gets every answer, in order", async (t) => {
  const client = await connected((await listening(t)).path);
  client.end(Buffer.concat([ask(2), ask(0), ask(3)]));
  t.same([...(await everything(client))], [1, 1, 3, 3, 3]);
});

t.test("what cannot be framed is refused, after the answers before it, and ends it", async (t) => {
  const client = await connected((await listening(t)).path);
  const broken = ask(1);
  broken[0] = 7;
  client.write(Buffer.concat([ask(1), broken, ask(1)]));
  t.same([...(await everything(client))], [1, 0xee, 7]);
});

t.test("a client that never reads is not read from any further, others are served", async (t) => {
  const replies = new Replies();
  const control = await listening(t, replies);
  const greedy = await connected(control.path);
  greedy.pause();
  const requests = 200;
  greedy.write(Buffer.concat(Array.from({ length: requests }, () => ask(1_000_000))));
  const client = await connected(control.path);
  client.end(ask(4));
  t.equal((await everything(client)).length, 4);
  t.ok(replies.asked < requests / 2, `${replies.asked} of ${requests} megabytes were asked for`);
  greedy.destroy();
});

t.test("of a long answer no more is made than is taken", async (t) => {
  const replies = new Replies();
  const control = await listening(t, replies);
  const slow = await connected(control.path);
  slow.pause();
  slow.end(ask(1000 * PIECE));
  const client = await connected(control.path);
  client.end(ask(4));
  t.equal((await everything(client)).length, 4);
  t.ok(replies.pieces < 100, `${replies.pieces} of 1000 pieces were made`);
  t.equal((await everything(slow)).length, 1000 * PIECE);
  t.equal(replies.pieces, 1001);
});

t.test("a client that goes away while its answer waits takes nothing with it", async (t) => {
  const control = await listening(t);
  const rude = await connected(control.path);
  rude.pause();
  rude.write(Buffer.concat([ask(5_000_000), ask(5_000_000)]));
  await new Promise((resolve) => setTimeout(resolve, 20));
  rude.destroy();
  const client = await connected(control.path);
  client.end(ask(1));
  t.equal((await everything(client)).length, 1);
  while (control.connections > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  t.equal(control.connections, 0);
});

t.test("close() lets an answer that is due be taken, and cuts off who is idle", async (t) => {
  let answer: (bytes: Uint8Array) => void = () => undefined;
  const path = join(temporaryFolder(t), "control.sock");
  const control = await ControlSocket.listen(path, {
    answer: async function* () {
      yield await new Promise<Uint8Array>((resolve) => {
        answer = resolve;
      });
    },
    refuse: (header) => header,
  });
  const idle = await connected(path);
  const waiting = await connected(path);
  waiting.write(ask(1));
  while (control.connections < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  await new Promise((resolve) => setTimeout(resolve, 20));
  const closed = control.close();
  answer(Uint8Array.of(1, 2, 3));
  t.same([...(await everything(waiting))], [1, 2, 3]);
  t.same([...(await everything(idle))], []);
  await closed;
  t.notOk(existsSync(path));
});

t.test("preparePath() makes the folder and removes what nobody listens on", async (t) => {
  const path = join(temporaryFolder(t), "a", "b", "control.sock");
  t.equal(await preparePath(path), false);
  t.equal(statSync(join(path, "..")).mode & 0o777, 0o700);
  await leaveStale(path);
  t.equal(await occupancy(path), "stale");
  t.equal(await preparePath(path), true);
  t.equal(await occupancy(path), "free");
});

t.test("preparePath() refuses what is in use, is no socket, or cannot be a path", async (t) => {
  const control = await listening(t);
  await t.rejects(preparePath(control.path), { message: /is in use/ });
  const elsewhere = temporaryFolder(t);
  const file = join(elsewhere, "notes");
  writeFileSync(file, "mine");
  await t.rejects(preparePath(file), { message: /exists and is not a socket/ });
  t.ok(existsSync(file));
  const folder = join(elsewhere, "folder");
  mkdirSync(folder);
  await t.rejects(preparePath(folder), { message: /is not a socket/ });
  const long = `/tmp/${"x".repeat(120)}`;
  await t.rejects(preparePath(long), { message: /125 bytes long, at most 107/ });
});

/** Leaves the file of a socket as a killed process leaves it. */
async function leaveStale(path: string): Promise<void> {
  const elsewhere = createServer();
  elsewhere.listen(`${path}.live`);
  await once(elsewhere, "listening");
  renameSync(`${path}.live`, path);
  elsewhere.close();
  await once(elsewhere, "close");
}
