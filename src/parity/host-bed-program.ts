/**
 * The program that serves a bed on this host's own kernel, in network namespaces of its own. Its word is the
 * folder it shares with who started it, and it ends when that one does.
 *
 * @module
 */
import { Socket } from "node:net";
import { serveBed } from "./bed-protocol.ts";
import { KernelBed } from "./kernel-bed.ts";
import { LineChannel } from "./line-channel.ts";
import { CHANNEL_FD } from "./machine.ts";

const [folder = ""] = process.argv.slice(2);
const socket = new Socket({ fd: CHANNEL_FD });
socket.setEncoding("latin1");
const channel = new LineChannel({
  input: socket as AsyncIterable<string>,
  write: (text) => void socket.write(text, "latin1"),
  folder,
  side: "guest",
});
await serveBed(() => KernelBed.open({ ofHost: true }), channel);
