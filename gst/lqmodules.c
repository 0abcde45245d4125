/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "lqmodules.h"

gboolean
lq_modules_order (
    LqFilter *filter, LqReadOrder read, const gchar *all, uint8_t *order, GError **error)
{
  gchar *text = lq_params_dup_string (lq_filter_params (filter), "order");
  const gchar *at = NULL;
  gsize length = 0;
  const gboolean ok = read (text ? text : "", order, &at, &length);

  if (!ok)
    g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS,
        "order: \"%s\" can't be read at \"%.*s\": each of %s may stand there once, with commas "
        "between.",
        text, (int)length, at, all);
  g_free (text);
  return ok;
}

/* "hpf, eq1 and out"; NULL for none. */
static gchar *
lq_modules_working (
    const struct lq_module *modules, guint n, LqModuleWorks works, gconstpointer chain)
{
  GString *text = g_string_new (NULL);
  guint last = 0;

  for (guint i = 0; i < n; i++)
    if (*modules[i].prefix && works (chain, i)) {
      last = text->len;
      g_string_append_printf (text, "%s%s", last ? ", " : "", modules[i].prefix);
    }
  if (last) {
    g_string_erase (text, last, 1);
    g_string_insert (text, last, " and");
  }
  return g_string_free (text, text->len == 0);
}

gchar *
lq_modules_summary (const struct lq_module *modules, guint n, LqModuleWorks works,
    gconstpointer chain, gchar *in, gchar *out)
{
  gchar *working = lq_modules_working (modules, n, works, chain);
  gchar *text = g_strdup_printf ("%s shaped the audio%s. In: %s. Out: %s.",
      working ? working : "Nothing", working ? "" : " at the end", in, out);

  g_free (working);
  g_free (in);
  g_free (out);
  return text;
}
