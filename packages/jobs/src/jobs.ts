/** The public list of `@nodetcd/jobs`. */
export {};
