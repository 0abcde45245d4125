/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cutrun.h"

#include "vinyl.h"

#include <math.h>

gdouble
cut_speed (gdouble radius_mm)
{
  return 2.0 * G_PI * radius_mm / 10.0 * (100.0 / 3.0) / 60.0;
}

gdouble
cut_amplitude (gdouble hz, gdouble velocity)
{
  return velocity / CUT_REFERENCE / cabs (lqv_riaa (hz)) * pow (10.0, CUT_REFERENCE_DB / 20.0);
}

void
cut_silence (Run *r, gdouble seconds)
{
  g_free (r->in);
  r->in_frames = (guint)(seconds * r->rate + 0.5);
  r->in = g_new0 (gfloat, (gsize)r->in_frames * r->channels);
}

static gdouble
edge_of (gdouble s, gdouble edge)
{
  return s >= edge ? 1.0 : s <= 0.0 ? 0.0 : 0.5 - 0.5 * cos (G_PI * s / edge);
}

void
cut_add (
    Run *r, gdouble hz, gdouble left, gdouble right, gdouble from, gdouble to, gdouble edge)
{
  for (guint i = (guint)(from * r->rate); i < r->in_frames && i <= to * r->rate; i++) {
    const gdouble s = (gdouble)i / r->rate;
    const gdouble x =
        sin (2.0 * G_PI * hz * s) * edge_of (s - from, edge) * edge_of (to - s, edge);
    r->in[i * r->channels] += (gfloat)(left * x);
    if (r->channels > 1)
      r->in[i * r->channels + 1] += (gfloat)(right * x);
  }
}

void
cut_tone (Run *r, gdouble seconds, gdouble hz, gdouble left, gdouble right)
{
  cut_silence (r, seconds);
  cut_add (r, hz, left, right, 0.0, seconds + 1.0, 0.05);
}

gdouble
cut_get (Run *r, const gchar *name)
{
  GParamSpec *spec = g_object_class_find_property (G_OBJECT_GET_CLASS (r->element), name);
  GValue value = G_VALUE_INIT, number = G_VALUE_INIT;
  gdouble got = NAN;

  g_return_val_if_fail (spec, NAN);
  g_value_init (&value, spec->value_type);
  g_value_init (&number, G_TYPE_DOUBLE);
  g_object_get_property (G_OBJECT (r->element), name, &value);
  if (G_VALUE_HOLDS_ENUM (&value))
    got = g_value_get_enum (&value);
  else if (G_VALUE_HOLDS_BOOLEAN (&value))
    got = g_value_get_boolean (&value);
  else if (g_value_transform (&value, &number))
    got = g_value_get_double (&number);
  g_value_unset (&value);
  return got;
}

gfloat *
cut_plane (const gfloat *from, guint frames, guint channels, guint c)
{
  gfloat *plane = g_new (gfloat, frames);

  for (guint i = 0; i < frames; i++)
    plane[i] = from[(gsize)i * channels + c];
  return plane;
}
