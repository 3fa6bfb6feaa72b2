/**
 * A packet's journey: what the running director would do with it, step by step.
 *
 * @module
 */
import { useEffect, useState } from "preact/hooks";
import { sentenceOf } from "../../../base/sentence.ts";
import type { Explanation } from "../../../engine/explain/explanation.ts";
import type { ExplainRequest } from "../../api.ts";
import { post } from "../client.ts";
import { serviceAddress } from "../format.ts";
import { services } from "../live.ts";
import { Empty } from "../parts/empty.tsx";
import { Field, Select } from "../parts/field.tsx";
import { go, hrefOf, route } from "../route.ts";
import { explanationText, text } from "../settings.ts";
import { StepCard } from "./step-card.tsx";
import { Way } from "./way.tsx";

const PROTOCOLS = [
  ["tcp", "TCP"],
  ["udp", "UDP"],
  ["sctp", "SCTP"],
] as const;
type Protocol = ExplainRequest["protocol"];

interface Question {
  readonly protocol: Protocol;
  readonly client: string;
  readonly service: string;
  readonly flags: string;
  readonly fwmark: string;
}

function questionOf(query: URLSearchParams): Question {
  const protocol = PROTOCOLS.find(([name]) => name === query.get("protocol"))?.[0] ?? "tcp";
  return {
    protocol,
    client: query.get("client") ?? "",
    service: query.get("service") ?? "",
    flags: query.get("flags") ?? "SYN",
    fwmark: query.get("fwmark") ?? "",
  };
}

export function Journey() {
  const words = text.value;
  const { query } = route.value;
  const asked = query.toString();
  const [explanation, setExplanation] = useState<Explanation | undefined>(undefined);
  const [failure, setFailure] = useState("");
  useEffect(() => {
    const question = questionOf(query);
    if (question.client === "" || question.service === "") return;
    let gone = false;
    post<Explanation>("/api/explain", requestOf(question))
      .then((answer) => {
        if (gone) return;
        setExplanation(answer);
        setFailure("");
      })
      .catch((error: unknown) => {
        if (gone) return;
        setExplanation(undefined);
        setFailure(sentenceOf(error));
      });
    return () => {
      gone = true;
    };
  }, [asked]);
  return (
    <div class="stack">
      <section class="card" aria-labelledby="journey-title">
        <div class="card-head">
          <h1 id="journey-title">{words.journeyTitle}</h1>
          <span class="card-note">{words.journeyHelp}</span>
        </div>
        <QuestionForm key={asked} query={query} />
        {failure !== "" && (
          <p class="notice notice-bad" role="alert">
            {failure}.
          </p>
        )}
      </section>
      {explanation === undefined ? (
        failure === "" && (
          <div class="card">
            <Empty icon="journey" title={words.journeyEmpty} />
          </div>
        )
      ) : (
        <Answer explanation={explanation} />
      )}
    </div>
  );
}

function requestOf({ protocol, client, service, flags, fwmark }: Question): ExplainRequest {
  return {
    protocol,
    client,
    service,
    ...(protocol === "tcp" && { flags }),
    ...(fwmark !== "" && { fwmark: Number(fwmark) }),
  };
}

function QuestionForm({ query }: { readonly query: URLSearchParams }) {
  const words = text.value;
  const byAddress = services.value.filter((each) => each.protocol !== null);
  const first = byAddress[0];
  const [question, setQuestion] = useState<Question>(() => {
    const given = questionOf(query);
    if (given.service !== "" || first === undefined) return given;
    const protocol = PROTOCOLS.find(([name]) => name === first.protocol)?.[0] ?? "tcp";
    return { ...given, protocol, service: serviceAddress(first) };
  });
  const set = (part: Partial<Question>): void => setQuestion({ ...question, ...part });
  const submit = (event: Event): void => {
    event.preventDefault();
    const { protocol, client, service, flags, fwmark } = question;
    go("journey", {
      protocol,
      client: client.trim(),
      service: service.trim(),
      ...(protocol === "tcp" && { flags }),
      ...(fwmark.trim() !== "" && { fwmark: fwmark.trim() }),
    });
  };
  return (
    <form class="form form-line" onSubmit={submit}>
      <Field label={words.client}>
        <input
          required
          class="mono"
          name="client"
          placeholder={words.clientHint}
          value={question.client}
          onInput={(event) => set({ client: event.currentTarget.value })}
        />
      </Field>
      <Field label={words.protocol}>
        <Select
          value={question.protocol}
          options={PROTOCOLS}
          onChange={(protocol) => set({ protocol })}
        />
      </Field>
      <Field label={words.service}>
        <input
          required
          class="mono"
          name="service"
          list="journey-services"
          placeholder="192.0.2.1:80"
          value={question.service}
          onInput={(event) => set({ service: event.currentTarget.value })}
        />
        <datalist id="journey-services">
          {byAddress.map((each) => (
            <option key={each.key} value={serviceAddress(each)} />
          ))}
        </datalist>
      </Field>
      {question.protocol === "tcp" && (
        <Field label={words.flags}>
          <Select
            value={question.flags}
            options={[
              ["SYN", words.flagKinds.SYN],
              ["ACK", words.flagKinds.ACK],
              ["FIN,ACK", words.flagKinds.FIN],
            ]}
            onChange={(flags) => set({ flags })}
          />
        </Field>
      )}
      <Field label={words.fwmark}>
        <input
          name="fwmark"
          inputMode="numeric"
          pattern="[0-9]*"
          placeholder="–"
          value={question.fwmark}
          onInput={(event) => set({ fwmark: event.currentTarget.value })}
        />
      </Field>
      <button type="submit" class="primary">
        {words.explain}
      </button>
    </form>
  );
}

function Answer({ explanation }: { readonly explanation: Explanation }) {
  const words = text.value;
  const { packet, steps } = explanation;
  const isWithin = packet.protocol === "tcp" && packet.flags !== "SYN";
  return (
    <>
      <Way explanation={explanation} />
      <section class="card" aria-labelledby="steps-title">
        <div class="card-head">
          <h2 id="steps-title">{words.journeySteps}</h2>
          <span class="card-note mono">{explanationText.value.packet(packet)}</span>
        </div>
        <ol class="steps">
          {steps.map((step, index) => (
            // Steps have no name of their own, and none comes between two.
            <StepCard key={index} step={step} />
          ))}
        </ol>
        {isWithin && (
          <p class="pad">
            <a href={hrefOf("journey", asNew(explanation))}>{words.asNew}</a>
          </p>
        )}
        <details class="pad">
          <summary>{words.whole}</summary>
          <pre class="json">{JSON.stringify(explanation, undefined, 2)}</pre>
        </details>
      </section>
    </>
  );
}

/** Returns the question about a first packet of the same client, from the port it gets without one. */
function asNew({ packet }: Explanation): Readonly<Record<string, string>> {
  const { destination, source, protocol } = packet;
  const service = destination.address.includes(":")
    ? `[${destination.address}]:${destination.port}`
    : `${destination.address}:${destination.port}`;
  return { protocol: String(protocol), client: source.address, service, flags: "SYN" };
}
