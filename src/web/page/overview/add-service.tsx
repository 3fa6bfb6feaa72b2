/**
 * Adds a virtual service.
 *
 * @module
 */
import { useState } from "preact/hooks";
import type { Change } from "../../api.ts";
import { SCHEDULERS } from "../../playground/play.ts";
import { Field, Select } from "../parts/field.tsx";
import { text } from "../settings.ts";
import { AddDialog } from "./add-dialog.tsx";

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
  const what = (): Change => ({
    action: "add-service",
    service: `${kind} ${at.trim()}`,
    scheduler,
  });
  return (
    <AddDialog title={words.addService} what={what} onClose={onClose}>
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
    </AddDialog>
  );
}
