/*
 * A disk that forgets what was not synced. Writes go through to the files, so that the program reads what it wrote;
 * in addition this library keeps what a disk would certainly hold: each file as of its last fsync, the folder's names
 * as of the folder's. At step SHIM_CUT_AT (a write, sync, truncation, creation, renaming or removal in the folder)
 * the power fails: the folder becomes what a disk may be left with, and the process is killed.
 *
 * SHIM_FOLDER  the folder, which has no folders in it
 * SHIM_CUT_AT  the step, from 1
 * SHIM_SEED    selects which of the unsynced writes survive, and how much of each
 * SHIM_EIO_AT  this sync fails, and its unsynced data counts as clean from then on, as in Linux's page cache
 * SHIM_PLANTED no-sync: every fsync reports success and does nothing
 *
 * Over 350 lines: a preloaded library is one object, and every call it wraps works on the same record of files.
 */
#include "watched.h"
#include <dirent.h>

#define MOST_FILES 64
#define SECTOR 512

/* A write of `size` bytes at `at`; without bytes: a truncation to `at`. */
typedef struct change {
  struct change *next;
  off_t at;
  size_t size;
  unsigned char *bytes;
} change;

/* A file as the disk has it, and the changes that the disk may not have, oldest first. */
typedef struct {
  unsigned char *image;
  size_t size;
  size_t room;
  change *first;
  change **end;
} file;

typedef struct {
  char name[64];
  file *of;
} entry;

typedef struct {
  entry entries[MOST_FILES];
  int count;
} names;

/* A name is given to `of`, or (without `of`) removed; a renaming does both. */
typedef struct {
  char removed[64];
  char added[64];
  file *of;
} naming;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static file *by_descriptor[MOST_DESCRIPTORS];
static file the_folder;
static names present, durable;
static naming namings[MOST_FILES];
static int naming_count;
static long step, cut_at, eio_at, fsyncs;
static int syncs_nothing;
static uint32_t seed;

static long setting(const char *name, long otherwise) {
  const char *given = getenv(name);
  return given ? atol(given) : otherwise;
}

/* The shared-memory index is created again after a cut. */
static const char *durable_name(const char *path) {
  const char *name = name_in_folder(path);
  size_t length = name ? strlen(name) : 0;
  return length > 4 && strcmp(name + length - 4, "-shm") == 0 ? NULL : name;
}

static uint32_t chance(void) {
  seed ^= seed << 13;
  seed ^= seed >> 17;
  seed ^= seed << 5;
  return seed;
}

static file *find(names *in, const char *name) {
  for (int i = 0; i < in->count; i++)
    if (strcmp(in->entries[i].name, name) == 0) return in->entries[i].of;
  return NULL;
}

static void take_away(names *from, const char *name) {
  for (int i = 0; i < from->count; i++)
    if (strcmp(from->entries[i].name, name) == 0) from->entries[i--] = from->entries[--from->count];
}

static void apply_naming(names *to, const naming *n) {
  if (*n->removed) take_away(to, n->removed);
  if (!*n->added) return;
  take_away(to, n->added);
  if (to->count == MOST_FILES) fail("too many files");
  entry *made = &to->entries[to->count++];
  strcpy(made->name, n->added);
  made->of = n->of;
}

static void note_naming(const char *removed, const char *added, file *of) {
  if (naming_count == MOST_FILES || strlen(removed) > 63 || strlen(added) > 63) fail("too many or too long names");
  naming *n = &namings[naming_count++];
  strcpy(n->removed, removed);
  strcpy(n->added, added);
  n->of = of;
  apply_naming(&present, n);
}

static void resize(file *f, size_t size) {
  if (size > f->room) {
    f->room = size * 2;
    f->image = realloc(f->image, f->room);
    if (!f->image) fail("memory");
  }
  if (size > f->size) memset(f->image + f->size, 0, size - f->size);
  f->size = size;
}

