/*
 * Makes system calls of the preloaded program fail. DISK_FAULTS has a fault per line: a call, an error, how many times
 * (0: always), and a part of the path. The call `statfs` reports a file system of 0 bytes instead of an error.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#define MAX_FAULTS 32

struct fault {
  char call[16];
  char error[16];
  int times;
  char path[256];
  int failed;
};

static struct fault faults[MAX_FAULTS];
static int count = -1;

static void read_faults(void) {
  const char *line = getenv("DISK_FAULTS");
  int found = 0;
  while (line && *line && found < MAX_FAULTS) {
    struct fault *fault = &faults[found];
    if (sscanf(line, "%15s %15s %d %255s", fault->call, fault->error, &fault->times, fault->path) == 4) found++;
    line = strchr(line, '\n');
    if (line) line++;
  }
  count = found;
}

__attribute__((constructor)) static void start(void) { read_faults(); }

static int code_of(const char *error) {
  static const struct { const char *name; int code; } codes[] = {
    {"EBUSY", EBUSY}, {"EPERM", EPERM}, {"EACCES", EACCES}, {"ETXTBSY", ETXTBSY}, {"EINVAL", EINVAL},
    {"ENOTSUP", ENOTSUP}, {"ENOSYS", ENOSYS}, {"EIO", EIO}, {"ENOSPC", ENOSPC}, {"EDQUOT", EDQUOT},
    {"EFBIG", EFBIG}, {"EXDEV", EXDEV}, {"EROFS", EROFS},
  };
  for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
    if (!strcmp(codes[i].name, error)) return codes[i].code;
  return EIO;
}

/* Returns the error that a call fails with, or 0. */
static int failure(const char *call, const char *path) {
  for (int i = 0; i < count; i++) {
    struct fault *fault = &faults[i];
    if (strcmp(fault->call, call) || !path || !strstr(path, fault->path)) continue;
    if (fault->times == 0 || __sync_fetch_and_add(&fault->failed, 1) < fault->times) return code_of(fault->error);
  }
  return 0;
}

static const char *path_of(int fd, char *buffer) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, buffer, PATH_MAX - 1);
  if (length < 0) return NULL;
  buffer[length] = 0;
  return buffer;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define FAIL_PATH(call, path) \
  do { int error = failure(call, path); if (error) { errno = error; return -1; } } while (0)
#define FAIL_FD(call, fd) \
  do { char buffer[PATH_MAX]; FAIL_PATH(call, count > 0 ? path_of(fd, buffer) : NULL); } while (0)

int rename(const char *from, const char *to) { FAIL_PATH("rename", to); return REAL(rename)(from, to); }
int unlink(const char *path) { FAIL_PATH("unlink", path); return REAL(unlink)(path); }
int mkdir(const char *path, mode_t mode) { FAIL_PATH("mkdir", path); return REAL(mkdir)(path, mode); }
int link(const char *from, const char *to) { FAIL_PATH("link", to); return REAL(link)(from, to); }
int fsync(int fd) { FAIL_FD("fsync", fd); return REAL(fsync)(fd); }
int fdatasync(int fd) { FAIL_FD("fdatasync", fd); return REAL(fdatasync)(fd); }
int utimensat(int dir, const char *path, const struct timespec times[2], int flags) {
  FAIL_PATH("utimensat", path);
  return REAL(utimensat)(dir, path, times, flags);
}
ssize_t write(int fd, const void *bytes, size_t size) {
  FAIL_FD("write", fd);
  return REAL(write)(fd, bytes, size);
}
ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t position) {
  FAIL_FD("pwrite", fd);
  return REAL(pwrite64)(fd, bytes, size, position);
}
ssize_t pwrite(int fd, const void *bytes, size_t size, off_t position) {
  FAIL_FD("pwrite", fd);
  return REAL(pwrite)(fd, bytes, size, position);
}

static int mode_of(int flags, va_list arguments) { return flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, int) : 0; }
static const char *call_of(int flags) { return (flags & O_ACCMODE) == O_RDONLY ? "read" : "open"; }

int open64(const char *path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  int mode = mode_of(flags, arguments);
  va_end(arguments);
  FAIL_PATH(call_of(flags), path);
  return REAL(open64)(path, flags, mode);
}
int open(const char *path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  int mode = mode_of(flags, arguments);
  va_end(arguments);
  FAIL_PATH(call_of(flags), path);
  return REAL(open)(path, flags, mode);
}
int statfs64(const char *path, struct statfs64 *found) {
  int result = REAL(statfs64)(path, found);
  if (result == 0 && failure("statfs", path)) found->f_blocks = found->f_bfree = found->f_bavail = 0;
  return result;
}
int statfs(const char *path, struct statfs *found) {
  int result = REAL(statfs)(path, found);
  if (result == 0 && failure("statfs", path)) found->f_blocks = found->f_bfree = found->f_bavail = 0;
  return result;
}
