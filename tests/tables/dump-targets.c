/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Prints what targets write, and what platforms do, tab-separated, for tests/tables/check-targets. */

#include "chains/norm.h"
#include "chains/platform.h"

#include <stdio.h>
#include <string.h>

static const struct lq_param *
target_row (void)
{
  for (uint32_t i = 0; i < LQ_NORM_ROWS; i++)
    if (strcmp (lq_norm_rows[i].name, "target") == 0)
      return &lq_norm_rows[i];
  return NULL;
}

int
main (void)
{
  static const char *const rules[] = { "none", "delivery", "down", "ceiling", "both" };
  const struct lq_param *row = target_row ();

  for (const struct lq_item *item = row->items->items; item->nick; item++) {
    const struct lq_norm_target *t = &lq_norm_targets[item->value];
    printf ("target\t%s\t%.9g\t%.9g\t%s\t%.9g\n", item->nick, t->loudness_lufs,
        t->true_peak_dbtp, t->boost ? "true" : "false", t->qc_tolerance_lu);
  }
  for (uint32_t i = 0; i < LQ_PLATFORMS; i++) {
    const struct lq_platform *p = &lq_platforms[i];
    printf ("platform\t%s\t%.9g\t%.9g\t%s\n", p->title, p->target_lufs, p->ceiling_dbtp,
        rules[p->rule]);
  }
  /* What the rules make of a quiet programme with peaks near full scale, of a quiet one with room,
   * and of a loud one. */
  for (uint32_t i = 0; i < LQ_PLATFORMS; i++)
    printf ("gain\t%s\t%.9g\t%.9g\t%.9g\n", lq_platforms[i].title,
        lq_platform_gain (&lq_platforms[i], -30.0, -3.0),
        lq_platform_gain (&lq_platforms[i], -30.0, -25.0),
        lq_platform_gain (&lq_platforms[i], -6.0, -0.5));
  return 0;
}
