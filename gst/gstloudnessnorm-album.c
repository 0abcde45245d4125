/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* loudnessnorm: a whole measurement as a structure, for the message album-measure, and as a text,
 * for measurement-location: one field a line.
 *
 * Gated blocks stand in it as blocks:power/blocks:power/…, quietest first: how many blocks of one
 * level there are and the sum of their powers (weighted mean squares, BS.1770-5). Lists of several
 * streams one after the other are those of all of them played in a row, but for the blocks across
 * their borders. The characters are such that a serialised structure needs no quotes. */

#include "gstloudnessnorm-private.h"

#include <math.h>
#include <string.h>

#include "base/mathx.h"
#include "lqtext.h"

#define VERSION 1

/* Both histograms full, twice over. */
#define FILE_LIMIT ((gsize)8 << 20)

static void
gst_loudness_norm_add_blocks (
    GstStructure *s, const gchar *name, const lq_gatehist *h, gdouble scale)
{
  GString *text = g_string_new (NULL);
  gchar number[G_ASCII_DTOSTR_BUF_SIZE];

  for (guint i = 0; i < LQ_GATE_BINS; i++)
    if (h->blocks[i])
      g_string_append_printf (text, "%s%u:%s", text->len ? "/" : "", h->blocks[i],
          g_ascii_dtostr (number, sizeof number, h->power[i] * scale));
  gst_structure_set (s, name, G_TYPE_STRING, text->str, NULL);
  g_string_free (text, TRUE);
}

GstStructure *
gst_loudness_norm_measurement (GstLoudnessNorm *self)
{
  LqFilter *filter = LQ_FILTER (self);
  const lq_loudness *in = &self->chain.in;
  const lq_stream *stream = lq_filter_stream (filter);
  const guint64 rate = (guint64)stream->rate;
  const GstClockTime announced = lq_filter_announced (filter);
  struct lq_norm_figures f;
  GstStructure *s;
  guint64 frames;

  lq_filter_heard (filter, &frames);
  lq_norm_read (&self->chain, &f, TRUE);
  s = gst_structure_new ("album-measure", "version", G_TYPE_UINT64, (guint64)VERSION, "rate",
      G_TYPE_UINT64, rate, "channels", G_TYPE_UINT64, (guint64)stream->channels, "frames",
      G_TYPE_UINT64, frames, "duration", G_TYPE_UINT64,
      gst_util_uint64_scale_round (frames, GST_SECOND, rate), "dual-mono", G_TYPE_BOOLEAN,
      (gboolean)self->chain.p.dual_mono, "integrated", G_TYPE_DOUBLE,
      lq_loudness_integrated (in, 0.0), "range", G_TYPE_DOUBLE, lq_loudness_range (in, 0.0),
      "true-peak", G_TYPE_DOUBLE, (gdouble)f.true_peak_dbtp, "sample-peak", G_TYPE_DOUBLE,
      (gdouble)f.sample_peak_dbfs, "max-momentary", G_TYPE_DOUBLE,
      (gdouble)f.max_momentary_lufs, "max-short-term", G_TYPE_DOUBLE,
      (gdouble)f.max_short_term_lufs, NULL);
  if (GST_CLOCK_TIME_IS_VALID (announced))
    gst_structure_set (s, "announced", G_TYPE_UINT64, announced, NULL);
  gst_loudness_norm_add_blocks (s, "blocks", in->z.blocks, in->mono_gain);
  gst_loudness_norm_add_blocks (s, "short-term-blocks", in->z.short_terms, in->mono_gain);
  return s;
}

/* Text. */

static gboolean
gst_loudness_norm_append_field (GQuark field, const GValue *value, gpointer user)
{
  gchar number[G_ASCII_DTOSTR_BUF_SIZE];
  GString *text = user;

  g_string_append_printf (text, "%s=", g_quark_to_string (field));
  if (G_VALUE_HOLDS_UINT64 (value))
    g_string_append_printf (text, "%" G_GUINT64_FORMAT, g_value_get_uint64 (value));
  else if (G_VALUE_HOLDS_BOOLEAN (value))
    g_string_append (text, g_value_get_boolean (value) ? "true" : "false");
  else if (G_VALUE_HOLDS_DOUBLE (value))
    g_string_append (text, g_ascii_dtostr (number, sizeof number, g_value_get_double (value)));
  else
    g_string_append (text, g_value_get_string (value));
  g_string_append_c (text, '\n');
  return TRUE;
}

gchar *
gst_loudness_norm_measurement_text (const GstStructure *s)
{
  GString *text = g_string_new ("# Lacquer: what loudnessnorm measured of a programme.\n");

  gst_structure_foreach (s, gst_loudness_norm_append_field, text);
  return g_string_free (text, FALSE);
}

