/**
 * The commands that change something. They print nothing when all went well.
 *
 * @module
 */
import type { Backend } from "../../control/backend.ts";
import type { Change } from "../command.ts";
import { refusal } from "../failure.ts";
import * as messages from "../messages.ts";
import type { Session } from "../session.ts";

/**
 * Makes a change.
 *
 * @throws Failure when it is refused
 */
export async function change(command: Change, session: Session): Promise<void> {
  const backend = await session.backend();
  try {
    await obey(command, backend);
  } catch (error) {
    throw refusal(messages.failureText(command.verb, error));
  }
}

/** Has `backend` make a change; rejects as it does. */
export function obey(command: Change, backend: Backend): Promise<void> {
  switch (command.verb) {
    case "add-service":
      return backend.addService(command.id, command.config);
    case "edit-service":
      return backend.editService(command.id, command.config);
    case "delete-service":
      return backend.deleteService(command.id);
    case "flush":
      return backend.flush();
    case "zero":
      return backend.zero(command.id);
    case "add-server":
      return backend.addDestination(command.service, command.id, command.config);
    case "edit-server":
      return backend.editDestination(command.service, command.id, command.config);
    case "delete-server":
      return backend.deleteDestination(command.service, command.id);
    case "set":
      return backend.setTimeouts(command.timeouts);
    case "start-daemon":
      return backend.startDaemon(command.config);
    case "stop-daemon":
      return backend.stopDaemon(command.role);
  }
}
