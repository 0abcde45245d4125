/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* The spool: what comes back is what went in, or an error that says why (HOSTILE cases 40, 41).
 * The calls it makes on its file are wrapped at link time, so that faults can be injected. */

#define _GNU_SOURCE /* O_TMPFILE */
#include "lqspool.h"
#include "lqtest.h"
#include "memory.h"
#include "signals.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define MIB (G_GUINT64_CONSTANT (1) << 20)

/* Faults */

static struct {
  guint opens;         /* calls of open */
  gboolean no_unnamed; /* O_TMPFILE isn't supported */
  gboolean no_reserve; /* posix_fallocate isn't supported */
  gboolean ragged;     /* EINTR every third call, else a part of what was asked for */
  gint64 write_room;   /* bytes until write_errno; −1: no end */
  gint write_errno, read_errno;
  gboolean pretend; /* no file at all: chunks are made up from their offsets */
  guint64 furthest; /* end of the furthest write */
  guint wrong;      /* pretend: writes that weren't what their offset asks for */
  lqs_random random;
} fault;

static void
faults_off (void)
{
  memset (&fault, 0, sizeof fault);
  fault.write_room = -1;
  fault.random.state = 88172645463325252ull;
}

int __real_open64 (const char *path, int flags, ...);
int __wrap_open64 (const char *path, int flags, ...);
int __real_posix_fallocate64 (int fd, off_t at, off_t bytes);
int __wrap_posix_fallocate64 (int fd, off_t at, off_t bytes);
ssize_t __real_pwrite64 (int fd, const void *data, size_t bytes, off_t at);
ssize_t __wrap_pwrite64 (int fd, const void *data, size_t bytes, off_t at);
ssize_t __real_pread64 (int fd, void *data, size_t bytes, off_t at);
ssize_t __wrap_pread64 (int fd, void *data, size_t bytes, off_t at);

int
__wrap_open64 (const char *path, int flags, ...)
{
  fault.opens++;
  if (fault.no_unnamed && (flags & O_TMPFILE) == O_TMPFILE) {
    errno = EOPNOTSUPP;
    return -1;
  }
  return __real_open64 (path, flags, 0600);
}

int
__wrap_posix_fallocate64 (int fd, off_t at, off_t bytes)
{
  if (fault.pretend)
    return 0;
  return fault.no_reserve ? EOPNOTSUPP : __real_posix_fallocate64 (fd, at, bytes);
}

/* TRUE: interrupted; else cuts the length. */
static gboolean
ragged (size_t *bytes)
{
  if (!fault.ragged)
    return FALSE;
  if (lqs_range (&fault.random, 0, 2) == 0) {
    errno = EINTR;
    return TRUE;
  }
  *bytes = lqs_range (&fault.random, 1, (uint32_t)*bytes);
  return FALSE;
}

static void
made_up_chunk (guint8 *chunk, guint64 number)
{
  memset (chunk, (int)(number % 251), MIB);
  memcpy (chunk, &number, sizeof number);
}

ssize_t
__wrap_pwrite64 (int fd, const void *data, size_t bytes, off_t at)
{
  guint64 number;

  fault.furthest = MAX (fault.furthest, (guint64)at + bytes);
  if (fault.pretend) {
    memcpy (&number, data, sizeof number);
    fault.wrong += bytes != MIB || number * MIB != (guint64)at;
    return (ssize_t)bytes;
  }
  if (ragged (&bytes))
    return -1;
  if (fault.write_room == 0) {
    errno = fault.write_errno;
    return -1;
  }
  if (fault.write_room > 0) {
    bytes = MIN (bytes, (size_t)fault.write_room);
    fault.write_room -= (gint64)bytes;
  }
  return __real_pwrite64 (fd, data, bytes, at);
}

ssize_t
__wrap_pread64 (int fd, void *data, size_t bytes, off_t at)
{
  if (fault.pretend && bytes == MIB) {
    made_up_chunk (data, (guint64)at / MIB);
    return (ssize_t)bytes;
  }
  if (ragged (&bytes))
    return -1;
  if (fault.read_errno) {
    errno = fault.read_errno;
    return -1;
  }
  return __real_pread64 (fd, data, bytes, at);
}

/* Aids */

static gchar *directory;

