/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: impulse responses out of files.
 *
 *   filesrc ─→ decodebin ─→ audioconvert ─→ F32, planar after it ─→ appsink
 *
 * in a pipeline of its own, read to the end by the caller's thread. */

#include "lqimpulse.h"

#include <gst/app/gstappsink.h>
#include <gst/audio/audio.h>

#include <math.h>
#include <string.h>

#define CHANNELS_MAX 8
#define WAIT_TIME (100 * GST_MSECOND)
#define PATIENCE (20 * GST_SECOND) /* without anything new */

#define OVERSAMPLING 1024

#define REMEDY "Set reverb-impulse-location to an audio file that GStreamer can decode."

typedef struct {
  const gchar *path;
  const gint *cancel;
  GstElement *pipeline, *convert;
  GstAppSink *sink;
  gint linked, complete; /* atomic: an audio pad is; decodebin has shown all pads */
  guint rate, channels;  /* 0 until the first buffer */
  GArray *samples;       /* interleaved */
  GError *error;
} Reader;

static void
lq_reader_fail (Reader *r, GQuark domain, gint code, const gchar *sentence)
{
  if (!r->error)
    r->error = g_error_new (domain, code, "%s: %s", r->path, sentence);
}

static void
lq_reader_pad_added (GstElement *decode, GstPad *pad, gpointer user)
{
  Reader *r = user;
  GstPad *to = gst_element_get_static_pad (r->convert, "sink");
  GstCaps *caps = gst_pad_get_current_caps (pad);
  const gboolean audio =
      caps && g_str_has_prefix (
                  gst_structure_get_name (gst_caps_get_structure (caps, 0)), "audio/x-raw");

  if (audio && !gst_pad_is_linked (to) && GST_PAD_LINK_SUCCESSFUL (gst_pad_link (pad, to)))
    g_atomic_int_set (&r->linked, TRUE);
  if (caps)
    gst_caps_unref (caps);
  gst_object_unref (to);
}

static void
lq_reader_no_more_pads (GstElement *decode, gpointer user)
{
  g_atomic_int_set (&((Reader *)user)->complete, TRUE);
}

static GstElement *
lq_reader_add (Reader *r, const gchar *factory)
{
  GstElement *element = gst_element_factory_make (factory, NULL);
  gchar *sentence;

  if (element) {
    gst_bin_add (GST_BIN (r->pipeline), element);
    return element;
  }
  sentence = g_strdup_printf (
      "it can't be read, since GStreamer's element %s is missing. Install GStreamer Plugins "
      "Base.",
      factory);
  lq_reader_fail (r, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_READ, sentence);
  g_free (sentence);
  return NULL;
}

static gboolean
lq_reader_build (Reader *r)
{
  GstCaps *caps = gst_caps_new_simple ("audio/x-raw", "format", G_TYPE_STRING,
      GST_AUDIO_NE (F32), "layout", G_TYPE_STRING, "interleaved", NULL);
  GstElement *source = lq_reader_add (r, "filesrc"), *decode = lq_reader_add (r, "decodebin");
  GstElement *sink = lq_reader_add (r, "appsink");
  gboolean ok;

  r->convert = lq_reader_add (r, "audioconvert");
  ok = source && decode && sink && r->convert;
  if (ok) {
    r->sink = GST_APP_SINK (sink);
    g_object_set (source, "location", r->path, NULL);
    g_object_set (r->convert, "dithering", 0, NULL);
    g_object_set (sink, "sync", FALSE, "caps", caps, "max-buffers", 8, NULL);
    g_signal_connect (decode, "pad-added", G_CALLBACK (lq_reader_pad_added), r);
    g_signal_connect (decode, "no-more-pads", G_CALLBACK (lq_reader_no_more_pads), r);
    ok = gst_element_link (source, decode) && gst_element_link (r->convert, sink);
  }
  gst_caps_unref (caps);
  return ok;
}