static void apply_part(file *f, const change *c, size_t from, size_t to) {
  if (to <= from) return;
  if (c->at + to > f->size) resize(f, c->at + to);
  memcpy(f->image + c->at + from, c->bytes + from, to - from);
}

static void apply(file *f, const change *c) {
  if (c->bytes) apply_part(f, c, 0, c->size);
  else resize(f, c->at);
}

static void note_change(file *f, off_t at, const void *bytes, size_t size) {
  change *c = calloc(1, sizeof *c);
  c->at = at;
  c->size = size;
  if (bytes) c->bytes = memcpy(malloc(size + 1), bytes, size);
  *f->end = c;
  f->end = &c->next;
}

static void drop_changes(file *f) {
  for (change *c = f->first; c;) {
    change *next = c->next;
    free(c->bytes);
    free(c);
    c = next;
  }
  f->first = NULL;
  f->end = &f->first;
}

static file *new_file(void) {
  file *f = calloc(1, sizeof *f);
  f->end = &f->first;
  return f;
}

static void synced(file *f) {
  if (f != &the_folder) {
    for (change *c = f->first; c; c = c->next) apply(f, c);
    drop_changes(f);
    return;
  }
  for (int i = 0; i < naming_count; i++) apply_naming(&durable, &namings[i]);
  naming_count = 0;
}

/* Applies nothing, all, a beginning, or some sectors of each unsynced write. */
static void survive(file *f, int mood) {
  for (change *c = f->first; c; c = c->next) {
    int how = mood == 3 ? (int)(chance() % 4) : mood == 2 ? (int)(chance() % 2) : mood;
    if (how == 0) continue;
    if (how == 1 || !c->bytes) {
      apply(f, c);
    } else if (how == 2) {
      apply_part(f, c, 0, chance() % c->size);
    } else {
      for (size_t from = 0; from < c->size;) {
        size_t to = from + SECTOR - (c->at + from) % SECTOR;
        if (to > c->size) to = c->size;
        if (chance() % 2) apply_part(f, c, from, to);
        from = to;
      }
    }
  }
}

static void path_of(char *path, size_t size, const char *name) {
  snprintf(path, size, "%s/%s", folder, name);
}

