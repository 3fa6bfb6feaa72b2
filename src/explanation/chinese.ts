/**
 * Explanations in Chinese.
 *
 * @module
 */
import type {
  Answer,
  ConnectionFigures,
  PacketFigures,
  Sent,
  Step,
} from "../engine/explain/explanation.ts";
import {
  CHINESE_BASES,
  CHINESE_FATES,
  CHINESE_FIGURES,
  CHINESE_LOOK_UPS,
  CHINESE_METHODS,
  CHINESE_REJECTIONS,
  CHINESE_REUSES,
  CHINESE_STANDINGS,
} from "./chinese-words.ts";
import type { ExplanationText, Words } from "./explanation-text.ts";
import { serviceText } from "./step-words.ts";
import { endText } from "./words.ts";

export const CHINESE_EXPLANATION: ExplanationText = {
  packet,
  step,
  sent,
  answer,
  figureName,
  figure,
  methods: CHINESE_METHODS,
  standings: CHINESE_STANDINGS,
};

type StepOf<Kind extends Step["step"]> = Extract<Step, { step: Kind }>;

const ABOUT: Readonly<Record<NonNullable<StepOf<"icmp-error">["about"]>, string>> = {
  request: "它报告某个连接的请求出错，将发往客户端",
  reply: "它报告某个连接的应答出错，将发往真实服务器",
  tunnel: "它报告某个连接的隧道数据包出错，将以客户端能理解的形式告知客户端",
};

const NOBODY: Readonly<Record<StepOf<"no-destination">["fate"], string>> = {
  refused: "没有服务器可以接收：拒绝",
  "left-to-host": "没有服务器可以接收：已被 FTP 服务捕获，留给本机",
  bypassed: "没有缓存服务器可以接收：发往原来的目的地（cache_bypass）",
  unreadable: "没有服务器可以接收，而且读不出它的端口",
};

const ANSWERS: Readonly<Record<Answer["kind"], string>> = {
  "port-unreachable": "端口不可达",
  "host-unreachable": "主机不可达",
  "time-exceeded": "超时",
  "too-big": "数据包过大",
};

function packet({ protocol, source, destination, fwmark, ...rest }: PacketFigures): string {
  const { flags, length, hopLimit } = rest;
  const parts = [
    `${String(protocol).toUpperCase()} ${endText(source)} > ${endText(destination)}`,
    ...(flags === null ? [] : [flags || "无标志"]),
    ...(fwmark === null ? [] : [`标记 ${fwmark}`]),
    `${length} 字节`,
    `TTL ${hopLimit}`,
  ];
  return parts.join("，");
}

function step(step: Step): Words {
  switch (step.step) {
    case "no-services":
      return ["服务", `没有 IPv${step.family} 的虚拟服务`];
    case "fragment":
      return ["分片", "保留，直到数据包的其余部分到达"];
    case "backup":
      return ["备份", "请求由主调度器处理"];
    case "protocol":
      return ["协议", `${String(step.protocol).toUpperCase()} 没有自己的连接`];
    case "passing":
      return ["过路", "它是发给别的主机的，也不是对任何连接的应答"];
    case "reply":
      return step.connection === null
        ? ["应答", "它不是对任何连接的应答，并会告知其服务器（nat_icmp_send）"]
        : ["应答", "它是对一个连接的应答", connection(step.connection)];
    case "icmp-error":
      return step.connection === null
        ? ["ICMP 差错", "它报告的内容与调度器所知的连接无关"]
        : ["ICMP 差错", ABOUT[step.about ?? "request"], connection(step.connection)];
    case "server-connection":
      return ["应答", `它不是应答：${endText(step.server)} 由此发起一个连接`];
    case "connection":
      return found(step);
    case "beginning":
      return ["开始", step.may ? "它可以开始一个连接" : `它不能开始连接：${step.reason}`];
    case "service":
      return service(step);
    case "defence":
      return [
        "防御",
        `每 ${step.rate} 个新连接丢弃一个：${step.next === 1 ? "就是这一个" : `从现在起第 ${step.next} 个`}`,
      ];
    case "exception":
      return [
        "例外",
        step.exception === "ftp-data-port"
          ? "来自端口 20：是 FTP 服务器的数据，不是请求"
          : "是本机服务器的应答，不是请求",
      ];
    case "port":
      return ["端口", `该服务不接收发往端口 ${step.port} 的新连接`];
    case "engine":
      return ["模板", `持久引擎 ${step.engine} 找不到可以识别客户端的内容`];
    case "template":
      return template(step);
    case "scheduler":
      return scheduler(step);
    case "no-destination":
      return ["无人接收", NOBODY[step.fate]];
    case "forwarding":
      return forwarding(step);
  }
}

