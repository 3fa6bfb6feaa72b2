/**
 * Short remarks that go by themselves: that something is done, or why it was refused.
 *
 * @module
 */
import { signal } from "@preact/signals";
import { sentenceOf } from "../../../base/sentence.ts";
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

/**
 * Has the director change something, and tells that it is done.
 *
 * @throws Error that says why it was refused
 */
export async function obey(what: Change): Promise<void> {
  await post("/api/change", what);
  tell("done", `${text.value.done}: ${"server" in what ? what.server : what.service}`);
}

/** Has the director change something, and tells what came of it. */
export async function change(what: Change): Promise<void> {
  try {
    await obey(what);
  } catch (error) {
    tell("failed", sentenceOf(error));
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