/* Entries in the directory. */
static guint
entries (const gchar *path)
{
  GDir *dir = g_dir_open (path, 0, NULL);
  guint n = 0;

  while (dir && g_dir_read_name (dir))
    n++;
  g_clear_pointer (&dir, g_dir_close);
  return n;
}

static guint8 *
made_up (gsize bytes, guint64 seed)
{
  lqs_random r = { seed * 2 + 1 };
  guint8 *data = g_malloc (bytes + 8);

  for (gsize i = 0; i < bytes; i += 8) {
    uint64_t word = lqs_next (&r);
    memcpy (data + i, &word, 8);
  }
  return data;
}

/* Appends in random pieces; FALSE with the error. */
static gboolean
append_all (LqSpool *spool, const guint8 *data, gsize bytes, GError **error)
{
  lqs_random r = { bytes + 1 };

  for (gsize done = 0, n; done < bytes; done += n) {
    n = MIN (lqs_range (&r, 1, 300000), bytes - done);
    if (!lq_spool_append (spool, data + done, n, error))
      return FALSE;
  }
  return TRUE;
}

static void
check_same (LqSpool *spool, const guint8 *data, gsize bytes, const gchar *when)
{
  lqs_random r = { 4711 };
  guint8 *back = g_malloc (bytes);
  GError *error = NULL;

  CHECK (lq_spool_size (spool) == bytes, "%s: size %" G_GUINT64_FORMAT, when,
      lq_spool_size (spool));
  CHECK (lq_spool_read (spool, 0, back, bytes, &error), "%s: %s", when,
      error ? error->message : "no error set");
  CHECK (memcmp (back, data, bytes) == 0, "%s: differs", when);
  for (int i = 0; i < 300; i++) {
    gsize at = lqs_range (&r, 0, (uint32_t)bytes),
          n = lqs_range (&r, 0, (uint32_t)MIN (bytes - at, 70000));
    CHECK (lq_spool_read (spool, at, back, n, NULL) && memcmp (back, data + at, n) == 0,
        "%s: %zu bytes at %zu differ", when, n, at);
  }
  g_clear_error (&error);
  g_free (back);
}

static void
check_error (GError *error, gint code, const gchar *where, const gchar *when)
{
  if (!CHECK (error, "%s: no error", when))
    return;
  CHECK (error->domain == GST_RESOURCE_ERROR && error->code == code, "%s: code %d, expected %d",
      when, error->code, code);
  CHECK (strstr (error->message, where), "%s: no %s in: %s", when, where, error->message);
  CHECK (strstr (error->message, "spool-memory"), "%s: no remedy in: %s", when, error->message);
  g_error_free (error);
}

/* Cases */

static void
round_trip (void)
{
  static const guint64 limits[] = { 0, 1, 3 * MIB + MIB / 2 + 13, 4 * MIB, 10 * MIB };
  const gsize bytes = 9 * MIB + 77;
  guint8 *data = made_up (bytes, 1);

  for (guint i = 0; i < G_N_ELEMENTS (limits); i++) {
    LqSpool *spool = lq_spool_new (limits[i], directory);
    GError *error = NULL;
    faults_off ();
    CHECK (append_all (spool, data, bytes, &error), "%s", error ? error->message : "?");
    CHECK (
        lq_spool_in_file (spool) == (limits[i] < bytes), "limit %" G_GUINT64_FORMAT, limits[i]);
    check_same (spool, data, bytes, "round trip");
    CHECK (!lq_spool_read (spool, bytes - 1, data, 2, &error), "read beyond the end");
    check_error (error, GST_RESOURCE_ERROR_READ, directory, "beyond the end");
    lq_spool_free (spool);
  }
  g_free (data);
}

static void
memory_needs_no_directory (void)
{
  LqSpool *spool = lq_spool_new (2 * MIB, "/nowhere/at/all");
  guint8 *data = made_up (2 * MIB + 1, 2);
  GError *error = NULL;

  faults_off ();
  CHECK (lq_spool_append (spool, data, 2 * MIB, NULL), "fails within the limit");
  CHECK (fault.opens == 0, "a file was opened");
  check_same (spool, data, 2 * MIB, "in memory");
  CHECK (!lq_spool_append (spool, data, 1, &error), "beyond the limit, in no directory");
  check_error (error, GST_RESOURCE_ERROR_OPEN_WRITE, "/nowhere/at/all", "missing directory");
  check_same (spool, data, 2 * MIB, "after the error");
  lq_spool_free (spool);
  g_free (data);
}

