/**
 * One step of a decision, with the servers that stood before the scheduler.
 *
 * @module
 */
import type { CandidateFigures, Step } from "../../../engine/explain/explanation.ts";
import { endText } from "../../../explanation/index.ts";
import { explanationText, text } from "../settings.ts";

export function StepCard({ step }: { readonly step: Step }) {
  const [name, first, ...more] = explanationText.value.step(step);
  return (
    <li class="step" data-step={step.step}>
      <h3>{name}</h3>
      <div class="step-body">
        <p class="step-first">{first}</p>
        {more.map((line) => (
          <p key={line} class="step-more">
            {line}
          </p>
        ))}
        {step.step === "scheduler" && step.candidates.length > 0 && (
          <Candidates candidates={step.candidates} />
        )}
        <p class="step-rule">
          {text.value.rule} {step.rule}
        </p>
      </div>
    </li>
  );
}

function Candidates({ candidates }: { readonly candidates: readonly CandidateFigures[] }) {
  const words = text.value;
  const say = explanationText.value;
  const names = [...new Set(candidates.flatMap(({ figures }) => Object.keys(figures)))];
  return (
    <div class="scroll-x">
      <table class="candidates">
        <caption>{words.candidates}</caption>
        <thead>
          <tr>
            <th scope="col">{words.server}</th>
            <th scope="col" class="num">
              {words.weight}
            </th>
            <th scope="col" class="num">
              {words.activeInactive}
            </th>
            <th scope="col" class="num">
              {words.overhead}
            </th>
            {names.map((name) => (
              <th key={name} scope="col" class="num">
                {say.figureName(name)}
              </th>
            ))}
            <th scope="col">{words.state}</th>
          </tr>
        </thead>
        <tbody>
          {candidates.map((candidate) => (
            <tr
              key={endText(candidate)}
              class={candidate.standing === "chosen" ? "chosen" : undefined}
              data-standing={candidate.standing}
            >
              <th scope="row" class="mono">
                {endText(candidate)}
              </th>
              <td class="num">{candidate.weight}</td>
              <td class="num">
                {candidate.activeConnections} / {candidate.inactiveConnections}
              </td>
              <td class="num">{candidate.overhead}</td>
              {names.map((name) => (
                <td key={name} class="num">
                  {say.figure(candidate.figures[name])}
                </td>
              ))}
              <td>{say.standings[candidate.standing]}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
