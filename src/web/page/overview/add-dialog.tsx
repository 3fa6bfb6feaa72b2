/**
 * A question for something to add: its fields, and the buttons that end it. It closes when the director obeys.
 *
 * @module
 */
import type { ComponentChildren } from "preact";
import type { Change } from "../../api.ts";
import { Dialog } from "../parts/dialog.tsx";
import { change } from "../parts/toasts.tsx";
import { text } from "../settings.ts";

export function AddDialog(props: {
  readonly title: string;
  /** Returns what the fields say. */
  readonly what: () => Change;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}) {
  const { title, what, onClose, children } = props;
  const words = text.value;
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (await change(what())) onClose();
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form class="form" onSubmit={(event) => void submit(event)}>
        {children}
        <div class="form-end">
          <button type="button" onClick={onClose}>
            {words.cancel}
          </button>
          <button type="submit" class="primary">
            {words.add}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
