/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* What audiomixbus has to survive in its audio: samples that aren't, sizes, formats, settings at their
 * ends; and that nothing of it depends on how streams are cut or in which order pads come. */

#include "lqtest.h"
#include "mixrig.h"
#include "signals.h"

#include <float.h>
#include <math.h>
#include <string.h>

GST_PLUGIN_STATIC_DECLARE (lacquer);

/* A strip, a fader and sends with something in each, nothing late. */
#define BUSY                                                                                   \
  "hpf-enabled=true eq1-enabled=true eq1-gain=6 comp-enabled=true comp-threshold=-30 "         \
  "delay=3.3 pan=0.3 gain=-2 reverb-send=-20 delay-send=-25"

static MixRig *
rig_new (const gchar *set, guint inputs, guint channels, const gchar *pads)
{
  gchar *line = g_strconcat ("audiomixbus name=mix ", set, NULL);
  MixRig *rig = mix_new (line, FALSE);
  gchar **words = pads ? g_strsplit (pads, " ", -1) : NULL;

  rig->word = mix_fpu ();
  for (guint i = 0; i < inputs; i++) {
    MixInput *in = mix_input (rig, NULL, channels);
    for (guint w = 0; words && words[w]; w++) {
      gchar **pair = g_strsplit (words[w], "=", 2);
      gst_util_set_object_arg (G_OBJECT (in->sink), pair[0], pair[1]);
      g_strfreev (pair);
    }
  }
  g_strfreev (words);
  g_free (line);
  mix_play (rig);
  return rig;
}

static void
want (MixRig *rig, guint channels, const gchar *format)
{
  gst_clear_caps (&rig->wants);
  rig->wants = mix_caps (MIX_RATE, channels, format);
}

/* The noise of one input, buffers of `cut` frames (0: of any), from `at` on. */
static void
send_noise (MixInput *in, guint64 at, guint frames, guint cut, guint seed)
{
  gfloat *x = g_new (gfloat, frames * in->channels);
  lqs_random rnd = { seed + 1 };

  lqs_noise (x, frames * in->channels, 0.1, seed);
  for (guint done = 0, n; done < frames; done += n) {
    GstBuffer *buffer;
    n = cut ? cut : lqs_range (&rnd, 1, 5000);
    n = MIN (n, frames - done);
    buffer = mix_value (in, at + done, n, 0.0);
    gst_buffer_fill (buffer, 0, x + done * in->channels, n * in->channels * sizeof *x);
    mix_push (in, buffer);
  }
  g_free (x);
}

static guint
count_warnings (MixRig *rig)
{
  GstMessage *message;
  guint n = 0;

  while ((message = mix_message (rig, GST_MESSAGE_WARNING))) {
    n++;
    gst_message_unref (message);
  }
  return n;
}

/* 1, 27: one bad sample on one pad of eight; the others sum as without it, it alone counts it. */
static void
bad_samples (void)
{
  static const gfloat bad[] = { NAN, INFINITY, -INFINITY, FLT_MAX, 1e30f, -2e6f };

  for (guint b = 0; b < G_N_ELEMENTS (bad); b++) {
    MixRig *rig = rig_new ("", 8, 1, NULL);
    guint64 total = 0;

    for (guint i = 0; i < 8; i++) {
      GstBuffer *buffer = mix_value (rig->in[i], 0, 48000, i == 3 ? 0.0 : 0.01 * (i + 1));
      if (i == 3)
        gst_buffer_fill (buffer, 24000 * sizeof (gfloat), &bad[b], sizeof bad[b]);
      mix_begin (rig->in[i]);
      mix_push (rig->in[i], buffer);
      mix_push (rig->in[i], gst_event_new_eos ());
    }
    mix_wait_eos (rig, 1);
    CHECK (mix_samples (rig) == 48000, "%u frames", mix_samples (rig));
    for (guint i = 0; i < 48000; i++)
      if (!CHECK (i == 24000 ? isfinite (mix_sample (rig, i))
                             : fabsf (mix_sample (rig, i) - 0.32f) < 1e-6f,
              "%g: frame %u is %g", (gdouble)bad[b], i, (gdouble)mix_sample (rig, i)))
        break;
    CHECK (!isnan (bad[b]) || fabsf (mix_sample (rig, 24000) - 0.32f) < 1e-6f, "NaN becomes %g",
        (gdouble)mix_sample (rig, 24000));
    for (guint i = 0; i < 8; i++) {
      guint64 n = 0;
      g_object_get (rig->in[i]->sink, "bad-samples", &n, NULL);
      CHECK (n == (i == 3), "pad %u counts %u", i, (guint)n);
    }
    g_object_get (rig->mix, "bad-samples", &total, NULL);
    CHECK (
        total == 1 && count_warnings (rig) == 1, "%u in all, or not one warning", (guint)total);
    mix_free (rig);
  }
}

