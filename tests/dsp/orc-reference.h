/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the programs of dsp/base/orc/lqorc.orc compute, in C. Arguments as orcc orders them:
 * destinations, sources, parameters, n. */

#ifndef LQ_ORC_REFERENCE_H
#define LQ_ORC_REFERENCE_H

static void
ref_lq_orc_gain (float *d, float g, int n)
{
  for (int i = 0; i < n; i++)
    d[i] = d[i] * g;
}

static void
ref_lq_orc_gain_to (float *d, const float *s, float g, int n)
{
  for (int i = 0; i < n; i++)
    d[i] = s[i] * g;
}

static void
ref_lq_orc_gain_curve (float *d, const float *g, int n)
{
  for (int i = 0; i < n; i++)
    d[i] = d[i] * g[i];
}

static void
ref_lq_orc_mix (float *d, const float *s, float g, int n)
{
  for (int i = 0; i < n; i++)
    d[i] = d[i] + s[i] * g;
}

static void
ref_lq_orc_crossfade (float *d, const float *s, const float *m, int n)
{
  for (int i = 0; i < n; i++)
    d[i] = d[i] + (s[i] - d[i]) * m[i];
}

#endif
