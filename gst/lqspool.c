/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: a spool in memory, then in an unlinked file.
 * Source:  CRC-32C (Castagnoli polynomial, RFC 3720 §12.1), eight bytes a step by tables
 *          (M. Kounavis, F. Berry, A systematic approach to building high performance
 *          software-based CRC generators, 2005).
 *
 *   append ─→ memory: pieces of 2 MiB, up to the limit
 *          └→ tail (1 MiB) ── full ─→ CRC, pwrite ─→ file at chunk × 1 MiB
 *   read  ←── memory, tail, or cache (1 MiB) ←── pread, CRC compared
 *
 * The file has no name, so that nothing is left when the process is killed. It is never mapped:
 * a full disk or a truncated file would be a SIGBUS. Space is reserved ahead, so that a full disk
 * shows early. A limit on file size (ulimit -f) is asked before each growth, since the kernel
 * would end the process with SIGXFSZ. */

#define _GNU_SOURCE /* O_TMPFILE */
#include "lqspool.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define CHUNK (G_GUINT64_CONSTANT (1) << 20)

/* The memory part comes in pieces of a huge page: touching small pages for the first time costs
 * more than all that is done with their sound. */
#define PIECE (G_GUINT64_CONSTANT (1) << 21)

/* Disk space is reserved in steps of this, in chunks (64 MiB). */
#define RESERVE 64

#define MB 1e6

/* Not everywhere: elsewhere the second way of lq_spool_open makes the file. */
#ifdef O_TMPFILE
#define UNNAMED_FLAGS (O_TMPFILE | O_EXCL | O_RDWR | O_CLOEXEC)
#else
#define UNNAMED_FLAGS (-1)
#endif

struct _LqSpool {
  guint64 memory_limit;
  gchar *directory;
  GPtrArray
      *pieces;  /* of the memory part, PIECE bytes each; the last as long as the limit asks */
  guint64 size; /* bytes taken */
  guint64 expected; /* bytes, 0: unknown */

  gint fd;          /* −1: no file */
  guint64 reserved; /* bytes of the file that have been allocated on disk */
  GArray *crcs;     /* guint32 of each chunk in the file */
  guint8 *tail;     /* bytes beyond the last chunk in the file */
  guint8 *cache;    /* the chunk of the file that was read last */
  guint64 cached;   /* its number, or G_MAXUINT64 */
  GError *broken;   /* why nothing more is taken */
};

/* CRC-32C */

static guint32 crc_tables[8][256];

static void
lq_crc_tables (void)
{
  static gsize done;

  if (!g_once_init_enter (&done))
    return;
  for (guint32 i = 0; i < 256; i++) {
    guint32 crc = i;
    for (int bit = 0; bit < 8; bit++)
      crc = (crc >> 1) ^ (crc & 1 ? 0x82f63b78u : 0);
    crc_tables[0][i] = crc;
  }
  for (int t = 1; t < 8; t++)
    for (int i = 0; i < 256; i++)
      crc_tables[t][i] =
          (crc_tables[t - 1][i] >> 8) ^ crc_tables[0][crc_tables[t - 1][i] & 0xff];
  g_once_init_leave (&done, 1);
}

/* bytes: a multiple of 8. TSan sees the data where it is copied; seeing each look-up as well tells
 * nothing more and takes ten times as long. */
__attribute__ ((no_sanitize ("thread"))) static guint32
lq_crc (const guint8 *data, gsize bytes)
{
  guint32 crc = ~0u, low, high;

  for (gsize i = 0; i < bytes; i += 8) {
    memcpy (&low, data + i, 4);
    memcpy (&high, data + i + 4, 4);
    low = GUINT32_FROM_LE (low) ^ crc;
    high = GUINT32_FROM_LE (high);
    crc = crc_tables[7][low & 0xff] ^ crc_tables[6][low >> 8 & 0xff] ^
          crc_tables[5][low >> 16 & 0xff] ^ crc_tables[4][low >> 24] ^
          crc_tables[3][high & 0xff] ^ crc_tables[2][high >> 8 & 0xff] ^
          crc_tables[1][high >> 16 & 0xff] ^ crc_tables[0][high >> 24];
  }
  return ~crc;
}

