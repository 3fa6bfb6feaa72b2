import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { processIdentity } from "../../src/daemon/process-info.ts";
import {
  claimState,
  type DaemonState,
  readRunningState,
  readState,
  removeState,
  stateFilePath,
} from "../../src/daemon/state-file.ts";

const own = processIdentity(process.pid) ?? { pid: process.pid, startTicks: 0 };

function note(socket: string): DaemonState {
  return { ...own, socket, device: "memory", profile: "6.1.192", namespace: 4026531840 };
}

t.test("a note is read back as it was left, by its owner alone", async (t) => {
  const state = note(join(t.testdir(), "control.sock"));
  t.equal(claimState(state), true);
  t.same(readState(state.socket), state);
  t.equal(statSync(stateFilePath(state.socket)).mode & 0o777, 0o600);
});

t.test("of two that claim the same socket one succeeds", async (t) => {
  const state = note(join(t.testdir(), "control.sock"));
  t.equal(claimState(state), true);
  t.equal(claimState({ ...state, device: "tun" }), false);
  t.equal(readState(state.socket)?.device, "memory");
  removeState(state.socket);
  t.equal(readState(state.socket), undefined);
  t.equal(claimState({ ...state, device: "tun" }), true);
});

t.test("a note whose process is gone, or has only its number, is of nobody running", async (t) => {
  const state = note(join(t.testdir(), "control.sock"));
  claimState(state);
  t.same(readRunningState(state.socket), state);
  removeState(state.socket);
  claimState({ ...state, startTicks: state.startTicks - 1 });
  t.equal(readRunningState(state.socket), undefined);
});

t.test("what is no note is taken for none", async (t) => {
  const socket = join(t.testdir(), "control.sock");
  for (const text of ["", "{", "[]", "null", '{"pid":"1"}']) {
    writeFileSync(stateFilePath(socket), text);
    t.equal(readState(socket), undefined, text);
  }
});

t.test("removeState() does nothing where there is no note", async (t) => {
  t.doesNotThrow(() => removeState(join(t.testdir(), "control.sock")));
});
