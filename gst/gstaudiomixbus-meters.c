/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* audiomixbus: figures as properties, and one element message a period.
 *
 * Periods begin with the first frame that goes out. A pad's voice may be some of them ahead of the
 * mix: it leaves a reading of each, which is taken when the mix has come there. */

#include "gstaudiomixbus-private.h"

#include <string.h>

#include "base/mathx.h"
#include "lqmessage.h"

/* Frames from `at` on that lie within one period. */
guint64
lq_mix_period_left (const GstAudioMixBus *self, guint64 at)
{
  if (!self->period)
    return G_MAXUINT64;
  if (at < self->period_start)
    return self->period_start - at;
  return self->period - (at - self->period_start) % self->period;
}

/* Whether a period, or what comes before all, ends before the frame `at`. */
static gboolean
lq_mix_period_ends (const GstAudioMixBus *self, guint64 at)
{
  return self->period && at >= self->period_start &&
         (at - self->period_start) % self->period == 0;
}

static LqReading *
lq_voice_reading (const GstAudioMixBus *self, LqVoice *voice, guint64 at)
{
  return &voice->readings[(at - self->period_start) / self->period % LQ_READINGS];
}

/* A voice has come to the frame `at`. */
void
lq_voice_note (const GstAudioMixBus *self, LqVoice *voice, guint64 at)
{
  LqReading *reading;

  if (!lq_mix_period_ends (self, at))
    return;
  reading = lq_voice_reading (self, voice, at);
  reading->figures = lq_channel_read (&voice->channel);
  reading->end = at;
}

/* Switching on and off. */

/* A voice has got its channel, or periods are others. */
void
lq_voice_meter (const GstAudioMixBus *self, LqVoice *voice)
{
  memset (voice->readings, 0, sizeof voice->readings);
  if (!voice->mapped)
    return;
  lq_channel_meter (&voice->channel, self->period > 0, self->measures_all);
  lq_channel_read (&voice->channel);
}

/* Periods of so many frames, 0: none, from the frame `start` on. No pad runs ahead. */
static void
lq_mix_set_period (GstAudioMixBus *self, guint64 start, guint64 period)
{
  self->period = period;
  self->period_start = self->spoken = start;
  lq_console_meter (&self->console, period > 0);
  lq_console_read (&self->console, false);
  for (guint i = 0; i < self->voices->len; i++)
    lq_voice_meter (self, g_ptr_array_index (self->voices, i));
}

/* What the settings ask for. */
static guint64
lq_mix_wanted_period (GstAudioMixBus *self)
{
  const guint64 interval = lq_params_get_uint64 (&self->params, "interval");

  self->posts = lq_params_get_int (&self->params, "post-messages");
  if (!self->posts && !lq_params_get_int (&self->params, "meters"))
    return 0;
  return MAX (
      gst_util_uint64_scale_round (interval, (guint64)self->stream.rate, GST_SECOND), 1);
}

/* The mix begins. */
void
lq_mix_begin_meters (GstAudioMixBus *self)
{
  self->measures_all = lq_params_get_int (&self->params, "meters");
  lq_console_begin (&self->console);
  lq_mix_set_period (self, self->start + self->latency, lq_mix_wanted_period (self));
}

/* Settings moved. */
void
lq_mix_follow_meters (GstAudioMixBus *self)
{
  const guint64 period = lq_mix_wanted_period (self);
  const gboolean all = lq_params_get_int (&self->params, "meters");

  if (period == self->period && all == self->measures_all)
    return;
  lq_mix_close (self);
  self->measures_all = all;
  lq_mix_set_period (self, MAX (self->offset, self->start + self->latency), period);
}

/* Reading. */

/* What the pads' meters show of the period that ends before the mix's next frame; `last`: of what
 * there is of it. */
static void
lq_mix_read_voices (GstAudioMixBus *self, gboolean last)
{
  static const struct lq_channel_figures silence = { .out = { LQ_SILENCE_DB, LQ_SILENCE_DB,
                                                         LQ_SILENCE_DB } };

  for (guint i = 0; i < self->voices->len; i++) {
    LqVoice *voice = g_ptr_array_index (self->voices, i);
    const LqReading *reading = lq_voice_reading (self, voice, self->offset);
    if (voice->pad->voice != voice)
      continue;
    g_mutex_lock (&voice->pad->work);
    voice->figures = reading->end == self->offset && !last ? reading->figures
                     : last && voice->mapped               ? lq_channel_read (&voice->channel)
                                                           : silence;
    lq_params_publish (&voice->pad->params, LQ_GROUP_FIGURES, &voice->figures);
    g_mutex_unlock (&voice->pad->work);
  }
}

/* Telling. */

static void
lq_mix_add_channels (GstAudioMixBus *self, GstStructure *s)
{
  const lq_level_reading *reading = &self->console.gauge.reading;
  gdouble peak[LQ_CHANNELS_MAX], rms[LQ_CHANNELS_MAX], true_peak[LQ_CHANNELS_MAX];
  const guint n = self->stream.channels;

  for (guint c = 0; c < n; c++) {
    peak[c] = lq_lin_to_db (reading->peak[c]);
    rms[c] = lq_lin_to_db (reading->rms[c]);
    true_peak[c] = lq_lin_to_db (self->console.true_peak[c]);
  }
  lq_message_add_array (s, "channel-peak", peak, n);
  lq_message_add_array (s, "channel-rms", rms, n);
  lq_message_add_array (s, "channel-true-peak", true_peak, n);
}

