import t from "tap";
import { NetlinkBackend } from "../../src/control/netlink-backend.ts";
import { NetlinkServer } from "../../src/control/netlink-server.ts";
import { SocketTransport } from "../../src/control/socket-transport.ts";
import { MessageWriter } from "../../src/wire/netlink-writer.ts";
import { listen, newPath } from "./socket-server.ts";
import { bytesOf, FakeAdministration } from "./support.ts";

t.test("a socket nobody listens on is refused with the system's error", async (t) => {
  await t.rejects(SocketTransport.connect(newPath()), { code: "ENOENT", syscall: "connect" });
});

t.test("a director that goes away rejects what is under way and all that comes", async (t) => {
  const path = newPath();
  const close = await listen(path, (socket) => socket.destroy());
  const transport = await SocketTransport.connect(path);
  const backend = new NetlinkBackend(transport);
  await t.rejects(backend.info(), { code: "ECONNRESET" });
  await t.rejects(backend.info(), { code: "ECONNRESET" });
  await backend.close();
  await close();
});

t.test("an answer that is no netlink message ends the connection", async (t) => {
  const path = newPath();
  const close = await listen(path, (socket) => {
    socket.write(bytesOf("03000000 2000 0000 01000000 00000000"));
  });
  const backend = new NetlinkBackend(await SocketTransport.connect(path));
  await t.rejects(backend.info(), { code: "EPROTO" });
  await backend.close();
  await close();
});

t.test("a closed transport refuses and may be closed again", async (t) => {
  const path = newPath();
  const close = await listen(path, () => {});
  const transport = await SocketTransport.connect(path);
  const backend = new NetlinkBackend(transport);
  const underWay = backend.info();
  const rejected = t.rejects(underWay, { code: "ERR_SOCKET_CLOSED" });
  await transport.close();
  await rejected;
  await transport.close();
  await t.rejects(backend.info(), { code: "ERR_SOCKET_CLOSED" });
  await close();
});

t.test("the last message may come without its padding", async (t) => {
  const path = newPath();
  const peer = new NetlinkServer(new FakeAdministration());
  // An error that quotes a request of 21 bytes has 3 bytes of padding.
  const odd = new MessageWriter().message(
    { type: 0x7777, flags: 5, sequence: 1, port: 0 },
    () => {},
  );
  const bytes = odd.take();
  const request = Uint8Array.from([...bytes, 1]);
  request[0] = request.length;
  const close = await listen(path, (socket, chunk) => {
    const answer = peer.answer(chunk);
    const end = new DataView(answer.buffer, answer.byteOffset).getUint32(0, true);
    socket.write(answer.subarray(0, end));
    setImmediate(() => socket.write(answer.subarray(end)));
  });
  const transport = await SocketTransport.connect(path);
  for (let round = 0; round < 3; round++) {
    const replies = await transport.exchange(request);
    t.equal(replies.length, 1);
  }
  await transport.close();
  await close();
});
