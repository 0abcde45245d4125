/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* What elements whose chains have many modules share: the order that the user wants, and the words
 * about what worked. */

#ifndef LQ_MODULES_H
#define LQ_MODULES_H

#include "base/param.h"
#include "lqfilter.h"

G_BEGIN_DECLS

/* Reads an order as lq_flow_read_order does. */
typedef bool (*LqReadOrder) (const char *text, uint8_t *order, const char **at, size_t *length);

/* The property `order`; FALSE and why, where it isn't one. `all`: what may stand in it. */
gboolean lq_modules_order (
    LqFilter *filter, LqReadOrder read, const gchar *all, uint8_t *order, GError **error);

/* Whether module i changes the audio. */
typedef bool (*LqModuleWorks) (gconstpointer chain, guint i);

/* "hpf, eq1 and out shaped the audio. In: … Out: …": modules by the prefixes of their properties.
 * Takes the two texts. */
gchar *lq_modules_summary (const struct lq_module *modules, guint n, LqModuleWorks works,
    gconstpointer chain, gchar *in, gchar *out);

G_END_DECLS

#endif