/* Two at a time in one directory, with and without O_TMPFILE; nothing to be seen of them. */
static void
two_and_nothing_left (void)
{
  const gsize bytes = 5 * MIB + 1;
  guint8 *data[2] = { made_up (bytes, 3), made_up (bytes, 4) };

  for (int named = 0; named < 2; named++) {
    LqSpool *spool[2];
    faults_off ();
    fault.no_unnamed = named;
    for (int i = 0; i < 2; i++)
      spool[i] = lq_spool_new (MIB, directory);
    for (int i = 0; i < 2; i++)
      CHECK (append_all (spool[i], data[i], bytes, NULL), "spool %d", i);
    CHECK (fault.opens == 2, "%u files opened", fault.opens);
    CHECK (entries (directory) == 0, "%u names in the directory", entries (directory));
    for (int i = 0; i < 2; i++)
      check_same (spool[i], data[i], bytes, "two");
    for (int i = 0; i < 2; i++)
      lq_spool_free (spool[i]);
  }
  CHECK (entries (directory) == 0, "left behind");
  g_free (data[0]);
  g_free (data[1]);
}

static void
interrupted_and_short (void)
{
  const gsize bytes = 6 * MIB + 5;
  guint8 *data = made_up (bytes, 5);
  LqSpool *spool = lq_spool_new (MIB, directory);

  faults_off ();
  fault.ragged = TRUE;
  CHECK (append_all (spool, data, bytes, NULL), "interrupted writes are no error");
  check_same (spool, data, bytes, "interrupted");
  lq_spool_free (spool);
  g_free (data);
}

static void
fails_at (gint64 room, gint failure, gint code)
{
  const gsize bytes = 5 * MIB;
  guint8 *data = made_up (bytes, 6), *back = g_malloc (MIB);
  LqSpool *spool = lq_spool_new (MIB, directory);
  GError *error = NULL;

  faults_off ();
  fault.no_reserve = TRUE;
  fault.write_room = room;
  fault.write_errno = failure;
  CHECK (!append_all (spool, data, bytes, &error), "errno %d at byte %" G_GINT64_FORMAT,
      failure, room);
  check_error (error, code, directory, "fault");
  error = NULL;
  fault.write_room = -1;
  CHECK (!lq_spool_append (spool, data, 1, &error), "takes more after an error");
  check_error (error, code, directory, "again");
  CHECK (lq_spool_read (spool, 0, back, MIB, NULL) && memcmp (back, data, MIB) == 0,
      "what went before differs");
  lq_spool_free (spool);
  g_free (back);
  g_free (data);
}

static void
disk_full (void)
{
  const gint64 last = 4 * (gint64)MIB - 1;

  fails_at (0, ENOSPC, GST_RESOURCE_ERROR_NO_SPACE_LEFT);
  fails_at (1234567, ENOSPC, GST_RESOURCE_ERROR_NO_SPACE_LEFT);
  fails_at (last, ENOSPC, GST_RESOURCE_ERROR_NO_SPACE_LEFT);
  fails_at (last, EDQUOT, GST_RESOURCE_ERROR_NO_SPACE_LEFT);
  fails_at (last, EFBIG, GST_RESOURCE_ERROR_NO_SPACE_LEFT);
}

static void
disk_broken (void)
{
  const gsize bytes = 3 * MIB;
  guint8 *data = made_up (bytes, 7);
  LqSpool *spool = lq_spool_new (0, directory);
  GError *error = NULL;

  fails_at (0, EIO, GST_RESOURCE_ERROR_WRITE);
  fails_at (2000000, EIO, GST_RESOURCE_ERROR_WRITE);
  faults_off ();
  CHECK (append_all (spool, data, bytes, NULL), "append");
  fault.read_errno = EIO;
  CHECK (!lq_spool_read (spool, 0, data, 1, &error), "EIO isn't told");
  check_error (error, GST_RESOURCE_ERROR_READ, directory, "read EIO");
  lq_spool_free (spool);
  g_free (data);
}

