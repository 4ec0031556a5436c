/*
 * A disk that fails, for one process: preloaded (LD_PRELOAD), it stands before the C library's calls of the file
 * system and makes chosen ones fail or wait. Only names below FAULTS_BELOW are looked at.
 *
 *   FAULTS_BELOW  folder; without it nothing is done
 *   FAULTS_CALL   which calls: open, read, write, sync, truncate, rename, unlink, mkdir, list; or "any"
 *   FAULTS_NAME   only where the last part of the name matches this pattern (fnmatch); default "*"
 *   FAULTS_FIRST  the first of those calls that is struck, from 1
 *   FAULTS_TIMES  how many in a row, 0 for all that follow; "every other" call when it is -1
 *   FAULTS_ERROR  number of the error, or 0 to only wait
 *   FAULTS_WAIT   milliseconds that a struck call waits first
 *   FAULTS_TRACE  file that gets a line for each call: its kind, name, and "!" when it was struck
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static const char *below, *call_wanted = "", *name_wanted = "*";
static long first, times, error_number, wait_ms;
static int trace = -1;
static atomic_long matched;

static long number(const char *variable, long otherwise) {
  const char *text = getenv(variable);
  return text == NULL ? otherwise : atol(text);
}

__attribute__((constructor)) static void configure(void) {
  call_wanted = getenv("FAULTS_CALL") ? getenv("FAULTS_CALL") : "";
  name_wanted = getenv("FAULTS_NAME") ? getenv("FAULTS_NAME") : "*";
  first = number("FAULTS_FIRST", 1);
  times = number("FAULTS_TIMES", 1);
  error_number = number("FAULTS_ERROR", 0);
  wait_ms = number("FAULTS_WAIT", 0);
  const char *file = getenv("FAULTS_TRACE");
  if (file != NULL)
    trace = syscall(SYS_openat, AT_FDCWD, file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  below = getenv("FAULTS_BELOW");
}

static int is_chosen(const char *call, const char *name) {
  if (strcmp(call_wanted, "any") != 0 && strcmp(call_wanted, call) != 0) return 0;
  if (fnmatch(name_wanted, name, 0) != 0) return 0;
  long count = atomic_fetch_add(&matched, 1) + 1;
  if (count < first) return 0;
  if (times < 0) return (count - first) % 2 == 0;
  return times == 0 || count < first + times;
}

/* Whether this call is to fail; errno is set then. It has waited first, where it is to wait. */
static int strikes(const char *call, const char *path) {
  if (below == NULL || path == NULL || strncmp(path, below, strlen(below)) != 0) return 0;
  const char *slash = strrchr(path, '/');
  const char *name = slash == NULL ? path : slash + 1;
  int chosen = is_chosen(call, name);
  if (trace >= 0) {
    char line[PATH_MAX + 32];
    int length = snprintf(line, sizeof line, "%s %s%s\n", call, name, chosen ? " !" : "");
    syscall(SYS_write, trace, line, length);
  }
  if (!chosen) return 0;
  if (wait_ms > 0) {
    struct timespec time = {wait_ms / 1000, wait_ms % 1000 * 1000000};
    nanosleep(&time, NULL);
  }
  if (error_number == 0) return 0;
  errno = error_number;
  return 1;
}

static int strikes_descriptor(const char *call, int descriptor) {
  char link[64], path[PATH_MAX];
  if (below == NULL) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return strikes(call, path);
}

/* A write that is synced before it returns is a sync, too. */
static int strikes_write(int descriptor) {
  if (strikes_descriptor("write", descriptor)) return 1;
  if (strcmp(call_wanted, "any") == 0) return 0;
  int flags = fcntl(descriptor, F_GETFL);
  return (flags & O_DSYNC) != 0 && strikes_descriptor("sync", descriptor);
}

/* The path behind a name such as /proc/self/fd/20, which is how a file is opened a second time. */
static int strikes_open(const char *path) {
  char target[PATH_MAX];
  if (below != NULL && path != NULL && strncmp(path, "/proc/self/fd/", 14) == 0) {
    ssize_t length = readlink(path, target, sizeof target - 1);
    if (length > 0) {
      target[length] = 0;
      return strikes("open", target);
    }
  }
  return strikes("open", path);
}

