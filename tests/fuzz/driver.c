/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Runs a fuzz target without libFuzzer: driver CASES [SEED]. Inputs are the target's seeds, some of
 * them as they are, most mutated up to six times. In TAP; a target that aborts is its failure. */

#include "fuzz.h"
#include "signals.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INPUT_MAX 2048
#define MUTATIONS_MAX 6

struct input {
  uint8_t bytes[INPUT_MAX];
  size_t size;
};

static size_t
count (const char *const *list)
{
  size_t n = 0;

  while (list[n])
    n++;
  return n;
}

static size_t
pick (lqs_random *r, size_t n)
{
  return n ? lqs_next (r) % n : 0;
}

/* Puts bytes in the place of `gone` bytes at `at`, as far as they fit. */
static void
splice (struct input *in, size_t at, size_t gone, const void *bytes, size_t n)
{
  if (in->size - gone + n > INPUT_MAX)
    return;
  memmove (in->bytes + at + n, in->bytes + at + gone, in->size - at - gone);
  memcpy (in->bytes + at, bytes, n);
  in->size += n - gone;
}

static void
splice_word (struct input *in, size_t at, size_t gone, const char *word)
{
  splice (in, at, gone, word, strlen (word));
}

/* A part of the input itself, or of a seed. */
static void
splice_part (struct input *in, lqs_random *r)
{
  const char *seed = fuzz_seeds[pick (r, count (fuzz_seeds))];
  const size_t own = lqs_next (r) & 1, size = own ? in->size : strlen (seed);
  const size_t from = pick (r, size), n = pick (r, size - from);
  uint8_t part[INPUT_MAX];

  if (n > sizeof part)
    return;
  memcpy (part, own ? (const char *)in->bytes + from : seed + from, n);
  splice (in, pick (r, in->size), 0, part, n);
}

static void
mutate (struct input *in, lqs_random *r)
{
  static const char special[] = " \t\r\n:;=#+-.,0123456789eExnaif\xff\xc3\xa4\xef\xbb\xbf";
  static const char *const numbers[] = { "0", "-0", "1", "-1", "1e308", "-1e308", "1e-308",
    "1e999", "4294967296", "18446744073709551616", "0.0000000001", "nan", "inf", "0x1p4",
    "000000000000000000000000000000000000000000000000000000000000000000000001" };
  const size_t at = pick (r, in->size), rest = in->size - at;
  uint8_t byte = (uint8_t)lqs_next (r);

  switch (pick (r, 8)) {
    case 0:
      if (rest)
        in->bytes[at] ^= (uint8_t)(1u << pick (r, 8));
      break;
    case 1:
      splice (in, at, 0, &byte, 1);
      break;
    case 2:
      splice (in, at, rest ? 1 : 0, &special[pick (r, sizeof special - 1)], 1);
      break;
    case 3:
      splice (in, at, pick (r, rest), "", 0);
      break;
    case 4:
      splice_word (in, at, pick (r, 2) ? 0 : pick (r, rest < 8 ? rest : 8),
          numbers[pick (r, sizeof numbers / sizeof numbers[0])]);
      break;
    case 5:
      splice_word (in, at, pick (r, rest < 8 ? rest : 8),
          fuzz_words ()[pick (r, count (fuzz_words ()))]);
      break;
    case 6:
      in->size = at;
      break;
    default:
      splice_part (in, r);
  }
}

int
main (int argc, char **argv)
{
  const unsigned long cases = argc > 1 ? strtoul (argv[1], NULL, 10) : 10000;
  lqs_random r = { 1 + (argc > 2 ? strtoull (argv[2], NULL, 10) : 0) };
  static struct input in;

  LLVMFuzzerInitialize (&argc, &argv);
  for (unsigned long i = 0; i < cases; i++) {
    const char *seed = fuzz_seeds[pick (&r, count (fuzz_seeds))];
    in.size = strlen (seed);
    memcpy (in.bytes, seed, in.size);
    for (size_t n = pick (&r, MUTATIONS_MAX + 1); n; n--)
      mutate (&in, &r);
    LLVMFuzzerTestOneInput (in.bytes, in.size);
  }
  /* All taken or none taken: then the mutations miss what they are for. */
  printf ("# %lu of %lu inputs taken\n", fuzz_accepted, cases);
  printf ("%sok 1 - mutated inputs are taken or refused, as they should\n1..1\n",
      fuzz_accepted > cases / 20 && fuzz_accepted < cases * 19 / 20 ? "" : "not ");
  return 0;
}
