/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* vinylsafe: what its messages say beyond figures: the moments that broke a limit, and the report. */

#include "gstvinylsafe-private.h"

#include <math.h>

static lq_cut *
chain_of (LqFilter *filter)
{
  return GST_VINYL_SAFE (filter)->chain;
}

void
gst_vinyl_safe_put_moments (LqFilter *filter)
{
  gchar text[LQ_MOMENTS_TEXT];

  lq_moments_text (&chain_of (filter)->before, text, sizeof text);
  lq_params_put_string (lq_filter_params (filter), "worst-moments", text);
}

static void
gst_vinyl_safe_add_moment (GValue *list, const struct lq_moment *moment, gdouble rate)
{
  GValue item = G_VALUE_INIT;

  g_value_init (&item, GST_TYPE_STRUCTURE);
  g_value_take_boxed (&item,
      gst_structure_new ("moment", "time", G_TYPE_DOUBLE, (gdouble)moment->begin / rate,
          "duration", G_TYPE_DOUBLE, (gdouble)(moment->end - moment->begin) / rate, "limit",
          G_TYPE_STRING, lq_groove_limit_name ((enum lq_groove_limit)moment->limit), "excess",
          G_TYPE_DOUBLE, (gdouble)moment->excess_db, "reduction", G_TYPE_DOUBLE,
          (gdouble)moment->reduction_db, NULL));
  gst_value_array_append_and_take_value (list, &item);
}

static void
gst_vinyl_safe_add_moments (
    GstStructure *s, const gchar *name, const struct lq_moment *moments, guint n, gdouble rate)
{
  GValue list = G_VALUE_INIT;

  gst_value_array_init (&list, n);
  for (guint i = 0; i < n; i++)
    gst_vinyl_safe_add_moment (&list, moments + i, rate);
  gst_structure_take_value (s, name, &list);
}

/* A fixed pitch takes what room it takes; turns may come too near to one another. */
static void
gst_vinyl_safe_say_land (const lq_cut *chain, const struct lq_cut_figures *f, GString *text)
{
  const gdouble room_um = lq_side_now (&chain->side).room_um;

  if (room_um >= 0.0)
    g_string_append (text, "; turns keep their land. ");
  else if (f->fit_gain_db <= -LQ_SIDE_NO_GAIN)
    g_string_append (text, "; TURNS COME TOO NEAR to one another, at any level. ");
  else
    g_string_append_printf (text,
        "; TURNS COME TOO NEAR to one another by %.1f µm, and would not at %+.1f dB. ",
        -room_um, (gdouble)f->fit_gain_db);
}

/* Whether the side fits, and how far it is from that. */
static void
gst_vinyl_safe_say_side (const lq_cut *chain, const struct lq_cut_figures *f, GString *text)
{
  g_string_append_printf (text,
      "%s: the groove goes from %.1f to %.1f mm, %.1f of %.1f mm are used, at %.0f lines per "
      "inch "
      "in the mean",
      f->side_fits ? "The side fits" : "THE SIDE DOES NOT FIT", (gdouble)f->start_radius_mm,
      (gdouble)f->end_radius_mm, (gdouble)f->groove_used_mm, (gdouble)f->groove_available_mm,
      (gdouble)f->mean_lines_per_inch);
  if (chain->plan.pitch == LQ_SIDE_FIXED)
    gst_vinyl_safe_say_land (chain, f, text);
  else if (f->fit_gain_db <= -LQ_SIDE_NO_GAIN)
    g_string_append (text, "; no level makes it fit. ");
  else if (f->fit_gain_db >= LQ_SIDE_NO_GAIN)
    g_string_append (text, "; it would fit at any level. ");
  else
    g_string_append_printf (text, "; it would just fit at %+.1f dB. ", (gdouble)f->fit_gain_db);
  if (chain->learned.level_db < 0.0)
    g_string_append_printf (
        text, "It was cut %.2f dB lower for that. ", -chain->learned.level_db);
}

static void
gst_vinyl_safe_say_moments (const lq_cut *chain, const struct lq_cut_figures *f, GString *text)
{
  struct lq_moment worst[LQ_MOMENTS_WORST];

  if (lq_moments_worst (&chain->before, worst) == 0) {
    g_string_append (text, "Nothing breaks a limit. ");
    return;
  }
  g_string_append_printf (text,
      "%u moment%s broke a limit%s, the worst at %.3f s: %s by %.1f dB. ", f->violations,
      f->violations == 1 ? "" : "s", chain->analyses ? "" : " before treatment",
      (gdouble)worst[0].begin / chain->stream.rate,
      lq_groove_limit_name ((enum lq_groove_limit)worst[0].limit), (gdouble)worst[0].excess_db);
}

/* A treatment that adds rounds to 0 without a sign. */
static gdouble
tenths (float db)
{
  return fabsf (db) < 0.05f ? 0.0 : (gdouble)db;
}

static gchar *
gst_vinyl_safe_summary (const lq_cut *chain, const struct lq_cut_figures *f)
{
  GString *text = g_string_new (NULL);

  gst_vinyl_safe_say_side (chain, f, text);
  gst_vinyl_safe_say_moments (chain, f, text);
  if (!chain->analyses)
    g_string_append_printf (text, "Taken away: bass %.1f, middle %.1f, treble %.1f dB. ",
        tenths (f->treatment_db[0]), tenths (f->treatment_db[1]), tenths (f->treatment_db[2]));
  g_string_append_printf (text,
      "%s lateral %.1f cm/s and %.1f µm, vertical %.1f µm, %.0f g, curvature %.2f, "
      "narrowest groove %.1f µm.",
      chain->analyses ? "Highest:" : "Cut with at most", (gdouble)f->cut.velocity,
      (gdouble)f->cut.displacement_um, (gdouble)f->cut.vertical_um,
      (gdouble)f->cut.acceleration_g, (gdouble)f->cut.curvature,
      (gdouble)f->groove_width_minimum_um);
  return g_string_free (text, FALSE);
}

void
gst_vinyl_safe_describe (LqFilter *filter, GstStructure *s, gboolean final)
{
  lq_cut *chain = chain_of (filter);
  struct lq_moment moments[LQ_MOMENTS_QUEUE];
  guint32 missed = 0;
  guint n = lq_moments_take (&chain->before, moments, &missed);
  gchar *summary;

  gst_vinyl_safe_add_moments (s, "moments", moments, n, chain->stream.rate);
  gst_structure_set (s, "moments-missed", G_TYPE_UINT, missed, "curvature-warnings",
      G_TYPE_UINT, lq_moments_warnings (&chain->before), NULL);
  if (!final)
    return;
  n = lq_moments_worst (&chain->before, moments);
  gst_vinyl_safe_add_moments (s, "worst", moments, n, chain->stream.rate);
  summary = gst_vinyl_safe_summary (chain, &GST_VINYL_SAFE (filter)->figures);
  gst_structure_set (s, "summary", G_TYPE_STRING, summary, NULL);
  g_free (summary);
}
