import { readFileSync } from "node:fs";
import * as http from "node:http";
import * as https from "node:https";
import type { KubeObject } from "@nodetcd/jobs";
import { CliError } from "../errors.ts";

export interface ApiAccess {
  readonly server: string;
  /** Files and tokens that are empty are not used. */
  readonly token: string;
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
}

const CHUNK = 500;

interface List {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata?: { readonly continue?: string };
  readonly items?: KubeObject[];
}

/** Reads lists of an API like Kubernetes', all chunks of them. */
export class ApiReader {
  readonly #access: ApiAccess;

  constructor(access: ApiAccess) {
    this.#access = access;
  }

  /** Objects with their kind and version, which lists leave out. Raises `CliError`. */
  async list(path: string): Promise<KubeObject[]> {
    const objects: KubeObject[] = [];
    for (let next = ""; ;) {
      const query = `limit=${CHUNK}&continue=${encodeURIComponent(next)}`;
      const { apiVersion, kind, items = [], metadata } = await this.#get(`${path}?${query}`);
      const own = { apiVersion, kind: kind.replace(/List$/, "") };
      objects.push(...items.map((item) => ({ ...item, ...own })));
      next = metadata?.continue ?? "";
      if (next === "") return objects;
    }
  }

  #get(path: string): Promise<List> {
    const { server, token, caFile, certFile, keyFile } = this.#access;
    const file = (name: string, path: string) =>
      path === "" ? {} : { [name]: readFileSync(path) };
    const options = {
      headers: { Accept: "application/json", ...(token && { Authorization: `Bearer ${token}` }) },
      ...file("ca", caFile),
      ...file("cert", certFile),
      ...file("key", keyFile),
    };
    const get = server.startsWith("https:") ? https.get : http.get;
    return new Promise((resolve, reject) => {
      const fail = (why: string): void =>
        reject(
          new CliError("BAD_CONFIGURATION", `${server}${path}: ${why}`, "Is 'nodetcd jobs' there?"),
        );
      get(`${server}${path}`, options, (reply) => {
        const pieces: Buffer[] = [];
        reply.on("data", (piece: Buffer) => pieces.push(piece));
        reply.on("error", (error) => fail(error.message));
        reply.on("end", () => {
          const text = Buffer.concat(pieces).toString();
          if (reply.statusCode === 200) resolve(JSON.parse(text) as List);
          else fail(messageOf(text) ?? `HTTP ${reply.statusCode}`);
        });
      }).on("error", (error) => fail(error.message));
    });
  }
}

function messageOf(text: string): string | undefined {
  try {
    return (JSON.parse(text) as { message?: string }).message;
  } catch {
    return undefined;
  }
}