/* What the sample's caps say, the same for all samples. */
static gboolean
lq_reader_take_format (Reader *r, GstSample *sample)
{
  GstAudioInfo info;

  if (!gst_audio_info_from_caps (&info, gst_sample_get_caps (sample))) {
    lq_reader_fail (
        r, GST_STREAM_ERROR, GST_STREAM_ERROR_DECODE, "its audio can't be understood. " REMEDY);
    return FALSE;
  }
  if (r->channels == 0) {
    r->rate = (guint)GST_AUDIO_INFO_RATE (&info);
    r->channels = (guint)GST_AUDIO_INFO_CHANNELS (&info);
  }
  if (r->rate != (guint)GST_AUDIO_INFO_RATE (&info) ||
      r->channels != (guint)GST_AUDIO_INFO_CHANNELS (&info))
    lq_reader_fail (r, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS,
        "its sampling rate or its channels change in the middle. An impulse response has one "
        "rate and the same channels throughout.");
  else if (r->channels > CHANNELS_MAX)
    lq_reader_fail (r, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS,
        "it has more than 8 channels. An impulse response has 1, 2 or 4, or as many as the "
        "stream.");
  return !r->error;
}

static void
lq_reader_take (Reader *r, GstSample *sample)
{
  GstBuffer *buffer = gst_sample_get_buffer (sample);
  GstMapInfo map;

  if (!lq_reader_take_format (r, sample) || !gst_buffer_map (buffer, &map, GST_MAP_READ))
    return;
  g_array_append_vals (r->samples, map.data, (guint)(map.size / sizeof (gfloat)));
  gst_buffer_unmap (buffer, &map);
  if (r->samples->len / r->channels > (guint64)LQ_IMPULSE_MAX_S * r->rate)
    lq_reader_fail (r, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS,
        "it is longer than the 30 s that an impulse response may have. Cut it, or set "
        "reverb-impulse-location to another file.");
}

static void
lq_reader_hear_bus (Reader *r)
{
  GstBus *bus = gst_element_get_bus (r->pipeline);
  GstMessage *message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  GError *error = NULL;
  gchar *sentence;

  if (message) {
    gst_message_parse_error (message, &error, NULL);
    sentence = g_strdup_printf ("it can't be decoded: %s " REMEDY, error->message);
    lq_reader_fail (r, error->domain, error->code, sentence);
    g_free (sentence);
    g_error_free (error);
    gst_message_unref (message);
  }
  gst_object_unref (bus);
}

/* Until the end, an error, or until nobody wants it. */
static void
lq_reader_run (Reader *r)
{
  GstClockTime waited = 0;

  gst_element_set_state (r->pipeline, GST_STATE_PLAYING);
  while (!r->error && !gst_app_sink_is_eos (r->sink)) {
    GstSample *sample = gst_app_sink_try_pull_sample (r->sink, WAIT_TIME);
    if (sample) {
      lq_reader_take (r, sample);
      gst_sample_unref (sample);
      waited = 0;
      continue;
    }
    lq_reader_hear_bus (r);
    if (g_atomic_int_get (&r->complete) && !g_atomic_int_get (&r->linked))
      lq_reader_fail (
          r, GST_STREAM_ERROR, GST_STREAM_ERROR_WRONG_TYPE, "it holds no audio. " REMEDY);
    waited += WAIT_TIME;
    if (waited >= PATIENCE || (r->cancel && g_atomic_int_get (r->cancel)))
      lq_reader_fail (r, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_READ,
          "reading it takes too long, and was given up. Copy the file to a disk of this "
          "machine.");
  }
  lq_reader_hear_bus (r);
  gst_element_set_state (r->pipeline, GST_STATE_NULL);
}

static LqImpulse *
lq_impulse_new (guint rate, guint channels, gsize frames)
{
  LqImpulse *impulse = g_new0 (LqImpulse, 1);
  gfloat *memory = g_try_new (gfloat, channels * frames);

  *impulse = (LqImpulse){ rate, channels, frames, g_new0 (gfloat *, channels) };
  if (!memory) {
    lq_impulse_free (impulse);
    return NULL;
  }
  for (guint c = 0; c < channels; c++)
    impulse->planes[c] = memory + c * frames;
  return impulse;
}

void
lq_impulse_free (LqImpulse *impulse)
{
  if (!impulse)
    return;
  g_free (impulse->planes[0]);
  g_free (impulse->planes);
  g_free (impulse);
}

