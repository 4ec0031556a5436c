/** What an interop proof reports: a line when it holds, an error when it does not. */
export function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}

export function equal<T>(got: T, wanted: T, what: string): void {
  if (got !== wanted) {
    throw new Error(`${what}: got ${JSON.stringify(got)}, wanted ${JSON.stringify(wanted)}`);
  }
}
