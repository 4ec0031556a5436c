import {
  AlarmAction,
  type AlarmMember,
  type AlarmRequest,
  AlarmResponse,
  AlarmType,
} from "@nodetcd/messages";
import type { Alarms } from "../state/alarms.ts";
import type { ResponseHeaders } from "../wire/response-header.ts";

function change(alarms: Alarms, request: AlarmRequest): AlarmMember[] {
  switch (request.action) {
    case AlarmAction.GET:
      return alarms.list(request.alarm);
    case AlarmAction.ACTIVATE:
      return request.alarm === AlarmType.NONE
        ? []
        : [alarms.activate(request.memberId, request.alarm)];
    case AlarmAction.DEACTIVATE: {
      const ended = alarms.deactivate(request.memberId, request.alarm);
      return ended === undefined ? [] : [ended];
    }
    default:
      return [];
  }
}

/** Lists alarms, or raises or ends one; the reply names those that it concerned. */
export function applyAlarm(
  alarms: Alarms,
  headers: ResponseHeaders,
  revision: number,
  request: AlarmRequest,
): Uint8Array {
  return AlarmResponse.encode({
    header: headers.of(revision),
    alarms: change(alarms, request),
  });
}
