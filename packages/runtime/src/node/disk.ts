import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Disk } from "../disk.ts";
import { diskError } from "./disk-error.ts";
import { NodeFile } from "./file.ts";
import { lockLimits } from "./lock.ts";
import { makeDirectory } from "./make-directory.ts";
import { retry, retryAsync } from "./retry.ts";

const openFile = promisify(fs.open);
const statFileSystem = promisify(fs.statfs);

function attempt<T>(path: string, action: string, work: () => T): T {
  try {
    return retry(work);
  } catch (error) {
    throw diskError(error, path, action);
  }
}

async function attemptAsync<T>(path: string, action: string, work: () => Promise<T>): Promise<T> {
  try {
    return await retryAsync(work);
  } catch (error) {
    throw diskError(error, path, action);
  }
}

const { O_RDONLY, O_RDWR, O_CREAT, O_EXCL } = fs.constants;
const FLAGS = {
  read: O_RDONLY,
  write: O_RDWR,
  create: O_RDWR | O_CREAT,
  "create-new": O_RDWR | O_CREAT | O_EXCL,
} as const;

export const nodeDisk: Disk = {
  open(path, mode, permissions = 0o600) {
    return new NodeFile(
      path,
      attempt(path, "open", () => fs.openSync(path, FLAGS[mode], permissions)),
    );
  },
  async openAsync(path, mode, permissions = 0o600) {
    const open = (): Promise<number> => openFile(path, FLAGS[mode], permissions);
    return new NodeFile(path, await attemptAsync(path, "open", open));
  },
  exists: (path) => fs.existsSync(path),
  size: (path) => attempt(path, "measure", () => fs.statSync(path).size),
  permissions: (path) =>
    attempt(path, "look at the permissions of", () => fs.statSync(path).mode & 0o777),
  list(directory) {
    return attempt(directory, "list", () =>
      fs
        .readdirSync(directory, { withFileTypes: true })
        .map((entry) => ({
          name: entry.name,
          kind: entry.isFile()
            ? ("file" as const)
            : entry.isDirectory()
              ? ("directory" as const)
              : ("other" as const),
          size: entry.isFile() ? fs.statSync(join(directory, entry.name)).size : 0,
        }))
        .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    );
  },
  makeDirectory: (path) => attempt(path, "make the directory", () => makeDirectory(path, 0o700)),
  rename: (from, to) => attempt(from, `rename to ${to}:`, () => fs.renameSync(from, to)),
  renameAsync: (from, to) =>
    attemptAsync(from, `rename to ${to}:`, () => fs.promises.rename(from, to)),
  remove: (path) => attempt(path, "remove", () => fs.unlinkSync(path)),
  removeAsync: (path) => attemptAsync(path, "remove", () => fs.promises.unlink(path)),
  async freeBytes(path) {
    const { bavail, bsize } = await attemptAsync(path, "measure", () => statFileSystem(path));
    return bavail * bsize;
  },
  removeTree: (path) =>
    attempt(path, "remove", () => fs.rmSync(path, { recursive: true, force: true })),
  syncDirectory(path) {
    attempt(path, "sync the directory", () => {
      const descriptor = fs.openSync(path, "r");
      try {
        fs.fsyncSync(descriptor);
      } finally {
        fs.closeSync(descriptor);
      }
    });
  },
  syncDirectoryAsync: (path) =>
    attemptAsync(path, "sync the directory", async () => {
      const directory = await fs.promises.open(path, "r");
      try {
        await directory.sync();
      } finally {
        await directory.close();
      }
    }),
  lockLimits,
  readFile: (path) => attempt(path, "read", () => fs.readFileSync(path)),
  makeTemporaryDirectory: (prefix) =>
    attempt(tmpdir(), "make a directory in", () => fs.mkdtempSync(join(tmpdir(), prefix))),
};
