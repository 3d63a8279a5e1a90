/*
 * A disk that is full, read-only, failing or slow, and healthy again, as the file SHIM_CONTROL says: six 64-bit
 * numbers that the test changes while the process runs (disk-control.ts). SHIM_FOLDER is the folder on that disk.
 */
#include "watched.h"
#include <sys/mman.h>
#include <time.h>

enum { WELL, FULL, READ_ONLY, FAILING, SLOW };

static volatile struct {
  int64_t mode;
  /* FULL: the bytes by which files may still grow. */
  int64_t room;
  /* FAILING: the first of the writes, syncs and truncations to fail, counted from 1. */
  int64_t from;
  /* FAILING: how many of them fail. */
  int64_t times;
  /* Writes, syncs and truncations since this was set to 0. */
  int64_t calls;
  /* Faults returned since this was set to 0. */
  int64_t faults;
} *control;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int (*real_access)(const char *, int);

__attribute__((constructor)) static void start(void) {
  watch();
  real_access = real("access");
  const char *path = getenv("SHIM_CONTROL");
  if (!path) return;
  int fd = real_open(path, O_RDWR | O_CLOEXEC);
  void *page = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (page == MAP_FAILED) fail("SHIM_CONTROL");
  control = page;
  close(fd);
}

static int refuse(int code) {
  control->faults++;
  errno = code;
  return -1;
}

static int watched(int fd) {
  return control && is_remembered(fd);
}

static int is_read_only(const char *path) {
  return control && name_in_folder(path) && control->mode == READ_ONLY;
}

/* With the lock held: returns the error of this call, or 0. */
static int fault_of_call(void) {
  int64_t call = ++control->calls;
  if (control->mode == READ_ONLY) return EROFS;
  int fails = control->mode == FAILING && call >= control->from && call < control->from + control->times;
  return fails ? EIO : 0;
}

static int opened(const char *path, int flags, mode_t mode) {
  if ((flags & (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC)) && is_read_only(path)) return refuse(EROFS);
  int fd = real_open(path, flags, mode);
  if (name_in_folder(path)) remember(fd);
  return fd;
}

/* A failing write has written half of its bytes; a full disk takes as much as fits. */
static ssize_t wrote(int fd, const void *bytes, size_t size, off_t at) {
  pthread_mutex_lock(&lock);
  int code = fault_of_call();
  ssize_t done;
  if (code) {
    if (code == EIO) real_pwrite(fd, bytes, size / 2, at);
    done = refuse(code);
  } else {
    size_t takes = size;
    if (control->mode == FULL) {
      off_t growth = at + (off_t)size - size_of(fd);
      if (growth > control->room) takes = growth > (off_t)size ? 0 : size - growth + control->room;
      if (growth > 0) control->room -= growth > control->room ? control->room : growth;
    }
    done = takes == 0 ? refuse(ENOSPC) : real_pwrite(fd, bytes, takes, at);
  }
  pthread_mutex_unlock(&lock);
  return done;
}

ssize_t write(int fd, const void *bytes, size_t size) {
  if (!watched(fd)) return real_write(fd, bytes, size);
  ssize_t done = wrote(fd, bytes, size, lseek(fd, 0, SEEK_CUR));
  if (done > 0) lseek(fd, done, SEEK_CUR);
  return done;
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off_t at) {
  return watched(fd) ? wrote(fd, bytes, size, at) : real_pwrite(fd, bytes, size, at);
}

int fsync(int fd) {
  if (!watched(fd)) return real_fsync(fd);
  struct timespec moment = {.tv_nsec = 10 * 1000 * 1000};
  for (int isFirst = 1; control->mode == SLOW; isFirst = 0) {
    if (isFirst) control->faults++;
    nanosleep(&moment, NULL);
  }
  pthread_mutex_lock(&lock);
  int code = fault_of_call();
  int done = code ? refuse(code) : real_fsync(fd);
  pthread_mutex_unlock(&lock);
  return done;
}

int ftruncate64(int fd, off_t size) {
  if (!watched(fd)) return real_ftruncate(fd, size);
  pthread_mutex_lock(&lock);
  int code = fault_of_call();
  if (!code && control->mode == FULL) {
    off_t growth = size - size_of(fd);
    if (growth > control->room) code = ENOSPC;
    else control->room -= growth;
  }
  int done = code ? refuse(code) : real_ftruncate(fd, size);
  pthread_mutex_unlock(&lock);
  return done;
}

int access(const char *path, int how) {
  return (how & W_OK) && is_read_only(path) ? refuse(EROFS) : real_access(path, how);
}

int rename(const char *from, const char *to) {
  return is_read_only(to) ? refuse(EROFS) : real_rename(from, to);
}

int unlink(const char *path) {
  return is_read_only(path) ? refuse(EROFS) : real_unlink(path);
}
