/**
 * Where a packet would go, at a glance.
 *
 * @module
 */
import type { Explanation, Outcome } from "../../../engine/explain/explanation.ts";
import { endText, serviceText } from "../../../explanation/index.ts";
import { Icon } from "../parts/icon.tsx";
import { explanationText, text } from "../settings.ts";

/** What it comes to, in one word. */
type Kind = "forward" | "accept" | "drop" | "hold" | "chance" | "unknown";

function kindOf({ verdict, byChance }: Outcome): Kind {
  if (byChance) return "chance";
  return verdict ?? "unknown";
}

export function Way({ explanation }: { readonly explanation: Explanation }) {
  const words = text.value;
  const say = explanationText.value;
  const { packet, outcome } = explanation;
  const { service, server, method, sent, answer, reason, connection } = outcome;
  const kind = kindOf(outcome);
  const connections = {
    new: words.newConnection,
    existing: words.existingConnection,
    none: words.noConnection,
  };
  return (
    <section class={`card way way-${kind}`} aria-label={words.verdicts[kind]} data-verdict={kind}>
      <div class="way-stops">
        <Stop name={words.client} value={endText(packet.source)} />
        <span class="way-arrow">
          <Icon name="arrow" />
        </span>
        <Stop
          name={words.director}
          value={service === null ? endText(packet.destination) : serviceText(service)}
          note={connections[connection]}
        />
        <span class="way-arrow">
          <Icon name={kind === "drop" ? "cross" : "arrow"} />
        </span>
        <Stop
          name={words.server}
          value={server === null ? (kind === "accept" ? words.toThisHost : "–") : endText(server)}
          note={method === null ? undefined : say.methods[method]}
        />
      </div>
      <dl class="facts">
        <dt class="hidden">{words.state}</dt>
        <dd>
          <span class={`verdict verdict-${kind}`}>{words.verdicts[kind]}</span>
          {reason !== null && <span class="mono muted"> {reason}</span>}
        </dd>
        {sent !== null && (
          <>
            <dt>{words.sent}</dt>
            <dd class="mono">{say.sent(sent)}</dd>
          </>
        )}
        {answer !== null && (
          <>
            <dt>{words.answers}</dt>
            <dd class="mono">{say.answer(answer)}</dd>
          </>
        )}
      </dl>
    </section>
  );
}

function Stop(props: {
  readonly name: string;
  readonly value: string;
  readonly note?: string | undefined;
}) {
  return (
    <span class="way-stop">
      <span class="way-name">{props.name}</span>
      <span class="way-value mono">{props.value}</span>
      {props.note !== undefined && <span class="way-note">{props.note}</span>}
    </span>
  );
}
