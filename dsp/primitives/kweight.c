/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Purpose: the K-weighting filter at any rate.
 * Source:  ITU-R BS.1770-5, Annex 1, tables 1 and 2, for 48 kHz; "other sampling rates should
 *          have the same frequency response".
 *
 *   x → shelf (+4 dB above 1.7 kHz) → high-pass (38 Hz) → y
 *
 * High-pass: the analogue prototype of the table by bilinear transform at the rate, with the
 * gain that the numerator 1, −2, 1 has at 48 kHz (left out, 192 kHz is 0.03 dB off).
 * Shelf: a bilinear transform would warp it (0.29 dB at 8 kHz, 0.01 dB at 32 and 192 kHz). |H|²
 * of a biquad is a quotient of quadratics in u = sin²(ω/2), so five values of the table's |H|²
 * fix it: at 0 Hz and at four nodes. Its roots inside the unit circle give the filter. */

#include "kweight.h"

#include "../base/mathx.h"

#include <complex.h>

#define TABLE_RATE 48000.0

/* Table 1. */
static const double shelf_b[3] = { 1.53512485958697, -2.69169618940638, 1.19839281085285 };
static const double shelf_a[3] = { 1.0, -1.69065929318241, 0.73248077421585 };

/* Of the analogue prototype that bilinear transform at 48 kHz makes table 2 from. */
#define PASS_HZ 38.13547087602444
#define PASS_Q 0.5003270373238773

/* Where the shelf is exact, Hz, and as a share of the band: found by search for the least error
 * at 8 kHz; at higher rates any similar set gives 0.006 dB (11 kHz) to 0.0001 dB. */
static const double node_hz[] = { 766.0, 1468.0, 2513.0 };
#define NODE_SHARE 0.895
#define BAND_HZ 20000.0
#define NODES 4

/* |H|² of quadratic polynomials b, a at ω. */
static double
power_at (const double b[3], const double a[3], double omega)
{
  const double complex z = cexp (-I * omega);

  return pow (cabs ((b[0] + z * (b[1] + z * b[2])) / (a[0] + z * (a[1] + z * a[2]))), 2.0);
}

/* Solves m·x = its last column; elimination with pivoting. */
static void
solve (double m[NODES][NODES + 1], double x[NODES])
{
  for (int i = 0; i < NODES; i++) {
    int best = i;
    for (int r = i + 1; r < NODES; r++)
      best = fabs (m[r][i]) > fabs (m[best][i]) ? r : best;
    for (int c = 0; c <= NODES; c++) {
      double swap = m[i][c];
      m[i][c] = m[best][c];
      m[best][c] = swap;
    }
    for (int r = i + 1; r < NODES; r++)
      for (int c = NODES; c >= i; c--)
        m[r][c] -= m[r][i] / m[i][i] * m[i][c];
  }
  for (int i = NODES - 1; i >= 0; i--) {
    x[i] = m[i][NODES];
    for (int c = i + 1; c < NODES; c++)
      x[i] -= m[i][c] * x[c];
    x[i] /= m[i][i];
  }
}

/* The root in z, inside the unit circle, of a root in u = sin²(ω/2) = (2 − z − 1/z)/4. */
static double complex
root_inside (double complex u)
{
  const double complex c = 1.0 - 2.0 * u, s = csqrt (c * c - 1.0);

  return cabs (c + s) < 1.0 ? c + s : c - s;
}

/* out[0] = 1, out[1], out[2]: the polynomial in 1/z whose |·|² goes as 1 + p·u + q·u². */
static void
factor (double p, double q, double out[3])
{
  const double complex d = csqrt ((double complex) (p * p - 4.0 * q));
  const double complex r = root_inside ((-p + d) / (2.0 * q)),
                       s = root_inside ((-p - d) / (2.0 * q));

  out[0] = 1.0;
  out[1] = -creal (r + s);
  out[2] = creal (r * s);
}

static void
design_shelf (double rate, double b[3], double a[3])
{
  const double top = rate / 2.0 < BAND_HZ ? rate / 2.0 : BAND_HZ;
  double m[NODES][NODES + 1], x[NODES], gain;

  for (int i = 0; i < NODES; i++) {
    const double hz = i < NODES - 1 ? node_hz[i] : NODE_SHARE * top;
    const double u = pow (sin (LQ_PI * hz / rate), 2.0);
    const double t = power_at (shelf_b, shelf_a, 2.0 * LQ_PI * hz / TABLE_RATE);
    /* (1 + x0·u + x1·u²) = t·(1 + x2·u + x3·u²) */
    m[i][0] = u;
    m[i][1] = u * u;
    m[i][2] = -t * u;
    m[i][3] = -t * u * u;
    m[i][4] = t - 1.0;
  }
  solve (m, x);
  factor (x[0], x[1], b);
  factor (x[2], x[3], a);
  gain = (a[0] + a[1] + a[2]) / (b[0] + b[1] + b[2]);
  for (int i = 0; i < 3; i++)
    b[i] *= gain;
}

/* Bilinear transform's denominator before it is normalised to a0 = 1. */
static double
pass_a0 (double rate)
{
  const double k = tan (LQ_PI * PASS_HZ / rate);

  return 1.0 + k / PASS_Q + k * k;
}

void
lq_kweight_design (lq_kweight *u, double rate)
{
  const double k = tan (LQ_PI * PASS_HZ / rate), a0 = pass_a0 (rate);
  const double gain = pass_a0 (TABLE_RATE) / a0;
  double b[3] = { shelf_b[0], shelf_b[1], shelf_b[2] };
  double a[3] = { shelf_a[0], shelf_a[1], shelf_a[2] };

  if (rate != TABLE_RATE)
    design_shelf (rate, b, a);
  u->taps.b1 = b[1] / b[0];
  u->taps.b2 = b[2] / b[0];
  u->taps.a1 = a[1];
  u->taps.a2 = a[2];
  u->taps.c1 = 2.0 * (k * k - 1.0) / a0;
  u->taps.c2 = (1.0 - k / PASS_Q + k * k) / a0;
  u->energy_scale = pow (b[0] * gain, 2.0);
}
