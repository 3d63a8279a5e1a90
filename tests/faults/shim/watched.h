/*
 * Shared by both shims: the C library's own calls, and the record of descriptors that belong to the watched folder.
 * Node's SQLite and libuv reach the disk through these few functions; a file of the folder is recognised by its path
 * at open.
 */
#ifndef WATCHED_H
#define WATCHED_H

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOST_DESCRIPTORS 65536

/* The watched folder, absolute, without a slash at its end; if empty, nothing is watched. */
static const char *folder = "";
static size_t folder_length;

static int (*real_open)(const char *, int, ...);
static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static int (*real_fsync)(int);
static int (*real_ftruncate)(int, off_t);
static int (*real_rename)(const char *, const char *);
static int (*real_unlink)(const char *);

static void fail(const char *what) {
  fprintf(stderr, "shim: %s\n", what);
  abort();
}

static void *real(const char *name) {
  void *function = dlsym(RTLD_NEXT, name);
  if (!function) fail(name);
  return function;
}

static void watch(void) {
  real_open = real("open64");
  real_write = real("write");
  real_pwrite = real("pwrite64");
  real_fsync = real("fsync");
  real_ftruncate = real("ftruncate64");
  real_rename = real("rename");
  real_unlink = real("unlink");
  const char *given = getenv("SHIM_FOLDER");
  if (!given) return;
  folder = strdup(given);
  folder_length = strlen(folder);
}

/* Returns the name of a file of the folder, "" for the folder itself, or NULL if it is not ours. */
static const char *name_in_folder(const char *path) {
  if (folder_length == 0 || strncmp(path, folder, folder_length) != 0) return NULL;
  const char *name = path + folder_length;
  if (*name == '\0') return "";
  return *name == '/' && !strchr(name + 1, '/') ? name + 1 : NULL;
}

/*
 * libuv closes with a bare system call, which the shim cannot intercept: check each time if a number still means the
 * file.
 */
static ino_t opened_as[MOST_DESCRIPTORS];

static ino_t inode_of(int fd) {
  struct stat about;
  int is_file = fstat(fd, &about) == 0 && (S_ISREG(about.st_mode) || S_ISDIR(about.st_mode));
  return is_file ? about.st_ino : 0;
}

static void remember(int fd) {
  if (fd >= MOST_DESCRIPTORS) fail("too many descriptors");
  if (fd >= 0) opened_as[fd] = inode_of(fd);
}

static int is_remembered(int fd) {
  return fd >= 0 && fd < MOST_DESCRIPTORS && opened_as[fd] != 0 && opened_as[fd] == inode_of(fd);
}

static off_t size_of(int fd) {
  struct stat about;
  if (fstat(fd, &about) != 0) fail("fstat");
  return about.st_size;
}

/* Opens a file in each shim's own way, through whichever function the library is called. */
static int opened(const char *path, int flags, mode_t mode);

#define OPENS(name)                                    \
  int name(const char *path, int flags, ...) {         \
    va_list more;                                      \
    va_start(more, flags);                             \
    mode_t mode = flags & O_CREAT ? va_arg(more, mode_t) : 0; \
    va_end(more);                                      \
    return opened(path, flags, mode);                  \
  }
OPENS(open)
OPENS(open64)

/* The library's other names for the functions that the shims replace. */
ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at) {
  return pwrite64(fd, bytes, size, at);
}

int ftruncate(int fd, off_t size) {
  return ftruncate64(fd, size);
}

int fdatasync(int fd) {
  return fsync(fd);
}

#endif
