/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* vinylsafe: the disc and its side: properties that write others, what has to be known of the whole
 * stream, and what is said where it doesn't fit. */

#include "gstvinylsafe-private.h"

#include "base/mathx.h"

#define INCH_UM 25400.0

static gdouble
gst_vinyl_safe_number (LqParams *params, const gchar *name)
{
  return lq_params_get_number (params, lq_param_table_find (params->table, name)->id);
}

static gboolean
gst_vinyl_safe_differs (LqParams *params, const gchar *name, gdouble value)
{
  return fabs (gst_vinyl_safe_number (params, name) - value) > 1e-6;
}

void
gst_vinyl_safe_wrote (LqFilter *filter, guint id, LqOrigin origin)
{
  LqParams *params = lq_filter_params (filter);
  const gchar *name = lq_param_table_nth (params->table, id - 1)->pspec->name;
  gdouble outer_mm, inner_mm, um;

  if (lq_cut_disc_radii (
          (gint32)gst_vinyl_safe_number (params, "disc"), &outer_mm, &inner_mm)) {
    if (g_str_equal (name, "disc")) {
      lq_filter_imply (filter, "outer-radius", outer_mm);
      lq_filter_imply (filter, "inner-radius", inner_mm);
    }
    if (gst_vinyl_safe_differs (params, "outer-radius", outer_mm) ||
        gst_vinyl_safe_differs (params, "inner-radius", inner_mm))
      lq_params_put_int (params, "disc", LQ_CUT_CUSTOM);
  }
  if (lq_cut_stylus_radius ((gint32)gst_vinyl_safe_number (params, "stylus"), &um)) {
    if (g_str_equal (name, "stylus"))
      lq_filter_imply (filter, "stylus-radius", um);
    if (gst_vinyl_safe_differs (params, "stylus-radius", um))
      lq_params_put_int (params, "stylus", LQ_CUT_STYLUS_CUSTOM);
  }
}

gboolean
gst_vinyl_safe_learns (LqFilter *filter)
{
  LqParams *params = lq_filter_params (filter);

  return lq_params_get_int (params, "learn") || lq_params_get_int (params, "cut-level-auto");
}

/* Least time between the grooves of a side, min: what a full one holds. */
static gdouble
gst_vinyl_safe_room_min (LqParams *params, gdouble pitch_um)
{
  return (lq_params_get_double (params, "outer-radius") -
             lq_params_get_double (params, "inner-radius")) *
         1000.0 / pitch_um / lq_side_rpm (lq_params_get_int (params, "rpm"));
}

/* The longest side that could fit, at no level at all, min. */
static gdouble
gst_vinyl_safe_longest_min (LqParams *params)
{
  if (lq_params_get_int (params, "groove-pitch") == LQ_SIDE_FIXED)
    return gst_vinyl_safe_room_min (
        params, INCH_UM / lq_params_get_double (params, "lines-per-inch"));
  return gst_vinyl_safe_room_min (
      params, fmax (INCH_UM / lq_params_get_double (params, "lines-per-inch-max"),
                  lq_params_get_double (params, "groove-width") +
                      lq_params_get_double (params, "land")));
}

static void
gst_vinyl_safe_see_simulation (LqFilter *filter)
{
  LqParams *params = lq_filter_params (filter);

  if (lq_params_get_int (params, "mode") == LQ_CUT_ANALYSE &&
      (lq_params_get_int (params, "simulate") || lq_params_get_int (params, "listen")))
    GST_ELEMENT_WARNING (filter, RESOURCE, SETTINGS,
        ("mode=analyse leaves the audio as it is: simulate and listen do nothing in it."),
        (NULL));
}

gboolean
gst_vinyl_safe_check (LqFilter *filter, GError **error)
{
  LqParams *params = lq_filter_params (filter);
  const gdouble outer_mm = lq_params_get_double (params, "outer-radius");
  const gdouble inner_mm = lq_params_get_double (params, "inner-radius");
  const gdouble start_s = lq_params_get_double (params, "side-start");
  const gdouble side_s = lq_params_get_double (params, "side-duration");

  if (inner_mm >= outer_mm) {
    g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS,
        "inner-radius is %.4g mm and outer-radius %.4g mm: a side is cut from the outside "
        "inwards, so inner-radius must be the smaller one.",
        inner_mm, outer_mm);
    return FALSE;
  }
  if (side_s > 0.0 && start_s >= side_s) {
    g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS,
        "side-start is %.6g s and side-duration %.6g s: the stream would begin behind the end "
        "of its side. Set side-duration to the length of the whole side, or to 0.",
        start_s, side_s);
    return FALSE;
  }
  gst_vinyl_safe_see_simulation (filter);
  return !gst_vinyl_safe_learns (filter) || lq_filter_check_spool (filter, error);
}

/* Where the side is longer than any level could make fit. */
static void
gst_vinyl_safe_see_length (GstVinylSafe *self)
{
  const gdouble side_min = lq_cut_side_seconds (self->chain) / 60.0;
  const gdouble longest_min = gst_vinyl_safe_longest_min (lq_filter_params (LQ_FILTER (self)));

  if (side_min > longest_min)
    GST_ELEMENT_WARNING (self, RESOURCE, SETTINGS,
        ("The side is %.1f min long; with this disc, speed and pitch %.1f min fit even in "
         "silence. What is beyond the innermost radius is treated as if it were there.",
            side_min, longest_min),
        (NULL));
}

