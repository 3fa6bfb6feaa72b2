/**
 * Short remarks that go by themselves: that something is done, or why it was refused.
 *
 * @module
 */
import { signal } from "@preact/signals";
import type { Change } from "../../api.ts";
import { post } from "../client.ts";
import { text } from "../settings.ts";

interface Toast {
  readonly id: number;
  readonly kind: "done" | "failed";
  readonly line: string;
}

const toasts = signal<readonly Toast[]>([]);
const LIFE = 6000;
let last = 0;

function tell(kind: Toast["kind"], line: string): void {
  const id = ++last;
  toasts.value = [...toasts.value, { id, kind, line }];
  setTimeout(() => {
    toasts.value = toasts.value.filter((toast) => toast.id !== id);
  }, LIFE);
}

/** Has the director change something, and tells what came of it. Returns whether it obeyed. */
export async function change(what: Change): Promise<boolean> {
  try {
    await post("/api/change", what);
    const name = "server" in what ? what.server : what.service;
    tell("done", `${text.value.done}: ${name}`);
    return true;
  } catch (error) {
    tell("failed", error instanceof Error ? error.message : String(error));
    return false;
  }
}

export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map(({ id, kind, line }) => (
        <p key={id} class={`toast toast-${kind}`}>
          {line}
        </p>
      ))}
    </div>
  );
}