/* A real file system with 8 MiB: the reservation shrinks with what is left. */
static void
small_disk (void)
{
  guint8 *data = made_up (12 * MIB, 8);
  struct statvfs before, after;
  LqSpool *spool;
  GError *error = NULL;

  faults_off ();
  if (mount ("none", directory, "tmpfs", 0, "size=8m") != 0) {
    lqt_skip ("mounting a tmpfs needs root");
    g_free (data);
    return;
  }
  statvfs (directory, &before);
  spool = lq_spool_new (0, directory);
  lq_spool_expect (spool, 100 * MIB);
  CHECK (!append_all (spool, data, 12 * MIB, &error), "12 MiB on 8");
  CHECK (
      lq_spool_size (spool) > 7 * MIB, "gave up at %" G_GUINT64_FORMAT, lq_spool_size (spool));
  CHECK (error && strstr (error->message, "104.9 MB needed"), "need isn't told: %s",
      error ? error->message : "");
  CHECK (error && strstr (error->message, "8.4 MB written and 0.0 MB free"), "have isn't: %s",
      error ? error->message : "");
  check_error (error, GST_RESOURCE_ERROR_NO_SPACE_LEFT, directory, "small disk");
  lq_spool_free (spool);
  statvfs (directory, &after);
  CHECK (after.f_bfree == before.f_bfree, "space isn't given back");
  umount (directory);
  g_free (data);
}

/* ulimit -f, whose signal would end the process. */
static void
file_size_limit (void)
{
  const gsize bytes = 5 * MIB;
  guint8 *data = made_up (bytes, 9);
  LqSpool *spool = lq_spool_new (MIB, directory);
  struct rlimit old, tight;
  GError *error = NULL;
  gboolean ok;

  faults_off ();
  getrlimit (RLIMIT_FSIZE, &old);
  tight = old;
  tight.rlim_cur = 2 * MIB + 5;
  setrlimit (RLIMIT_FSIZE, &tight);
  ok = append_all (spool, data, bytes, &error);
  setrlimit (RLIMIT_FSIZE, &old);
  CHECK (!ok, "beyond ulimit -f");
  CHECK (
      lq_spool_size (spool) > 3 * MIB, "gave up at %" G_GUINT64_FORMAT, lq_spool_size (spool));
  CHECK (error && strstr (error->message, "ulimit -f"), "doesn't name the limit");
  check_error (error, GST_RESOURCE_ERROR_NO_SPACE_LEFT, directory, "ulimit -f");
  lq_spool_free (spool);
  g_free (data);
}

static void
check_directory (const gchar *path, gboolean good, const gchar *when)
{
  LqSpool *spool = lq_spool_new (0, path);
  GError *error = NULL;

  CHECK (lq_spool_check_directory (path, &error) == good, "%s: early check", when);
  if (!good)
    check_error (error, GST_RESOURCE_ERROR_OPEN_WRITE, path, when);
  error = NULL;
  CHECK (lq_spool_append (spool, "x", 1, &error) == good, "%s: first byte", when);
  if (!good)
    check_error (error, GST_RESOURCE_ERROR_OPEN_WRITE, path, when);
  lq_spool_free (spool);
}

static void
directories (void)
{
  gchar *file = g_build_filename (directory, "file", NULL);
  gchar *link = g_build_filename (directory, "link", NULL);
  gchar *locked = g_build_filename (directory, "locked", NULL);

  faults_off ();
  check_directory (directory, TRUE, "a good one");
  check_directory ("", TRUE, "the system's");
  check_directory (NULL, TRUE, "the system's");
  CHECK (entries (directory) == 0, "the check left a file");
  g_file_set_contents (file, "x", 1, NULL);
  check_directory (file, FALSE, "a file");
  CHECK (symlink (directory, link) == 0, "symlink");
  check_directory (link, TRUE, "a link to a directory");
  g_mkdir (locked, 0555);
  /* To root everything is writable. */
  if (geteuid () == 0 && (chmod (directory, 0755) != 0 || seteuid (65534) != 0))
    lqt_note ("can't leave root");
  check_directory (locked, FALSE, "read-only");
  CHECK (getuid () != 0 || seteuid (0) == 0, "can't return to root");
  g_unlink (file);
  g_unlink (link);
  g_rmdir (locked);
  g_free (file);
  g_free (link);
  g_free (locked);
}

/* The descriptor of the one spool in the directory. */
static gint
spool_descriptor (void)
{
  GDir *dir = g_dir_open ("/proc/self/fd", 0, NULL);
  const gchar *name;
  gint fd = -1;

  while (dir && (name = g_dir_read_name (dir))) {
    gchar *path = g_build_filename ("/proc/self/fd", name, NULL);
    gchar *target = g_file_read_link (path, NULL);
    if (target && g_str_has_prefix (target, directory))
      fd = atoi (name);
    g_free (target);
    g_free (path);
  }
  g_clear_pointer (&dir, g_dir_close);
  return fd;
}

