/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Flushing denormals while a chain runs, and giving the caller's FPU word back: one of the two
 * places in dsp/ where the preprocessor looks at the machine. Layer: base. */

#ifndef LQ_FPU_H
#define LQ_FPU_H

#include <stdint.h>

#if defined(__SSE2__)
#include <xmmintrin.h>
/* FTZ | DAZ of MXCSR. */
#define LQ_FPU_FLUSH 0x8040u

/* Denormals count as zero from here on; returns the caller's word. [rt] */
static inline uint64_t
lq_fpu_enter (void)
{
  uint32_t word = _mm_getcsr ();
  _mm_setcsr (word | LQ_FPU_FLUSH);
  return word;
}

/* Gives the caller its word back. [rt] */
static inline void
lq_fpu_leave (uint64_t word)
{
  _mm_setcsr ((uint32_t)word);
}
#elif defined(__aarch64__)
/* FZ of FPCR. */
#define LQ_FPU_FLUSH (UINT64_C (1) << 24)

static inline uint64_t
lq_fpu_enter (void)
{
  uint64_t word;
  __asm__ volatile("mrs %0, fpcr" : "=r"(word));
  __asm__ volatile("msr fpcr, %0" : : "r"(word | LQ_FPU_FLUSH));
  return word;
}

static inline void
lq_fpu_leave (uint64_t word)
{
  __asm__ volatile("msr fpcr, %0" : : "r"(word));
}
#else
static inline uint64_t
lq_fpu_enter (void)
{
  return 0;
}

static inline void
lq_fpu_leave (uint64_t word)
{
  (void)word;
}
#endif

#endif
