/**
 * The thread of the packets: owns an engine and its device, and belongs to nobody else.
 *
 * It blocks in poll(2) when there is nothing to do and moves packets batch by batch when there is.
 * As a thread that blocks hears no events, requests are taken from the port between two batches, and
 * whoever sends one rings the waiter's event descriptor.
 *
 * @module
 */
import { receiveMessageOnPort, workerData } from "node:worker_threads";
import { Waiter } from "../../dataplane/sys/poll.ts";
import { sentenceOf } from "../base/sentence.ts";
import type { EngineHost } from "./engine-host.ts";
import { MonotonicClock } from "./monotonic-clock.ts";
import { type HostEngine, openHostEngine } from "./open-host-engine.ts";
import { type Piece, PiecewiseAnswers } from "./piecewise-answers.ts";
import type { WorkerData, WorkerReply, WorkerRequest } from "./worker-messages.ts";

/** Requests carried out before packets get their turn. */
const REQUESTS = 64;

/** Longest time to wait without a packet, in ms; a turn too early does no harm. */
const LONGEST_WAIT = 60_000;

const { options, port } = workerData as WorkerData;

const answers = new PiecewiseAnswers();

function tell(reply: WorkerReply): void {
  port.postMessage(reply);
}

/** Carries out a request, and returns whether it was the last one. */
function obey(host: EngineHost, request: WorkerRequest): boolean {
  const { id } = request;
  try {
    switch (request.kind) {
      case "answer":
        tellAnswer(id, answers.begin(id, host.answer(request.message)));
        return false;
      case "more":
        tellAnswer(id, answers.next(id));
        return false;
      case "abandon":
        answers.abandon(id);
        return false;
      case "start":
        host.start();
        break;
      case "close":
        host.close();
    }
    tell({ kind: "done", id });
  } catch (error) {
    tell({ kind: "refused", id, sentence: sentenceOf(error) });
  }
  return request.kind === "close";
}

function tellAnswer(id: number, { reply, more }: Piece): void {
  if (more && reply !== undefined) tell({ kind: "piece", id, reply });
  else tell({ kind: "done", id, reply });
}

/** Carries out requests, and returns whether there may be more, or the last one was among them. */
function obeySome(host: EngineHost): "none left" | "more" | "ended" {
  for (let count = 0; count < REQUESTS; count++) {
    const next = receiveMessageOnPort(port);
    if (next === undefined) return "none left";
    if (obey(host, next.message as WorkerRequest)) return "ended";
  }
  return "more";
}

function serve(engine: HostEngine, waiter: Waiter, clock: MonotonicClock): void {
  const { host } = engine;
  let watched: readonly number[] = [];
  let hadPackets = false;
  for (let requests = obeySome(host); requests !== "ended"; requests = obeySome(host)) {
    const packets = host.serving ? host.turn() : 0;
    if (packets > 0 || requests === "more") {
      hadPackets = packets > 0;
      // Whoever gets them on this processor has room for a few batches, and loses the rest unless it has its turn.
      if (hadPackets && host.flooded) waiter.giveWay();
      continue;
    }
    if (hadPackets) {
      // Who got these packets may answer on this processor: to look again then costs less than being woken.
      hadPackets = false;
      waiter.giveWay();
      continue;
    }
    // A command may have opened another interface or socket.
    const fds = engine.fds();
    if (fds.length !== watched.length || fds.some((fd, index) => fd !== watched[index])) {
      waiter.watch(fds);
      watched = fds;
    }
    waiter.wait(Math.max(0, Math.min(host.nextDeadline() - clock.now(), LONGEST_WAIT)));
  }
}

function run(): void {
  const clock = new MonotonicClock();
  const engine = openHostEngine(options, clock, {
    log: (line) => tell({ kind: "log", line }),
    stopRequested: () => tell({ kind: "stop-requested" }),
  });
  try {
    const waiter = new Waiter(engine.fds());
    tell({ kind: "ready", deviceName: engine.host.deviceName, wakeFd: waiter.wakeFd });
    serve(engine, waiter, clock);
  } finally {
    // Also when a packet brought the loop down: the host must not keep sending packets here.
    engine.host.close();
  }
}

try {
  run();
} catch (error) {
  tell({ kind: "failed", sentence: sentenceOf(error) });
} finally {
  port.close();
}