LqSpool *
lq_spool_new (guint64 memory_limit, const gchar *directory)
{
  LqSpool *spool = g_new0 (LqSpool, 1);

  lq_crc_tables ();
  spool->memory_limit = memory_limit;
  spool->directory = g_strdup (directory && *directory ? directory : g_get_tmp_dir ());
  spool->pieces = g_ptr_array_new_with_free_func (free);
  spool->crcs = g_array_new (FALSE, FALSE, sizeof (guint32));
  spool->fd = -1;
  spool->cached = G_MAXUINT64;
  return spool;
}

void
lq_spool_free (LqSpool *spool)
{
  if (!spool)
    return;
  if (spool->fd >= 0)
    close (spool->fd);
  g_ptr_array_unref (spool->pieces);
  g_array_unref (spool->crcs);
  g_free (spool->directory);
  g_free (spool->tail);
  g_free (spool->cache);
  g_clear_error (&spool->broken);
  g_free (spool);
}

void
lq_spool_expect (LqSpool *spool, guint64 bytes)
{
  spool->expected = bytes;
}

guint64
lq_spool_size (const LqSpool *spool)
{
  return spool->size;
}

gboolean
lq_spool_in_file (const LqSpool *spool)
{
  return spool->fd >= 0;
}

/* Errors */

/* Megabytes that the file has to hold, as far as can be known now. */
static gdouble
lq_spool_needs (const LqSpool *spool)
{
  const guint64 least = (spool->crcs->len + 1) * CHUNK;
  const guint64 beyond =
      spool->expected > spool->memory_limit ? spool->expected - spool->memory_limit : 0;

  return (gdouble)MAX (beyond, least) / MB;
}

static gboolean
lq_spool_no_space (const LqSpool *spool, GError **error)
{
  struct statvfs about = { 0 };
  const gint rc = statvfs (spool->directory, &about);
  const gdouble available =
      rc == 0 ? (gdouble)about.f_bavail * (gdouble)about.f_frsize / MB : 0.0;
  const gdouble in_memory = (gdouble)spool->memory_limit / MB;
  const gdouble needs = lq_spool_needs (spool);

  g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NO_SPACE_LEFT,
      "No space left for the spool in %s: %s%.1f MB needed there beside %.1f MB in memory, "
      "%.1f MB written and %.1f MB free; set spool-directory to a disk with %s%.1f MB free "
      "or raise spool-memory",
      spool->directory, spool->expected ? "" : "at least ", needs, in_memory,
      (gdouble)(spool->crcs->len * CHUNK) / MB, available, spool->expected ? "" : "more than ",
      needs);
  return FALSE;
}

static gboolean
lq_spool_over_limit (const LqSpool *spool, guint64 limit, GError **error)
{
  g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NO_SPACE_LEFT,
      "No space left for the spool in %s: this process may write files of %.1f MB at most "
      "(ulimit -f), and %s%.1f MB are needed beside %.1f MB in memory; raise that limit "
      "or spool-memory",
      spool->directory, (gdouble)limit / MB, spool->expected ? "" : "at least ",
      lq_spool_needs (spool), (gdouble)spool->memory_limit / MB);
  return FALSE;
}

static gboolean
lq_spool_write_error (const LqSpool *spool, GError **error)
{
  const gint failure = errno;

  if (failure == ENOSPC || failure == EDQUOT || failure == EFBIG)
    return lq_spool_no_space (spool, error);
  g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_WRITE,
      "Can't write to the spool in %s after %.1f MB: %s; set spool-directory to another disk "
      "or raise spool-memory",
      spool->directory, (gdouble)(spool->crcs->len * CHUNK) / MB, g_strerror (failure));
  return FALSE;
}

static gboolean
lq_spool_read_error (const LqSpool *spool, guint64 chunk, const gchar *why, GError **error)
{
  g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_READ,
      "Can't read back the spool in %s, %.1f MB into the file: %s; set spool-directory to "
      "another disk or raise spool-memory",
      spool->directory, (gdouble)(chunk * CHUNK) / MB, why);
  return FALSE;
}

/* The file */