/* 2: seconds of NaN through everything: silence, one warning, and the next audio is as it should be. */
static void
nothing_but_nan (void)
{
  MixRig *rig = rig_new ("", 1, 2,
      "hpf-enabled=true eq1-enabled=true eq1-gain=6 "
      "comp-enabled=true gate-enabled=true sat-enabled=true");
  gfloat late = 0.0f;

  mix_begin (rig->in[0]);
  mix_push (rig->in[0], mix_value (rig->in[0], 0, 480000, (gdouble)NAN));
  send_noise (rig->in[0], 480000, 96000, 480, 4);
  mix_push (rig->in[0], gst_event_new_eos ());
  mix_wait_eos (rig, 1);
  /* The filters' ring follows. */
  CHECK (mix_samples (rig) >= 2 * 576000, "%u samples", mix_samples (rig));
  for (guint i = 0; i < mix_samples (rig); i++) {
    const gfloat value = mix_sample (rig, i);
    if (!CHECK (isfinite (value) && (i >= 959900 || fabsf (value) < 1e-6f), "sample %u is %g",
            i, (gdouble)value))
      break;
    late = i > 1056000 ? MAX (late, fabsf (value)) : late;
  }
  CHECK (late > 0.01f, "%g after it", (gdouble)late);
  CHECK (count_warnings (rig) == 1, "not one warning");
  mix_free (rig);
}

/* 4, 33: the same bits for any cut, and for any order of the pads' beginnings. */
static void
any_cut (void)
{
  static const guint cuts[] = { 480, 1, 4096, 0, 48000, 997 };
  GArray *first = NULL;

  for (guint c = 0; c < G_N_ELEMENTS (cuts); c++) {
    MixRig *rig = rig_new ("reverb-decay=0.3 delay-time=50", 4, 2, BUSY);
    want (rig, 2, GST_AUDIO_NE (F32));
    for (guint i = 0; i < 4; i++) {
      MixInput *in = rig->in[(c + i) % 4];
      mix_begin (in);
      if (c % 2)
        mix_wait_idle (in);
      send_noise (in, 100 * ((c + i) % 4), 48000, i == 1 ? 777 : cuts[c], 10 + (c + i) % 4);
      mix_push (in, gst_event_new_eos ());
    }
    mix_wait_eos (rig, 1);
    CHECK (mix_samples (rig) > 96600, "%u samples", mix_samples (rig));
    CHECK (!first || (first->len == rig->samples->len &&
                         memcmp (first->data, rig->samples->data, first->len * 4) == 0),
        "cut into %u: other bits", cuts[c]);
    if (!first)
      first = g_array_ref (rig->samples);
    mix_free (rig);
  }
  g_array_unref (first);
}

/* 33: full scale against itself is nothing at all. */
static void
cancels (void)
{
  MixRig *rig = rig_new ("", 2, 2, NULL);

  g_object_set (rig->in[1]->sink, "invert-left", TRUE, "invert-right", TRUE, NULL);
  for (guint i = 0; i < 2; i++) {
    mix_begin (rig->in[i]);
    send_noise (rig->in[i], 0, 48000, 480 + i, 7);
    mix_push (rig->in[i], gst_event_new_eos ());
  }
  mix_wait_eos (rig, 1);
  CHECK (mix_samples (rig) == 96000, "%u samples", mix_samples (rig));
  for (guint i = 0; i < mix_samples (rig); i++)
    if (!CHECK (
            mix_sample (rig, i) == 0.0f, "sample %u is %g", i, (gdouble)mix_sample (rig, i)))
      break;
  mix_free (rig);
}