function connection(figures: ConnectionFigures): string {
  const { protocol, client, virtual, fwmark, server, state, expires, method } = figures;
  const to = virtual === null ? `标记 ${fwmark}` : endText(virtual);
  return (
    `${String(protocol).toUpperCase()} ${endText(client)} > ${to} > ${endText(server)}，` +
    `${CHINESE_METHODS[method]}，${state}，${expires} 秒后过期`
  );
}

function found({ connection: one, fate, reuse, stateAfter }: StepOf<"connection">): Words {
  const words: Words = ["连接", CHINESE_FATES[fate]];
  if (one !== null) {
    const moved = stateAfter !== null && stateAfter !== one.state;
    words.push(connection(one) + (moved ? `，之后为 ${stateAfter}` : ""));
  }
  if (reuse !== null) words.push(CHINESE_REUSES[reuse]);
  return words;
}

function service({ tried, service: one }: StepOf<"service">): Words {
  const ways = tried
    .filter(({ key }) => key !== null)
    .map(({ by, key, found: hit }) => `${CHINESE_LOOK_UPS[by]}（${key}）：${hit ? "找到" : "无"}`);
  if (one === null) return ["服务", "无", ...ways];
  const { scheduler: name, schedulerFlags, onePacket, persistence, servers } = one;
  const traits = [
    [name, ...schedulerFlags].join(" "),
    ...(persistence === null ? [] : [`持久 ${persistence} 秒`]),
    ...(onePacket ? ["单包调度"] : []),
    `${servers} 台真实服务器`,
  ];
  return ["服务", `${serviceText(one)}，${traits.join("，")}`, ...ways];
}

function template({ key, template: one, rejection }: StepOf<"template">): Words {
  const to = key.virtual === null ? `标记 ${key.fwmark}` : key.virtual;
  const port = key.port === 0 ? "任意端口" : `端口 ${key.port}`;
  const by = key.engineData === null ? "" : `，“${key.engineData}”`;
  const sought = `客户端 ${key.clients}，${to}，${port}${by}`;
  if (one === null) return ["模板", `还没有：${sought}`];
  const fate =
    rejection === null ? "找到" : `找到，但不再有用，因为${CHINESE_REJECTIONS[rejection]}`;
  return ["模板", `${fate}：${sought}`, connection(one)];
}

function scheduler({ scheduler: name, choice, basis, figures }: StepOf<"scheduler">): Words {
  if (name === "none") return ["调度", "该服务没有调度算法：不选择任何服务器"];
  const parts = [
    name,
    ...(choice === null ? [] : [endText(choice)]),
    ...(basis === null ? [] : [CHINESE_BASES[basis]]),
  ];
  const state = Object.entries(figures).map(([each, value]) => {
    return `${figureName(each)} ${figure(value)}`;
  });
  return ["调度", parts.join("："), ...(state.length === 0 ? [] : [state.join("，")])];
}

function forwarding({ method, server, route, overhead, problem }: StepOf<"forwarding">): Words {
  const to = method === "local" ? "交给本机" : `发往 ${endText(server)}`;
  const way = route === null ? [] : [route.local ? "那就是本机" : `路径可容纳 ${route.mtu} 字节`];
  const added = overhead === 0 ? [] : [`增加 ${overhead} 字节`];
  const words: Words = ["转发", [CHINESE_METHODS[method], to, ...way, ...added].join("，")];
  if (problem !== null) words.push(`不能这样转发：${problem}`);
  return words;
}

function sent({ source, destination, hopLimit, length, outer, nextHop }: Sent): string {
  const inner = `${endText(source)} > ${endText(destination)}`;
  const port = outer?.port == null ? "" : ` 端口 ${outer.port}`;
  const parts = [
    outer === null
      ? inner
      : `${outer.source} > ${outer.destination} ${outer.type}${port}（${inner}）`,
    `TTL ${hopLimit}`,
    ...(length === null ? [] : [`${length} 字节`]),
    nextHop === null ? "交给本机" : `交给 ${nextHop}`,
  ];
  return parts.join("，");
}

function answer({ kind, from, to, mtu }: Answer): string {
  return `ICMP ${ANSWERS[kind]}${mtu === null ? "" : `，MTU ${mtu}`}，${from} > ${to}`;
}

function figureName(name: string): string {
  return CHINESE_FIGURES[name] ?? name;
}

function figure(value: number | boolean | undefined): string {
  if (value === undefined) return "";
  if (typeof value === "number") return String(value);
  return value ? "是" : "否";
}
