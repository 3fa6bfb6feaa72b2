/**
 * What `uipvs lab` says to students, in the languages of the labs.
 *
 * @module
 */
import type { Language } from "../lab/index.ts";

/** Sentences, by language. */
export interface LabWords {
  readonly minutes: (count: number) => string;
  readonly running: string;
  readonly about: (steps: number, minutes: number) => string;
  /** How to go on after the text; each a command and what it does. */
  readonly directions: readonly (readonly [command: string, does: string])[];
  readonly hosts: (names: readonly string[]) => string;
  readonly tally: (passed: number, total: number) => string;
  readonly goOn: string;
  readonly done: string;
  readonly hint: (number: number, total: number, step: string) => string;
  readonly moreHints: string;
  readonly noHint: string;
  readonly starting: string;
  /** `lack` is why there are no others, in English as the system says it. */
  readonly simulated: (lack: string) => string;
  readonly stopped: (name: string) => string;
  readonly restarted: string;
}

export const LAB_WORDS: Readonly<Record<Language, LabWords>> = {
  en: {
    minutes: (count) => `${count} min`,
    running: "running",
    about: (steps, minutes) => `${steps} steps, about ${minutes} minutes`,
    hosts: (names) => `Hosts: ${names.join(", ")}`,
    directions: [
      ["uipvs lab enter HOST", "a shell on a host, best one in each of several terminals"],
      ["uipvs lab check", "how far you are"],
      ["uipvs lab hint", "a nudge; again for more"],
      ["uipvs lab text", "this text once more"],
      ["uipvs lab stop", "the end of the lab"],
    ],
    tally: (passed, total) => `${passed} of ${total} steps. `,
    goOn: "`uipvs lab hint' helps.",
    done: "All done. `uipvs lab stop' takes the lab down.",
    hint: (number, total, step) => `Hint ${number} of ${total}: ${step}`,
    moreHints: "Ask again for another one.",
    noHint: "All steps are passed: no hint is left to give.",
    starting: "Building the hosts …",
    simulated: (lack) =>
      `The hosts are simulated, as there are no network namespaces here: ${lack}`,
    stopped: (name) => `Lab "${name}" is down; nothing is left of it`,
    restarted: "The lab is as it was at first. Shells on its hosts have ended: enter them anew",
  },
  zh: {
    minutes: (count) => `${count} 分钟`,
    running: "运行中",
    about: (steps, minutes) => `共 ${steps} 步，约 ${minutes} 分钟`,
    hosts: (names) => `主机：${names.join("、")}`,
    directions: [
      ["uipvs lab enter HOST", "进入一台主机的 shell，最好每台主机用一个终端"],
      ["uipvs lab check", "检查进度"],
      ["uipvs lab hint", "提示；再次运行可得到更多提示"],
      ["uipvs lab text", "再看一遍本文"],
      ["uipvs lab stop", "结束实验"],
    ],
    tally: (passed, total) => `已完成 ${passed}/${total} 步。`,
    goOn: "需要帮助可运行 `uipvs lab hint'。",
    done: "全部完成。用 `uipvs lab stop' 结束实验。",
    hint: (number, total, step) => `提示 ${number}/${total}：${step}`,
    moreHints: "再次运行可得到下一条提示。",
    noHint: "所有步骤都已通过，没有更多提示。",
    starting: "正在搭建主机……",
    simulated: (lack) => `这里没有网络命名空间，主机都是模拟的（${lack}）`,
    stopped: (name) => `实验“${name}”已结束，没有任何残留`,
    restarted: "实验已恢复到初始状态。原来的主机 shell 已结束，请重新进入",
  },
};
