/**
 * Adds a real server to a service.
 *
 * @module
 */
import { useState } from "preact/hooks";
import type { LiveService } from "../../../live/live-state.ts";
import type { Change, ServerSettings } from "../../api.ts";
import { serviceAddress } from "../format.ts";
import { Field, Select } from "../parts/field.tsx";
import { text } from "../settings.ts";
import { AddDialog } from "./add-dialog.tsx";

const METHODS = [
  ["masquerade", "NAT (-m)"],
  ["direct-route", "DR (-g)"],
  ["tunnel", "TUN (-i)"],
] as const;

export function AddServer(props: { readonly service: LiveService; readonly onClose: () => void }) {
  const { service, onClose } = props;
  const words = text.value;
  const first = service.servers[0];
  const [server, setServer] = useState("");
  const [method, setMethod] = useState<NonNullable<ServerSettings["method"]>>(
    first === undefined || first.method === "bypass" ? "masquerade" : first.method,
  );
  const [weight, setWeight] = useState("1");
  const [upper, setUpper] = useState("0");
  const [lower, setLower] = useState("0");
  const what = (): Change => ({
    action: "add-server",
    service: service.key,
    server: server.trim(),
    settings: {
      method,
      weight: Number(weight),
      upperThreshold: Number(upper),
      lowerThreshold: Number(lower),
    },
  });
  return (
    <AddDialog
      title={`${words.addServer}: ${serviceAddress(service)}`}
      what={what}
      onClose={onClose}
    >
      <Field label={words.addressAndPort} wide>
        <input
          required
          class="mono"
          placeholder={service.family === 6 ? "[fd00::2]:80" : `10.0.0.2:${service.port ?? 80}`}
          value={server}
          onInput={(event) => setServer(event.currentTarget.value)}
        />
      </Field>
      <Field label={words.method}>
        <Select value={method} options={METHODS} onChange={setMethod} />
      </Field>
      <Count label={words.weight} value={weight} onChange={setWeight} />
      <Count
        label={words.upperThreshold}
        hint={words.noThreshold}
        value={upper}
        onChange={setUpper}
      />
      <Count
        label={words.lowerThreshold}
        hint={words.noThreshold}
        value={lower}
        onChange={setLower}
      />
    </AddDialog>
  );
}

function Count(props: {
  readonly label: string;
  readonly hint?: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}) {
  const { hint, label, value, onChange } = props;
  return (
    <Field label={label} {...(hint !== undefined && { hint })}>
      <input
        type="number"
        required
        min="0"
        max="2147483647"
        step="1"
        value={value}
        onInput={(event) => onChange(event.currentTarget.value)}
      />
    </Field>
  );
}
