/**
 * What stands where there is nothing to show.
 *
 * @module
 */
import type { ComponentChildren } from "preact";
import { Icon, type IconName } from "./icon.tsx";

export function Empty(props: {
  readonly icon: IconName;
  readonly title: string;
  readonly children?: ComponentChildren;
}) {
  return (
    <div class="empty">
      <span class="empty-icon">
        <Icon name={props.icon} />
      </span>
      <p class="empty-title">{props.title}</p>
      {props.children}
    </div>
  );
}
