/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* What streaming platforms, players and broadcasters do with loudness, as far as it is known, and
 * the gain that each will play a programme with. Layer: chains. */

#ifndef LQ_PLATFORM_H
#define LQ_PLATFORM_H

enum lq_platform_rule {
  LQ_PLATFORM_NONE,     /* doesn't normalise */
  LQ_PLATFORM_DELIVERY, /* what is delivered has to meet the target; it is played as it is */
  LQ_PLATFORM_DOWN,     /* turns down only; assumed where it isn't known to turn up */
  LQ_PLATFORM_CEILING,  /* turns up as far as the ceiling lets it */
  LQ_PLATFORM_BOTH /* turns up and down, whatever the peaks: limits, or trusts the player */
};

/* LQ_PLATFORM_UNKNOWN where no figure is known or none applies. */
#define LQ_PLATFORM_UNKNOWN (-999.0)

struct lq_platform {
  const char *nick;  /* of a field in messages */
  const char *title; /* for people; as in tests/tables/platform_targets.csv */
  double target_lufs, ceiling_dbtp;
  enum lq_platform_rule rule;
};

#define LQ_PLATFORMS 30
extern const struct lq_platform lq_platforms[LQ_PLATFORMS];

/* Gain in dB that a programme of this loudness and true peak is played with; 0 where the platform
 * leaves it as it is. [any] */
double lq_platform_gain (
    const struct lq_platform *platform, double loudness_lufs, double true_peak_dbtp);

#endif