/* 5: every format, rate and number of channels passes as it is. */
static void
passes (guint rate, guint channels, const gchar *format)
{
  MixRig *rig = rig_new ("", 1, channels, NULL);
  GstCaps *caps = mix_caps (rate, channels, format), *same;
  MixInput *in = rig->in[0];
  GstAudioInfo info;
  GstBuffer *buffer;
  lqs_random rnd = { 3 };
  GstMapInfo map;

  gst_audio_info_from_caps (&info, caps);
  mix_push (in, gst_event_new_stream_start ("s"));
  mix_push (in, gst_event_new_caps (caps));
  mix_push (in, mix_segment (0, -1, 0, 0));
  buffer = gst_buffer_new_allocate (NULL, 999 * (gsize)GST_AUDIO_INFO_BPF (&info), NULL);
  GST_BUFFER_PTS (buffer) = 0;
  gst_buffer_map (buffer, &map, GST_MAP_WRITE);
  for (gsize i = 0; i < map.size; i++)
    map.data[i] = (guint8)lqs_range (&rnd, 0, 255);
  if (GST_AUDIO_INFO_IS_FLOAT (&info))
    for (gsize i = 0; i < map.size / 4; i++)
      ((gfloat *)(gpointer)map.data)[i] = (gfloat)lqs_uniform (&rnd);
  if (GST_AUDIO_INFO_FORMAT (&info) == GST_AUDIO_FORMAT_F64)
    for (gsize i = 0; i < map.size / 8; i++)
      ((gdouble *)(gpointer)map.data)[i] = (gdouble)(gfloat)lqs_uniform (&rnd);
  gst_buffer_unmap (buffer, &map);
  mix_push (in, gst_buffer_ref (buffer));
  mix_push (in, gst_event_new_eos ());
  mix_wait_eos (rig, 1);
  same = gst_pad_get_current_caps (rig->out);
  CHECK (same && gst_caps_is_equal (same, caps), "%s at %u: other caps", format, rate);
  gst_buffer_map (buffer, &map, GST_MAP_READ);
  if (g_str_equal (format, "F32LE"))
    g_byte_array_append (rig->bytes, (guint8 *)rig->samples->data, rig->samples->len * 4);
  CHECK (rig->bytes->len == map.size, "%s, %u Hz, %u channels: %u bytes, not %u", format, rate,
      channels, rig->bytes->len, (guint)map.size);
  /* A track's samples are floats: 32 bits keep 24. */
  CHECK (!strncmp (format, "S32", 3) || memcmp (map.data, rig->bytes->data, map.size) == 0,
      "%s, %u Hz, %u channels: other samples", format, rate, channels);
  gst_buffer_unmap (buffer, &map);
  gst_buffer_unref (buffer);
  gst_clear_caps (&same);
  gst_caps_unref (caps);
  mix_free (rig);
}

static void
formats (void)
{
  static const gchar *const names[] = { "F32LE", "F64LE", "S16LE", "S32LE", "S8", "U8",
    "U16LE" };
  static const guint rates[] = { 8000, 44100, 384000 };

  for (guint f = 0; f < G_N_ELEMENTS (names); f++)
    for (guint r = 0; r < G_N_ELEMENTS (rates); r++)
      for (guint channels = 1; channels <= 8; channels += 1 + 2 * (f > 2))
        passes (rates[r], channels, names[f]);
}

/* 6, 7: what isn't whole frames, or comes before caps, is an error that says so. */
static void
torn (void)
{
  for (guint way = 0; way < 3; way++) {
    MixRig *rig = rig_new ("", 2, 2, NULL);
    MixInput *in = rig->in[0];
    gchar *error;

    if (way) {
      mix_begin (in);
    } else {
      mix_push (in, gst_event_new_stream_start ("s"));
      mix_push (in, mix_segment (0, -1, 0, 0));
    }
    mix_begin (rig->in[1]);
    mix_push (rig->in[1], mix_value (rig->in[1], 0, 4800, 0.5));
    mix_push (in, way == 1   ? gst_buffer_new_allocate (NULL, 1001, NULL)
                  : way == 2 ? gst_buffer_new_allocate (NULL, 7, NULL)
                             : gst_buffer_new_allocate (NULL, 1024, NULL));
    for (guint i = 0; i < 1000 && !(error = mix_error (rig)); i++)
      g_usleep (1000);
    CHECK (
        error && (way == 0 || (strstr (error, way == 1 ? "1001" : "7") && strstr (error, "8"))),
        "way %u: %s", way, error);
    g_free (error);
    /* The message comes a moment before what sends is refused. */
    for (guint i = 0; i < 1000 && in->flow == GST_FLOW_OK; i++) {
      mix_push (in, mix_value (in, 480 * i, 480, 0.5));
      mix_wait_idle (in);
      g_usleep (1000);
    }
    CHECK (in->flow != GST_FLOW_OK, "way %u: %s", way, gst_flow_get_name (in->flow));
    mix_free (rig);
  }
}

