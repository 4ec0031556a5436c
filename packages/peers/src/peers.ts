/** The public list of `@nodetcd/peers`. */
export {};