/* Descriptor of a file without a name, or −1 and errno. */
static gint
lq_spool_open (const gchar *directory)
{
  gint fd = UNNAMED_FLAGS == -1 ? -1 : open (directory, UNNAMED_FLAGS, 0600);
  gchar *name;

  if (fd >= 0 ||
      (UNNAMED_FLAGS != -1 && errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
    return fd;
  name = g_build_filename (directory, "lacquer-spool-XXXXXX", NULL);
  fd = g_mkstemp_full (name, O_RDWR | O_CLOEXEC, 0600);
  if (fd >= 0)
    g_unlink (name);
  g_free (name);
  return fd;
}

static gboolean
lq_spool_open_error (const gchar *directory, GError **error)
{
  const gint failure = errno;

  g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_WRITE,
      "Can't make a spool file in %s: %s; set spool-directory to a directory that can be "
      "written to, or raise spool-memory",
      directory, g_strerror (failure));
  return FALSE;
}

gboolean
lq_spool_check_directory (const gchar *directory, GError **error)
{
  const gchar *where = directory && *directory ? directory : g_get_tmp_dir ();
  const gint fd = lq_spool_open (where);

  if (fd < 0)
    return lq_spool_open_error (where, error);
  close (fd);
  return TRUE;
}

/* 0 or an errno; a file system that can't reserve is no error. */
static gint
lq_spool_allocate (gint fd, guint64 from, guint64 bytes)
{
  gint failure;

  do
    failure = posix_fallocate (fd, (off_t)from, (off_t)bytes);
  while (failure == EINTR);
  return failure == EOPNOTSUPP || failure == EINVAL || failure == ENOSYS ? 0 : failure;
}

/* Room on disk for one chunk more, taken in large steps while there is space. */
static gboolean
lq_spool_reserve (LqSpool *spool, guint64 end, GError **error)
{
  struct rlimit limit;
  guint64 most = G_MAXINT64;
  gint failure = ENOSPC;

  if (getrlimit (RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
    most = (guint64)limit.rlim_cur;
  if (end > most)
    return lq_spool_over_limit (spool, most, error);
  if (end <= spool->reserved)
    return TRUE;
  for (guint64 step = RESERVE * CHUNK; failure && step >= CHUNK; step /= 2) {
    if (spool->reserved + step > most)
      continue;
    failure = lq_spool_allocate (spool->fd, spool->reserved, step);
    if (!failure)
      spool->reserved += step;
    else if (failure != ENOSPC && failure != EDQUOT && failure != EFBIG)
      break;
  }
  errno = failure;
  return failure ? lq_spool_write_error (spool, error) : TRUE;
}

static gboolean
lq_spool_pwrite (LqSpool *spool, const guint8 *data, guint64 at, GError **error)
{
  gsize done = 0;

  while (done < CHUNK) {
    gssize n = pwrite (spool->fd, data + done, CHUNK - done, (off_t)(at + done));
    if (n < 0 && errno == EINTR)
      continue;
    if (n == 0)
      errno = ENOSPC;
    if (n <= 0)
      return lq_spool_write_error (spool, error);
    done += (gsize)n;
  }
  return TRUE;
}

/* The tail becomes the file's next chunk. */
static gboolean
lq_spool_flush_tail (LqSpool *spool, GError **error)
{
  const guint64 at = spool->crcs->len * CHUNK;
  const guint32 crc = lq_crc (spool->tail, CHUNK);

  if (!lq_spool_reserve (spool, at + CHUNK, error) ||
      !lq_spool_pwrite (spool, spool->tail, at, error))
    return FALSE;
  g_array_append_val (spool->crcs, crc);
  return TRUE;
}

static gboolean
lq_spool_start_file (LqSpool *spool, GError **error)
{
  spool->fd = lq_spool_open (spool->directory);
  if (spool->fd < 0)
    return lq_spool_open_error (spool->directory, error);
  spool->tail = g_malloc (CHUNK);
  return lq_spool_reserve (spool, CHUNK, error);
}

/* Appending */

static gpointer
lq_spool_new_piece (guint64 length)
{
  void *memory;

  if (posix_memalign (&memory, PIECE, length) != 0)
    return NULL;
#ifdef MADV_HUGEPAGE
  /* A hint: where it isn't taken small pages do. */
  if (length == PIECE)
    madvise (memory, PIECE, MADV_HUGEPAGE);
#endif
  return memory;
}

/* Takes what fits into the current piece of memory; returns how much, 0 where there is no memory:
 * from there on it goes to the file. */
static gsize
lq_spool_into_memory (LqSpool *spool, const guint8 *data, gsize bytes)
{
  const guint64 piece = spool->size / PIECE, at = spool->size % PIECE;
  const guint64 length = MIN (PIECE, spool->memory_limit - piece * PIECE);
  const gsize n = (gsize)MIN (bytes, length - at);

  if (piece == spool->pieces->len) {
    gpointer memory = lq_spool_new_piece (length);
    if (!memory) {
      spool->memory_limit = spool->size;
      return 0;
    }
    g_ptr_array_add (spool->pieces, memory);
  }
  memcpy ((guint8 *)g_ptr_array_index (spool->pieces, piece) + at, data, n);
  return n;
}

/* Likewise for the tail; 0 is an error. */
static gsize
lq_spool_into_file (LqSpool *spool, const guint8 *data, gsize bytes, GError **error)
{
  const guint64 at = (spool->size - spool->memory_limit) % CHUNK;
  const gsize n = (gsize)MIN (bytes, CHUNK - at);

  if (spool->fd < 0 && !lq_spool_start_file (spool, error))
    return 0;
  memcpy (spool->tail + at, data, n);
  if (at + n == CHUNK && !lq_spool_flush_tail (spool, error))
    return 0;
  return n;
}

gboolean
lq_spool_append (LqSpool *spool, gconstpointer data, gsize bytes, GError **error)
{
  const guint8 *from = data;
  gsize n;

  while (bytes && !spool->broken) {
    n = spool->size < spool->memory_limit ? lq_spool_into_memory (spool, from, bytes) : 0;
    if (!n)
      n = lq_spool_into_file (spool, from, bytes, &spool->broken);
    spool->size += n;
    from += n;
    bytes -= n;
  }
  if (!spool->broken)
    return TRUE;
  if (error)
    *error = g_error_copy (spool->broken);
  return FALSE;
}

/* Reading */

/* The chunk of the file, whole and unchanged, in the cache. */
static gboolean
lq_spool_fetch (LqSpool *spool, guint64 chunk, GError **error)
{
  gsize done = 0;

  if (spool->cached == chunk)
    return TRUE;
  if (!spool->cache)
    spool->cache = g_malloc (CHUNK);
  spool->cached = G_MAXUINT64;
  while (done < CHUNK) {
    gssize n =
        pread (spool->fd, spool->cache + done, CHUNK - done, (off_t)(chunk * CHUNK + done));
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return lq_spool_read_error (spool, chunk, g_strerror (errno), error);
    if (n == 0)
      return lq_spool_read_error (spool, chunk, "the file was cut short", error);
    done += (gsize)n;
  }
  if (lq_crc (spool->cache, CHUNK) != g_array_index (spool->crcs, guint32, chunk))
    return lq_spool_read_error (
        spool, chunk, "the data isn't what was written (checksum)", error);
  spool->cached = chunk;
  return TRUE;
}

/* The bytes at `offset` and how many of them lie together; NULL is an error. */
static const guint8 *
lq_spool_at (LqSpool *spool, guint64 offset, guint64 *together, GError **error)
{
  const gboolean memory = offset < spool->memory_limit;
  const guint64 place = memory ? offset : offset - spool->memory_limit;
  const guint64 chunk = place / CHUNK, at = place % CHUNK;

  if (memory) {
    *together = MIN (PIECE - place % PIECE, spool->memory_limit - offset);
    return (const guint8 *)g_ptr_array_index (spool->pieces, place / PIECE) + place % PIECE;
  }
  *together = CHUNK - at;
  if (chunk == spool->crcs->len)
    return spool->tail + at;
  return lq_spool_fetch (spool, chunk, error) ? spool->cache + at : NULL;
}

gboolean
lq_spool_read (LqSpool *spool, guint64 offset, gpointer data, gsize bytes, GError **error)
{
  guint8 *to = data;
  guint64 n;

  if (offset > spool->size || bytes > spool->size - offset)
    return lq_spool_read_error (spool, offset / CHUNK, "that lies beyond its end", error);
  while (bytes) {
    const guint8 *from = lq_spool_at (spool, offset, &n, error);
    if (!from)
      return FALSE;
    n = MIN (n, bytes);
    memcpy (to, from, n);
    to += n;
    offset += n;
    bytes -= (gsize)n;
  }
  return TRUE;
}