#define NEXT(type, name, ...)                                \
  static type (*next)(__VA_ARGS__);                          \
  if (next == NULL) next = (type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

#define OPEN(name)                                           \
  int name(const char *path, int flags, ...) {               \
    NEXT(int, #name, const char *, int, ...);                \
    va_list rest;                                            \
    va_start(rest, flags);                                   \
    mode_t mode = va_arg(rest, mode_t);                      \
    va_end(rest);                                            \
    return strikes_open(path) ? -1 : next(path, flags, mode); \
  }
OPEN(open)
OPEN(open64)

#define TRANSFER(name, kind, buffer, offset)                                        \
  ssize_t name(int descriptor, buffer data, size_t length, offset position) {       \
    NEXT(ssize_t, #name, int, buffer, size_t, offset);                              \
    return kind ? -1 : next(descriptor, data, length, position);                    \
  }
TRANSFER(pread, strikes_descriptor("read", descriptor), void *, off_t)
TRANSFER(pread64, strikes_descriptor("read", descriptor), void *, off64_t)
TRANSFER(pwrite, strikes_write(descriptor), const void *, off_t)
TRANSFER(pwrite64, strikes_write(descriptor), const void *, off64_t)

#define VECTOR(name, kind, offset)                                                        \
  ssize_t name(int descriptor, const struct iovec *parts, int count, offset position) {   \
    NEXT(ssize_t, #name, int, const struct iovec *, int, offset);                         \
    return kind ? -1 : next(descriptor, parts, count, position);                          \
  }
VECTOR(preadv, strikes_descriptor("read", descriptor), off_t)
VECTOR(preadv64, strikes_descriptor("read", descriptor), off64_t)
VECTOR(pwritev, strikes_write(descriptor), off_t)
VECTOR(pwritev64, strikes_write(descriptor), off64_t)

ssize_t read(int descriptor, void *data, size_t length) {
  NEXT(ssize_t, "read", int, void *, size_t);
  return strikes_descriptor("read", descriptor) ? -1 : next(descriptor, data, length);
}

ssize_t write(int descriptor, const void *data, size_t length) {
  NEXT(ssize_t, "write", int, const void *, size_t);
  return strikes_write(descriptor) ? -1 : next(descriptor, data, length);
}

#define SYNC(name)                                                          \
  int name(int descriptor) {                                                \
    NEXT(int, #name, int);                                                  \
    return strikes_descriptor("sync", descriptor) ? -1 : next(descriptor);  \
  }
SYNC(fsync)
SYNC(fdatasync)

#define TRUNCATE(name, offset)                                                            \
  int name(int descriptor, offset size) {                                                 \
    NEXT(int, #name, int, offset);                                                        \
    return strikes_descriptor("truncate", descriptor) ? -1 : next(descriptor, size);      \
  }
TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)

int rename(const char *from, const char *to) {
  NEXT(int, "rename", const char *, const char *);
  return strikes("rename", from) ? -1 : next(from, to);
}

int unlink(const char *path) {
  NEXT(int, "unlink", const char *);
  return strikes("unlink", path) ? -1 : next(path);
}

int mkdir(const char *path, mode_t mode) {
  NEXT(int, "mkdir", const char *, mode_t);
  return strikes("mkdir", path) ? -1 : next(path, mode);
}

#define SCAN(name, entry)                                                                        \
  int name(const char *path, struct entry ***names, int (*choose)(const struct entry *),         \
           int (*compare)(const struct entry **, const struct entry **)) {                       \
    NEXT(int, #name, const char *, struct entry ***, int (*)(const struct entry *),              \
         int (*)(const struct entry **, const struct entry **));                                 \
    return strikes("list", path) ? -1 : next(path, names, choose, compare);                      \
  }
SCAN(scandir, dirent)
SCAN(scandir64, dirent64)
