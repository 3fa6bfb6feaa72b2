import t from "tap";
import { GenericNetlinkSocket } from "../../../dataplane/sys/generic-netlink-socket.ts";
import { EAGAIN, EINTR, ENOBUFS, type Libc } from "../../../dataplane/sys/libc.ts";
import { CONTROLLER_NAME, familyRequest } from "../../../src/wire/genetlink.ts";
import { MESSAGE_FLAG, MESSAGE_TYPE, messageAt } from "../../../src/wire/netlink.ts";
import { MessageWriter } from "../../../src/wire/netlink-writer.ts";
import { lacking } from "../../support/requirement.ts";

const FAMILY = 30;
const { request, acknowledge, dump, multi } = MESSAGE_FLAG;
const INTERRUPTED = 0x10;

/** What the next `recv` gives: bytes, or an error number. */
type Step = Uint8Array | number;

/** A kernel that answers every request by the next of the answers. */
class FakeKernel {
  readonly sent: Uint8Array[] = [];
  readonly sizes: number[] = [];
  closed = 0;
  sendErrors: number[] = [];
  readonly #answers: Step[][];
  #steps: Step[] = [];
  #errno = 0;

  constructor(...answers: Step[][]) {
    this.#answers = answers;
  }

  /** The calls a netlink socket makes; no other is offered. */
  libc(): Libc {
    const calls: Partial<Libc> = {
      socket: () => 5,
      bind: () => 0,
      close: () => this.closed++,
      errno: () => this.#errno,
      setsockopt: (_fd, level, name, value) => {
        if (level === 1 && name === 8)
          this.sizes.push(Buffer.from(value as Uint8Array).readInt32LE());
        return 0;
      },
      sendto: (_fd, buffer, length) => {
        const error = this.sendErrors.shift();
        if (error !== undefined) return this.#fail(error);
        this.sent.push((buffer as Uint8Array).slice(0, length));
        this.#steps = [...(this.#answers.shift() ?? [])];
        return length;
      },
      recv: (_fd, buffer, length) => {
        const step = this.#steps.shift() ?? EAGAIN;
        if (typeof step === "number") return this.#fail(step);
        (buffer as Uint8Array).set(step.subarray(0, length));
        return step.length;
      },
    };
    return calls as Libc;
  }

  #fail(errno: number): number {
    this.#errno = errno;
    return -1;
  }
}

function message(type: number, flags: number, payload: Uint8Array, sequence = 7): Uint8Array {
  const writer = new MessageWriter();
  return writer.message({ type, flags, sequence, port: 0 }, () => void writer.raw(payload)).take();
}

const asked = (flags: number): Uint8Array => message(FAMILY, flags, Uint8Array.of(1, 1, 0, 0));
const item = (value: number, flags: number = multi): Uint8Array =>
  message(FAMILY, flags, Uint8Array.of(1, 1, 0, 0, value, 0, 0, 0));
const done = message(MESSAGE_TYPE.done, multi, new Uint8Array(4));
const LIST = asked(request | dump);
const CHANGE = asked(request | acknowledge);

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

/** Returns the fifth byte behind the header of each reply that has one. */
function values(replies: readonly Uint8Array[]): number[] {
  return replies.filter((reply) => reply.length === 24).map((reply) => reply[20]!);
}

t.test(
  "a list in many parts comes whole, in its order, each message in memory of its own",
  async (t) => {
    const parts = Array.from({ length: 300 }, (_, part) => joined(item(part), item(part + 1)));
    const kernel = new FakeKernel([...parts, done]);
    const socket = GenericNetlinkSocket.open(kernel.libc());
    const replies = socket.exchange(LIST);
    t.equal(replies.length, 601);
    t.same(values(replies).slice(0, 6), [0, 1, 1, 2, 2, 3]);
    t.same(messageAt(replies.at(-1)!, 0)?.type, MESSAGE_TYPE.done);
    socket.close();
    socket.close();
    t.equal(kernel.closed, 1);
  },
);