static void cut(void) {
  char path[4096];
  for (int i = 0; i < present.count; i++) {
    path_of(path, sizeof path, present.entries[i].name);
    real_unlink(path);
  }
  /* File systems keep the order of changes to names. */
  int kept = naming_count == 0 ? 0 : chance() % (naming_count + 1);
  for (int i = 0; i < kept; i++) apply_naming(&durable, &namings[i]);
  int mood = chance() % 5;
  for (int i = 0; i < durable.count; i++) {
    file *f = durable.entries[i].of;
    survive(f, mood == 4 ? 3 : mood);
    path_of(path, sizeof path, durable.entries[i].name);
    int fd = real_open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    for (size_t at = 0; at < f->size;) {
      ssize_t wrote = real_pwrite(fd, f->image + at, f->size - at, at);
      if (wrote <= 0) fail("the disk under the disk");
      at += wrote;
    }
    close(fd);
  }
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

/* With the lock held, before anything happens in the folder. */
static void count_step(void) {
  if (++step == cut_at) cut();
}

static void load(const char *name) {
  char path[4096];
  path_of(path, sizeof path, name);
  int fd = real_open(path, O_RDONLY | O_CLOEXEC);
  file *f = new_file();
  resize(f, size_of(fd));
  if (pread(fd, f->image, f->size, 0) != (ssize_t)f->size) fail("read");
  close(fd);
  naming n = {.of = f};
  if (strlen(name) > 63) fail("too long a name");
  strcpy(n.added, name);
  apply_naming(&present, &n);
  apply_naming(&durable, &n);
}

__attribute__((constructor)) static void start(void) {
  watch();
  cut_at = setting("SHIM_CUT_AT", 0);
  seed = (uint32_t)setting("SHIM_SEED", 1) * 2654435761u | 1;
  eio_at = setting("SHIM_EIO_AT", 0);
  syncs_nothing = getenv("SHIM_PLANTED") && strcmp(getenv("SHIM_PLANTED"), "no-sync") == 0;
  if (folder_length == 0) return;
  DIR *listing = opendir(folder);
  if (!listing) fail("the folder cannot be listed");
  for (struct dirent *each; (each = readdir(listing));) {
    char path[4096];
    path_of(path, sizeof path, each->d_name);
    const char *name = durable_name(path);
    if (name && strcmp(name, ".") != 0 && strcmp(name, "..") != 0) load(name);
  }
  closedir(listing);
}

static int opened(const char *path, int flags, mode_t mode) {
  const char *name = durable_name(path);
  if (!name) return real_open(path, flags, mode);
  pthread_mutex_lock(&lock);
  file *f = *name ? find(&present, name) : &the_folder;
  if (!f && (flags & O_CREAT)) count_step();
  int fd = real_open(path, flags, mode);
  remember(fd);
  if (fd >= 0) {
    if (!f) note_naming("", name, f = new_file());
    if (flags & O_TRUNC) note_change(f, 0, NULL, 0);
    by_descriptor[fd] = f;
  }
  pthread_mutex_unlock(&lock);
  return fd;
}

static file *watched(int fd) {
  return is_remembered(fd) ? by_descriptor[fd] : NULL;
}

static ssize_t wrote(file *f, int fd, const void *bytes, size_t size, off_t at) {
  pthread_mutex_lock(&lock);
  count_step();
  if (at < 0) at = lseek(fd, 0, SEEK_CUR);
  ssize_t done = real_pwrite(fd, bytes, size, at);
  if (done > 0) note_change(f, at, bytes, done);
  pthread_mutex_unlock(&lock);
  return done;
}

ssize_t write(int fd, const void *bytes, size_t size) {
  file *f = watched(fd);
  if (!f) return real_write(fd, bytes, size);
  ssize_t done = wrote(f, fd, bytes, size, -1);
  if (done > 0) lseek(fd, done, SEEK_CUR);
  return done;
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off_t at) {
  file *f = watched(fd);
  return f ? wrote(f, fd, bytes, size, at) : real_pwrite(fd, bytes, size, at);
}

int ftruncate64(int fd, off_t size) {
  file *f = watched(fd);
  if (!f) return real_ftruncate(fd, size);
  pthread_mutex_lock(&lock);
  count_step();
  int done = real_ftruncate(fd, size);
  if (done == 0) note_change(f, size, NULL, 0);
  pthread_mutex_unlock(&lock);
  return done;
}

int fsync(int fd) {
  file *f = watched(fd);
  if (!f) return real_fsync(fd);
  pthread_mutex_lock(&lock);
  count_step();
  int done = 0;
  if (++fsyncs == eio_at && f != &the_folder) {
    /* Lost, except for what happened to be written back already. */
    survive(f, 3);
    drop_changes(f);
    errno = EIO;
    done = -1;
  } else if (!syncs_nothing) {
    synced(f);
  }
  pthread_mutex_unlock(&lock);
  return done;
}

int rename(const char *from, const char *to) {
  const char *old = durable_name(from);
  const char *new = durable_name(to);
  if (!old && !new) return real_rename(from, to);
  if (!old || !new) fail("renamed across the folder's edge");
  pthread_mutex_lock(&lock);
  count_step();
  int done = real_rename(from, to);
  if (done == 0) note_naming(old, new, find(&present, old));
  pthread_mutex_unlock(&lock);
  return done;
}

int unlink(const char *path) {
  const char *name = durable_name(path);
  if (!name) return real_unlink(path);
  pthread_mutex_lock(&lock);
  count_step();
  int done = real_unlink(path);
  if (done == 0) note_naming(name, "", NULL);
  pthread_mutex_unlock(&lock);
  return done;
}