/* 8: what others hold too stays as it was. */
static void
shared (void)
{
  MixRig *rig = rig_new ("", 1, 2, BUSY);
  GstBuffer *buffer = mix_value (rig->in[0], 0, 4800, 0.5);
  GstMapInfo map;

  mix_begin (rig->in[0]);
  mix_push (rig->in[0], gst_buffer_ref (buffer));
  mix_push (rig->in[0], gst_event_new_eos ());
  mix_wait_eos (rig, 1);
  gst_buffer_map (buffer, &map, GST_MAP_READ);
  for (guint i = 0; i < 9600; i++)
    if (!CHECK (((gfloat *)(gpointer)map.data)[i] == 0.5f, "sample %u changed", i))
      break;
  gst_buffer_unmap (buffer, &map);
  gst_buffer_unref (buffer);
  mix_free (rig);
}

/* 34: integers hold at their ends, floats above 1 stay. */
static void
overload (void)
{
  for (guint way = 0; way < 2; way++) {
    MixRig *rig = rig_new ("", 4, 1, NULL);
    want (rig, 1, way ? GST_AUDIO_NE (F32) : GST_AUDIO_NE (S16));
    for (guint i = 0; i < 4; i++) {
      mix_begin (rig->in[i]);
      mix_push (rig->in[i], mix_value (rig->in[i], 0, 240, 0.9));
      mix_push (rig->in[i], mix_value (rig->in[i], 240, 240, -0.9));
      mix_push (rig->in[i], gst_event_new_eos ());
    }
    mix_wait_eos (rig, 1);
    for (guint i = 0; i < 480; i++)
      if (!CHECK (way ? fabsf (fabsf (mix_sample (rig, i)) - 3.6f) < 1e-6f
                      : ((gint16 *)(gpointer)rig->bytes->data)[i] == (i < 240 ? 32767 : -32768),
              "frame %u", i))
        break;
    mix_free (rig);
  }
}

/* 28: pads of 1, 2, 6 and 8 channels together become what GStreamer's converter makes of each. */
static void
mixed_channels (void)
{
  static const guint channels[] = { 1, 2, 6, 8 };
  GArray *stock = NULL;

  for (guint m = 0; m < 2; m++) {
    MixRig *rig = mix_new (m ? "audiomixbus" : "audiomixer", FALSE);
    want (rig, 2, GST_AUDIO_NE (F32));
    for (guint i = 0; i < 4; i++)
      mix_input (rig, NULL, channels[i]);
    mix_play (rig);
    for (guint i = 0; i < 4; i++) {
      mix_begin (rig->in[i]);
      send_noise (rig->in[i], 0, 4800, 480 + i, 20 + i);
      mix_push (rig->in[i], gst_event_new_eos ());
    }
    mix_wait_eos (rig, 1);
    CHECK (mix_samples (rig) == 9600, "%u samples", mix_samples (rig));
    for (guint i = 0; m && i < MIN (stock->len, rig->samples->len); i++)
      if (!CHECK (fabsf (g_array_index (stock, gfloat, i) - mix_sample (rig, i)) < 1e-6f,
              "sample %u is %g, not %g", i, (gdouble)mix_sample (rig, i),
              (gdouble)g_array_index (stock, gfloat, i)))
        break;
    if (!m)
      stock = g_array_ref (rig->samples);
    mix_free (rig);
  }
  g_array_unref (stock);
}

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "1, 27: bad samples", bad_samples },
    { "2: nothing but NaN", nothing_but_nan }, { "4, 33: any cut and order", any_cut },
    { "33: sums that cancel", cancels }, { "5: formats", formats },
    { "6, 7: torn and untold", torn }, { "8: shared buffers", shared },
    { "34: overload", overload }, { "28: mixed channels", mixed_channels }, { NULL, NULL } };

  gst_init (&argc, &argv);
  GST_PLUGIN_STATIC_REGISTER (lacquer);
  return lqt_main (cases, argc, argv);
}
