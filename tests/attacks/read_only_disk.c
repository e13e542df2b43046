/* A disk that the kernel has made read-only under whoever has files open on it, as it does after an error of the disk, and writable
   again: what is below READ_ONLY_BELOW refuses writes with EROFS while the first byte of the file READ_ONLY_NOW is set. (remount(8)
   does neither while a file is open for writing.) Who loads this calls the kernel by itself and sees the same answers. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static const volatile char *now;
static const char *below;

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("READ_ONLY_NOW");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    void *seen = file < 0 ? MAP_FAILED : mmap(NULL, 1, PROT_READ, MAP_SHARED, file, 0);
    below = getenv("READ_ONLY_BELOW");
    if (seen != MAP_FAILED && below)
        now = seen;
    if (file >= 0)
        close(file);
}

static int is_below(const char *path) {
    size_t length = strlen(below);
    return !strncmp(path, below, length) && (path[length] == '/' || !path[length]);
}

/* Whether the file that a descriptor stands for is there. Sockets and pipes are not. */
static int fd_refuses(int fd) {
    char name[40], path[PATH_MAX];
    struct stat found;
    ssize_t length;
    if (!now || !*now || fstat(fd, &found) || !(S_ISREG(found.st_mode) || S_ISDIR(found.st_mode)))
        return 0;
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    length = readlink(name, path, sizeof path - 1);
    if (length < 0)
        return 0;
    path[length] = 0;
    return is_below(path);
}

static int path_refuses(int at, const char *path) {
    char here[PATH_MAX];
    if (!now || !*now)
        return 0;
    if (path[0] == '/')
        return is_below(path);
    if (at != AT_FDCWD)
        return fd_refuses(at);
    return getcwd(here, sizeof here) && is_below(here);
}

#define REFUSED (errno = EROFS, -1)

static int opened(int at, const char *path, int flags, mode_t mode) {
    struct stat found;
    int writes = (flags & O_ACCMODE) != O_RDONLY || flags & O_TRUNC;
    if (path_refuses(at, path) && (writes || (flags & O_CREAT && fstatat(at, path, &found, 0))))
        return REFUSED;
    return syscall(SYS_openat, at, path, flags, mode);
}

#define MODE(last) va_list rest; va_start(rest, last); mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(rest, mode_t) : 0; va_end(rest)
int open(const char *path, int flags, ...) { MODE(flags); return opened(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE(flags); return opened(AT_FDCWD, path, flags, mode); }
int openat(int at, const char *path, int flags, ...) { MODE(flags); return opened(at, path, flags, mode); }
int openat64(int at, const char *path, int flags, ...) { MODE(flags); return opened(at, path, flags, mode); }

#define WRITES(name, call, take, give) \
    ssize_t name take { return fd_refuses(fd) ? REFUSED : syscall(call, fd, give); }
#define GIVE(...) __VA_ARGS__
WRITES(write, SYS_write, (int fd, const void *data, size_t size), GIVE(data, size))
WRITES(writev, SYS_writev, (int fd, const struct iovec *parts, int count), GIVE(parts, count))
WRITES(pwrite, SYS_pwrite64, (int fd, const void *data, size_t size, off_t at), GIVE(data, size, at))
WRITES(pwrite64, SYS_pwrite64, (int fd, const void *data, size_t size, off_t at), GIVE(data, size, at))

int ftruncate(int fd, off_t size) { return fd_refuses(fd) ? REFUSED : syscall(SYS_ftruncate, fd, size); }
int ftruncate64(int fd, off_t size) { return ftruncate(fd, size); }
int posix_fallocate(int fd, off_t at, off_t size) { return fd_refuses(fd) ? EROFS : syscall(SYS_fallocate, fd, 0, at, size) ? errno : 0; }
int posix_fallocate64(int fd, off_t at, off_t size) { return posix_fallocate(fd, at, size); }

int unlink(const char *path) { return path_refuses(AT_FDCWD, path) ? REFUSED : syscall(SYS_unlinkat, AT_FDCWD, path, 0); }
int unlinkat(int at, const char *path, int how) { return path_refuses(at, path) ? REFUSED : syscall(SYS_unlinkat, at, path, how); }
int rmdir(const char *path) { return path_refuses(AT_FDCWD, path) ? REFUSED : syscall(SYS_unlinkat, AT_FDCWD, path, AT_REMOVEDIR); }
int mkdir(const char *path, mode_t mode) { return path_refuses(AT_FDCWD, path) ? REFUSED : syscall(SYS_mkdirat, AT_FDCWD, path, mode); }
int mkdirat(int at, const char *path, mode_t mode) { return path_refuses(at, path) ? REFUSED : syscall(SYS_mkdirat, at, path, mode); }
int rename(const char *old, const char *new) {
    return path_refuses(AT_FDCWD, old) || path_refuses(AT_FDCWD, new) ? REFUSED : syscall(SYS_renameat2, AT_FDCWD, old, AT_FDCWD, new, 0);
}
int link(const char *old, const char *new) { return path_refuses(AT_FDCWD, new) ? REFUSED : syscall(SYS_linkat, AT_FDCWD, old, AT_FDCWD, new, 0); }
int chmod(const char *path, mode_t mode) { return path_refuses(AT_FDCWD, path) ? REFUSED : syscall(SYS_fchmodat, AT_FDCWD, path, mode); }
int fchmod(int fd, mode_t mode) { return fd_refuses(fd) ? REFUSED : syscall(SYS_fchmod, fd, mode); }

/* What the kernel tells of the disk: by way of statfs(2), of which the other is made. */
#include <sys/vfs.h>
static int told(const char *path, int fd, struct statvfs *to) {
    struct statfs found;
    int refuses = path ? path_refuses(AT_FDCWD, path) : fd_refuses(fd);
    if (path ? syscall(SYS_statfs, path, &found) : syscall(SYS_fstatfs, fd, &found))
        return -1;
    memset(to, 0, sizeof *to);
    to->f_bsize = found.f_bsize, to->f_frsize = found.f_frsize ? found.f_frsize : found.f_bsize;
    to->f_blocks = found.f_blocks, to->f_bfree = found.f_bfree, to->f_bavail = found.f_bavail;
    to->f_files = found.f_files, to->f_ffree = to->f_favail = found.f_ffree;
    to->f_namemax = found.f_namelen, to->f_flag = refuses ? ST_RDONLY : 0;
    return 0;
}
int statvfs(const char *path, struct statvfs *to) { return told(path, -1, to); }
int statvfs64(const char *path, struct statvfs64 *to) { return told(path, -1, (struct statvfs *)to); }
int fstatvfs(int fd, struct statvfs *to) { return told(NULL, fd, to); }
int fstatvfs64(int fd, struct statvfs64 *to) { return told(NULL, fd, (struct statvfs *)to); }
