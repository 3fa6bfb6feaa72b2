/**
 * The running lab: its text, its steps and their checks.
 *
 * @module
 */
import { signal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { sentenceOf } from "../../../base/sentence.ts";
import type { LabStep, LabView, RunningLab } from "../../api.ts";
import { get, post } from "../client.ts";
import { Empty } from "../parts/empty.tsx";
import { Icon } from "../parts/icon.tsx";
import { language, text } from "../settings.ts";
import { Markdown } from "./markdown.tsx";

/** Time between two looks for what the student does in a terminal, in ms. */
const INTERVAL = 3000;

const view = signal<LabView | undefined>(undefined);
const failure = signal("");

async function ask(answer: Promise<LabView>): Promise<void> {
  try {
    view.value = await answer;
    failure.value = "";
  } catch (error) {
    failure.value = sentenceOf(error);
  }
}

export function LabPlace() {
  useEffect(() => {
    const look = (): void => {
      if (document.visibilityState === "visible") void ask(get<LabView>("/api/lab"));
    };
    look();
    const timer = setInterval(look, INTERVAL);
    return () => clearInterval(timer);
  }, []);
  const running = view.value?.running;
  return (
    <div class="stack">
      {failure.value !== "" && (
        <p class="notice notice-bad" role="alert">
          {failure.value}
        </p>
      )}
      {running ? <Lesson lab={running} /> : <NoLab />}
    </div>
  );
}

function NoLab() {
  const words = text.value;
  const labs = view.value?.labs ?? [];
  return (
    <section class="card" aria-labelledby="lab-title">
      <div class="card-head">
        <h1 id="lab-title">{words.labTitle}</h1>
      </div>
      <Empty icon="lab" title={words.noLab}>
        <p class="muted">{words.noLabHelp}</p>
        <pre>uipvs lab start {labs[0]?.name ?? "first-service"}</pre>
      </Empty>
      {labs.length > 0 && (
        <ul class="labs" aria-label={words.labs}>
          {labs.map(({ name, title, summary, minutes }) => (
            <li key={name}>
              <h3>{title[language.value]}</h3>
              <p class="muted">{summary[language.value]}</p>
              <p class="labs-foot">
                <code>uipvs lab start {name}</code>
                <span class="tag">{words.labMinutes(minutes)}</span>
              </p>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function Lesson({ lab }: { readonly lab: RunningLab }) {
  const words = text.value;
  return (
    <div class="columns lesson">
      <section class="card" aria-labelledby="lab-title">
        <div class="card-head">
          <span class="badge">{words.labTitle}</span>
          <h1 id="lab-title">{lab.title[language.value]}</h1>
        </div>
        <Markdown text={lab.text[language.value].replace(/^# .*\n/, "")} />
      </section>
      <Steps lab={lab} />
    </div>
  );
}

function Steps({ lab }: { readonly lab: RunningLab }) {
  const words = text.value;
  const [checking, setChecking] = useState(false);
  const done = lab.steps.filter(({ state }) => state === "passed").length;
  const check = async (): Promise<void> => {
    setChecking(true);
    await ask(post<LabView>("/api/lab/check", {}));
    setChecking(false);
  };
  return (
    <section class="card steps-card" aria-labelledby="lab-steps">
      <div class="card-head">
        <h2 id="lab-steps">{words.labSteps}</h2>
        <span class="count">
          {done} / {lab.steps.length}
        </span>
        <button
          type="button"
          class="primary card-act"
          disabled={checking}
          onClick={() => void check()}
        >
          <Icon name="check" />
          {checking ? words.labChecking : words.labCheck}
        </button>
      </div>
      <progress value={done} max={lab.steps.length} aria-label={words.labSteps} />
      {done === lab.steps.length && <p class="lab-done">{words.labDone}</p>}
      <ol class="lab-steps" aria-live="polite">
        {lab.steps.map((step) => (
          <Step key={step.id} step={step} isNext={step === firstLeft(lab)} />
        ))}
      </ol>
      <div class="pad">
        <p class="muted">{words.labHostHelp}</p>
        <pre>{lab.hosts.map((host) => `uipvs lab enter ${host}`).join("\n")}</pre>
      </div>
    </section>
  );
}

function firstLeft(lab: RunningLab): LabStep | undefined {
  return lab.steps.find(({ state }) => state !== "passed");
}

function Step({ step, isNext }: { readonly step: LabStep; readonly isNext: boolean }) {
  const words = text.value;
  const { state, title, remark, detail, hints, hintsLeft } = step;
  return (
    <li class={`lab-step lab-${state}`} data-step-id={step.id} data-state={state}>
      <span class="lab-mark" aria-hidden="true">
        {state === "passed" && <Icon name="check" />}
        {state === "failed" && <Icon name="cross" />}
      </span>
      <div>
        <h3>{title[language.value]}</h3>
        <span class="lab-state">{words.labStates[state]}</span>
        {remark !== undefined && <p class="lab-remark">{remark[language.value]}</p>}
        {detail !== undefined && detail !== "" && <pre class="lab-detail">{detail}</pre>}
        {hints.map((hint, index) => (
          <div class="lab-hint">
            <b>{words.labHintOf(index + 1, hints.length + hintsLeft)}</b>
            <Markdown text={hint[language.value]} />
          </div>
        ))}
        {isNext && hintsLeft > 0 && (
          <button
            type="button"
            class="quiet"
            onClick={() => void ask(post<LabView>("/api/lab/hint", {}))}
          >
            {hints.length === 0 ? words.labHint : words.labNextHint}
          </button>
        )}
      </div>
    </li>
  );
}