/* A field of a measurement file that is read back. */
struct field {
  const gchar *name;
  gboolean needed;
  gdouble min, max;
  guint64 *count;
  gdouble *number;
  gboolean *flag;
};

static gboolean
gst_loudness_norm_read_value (
    const LqText *text, const gchar *at, gchar *value, struct field *field, GError **error)
{
  gchar *end = value;
  gdouble number = NAN;

  if (field->flag) {
    *field->flag = g_str_equal (value, "true");
    if (*field->flag || g_str_equal (value, "false"))
      return TRUE;
    return lq_text_error (text, at, error, "%s is neither true nor false", field->name);
  }
  if (field->count) {
    if (g_ascii_string_to_unsigned (
            value, 10, (guint64)field->min, (guint64)field->max, field->count, NULL))
      return TRUE;
    return lq_text_error (text, at, error, "%s isn't a whole number from %.0f to %.0f",
        field->name, field->min, field->max);
  }
  if (*value)
    number = g_ascii_strtod (value, &end);
  if (*end || !(number >= field->min && number <= field->max))
    return lq_text_error (text, at, error, "%s isn't a number from %g to %g", field->name,
        field->min, field->max);
  *field->number = number;
  return TRUE;
}

/* One line from `at` to `end`, whose field is ticked off; fields that aren't known are skipped. */
static gboolean
gst_loudness_norm_read_line (const LqText *text, const gchar *at, const gchar *end,
    struct field *fields, guint n, GError **error)
{
  const gchar *equals = memchr (at, '=', (gsize)(end - at));
  gboolean ok = TRUE;

  if (*at == '#' || at == end)
    return TRUE;
  if (!equals)
    return lq_text_error (text, at, error, "no field=value");
  for (guint i = 0; i < n && ok; i++) {
    gchar *value;
    if (strlen (fields[i].name) != (gsize)(equals - at) ||
        strncmp (at, fields[i].name, (gsize)(equals - at)) != 0)
      continue;
    value = g_strndup (equals + 1, (gsize)(end - equals - 1));
    ok = gst_loudness_norm_read_value (text, equals + 1, g_strchomp (value), &fields[i], error);
    fields[i].needed = FALSE;
    g_free (value);
  }
  return ok;
}

static gboolean
gst_loudness_norm_read_lines (const LqText *text, struct field *fields, guint n, GError **error)
{
  const gchar *at = text->text;

  while (*at) {
    const gchar *newline = strchr (at, '\n');
    const gchar *end = newline ? newline : at + strlen (at);
    if (!gst_loudness_norm_read_line (text, at, end, fields, n, error))
      return FALSE;
    at = newline ? newline + 1 : end;
  }
  for (guint i = 0; i < n; i++)
    if (fields[i].needed)
      return lq_text_error (text, at, error,
          "the file ends without the field %s: it isn't a whole measurement", fields[i].name);
  return TRUE;
}

gboolean
gst_loudness_norm_parse_measurement (
    const gchar *name, const gchar *content, GstNormStored *stored, GError **error)
{
  guint64 version = 0;
  struct lq_norm_measured *m = &stored->figures;
  struct field fields[] = { { "version", TRUE, VERSION, VERSION, &version },
    { "rate", TRUE, 1, 1e6, &stored->rate }, { "channels", TRUE, 1, 64, &stored->channels },
    { "frames", TRUE, 0, 1e18, &stored->frames },
    { "announced", FALSE, 0, 1e19, &stored->announced },
    { "dual-mono", FALSE, 0, 0, NULL, NULL, &stored->dual_mono },
    { "integrated", TRUE, LQ_SILENCE_DB, 120, NULL, &m->integrated_lufs },
    { "range", FALSE, 0, 150, NULL, &m->range_lu },
    { "true-peak", TRUE, LQ_SILENCE_DB, 120, NULL, &m->true_peak_dbtp },
    { "sample-peak", FALSE, LQ_SILENCE_DB, 120, NULL, &m->sample_peak_dbfs } };
  const LqText text = { name, content };

  *stored = (GstNormStored){ .announced = GST_CLOCK_TIME_NONE, .figures = GST_NORM_UNMEASURED };
  stored->there = gst_loudness_norm_read_lines (&text, fields, G_N_ELEMENTS (fields), error);
  return stored->there;
}

gboolean
gst_loudness_norm_read_measurement (const gchar *path, GstNormStored *stored, GError **error)
{
  gchar *content = lq_text_load (path, FILE_LIMIT, error);
  gboolean ok;

  stored->there = FALSE;
  if (!content)
    return FALSE;
  ok = gst_loudness_norm_parse_measurement (path, content, stored, error);
  g_free (content);
  return ok;
}
