import { existsSync } from "node:fs";

/** Where the tools are; containers may have any PATH. */
function tool(name: string): string {
  const found = ["/usr/bin", "/bin", "/usr/sbin", "/sbin"]
    .map((folder) => `${folder}/${name}`)
    .find(existsSync);
  return found ?? name;
}

export const SHELL: string = tool("sh");
const MV = tool("mv");
const SETSID = tool("setsid");
const UNSHARE = tool("unshare");
const MOUNT = tool("mount");
const CHROOT = tool("chroot");

/**
 * Starts a container's main process once, and outlives whoever started it. In this order, so that a kill -9 at
 * any instant leaves files that say what is so:
 *
 * 1. `token` becomes `run.PID`: one rename says that the attempt is taken, and by whom. Whoever comes second
 *    finds no token, and goes away.
 * 2. The process starts, in a session of its own.
 * 3. `pid` has its number and when it began; put there by a rename, so that it is never half.
 * 4. `exit` has its exit status, by a rename as well.
 *
 * Signals to the supervisor end nothing. Arguments: the folder, then the command.
 */
export const SUPERVISOR: string = `
d=$1; shift
${MV} "$d/token" "$d/run.$$" 2>/dev/null || exit 0
trap 'got=1' TERM INT HUP
${SETSID} "$@" >>"$d/stdout" 2>>"$d/stderr" </dev/null &
p=$!
read -r s <"/proc/$p/stat"
s=\${s##*) }; set -- $s
echo "$p \${20}" >"$d/pid.tmp"; ${MV} "$d/pid.tmp" "$d/pid"
while :; do got=; wait $p; rc=$?; [ -n "$got" ] && kill -0 $p 2>/dev/null || break; done
echo $rc >"$d/exit.tmp"; ${MV} "$d/exit.tmp" "$d/exit"
`;

export interface StartRequest {
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly workingDir: string;
}

export interface Bind {
  /** On the host: a folder, or a file. */
  readonly source: string;
  /** As the container sees it. */
  readonly target: string;
  readonly readOnly: boolean;
}

/**
 * Gives a process a file system of its own: what the host has at the top, and the volumes. Arguments: an empty
 * folder, how many volumes, three for each of them, the user for chroot ("" is the own), the working folder,
 * and the command.
 */
const SANDBOX = `
set -e
root=$1 n=$2; shift 2
${MOUNT} -t tmpfs -o mode=755 nodetcd "$root"
for e in /* /.[!.]*; do
  if [ -L "$e" ]; then ln -s "$(readlink "$e")" "$root$e"
  elif [ -d "$e" ]; then mkdir "$root$e"; ${MOUNT} --rbind "$e" "$root$e"
  elif [ -e "$e" ]; then : >"$root$e"; ${MOUNT} --bind "$e" "$root$e"
  fi
done
while [ "$n" -gt 0 ]; do
  if [ -d "$1" ]; then mkdir -p "$root$2"
  else mkdir -p "$(dirname "$root$2")"; [ -e "$root$2" ] || : >"$root$2"
  fi
  ${MOUNT} --bind "$1" "$root$2"
  [ "$3" = 0 ] || ${MOUNT} -o remount,bind,ro "$root$2"
  shift 3; n=$((n-1))
done
user=$1; shift
if [ -n "$user" ]; then set -- --userspec="$user" "$root" ${SHELL} -c 'cd "$0" && exec "$@"' "$@"
else set -- "$root" ${SHELL} -c 'cd "$0" && exec "$@"' "$@"
fi
exec ${CHROOT} "$@"
`;

export interface Confinement {
  /** Empty folder for the root. */
  readonly root: string;
  readonly binds: readonly Bind[];
  /** `uid:gid`, or empty. */
  readonly user: string;
  readonly workingDir: string;
  /** False: in a user namespace, where the user is root by name only. */
  readonly privileged: boolean;
}

/** The command that runs `command` with volumes at their places and as its user. */
export function confined(command: readonly string[], where: Confinement): string[] {
  const { root, binds, user, workingDir, privileged } = where;
  if (binds.length === 0) {
    if (user === "") return [...command];
    return [CHROOT, `--userspec=${user}`, "--skip-chdir", "/", ...command];
  }
  const namespace = [
    UNSHARE,
    ...(privileged ? [] : ["-Ur"]),
    "--mount",
    "--propagation",
    "private",
  ];
  const volumes = binds.flatMap(({ source, target, readOnly }) => [
    source,
    target,
    readOnly ? "1" : "0",
  ]);
  const script = [SHELL, "-c", SANDBOX, "sandbox", root, String(binds.length), ...volumes];
  return [...namespace, "--", ...script, user, workingDir, ...command];
}
