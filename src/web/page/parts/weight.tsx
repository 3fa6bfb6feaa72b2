/**
 * A weight that can be changed: by typing, by the arrow keys, or by the buttons beside it.
 *
 * What is typed counts on Enter or when the field is left; Escape takes it back.
 *
 * @module
 */
import { useEffect, useState } from "preact/hooks";
import { text } from "../settings.ts";
import { Icon } from "./icon.tsx";

const MOST = 2147483647;

export function Weight(props: {
  readonly name: string;
  readonly value: number;
  readonly onChange: (weight: number) => void;
}) {
  const { value, onChange, name } = props;
  const [typed, setTyped] = useState<string | undefined>(undefined);
  useEffect(() => setTyped(undefined), [value]);
  const commit = (): void => {
    const weight = Number(typed);
    const isWeight = typed !== undefined && /^\d+$/.test(typed) && weight <= MOST;
    if (isWeight && weight !== value) onChange(weight);
    setTyped(undefined);
  };
  const step = (by: number): void => onChange(Math.min(MOST, Math.max(0, value + by)));
  return (
    <span class="weight">
      <button
        type="button"
        class="weight-step"
        disabled={value === 0}
        aria-label={`${text.value.lessWeight}, ${name}`}
        onClick={() => step(-1)}
      >
        <Icon name="minus" />
      </button>
      <input
        class="weight-input"
        inputMode="numeric"
        aria-label={`${text.value.weight}, ${name}`}
        value={typed ?? String(value)}
        onInput={(event) => setTyped(event.currentTarget.value)}
        onBlur={commit}
        onKeyDown={(event) => {
          if (event.key === "Enter") commit();
          else if (event.key === "Escape") setTyped(undefined);
          else if (event.key === "ArrowUp" || event.key === "ArrowDown") {
            event.preventDefault();
            step(event.key === "ArrowUp" ? 1 : -1);
          }
        }}
      />
      <button
        type="button"
        class="weight-step"
        aria-label={`${text.value.moreWeight}, ${name}`}
        onClick={() => step(1)}
      >
        <Icon name="plus" />
      </button>
    </span>
  );
}
