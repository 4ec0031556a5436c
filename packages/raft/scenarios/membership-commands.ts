import { RaftError } from "../src/errors.ts";
import {
  enterJoint,
  leaveJoint,
  simpleChange,
  type JoinOptions,
  type Membership,
} from "../src/membership/change.ts";
import { describeConfiguration, EMPTY_CONFIGURATION } from "../src/membership/configuration.ts";
import { flagOf } from "./arguments.ts";
import { parseChanges } from "./describe-message.ts";
import type { Directive } from "./parse.ts";

/** A membership that `simple`, `enter-joint` and `leave-joint` change, one after the other. */
export class MembershipScenario {
  #membership: Membership = { configuration: EMPTY_CONFIGURATION, progress: [] };
  #lastIndex = 0;

  run(directive: Directive): string {
    try {
      this.#membership = this.#change(directive);
    } catch (error) {
      if (error instanceof RaftError) return `${error.message}\n`;
      return error instanceof Error ? error.message : String(error);
    } finally {
      this.#lastIndex++;
    }
    const { configuration, progress } = this.#membership;
    const lines = progress.map((member) => `${member.id}: ${member.toString()}\n`).join("");
    return `${describeConfiguration(configuration)}\n${lines}`;
  }

  #change(directive: Directive): Membership {
    const changes = parseChanges(directive.input);
    const join: JoinOptions = {
      lastIndex: this.#lastIndex,
      maxInflightMessages: 10,
      maxInflightBytes: Infinity,
    };
    switch (directive.command) {
      case "simple":
        return simpleChange(this.#membership, join, changes);
      case "enter-joint":
        return enterJoint(this.#membership, join, flagOf(directive, "autoleave") ?? false, changes);
      case "leave-joint":
        if (changes.length > 0) {
          throw new RaftError("INVALID_CONF_CHANGE", "this command takes no input");
        }
        return leaveJoint(this.#membership);
      default:
        throw new Error("unknown command");
    }
  }
}
