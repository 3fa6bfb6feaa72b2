/**
 * Adds a virtual service.
 *
 * @module
 */
import { useState } from "preact/hooks";
import { SCHEDULERS } from "../../playground/play.ts";
import { Dialog } from "../parts/dialog.tsx";
import { Field, Select } from "../parts/field.tsx";
import { change } from "../parts/toasts.tsx";
import { text } from "../settings.ts";

const KINDS = [
  ["tcp", "TCP"],
  ["udp", "UDP"],
  ["sctp", "SCTP"],
  ["fwmark", "FWM"],
] as const;

export function AddService({ onClose }: { readonly onClose: () => void }) {
  const words = text.value;
  const [kind, setKind] = useState<(typeof KINDS)[number][0]>("tcp");
  const [at, setAt] = useState("");
  const [scheduler, setScheduler] = useState("wlc");
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const service = `${kind} ${at.trim()}`;
    if (await change({ action: "add-service", service, scheduler })) onClose();
  };
  return (
    <Dialog title={words.addService} onClose={onClose}>
      <form class="form" onSubmit={(event) => void submit(event)}>
        <Field label={words.protocol}>
          <Select value={kind} options={KINDS} onChange={setKind} />
        </Field>
        <Field label={words.scheduler}>
          <Select
            value={scheduler}
            options={SCHEDULERS.map((each) => [each, each] as const)}
            onChange={setScheduler}
          />
        </Field>
        <Field label={kind === "fwmark" ? words.fwmark : words.addressAndPort} wide>
          <input
            required
            class="mono"
            placeholder={kind === "fwmark" ? "1" : "192.0.2.1:80"}
            value={at}
            onInput={(event) => setAt(event.currentTarget.value)}
          />
        </Field>
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