/* One figure of all pads. */
static void
lq_mix_add_figure (GstAudioMixBus *self, GstStructure *s, const gchar *name, gsize field)
{
  gdouble *values = g_new (gdouble, self->voices->len);
  guint n = 0;

  for (guint i = 0; i < self->voices->len; i++) {
    const LqVoice *voice = g_ptr_array_index (self->voices, i);
    if (voice->pad->voice == voice)
      values[n++] = *(const float *)((gconstpointer)((const guint8 *)&voice->figures + field));
  }
  lq_message_add_array (s, name, values, n);
  g_free (values);
}

/* Arrays that go together: the i-th value of each belongs to the i-th pad. */
static void
lq_mix_add_pads (GstAudioMixBus *self, GstStructure *s)
{
#define FIELD(name) offsetof (struct lq_channel_figures, name)
  static const struct {
    const gchar *name;
    gsize field;
  } all[] = { { "pad-peak", FIELD (out.peak_db) }, { "pad-rms", FIELD (out.rms_db) },
    { "pad-gate-gain-reduction", FIELD (track.gate_db) },
    { "pad-comp-gain-reduction", FIELD (track.comp_db) },
    { "pad-deess-gain-reduction", FIELD (track.deess_db) },
    { "pad-duck-gain-reduction", FIELD (duck_db) },
    { "pad-short-term", FIELD (out.loudness_lufs) } };
#undef FIELD
  const guint figures = G_N_ELEMENTS (all) - (self->measures_all ? 0 : 1);
  gchar **names = g_new (gchar *, self->voices->len);
  guint n = 0;

  for (guint i = 0; i < self->voices->len; i++) {
    const LqVoice *voice = g_ptr_array_index (self->voices, i);
    if (voice->pad->voice == voice)
      names[n++] = GST_OBJECT_NAME (voice->pad);
  }
  lq_message_add_names (s, "pad-name", names, n);
  g_free (names);
  for (guint i = 0; i < figures; i++)
    lq_mix_add_figure (self, s, all[i].name, all[i].field);
}

/* "32 inputs, 3:25.0: peak -3.2 dBFS, true peak -2.9 dBTP, integrated -14.2 LUFS." */
static gchar *
lq_mix_summary (GstAudioMixBus *self)
{
  const gdouble seconds =
      (self->offset - self->start - MIN (self->offset - self->start, self->latency)) /
      self->stream.rate;
  const gdouble peak = lq_lin_to_db (self->console.gauge.highest);
  const gchar *inputs = self->snapshot->len == 1 ? "input" : "inputs";
  gchar *time = g_strdup_printf (
      "%d:%04.1f", (gint)(seconds / 60.0), seconds - 60.0 * (gint)(seconds / 60.0));
  gchar *text;

  if (peak <= LQ_SILENCE_DB)
    text = g_strdup_printf ("%u %s, %s: silence.", self->snapshot->len, inputs, time);
  else
    text = g_strdup_printf (
        "%u %s, %s: peak %.1f dBFS, true peak %.1f dBTP, integrated %.1f LUFS.",
        self->snapshot->len, inputs, time, peak,
        lq_lin_to_db (lq_truepeak_max_peak (&self->console.truepeak)),
        lq_loudness_integrated (&self->console.gauge.loudness, 0.0));
  g_free (time);
  return text;
}

static void
lq_mix_post (GstAudioMixBus *self, gboolean final)
{
  GstStructure *s = lq_message_new (GST_ELEMENT (self));
  gchar *summary;

  lq_message_add_times (s, &self->out_segment, lq_mix_pts (self, self->spoken - self->latency),
      lq_mix_pts (self, self->offset - self->latency));
  lq_message_add_figures (s, &self->params);
  lq_mix_add_channels (self, s);
  lq_mix_add_pads (self, s);
  gst_structure_set (s, "final", G_TYPE_BOOLEAN, final, NULL);
  if (final) {
    summary = lq_mix_summary (self);
    gst_structure_set (s, "summary", G_TYPE_STRING, summary, NULL);
    g_free (summary);
  }
  lq_message_post (GST_ELEMENT (self), s);
}

static void
lq_mix_read (GstAudioMixBus *self, gboolean final)
{
  const struct lq_console_figures figures = lq_console_read (&self->console, final);

  lq_params_publish (&self->params, LQ_GROUP_FIGURES, &figures);
  lq_mix_read_voices (self, final);
}

/* Where the end is that of a period, its figures stand: nothing has been measured since. */
static void
lq_mix_speak (GstAudioMixBus *self, gboolean final)
{
  if (self->offset > self->spoken)
    lq_mix_read (self, final);
  if (self->posts)
    lq_mix_post (self, final);
  self->spoken = self->offset;
}

/* The mix has come to its next frame. */
void
lq_mix_passed (GstAudioMixBus *self)
{
  if (!lq_mix_period_ends (self, self->offset))
    return;
  if (self->offset == self->period_start)
    lq_console_begin (&self->console);
  else
    lq_mix_speak (self, FALSE);
}

/* The mix has ended. */
void
lq_mix_end_meters (GstAudioMixBus *self)
{
  if (self->period && self->offset != LQ_NO_FRAME && self->offset >= self->period_start)
    lq_mix_speak (self, TRUE);
}
