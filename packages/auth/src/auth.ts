/** The public list of `@nodetcd/auth`. */
export {};