static void
changed_under_us (void)
{
  const gsize bytes = 6 * MIB;
  guint8 *data = made_up (bytes, 10), *back = g_malloc (bytes), byte;
  lqs_random r = { 99 };
  gint fd;

  faults_off ();
  for (int i = 0; i < 24; i++) {
    LqSpool *spool = lq_spool_new (MIB, directory);
    const off_t at = (off_t)lqs_range (&r, 0, 5 * MIB - 1);
    GError *error = NULL;
    CHECK (append_all (spool, data, bytes, NULL), "append");
    fd = spool_descriptor ();
    CHECK (__real_pread64 (fd, &byte, 1, at) == 1, "no file of the spool");
    byte ^= (guint8)(1u << i % 8);
    CHECK (__real_pwrite64 (fd, &byte, 1, at) == 1, "can't change it");
    CHECK (!lq_spool_read (spool, MIB + (guint64)at, back, 1, &error), "flip at %ld", (long)at);
    check_error (error, GST_RESOURCE_ERROR_READ, directory, "flipped bit");
    CHECK (lq_spool_read (spool, 0, back, MIB, NULL), "the memory part is lost");
    error = NULL;
    CHECK (ftruncate (fd, at) == 0, "can't cut it");
    CHECK (!lq_spool_read (spool, bytes - 1, back, 1, &error), "cut at %ld", (long)at);
    check_error (error, GST_RESOURCE_ERROR_READ, directory, "cut short");
    lq_spool_free (spool);
  }
  g_free (back);
  g_free (data);
}

/* More than 4 GiB in the file: offsets are right, memory doesn't grow with it. */
static void
large (void)
{
  const guint64 n = 4096 + 40;
  LqSpool *spool = lq_spool_new (0, directory);
  guint8 *chunk = g_malloc (MIB), *back = g_malloc (MIB);
  gint64 before, grown;
  GError *error = NULL;

  faults_off ();
  fault.pretend = TRUE;
  made_up_chunk (chunk, 0);
  before = lqt_memory_bytes ();
  for (guint64 i = 0; i < n; i++) {
    made_up_chunk (chunk, i);
    if (!CHECK (lq_spool_append (spool, chunk, MIB, &error), "chunk %" G_GUINT64_FORMAT, i))
      break;
  }
  CHECK (fault.wrong == 0, "%u chunks in wrong places", fault.wrong);
  CHECK (fault.furthest == n * MIB, "ends at %" G_GUINT64_FORMAT, fault.furthest);
  CHECK (lq_spool_size (spool) == n * MIB, "size");
  for (guint64 i = 4000; i < n; i += 45) {
    made_up_chunk (chunk, i);
    CHECK (lq_spool_read (spool, i * MIB, back, MIB, &error) && !memcmp (chunk, back, MIB),
        "chunk %" G_GUINT64_FORMAT " differs: %s", i, error ? error->message : "");
  }
  grown = lqt_memory_bytes () - before;
  CHECK (grown < 4 * (gint64)MIB, "memory grew by %.1f MiB", (double)grown / (double)MIB);
  lq_spool_free (spool);
  g_free (chunk);
  g_free (back);
}

static const lqt_case cases[] = {
  { "what comes back is what went in", round_trip },
  { "no file while memory suffices", memory_needs_no_directory },
  { "two in one directory, nothing left in it", two_and_nothing_left },
  { "EINTR, short writes and reads", interrupted_and_short },
  { "disk full at byte 0, N and the last", disk_full },
  { "EIO when writing and reading", disk_broken },
  { "a small disk that gets full", small_disk },
  { "ulimit -f", file_size_limit },
  { "directories: good, missing, locked, a file, a link", directories },
  { "bits flipped and file cut under us", changed_under_us },
  { "more than 4 GiB, in bounded memory", large },
  { NULL, NULL },
};

int
main (int argc, char **argv)
{
  int rc;

  faults_off ();
  directory = g_dir_make_tmp ("lacquer-test-XXXXXX", NULL);
  rc = lqt_main (cases, argc, argv);
  g_rmdir (directory);
  g_free (directory);
  return rc;
}
