const LETTERS = /^[A-Za-z0-9+/]*/;

/**
 * Where a text stops being base64 as gRPC metadata has it: with padding when its length is a multiple of four,
 * without otherwise. Undefined: nowhere.
 */
export function base64Problem(text: string): number | undefined {
  const end =
    text.length % 4 === 0 ? text.length - (/={1,2}$/.exec(text)?.[0].length ?? 0) : text.length;
  const letters = LETTERS.exec(text)![0].length;
  if (letters < end) return letters;
  return end % 4 === 1 ? end - 1 : undefined;
}