t.test("an interrupted call is made again", async (t) => {
  const kernel = new FakeKernel([EINTR, item(1), EINTR, EINTR, done]);
  kernel.sendErrors = [EINTR, EINTR];
  const replies = GenericNetlinkSocket.open(kernel.libc()).exchange(LIST);
  t.same(values(replies), [1]);
  t.equal(kernel.sent.length, 1);
});

t.test("a list that changed while it was read is read again", async (t) => {
  const kernel = new FakeKernel(
    [item(1), item(2, multi | INTERRUPTED), done],
    [item(3), message(MESSAGE_TYPE.done, multi | INTERRUPTED, new Uint8Array(4))],
    [item(4), done],
  );
  t.same(values(GenericNetlinkSocket.open(kernel.libc()).exchange(LIST)), [4]);
  t.equal(kernel.sent.length, 3);
});

t.test("a list that never stands still is given up", async (t) => {
  const restless = [item(1, multi | INTERRUPTED), done];
  const kernel = new FakeKernel(...Array.from({ length: 9 }, () => restless));
  const socket = GenericNetlinkSocket.open(kernel.libc());
  t.throws(() => socket.exchange(LIST), {
    code: "EAGAIN",
    message: "Cannot list what the kernel holds: it changed while it was read, 5 times in a row",
  });
  t.equal(kernel.sent.length, 5);
});

t.test("a list of which messages were lost is asked for again, with more room", async (t) => {
  const kernel = new FakeKernel([item(1), ENOBUFS], [item(2), done]);
  t.same(values(GenericNetlinkSocket.open(kernel.libc()).exchange(LIST)), [2]);
  t.ok(kernel.sizes[1]! > kernel.sizes[0]!, kernel.sizes.join());
});

t.test("a list that is lost every time is an error", async (t) => {
  const kernel = new FakeKernel(...Array.from({ length: 9 }, () => [ENOBUFS]));
  const socket = GenericNetlinkSocket.open(kernel.libc());
  t.throws(() => socket.exchange(LIST), { code: "ENOBUFS", message: /the list never came whole/ });
  t.equal(kernel.sent.length, 5);
});

t.test("a change whose answer is lost is not made twice", async (t) => {
  const kernel = new FakeKernel([ENOBUFS], [done]);
  const socket = GenericNetlinkSocket.open(kernel.libc());
  t.throws(() => socket.exchange(CHANGE), {
    code: "ENOBUFS",
    message: "The kernel's answer was lost: whether the change was made is not known",
  });
  t.equal(kernel.sent.length, 1);
});

t.test("what is left of an earlier answer is passed over", async (t) => {
  const stale = message(FAMILY, multi, Uint8Array.of(1, 1, 0, 0, 99, 0, 0, 0), 6);
  const kernel = new FakeKernel([stale, joined(stale, item(1)), done]);
  t.same(values(GenericNetlinkSocket.open(kernel.libc()).exchange(LIST)), [1]);
});

t.test("a kernel that cannot be asked, or gives no answer, is an error", async (t) => {
  const silent = GenericNetlinkSocket.open(new FakeKernel([]).libc());
  t.throws(() => silent.exchange(CHANGE), { code: "EAGAIN", syscall: "recv" });
  const deaf = new FakeKernel();
  deaf.sendErrors = [ENOBUFS];
  t.throws(() => GenericNetlinkSocket.open(deaf.libc()).exchange(CHANGE), {
    code: "ENOBUFS",
    syscall: "sendto",
  });
  const long = new FakeKernel([new Uint8Array(70_000)]);
  t.throws(() => GenericNetlinkSocket.open(long.libc()).exchange(LIST), /answer of 70000 bytes/);
});

const skip = lacking(process.platform === "linux" ? false : "it needs Linux");

t.test("the running kernel tells of its own family", { skip }, async (t) => {
  const socket = GenericNetlinkSocket.open();
  const flags = request | acknowledge;
  const replies = socket.exchange(familyRequest({ flags, sequence: 1, port: 0 }, CONTROLLER_NAME));
  socket.close();
  t.equal(replies.length, 2);
  t.match(Buffer.from(replies[0]!).toString("latin1"), /nlctrl/);
});
