/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* A fuzz target: the entry that libFuzzer calls, and what a mutator without instrumentation needs.
 * A target aborts where it finds something wrong, with the input on stderr. */

#ifndef LQT_FUZZ_H
#define LQT_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerInitialize (int *argc, char ***argv);
int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

/* Valid inputs, NULL-ended; none holds a zero byte. */
extern const char *const fuzz_seeds[];

/* Words that mean something in them, NULL-ended. */
const char *const *fuzz_words (void);

/* Inputs that the target took for good so far. */
extern unsigned long fuzz_accepted;

#endif
