import type { LockKind } from "./claims.ts";

/** A program that locks its descriptor 3 and ends: with 0, or with 1 and no word when another holds a lock on the file. */
export interface Locker {
  readonly program: string;
  /** Whether it takes etcd's kind of lock, too, so that no etcd can open the file while it is locked. */
  readonly locksRecords: boolean;
  argumentsFor(kind: LockKind): string[];
}

/**
 * Both kinds at once. bbolt locks its file with flock(2), etcd the segments of its log with fcntl(2): F_OFD_SETLK (37) on
 * `struct flock` of 64-bit Linux, with type F_RDLCK (0) or F_WRLCK (1), from the first byte to the end. Neither sees the other.
 * A file system that has no locks of the second kind has none for etcd, either.
 */
const BOTH = `
open(my $file, "+<&=", 3) || open($file, "<&=", 3) || die "$!\\n";
my $isHeld = sub { $!+0 == 11 || $!+0 == 13 };
my $isShared = $ARGV[0] eq "shared";
flock($file, $isShared ? 5 : 6) || ($isHeld->() ? exit 1 : die "flock: $!\\n");
fcntl($file, 37, pack("ssx4qqix4", $isShared ? 0 : 1, 0, 0, 0, 0)) || exit($isHeld->());`;

const perl: Locker = {
  program: "perl",
  locksRecords: true,
  argumentsFor: (kind) => ["-e", BOTH, kind],
};

/** Of util-linux or busybox: the options are those that both know. */
const flock: Locker = {
  program: "flock",
  locksRecords: false,
  argumentsFor: (kind) => [kind === "shared" ? "-s" : "-x", "-n", "3"],
};

/** The best first. */
export const LOCKERS: readonly Locker[] =
  process.platform === "linux" && ["x64", "arm64"].includes(process.arch) ? [perl, flock] : [flock];
