/**
 * What is wrong with a lab, for whoever writes it: everything that can be found without building it.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { ScenarioError } from "../../scenario/scenario-error.ts";
import { readExpectations } from "./check-lab.ts";
import { type Fault, type ReadPlan, readPlan, readTextFile, textFile } from "./lab-folder.ts";
import { DIRECTOR } from "./lab-hosts.ts";
import type { LabCheck, LabPlan } from "./lab-schema.ts";
import { type CommandBlock, readBlocks } from "./lab-text.ts";
import { LANGUAGES } from "./language.ts";
import { readScenario } from "./rehearse.ts";

/**
 * Returns what is wrong with the lab in a folder.
 *
 * @throws LabError when it has no plan
 */
export function lintLab(folder: string): readonly Fault[] {
  const read = readPlan(folder);
  const { plan } = read;
  if (plan === undefined) return read.faults;
  return [...hostFaults(read, plan), ...stepFaults(read, plan), ...textFaults(folder, plan)];
}

function hostFaults(read: ReadPlan, { hosts, setup }: LabPlan): readonly Fault[] {
  const fault = faultIn(read);
  const faults: Fault[] = [];
  if (hosts[DIRECTOR] === undefined) {
    faults.push(
      fault(["hosts"], `hosts: one must be called "${DIRECTOR}": a director is started there`),
    );
  }
  for (const [name, { links, web, tunnel, director }] of Object.entries(hosts)) {
    if (name === "switch") {
      faults.push(fault(["hosts", name], `hosts: "switch" is the name of what connects them`));
    }
    if (Object.keys(links).length === 0) {
      faults.push(fault(["hosts", name], `hosts.${name}: it has no links, so nobody can reach it`));
    }
    if ((name === DIRECTOR || director) && (web.length > 0 || tunnel !== undefined)) {
      faults.push(fault(["hosts", name], `hosts.${name}: a director is no real server here`));
    }
  }
  setup.forEach(({ on }, at) => {
    if (hosts[on] === undefined)
      faults.push(fault(["setup", at], unknownHost(`setup.${at}.on`, on, hosts)));
  });
  return faults;
}

function stepFaults(read: ReadPlan, { hosts, steps }: LabPlan): readonly Fault[] {
  const fault = faultIn(read);
  return steps.flatMap(({ id, checks }, step) => {
    const faults: Fault[] = [];
    if (steps.findIndex((each) => each.id === id) < step) {
      faults.push(fault(["steps", step], `steps.${step}.id: "${id}" is the id of an earlier step`));
    }
    checks.forEach((check, at) => {
      const path = ["steps", step, "checks", at];
      const place = path.join(".");
      if ("on" in check && hosts[check.on] === undefined) {
        faults.push(fault(path, unknownHost(`${place}.on`, check.on, hosts)));
      }
      const wrong = expectationFault(check);
      if (wrong !== undefined) faults.push(fault(path, `${place}: ${wrong}`));
    });
    return faults;
  });
}

/** Returns why expectations cannot be understood. */
function expectationFault(check: LabCheck): string | undefined {
  try {
    if ("lvs" in check) {
      const { steps } = readScenario(check.lvs);
      if (steps.some(({ action }) => action.kind === "expect")) return undefined;
      return "lvs: it expects nothing";
    }
    if (!("expect" in check)) return undefined;
    for (const { action, text } of readExpectations(check.expect).steps) {
      const known =
        action.kind === "expect" && ["entries", "figures"].includes(action.expectation.type);
      if (!known) return `expect: "${text}" is not about a listing; use lvs for what clients meet`;
    }
    return undefined;
  } catch (error) {
    if (error instanceof ScenarioError) return error.message;
    throw error;
  }
}

function textFaults(folder: string, plan: LabPlan): readonly Fault[] {
  const texts = LANGUAGES.map((language) => {
    const file = textFile(folder, language);
    const there = existsSync(file);
    return { file, there, ...readBlocks(there ? readTextFile(file) : "") };
  });
  const faults = texts.flatMap(({ file, there, blocks, strange }): readonly Fault[] => {
    if (!there)
      return [{ file, message: "there is no such file: a lab has a text in each language" }];
    return [
      ...strange.map(({ language, line }) => ({
        file,
        line,
        message: `a block of code in "${language}": must be \`sh HOST\`, \`sh\` or \`text\``,
      })),
      ...blocks.flatMap(({ host, line }) =>
        host === undefined || plan.hosts[host] !== undefined
          ? []
          : [{ file, line, message: unknownHost("a block of code", host, plan.hosts) }],
      ),
      ...(blocks.some(isCheck) ? [] : [{ file, message: "it never says `uipvs lab check`" }]),
    ];
  });
  const [first, ...others] = texts;
  if (!texts.every(({ there }) => there)) return faults;
  return [...faults, ...others.flatMap((other) => difference(first!, other))];
}

function isCheck({ host, commands }: CommandBlock): boolean {
  return host === undefined && commands.some((command) => command.startsWith("uipvs lab check"));
}

interface Text {
  readonly file: string;
  readonly blocks: readonly CommandBlock[];
}

/** Returns where the commands of two texts part. */
function difference(one: Text, other: Text): readonly Fault[] {
  const text = ({ host, commands }: CommandBlock) => [host ?? "", ...commands].join("\n");
  const length = Math.max(one.blocks.length, other.blocks.length);
  for (let at = 0; at < length; at++) {
    const [mine, its] = [one.blocks[at], other.blocks[at]];
    if (mine !== undefined && its !== undefined && text(mine) === text(its)) continue;
    const line = its?.line ?? other.blocks.at(-1)?.line ?? 1;
    const where = mine === undefined ? "ends before" : `has others at line ${mine.line}`;
    return [{ file: other.file, line, message: `the commands differ: ${one.file} ${where}` }];
  }
  return [];
}

function unknownHost(place: string, name: string, hosts: LabPlan["hosts"]): string {
  return `${place}: there is no host "${name}": must be one of ${Object.keys(hosts).join(", ")}`;
}

function faultIn(read: ReadPlan): (path: readonly PropertyKey[], message: string) => Fault {
  return (path, message) => ({ file: read.file, line: read.lineOf(path), message });
}
