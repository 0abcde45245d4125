/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: predicted playback gain.
 * Source:  tests/tables/platform_targets.csv: each row's figures, and its column turns_up as a
 *          rule. A column without a figure is unknown.
 *
 *   gain = target − loudness; upwards: 0 (DOWN), at most ceiling − true peak (CEILING), or as it
 *   is (BOTH) */

#include "platform.h"

#include <math.h>

#define UNKNOWN LQ_PLATFORM_UNKNOWN

const struct lq_platform lq_platforms[LQ_PLATFORMS] = {
  { "spotify", "Spotify (Normal)", -14, -1, LQ_PLATFORM_CEILING },
  { "spotify-loud", "Spotify (Loud)", -11, -1, LQ_PLATFORM_BOTH },
  { "spotify-quiet", "Spotify (Quiet)", -19, UNKNOWN, LQ_PLATFORM_BOTH },
  { "apple-music", "Apple Music (Sound Check)", -16, -1, LQ_PLATFORM_CEILING },
  { "youtube", "YouTube / YouTube Music", -14, -1, LQ_PLATFORM_DOWN },
  { "tidal", "TIDAL", -14, -1, LQ_PLATFORM_DOWN },
  { "amazon", "Amazon Music", -14, -2, LQ_PLATFORM_DOWN },
  { "deezer", "Deezer", -15, -1, LQ_PLATFORM_DOWN },
  { "soundcloud", "SoundCloud", -14, -1, LQ_PLATFORM_DOWN },
  { "pandora", "Pandora", -14, -1, LQ_PLATFORM_CEILING },
  { "qobuz-bandcamp", "Qobuz / Bandcamp", UNKNOWN, UNKNOWN, LQ_PLATFORM_NONE },
  { "meta", "Facebook / Instagram", -16, -1, LQ_PLATFORM_DOWN },
  { "tiktok", "TikTok", -14, -1, LQ_PLATFORM_DOWN },
  { "aes-speech", "AES TD1008 / AES77-2023 speech", -18, -1, LQ_PLATFORM_CEILING },
  { "aes-track", "AES TD1008 / AES77-2023 music track", -16, -1, LQ_PLATFORM_CEILING },
  { "aes-album", "AES TD1008 / AES77-2023 music album", -14, -1, LQ_PLATFORM_CEILING },
  { "ebu-r128", "EBU R 128 (v5 2023)", -23, -1, LQ_PLATFORM_DELIVERY },
  { "ebu-r128-s1", "EBU R 128 s1 (short form < 60 s)", -23, -1, LQ_PLATFORM_DELIVERY },
  { "ebu-r128-s2", "EBU R 128 s2 (streaming)", -18, -1, LQ_PLATFORM_DELIVERY },
  { "ebu-r128-s4", "EBU R 128 s4 (cinematic)", -23, -1, LQ_PLATFORM_DELIVERY },
  { "atsc-a85", "ATSC A/85", -24, -2, LQ_PLATFORM_DELIVERY },
  { "arib-tr-b32", "ARIB TR-B32", -24, -1, LQ_PLATFORM_DELIVERY },
  { "op-59", "Free TV OP-59", -24, -2, LQ_PLATFORM_DELIVERY },
  { "netflix", "Netflix (5.1/2.0 near-field)", -27, -2, LQ_PLATFORM_DELIVERY },
  { "apple-podcasts", "Apple Podcasts", -16, -1, LQ_PLATFORM_DELIVERY },
  { "audiobook-acx", "ACX / Audible audiobook", UNKNOWN, -3, LQ_PLATFORM_DELIVERY },
  { "replaygain", "ReplayGain 2.0", -18, UNKNOWN, LQ_PLATFORM_BOTH },
  { "opus-r128", "Opus R128_*_GAIN", -23, UNKNOWN, LQ_PLATFORM_BOTH },
  { "cd", "CD practice", -9, -0.3, LQ_PLATFORM_DELIVERY },
  { "cinema", "Cinema trailer / ad", UNKNOWN, UNKNOWN, LQ_PLATFORM_DELIVERY },
};

double
lq_platform_gain (
    const struct lq_platform *platform, double loudness_lufs, double true_peak_dbtp)
{
  const double gain = platform->target_lufs - loudness_lufs;

  if (platform->rule <= LQ_PLATFORM_DELIVERY || platform->target_lufs == UNKNOWN)
    return 0.0;
  if (gain <= 0.0 || platform->rule == LQ_PLATFORM_BOTH)
    return gain;
  if (platform->rule == LQ_PLATFORM_DOWN || platform->ceiling_dbtp == UNKNOWN)
    return 0.0;
  return fmax (0.0, fmin (gain, platform->ceiling_dbtp - true_peak_dbtp));
}