/* What was read, up to the last sample that sounds. */
static LqImpulse *
lq_reader_finish (Reader *r)
{
  const gfloat *x = (const gfloat *)r->samples->data;
  gsize n = r->samples->len;
  LqImpulse *impulse;

  for (gsize i = 0; i < n; i++)
    if (!isfinite (x[i])) {
      lq_reader_fail (r, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS,
          "some of its samples are no numbers, or infinite. Make the file anew.");
      return NULL;
    }
  while (n > 0 && x[n - 1] == 0.0f)
    n--;
  if (n == 0) {
    lq_reader_fail (r, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS,
        "it is empty, or silent throughout. An impulse response has at least one sample that "
        "isn't 0.");
    return NULL;
  }
  impulse = lq_impulse_new (r->rate, r->channels, (n + r->channels - 1) / r->channels);
  for (gsize i = 0; impulse && i < impulse->frames * r->channels; i++)
    impulse->planes[i % r->channels][i / r->channels] = x[i];
  if (!impulse)
    lq_reader_fail (r, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NO_SPACE_LEFT,
        "there isn't enough memory for it.");
  return impulse;
}

/* Pipes and devices would never end. */
static gboolean
lq_reader_check_file (Reader *r)
{
  if (!g_file_test (r->path, G_FILE_TEST_EXISTS))
    lq_reader_fail (r, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND,
        "there is no such file. Set reverb-impulse-location to an impulse response's path.");
  else if (!g_file_test (r->path, G_FILE_TEST_IS_REGULAR))
    lq_reader_fail (r, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_READ,
        "it isn't a regular file. " REMEDY);
  return !r->error;
}

LqImpulse *
lq_impulse_load (const gchar *path, const gint *cancel, GError **error)
{
  Reader r = { .path = path, .cancel = cancel };
  LqImpulse *impulse = NULL;

  if (lq_reader_check_file (&r)) {
    r.samples = g_array_new (FALSE, FALSE, sizeof (gfloat));
    r.pipeline = gst_pipeline_new (NULL);
    if (lq_reader_build (&r))
      lq_reader_run (&r);
    if (!r.error)
      impulse = lq_reader_finish (&r);
    gst_object_unref (r.pipeline);
    g_array_free (r.samples, TRUE);
  }
  if (r.error)
    g_propagate_error (error, r.error);
  return impulse;
}

/* More taps a second sum up to more: they get smaller by as much. */
LqImpulse *
lq_impulse_at_rate (const LqImpulse *impulse, guint rate)
{
  const gdouble ratio = (gdouble)rate / impulse->rate;
  GstStructure *options = gst_structure_new_empty ("options");
  GstAudioResampler *resampler;
  LqImpulse *in, *out = NULL;
  gsize frames;

  gst_audio_resampler_options_set_quality (
      GST_AUDIO_RESAMPLER_METHOD_KAISER, 10, (gint)impulse->rate, (gint)rate, options);
  /* Its output is late by a frame ÷ oversampling of the filter: 0.03 frames by default. */
  gst_structure_set (
      options, GST_AUDIO_RESAMPLER_OPT_FILTER_OVERSAMPLE, G_TYPE_INT, OVERSAMPLING, NULL);
  resampler = gst_audio_resampler_new (GST_AUDIO_RESAMPLER_METHOD_KAISER,
      GST_AUDIO_RESAMPLER_FLAG_NON_INTERLEAVED_IN |
          GST_AUDIO_RESAMPLER_FLAG_NON_INTERLEAVED_OUT,
      GST_AUDIO_FORMAT_F32, (gint)impulse->channels, (gint)impulse->rate, (gint)rate, options);
  gst_structure_free (options);
  frames = impulse->frames + gst_audio_resampler_get_max_latency (resampler);
  in = lq_impulse_new (impulse->rate, impulse->channels, frames);
  if (in)
    out = lq_impulse_new (
        rate, impulse->channels, gst_audio_resampler_get_out_frames (resampler, frames));
  for (guint c = 0; out && c < impulse->channels; c++) {
    memset (in->planes[c], 0, frames * sizeof (gfloat));
    for (gsize i = 0; i < impulse->frames; i++)
      in->planes[c][i] = (gfloat)(impulse->planes[c][i] / ratio);
  }
  if (out)
    gst_audio_resampler_resample (
        resampler, (gpointer *)in->planes, frames, (gpointer *)out->planes, out->frames);
  gst_audio_resampler_free (resampler);
  lq_impulse_free (in);
  return out;
}
