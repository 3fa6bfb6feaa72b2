/**
 * A question for something to add: its fields, and the buttons that end it. It closes when the director obeys,
 * and says so itself when it does not: what stands outside is dimmed while it is open.
 *
 * @module
 */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { sentenceOf } from "../../../base/sentence.ts";
import type { Change } from "../../api.ts";
import { Dialog } from "../parts/dialog.tsx";
import { obey } from "../parts/toasts.tsx";
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
  const [refusal, setRefusal] = useState("");
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    try {
      await obey(what());
      onClose();
    } catch (error) {
      setRefusal(sentenceOf(error));
    }
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form class="form" onSubmit={(event) => void submit(event)}>
        {children}
        {refusal !== "" && (
          <p class="notice notice-bad field-wide" role="alert">
            {refusal}
          </p>
        )}
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
