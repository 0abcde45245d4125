/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* A spool keeps a stream of bytes until it is known what to do with it: in memory up to a limit,
 * beyond it in an unlinked file. What is read back is what was written, or an error: the file's
 * part is checked by CRC. One thread at a time (the streaming thread); free it from any.
 *
 * Memory besides the limit: two chunks of 1 MiB and 4 bytes for each 1 MiB in the file. */

#ifndef LQ_SPOOL_H
#define LQ_SPOOL_H

#include <gst/gst.h>

G_BEGIN_DECLS

typedef struct _LqSpool LqSpool;

/* directory: NULL or empty is the system's temporary directory. Creates no file yet. */
LqSpool *lq_spool_new (guint64 memory_limit, const gchar *directory);
void lq_spool_free (LqSpool *spool);

/* What the whole is expected to take, 0 for unknown: errors say it. */
void lq_spool_expect (LqSpool *spool, guint64 bytes);

/* At the end. Errors are of GST_RESOURCE_ERROR: NO_SPACE_LEFT, OPEN_WRITE or WRITE, as a sentence
 * with the directory, the figures and the remedy. After an error nothing more is taken. */
gboolean lq_spool_append (LqSpool *spool, gconstpointer data, gsize bytes, GError **error);

/* Any part of what has been appended, before or after more is; READ if the file was changed,
 * cut short, or can't be read. The destination is then undefined. */
gboolean lq_spool_read (
    LqSpool *spool, guint64 offset, gpointer data, gsize bytes, GError **error);

guint64 lq_spool_size (const LqSpool *spool);

/* TRUE once a part is in the file. */
gboolean lq_spool_in_file (const LqSpool *spool);

/* OPEN_WRITE if no file can be made there; leaves none behind. */
gboolean lq_spool_check_directory (const gchar *directory, GError **error);

G_END_DECLS

#endif
