/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* The same for what GLib and GStreamer offer: their libraries aren't linked with the wrapped calls,
 * so it is their own functions that count here. */

#include "rtguard.h"

#include <gst/gst.h>

#define WRAP(type, name, params, args)                                                         \
  type __real_##name params;                                                                   \
  type __wrap_##name params;                                                                   \
  type __wrap_##name params                                                                    \
  {                                                                                            \
    rtguard_note (#name);                                                                      \
    return __real_##name args;                                                                 \
  }

WRAP (gpointer, g_malloc, (gsize n), (n))
WRAP (gpointer, g_malloc0, (gsize n), (n))
WRAP (gpointer, g_malloc_n, (gsize n, gsize m), (n, m))
WRAP (gpointer, g_malloc0_n, (gsize n, gsize m), (n, m))
WRAP (gpointer, g_realloc, (gpointer p, gsize n), (p, n))
WRAP (gpointer, g_slice_alloc, (gsize n), (n))
WRAP (gchar *, g_strdup, (const gchar *s), (s))
WRAP (void, g_free, (gpointer p), (p))
WRAP (void, g_mutex_lock, (GMutex * m), (m))
WRAP (gboolean, g_mutex_trylock, (GMutex * m), (m))
WRAP (void, g_rec_mutex_lock, (GRecMutex * m), (m))
WRAP (void, g_cond_wait, (GCond * c, GMutex *m), (c, m))
WRAP (GArray *, g_array_append_vals, (GArray * a, gconstpointer v, guint n), (a, v, n))
WRAP (void, g_logv, (const gchar *d, GLogLevelFlags l, const gchar *f, va_list v), (d, l, f, v))
