import { isReason } from "../errors.ts";

/** What `work` gives; undefined when its object is not there any more, or is another one by now. */
export async function ifThere<R>(work: Promise<R>): Promise<R | undefined> {
  try {
    return await work;
  } catch (error) {
    if (isReason(error, "NotFound") || isReason(error, "Conflict")) return undefined;
    throw error;
  }
}