static void
gst_vinyl_safe_set_length (GstVinylSafe *self, gdouble length_s)
{
  self->length_s = length_s;
  lq_cut_set_length (self->chain, length_s);
  gst_vinyl_safe_see_length (self);
}

/* What is assumed of a stream of unknown length. */
static void
gst_vinyl_safe_say_assumed (GstVinylSafe *self)
{
  LqParams *params = lq_filter_params (LQ_FILTER (self));
  const gdouble lines = lq_params_get_double (params, "lines-per-inch");
  const gdouble start_s = lq_params_get_double (params, "side-start");
  const gdouble full_min = gst_vinyl_safe_room_min (params, INCH_UM / lines);
  const struct lq_side_params plan = { .pitch = LQ_SIDE_FIXED,
    .rpm = lq_side_rpm (lq_params_get_int (params, "rpm")),
    .outer_mm = lq_params_get_double (params, "outer-radius"),
    .inner_mm = lq_params_get_double (params, "inner-radius"),
    .lines_per_inch = lines };

  GST_ELEMENT_WARNING (self, RESOURCE, SETTINGS,
      ("Nobody says how long this stream is: a full side of %.1f min (%.4g lines per inch) is "
       "assumed, on which it begins at a radius of %.1f mm. Set side-duration, or "
       "learn=whole-track, which hears it to its end first.",
          full_min, lines, lq_side_start (&plan, start_s, 0.0)),
      (NULL));
}

/* Before the first frame. */
gboolean
gst_vinyl_safe_admit (LqFilter *filter, GError **error)
{
  GstVinylSafe *self = GST_VINYL_SAFE (filter);
  LqParams *params = lq_filter_params (filter);
  const GstClockTime duration = lq_filter_announced (filter);

  if (self->length_s > 0.0)
    return TRUE;
  if (GST_CLOCK_TIME_IS_VALID (duration))
    gst_vinyl_safe_set_length (self, (gdouble)duration / GST_SECOND);
  else if (lq_params_get_double (params, "side-duration") > 0.0)
    gst_vinyl_safe_see_length (self);
  else if (!gst_vinyl_safe_learns (filter) && lq_params_get_int (params, "radius-aware"))
    gst_vinyl_safe_say_assumed (self);
  return TRUE;
}

/* The first pass. */

guint
gst_vinyl_safe_analyse (LqFilter *filter, float *const *planes, guint frames, gfloat *notes)
{
  lq_cut_analyse (GST_VINYL_SAFE (filter)->chain, planes, frames);
  return 0;
}

gboolean
gst_vinyl_safe_solve (LqFilter *filter)
{
  lq_cut_solve (GST_VINYL_SAFE (filter)->chain);
  return FALSE;
}

/* What the first pass found. */
static void
gst_vinyl_safe_say_learned (GstVinylSafe *self)
{
  const struct lq_cut_learned *learned = &self->chain->learned;

  if (learned->hopeless)
    GST_ELEMENT_WARNING (self, RESOURCE, SETTINGS,
        ("No level makes the side fit: it is cut at the level that was set. Shorten it, or "
         "choose a finer pitch, a slower speed or a larger disc."),
        (NULL));
  else if (learned->level_db < 0.0)
    GST_ELEMENT_INFO (self, RESOURCE, SETTINGS,
        ("The side is cut %.2f dB lower, so that it fits.", -learned->level_db), (NULL));
}

/* Where a side has ended that doesn't fit. */
static void
gst_vinyl_safe_say_unfit (GstVinylSafe *self)
{
  LqParams *params = lq_filter_params (LQ_FILTER (self));
  const struct lq_cut_figures *figures = &self->figures;
  gchar *remedy;

  if (figures->side_fits)
    return;
  remedy = figures->fit_gain_db <= -LQ_SIDE_NO_GAIN
               ? g_strdup ("no level makes it fit")
               : g_strdup_printf ("it fits at %.1f dB", (gdouble)figures->fit_gain_db);
  GST_ELEMENT_WARNING (self, RESOURCE, SETTINGS,
      ("The side does not fit: this stream ends at a radius of %.1f mm, and the groove must "
       "end "
       "at %.1f mm; %s.",
          (gdouble)figures->end_radius_mm, lq_params_get_double (params, "inner-radius"),
          remedy),
      (NULL));
  g_free (remedy);
}

gboolean
gst_vinyl_safe_conclude (LqFilter *filter, gboolean before_output, GError **error)
{
  GstVinylSafe *self = GST_VINYL_SAFE (filter);

  if (before_output) {
    gst_vinyl_safe_set_length (self, self->chain->learned.seconds);
    gst_vinyl_safe_say_learned (self);
    return TRUE;
  }
  /* What nobody looked at was not measured. */
  if (!self->chain->analyses || self->chain->metered)
    gst_vinyl_safe_say_unfit (self);
  return TRUE;
}
