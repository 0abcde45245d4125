/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Every ORC program against C, bit for bit: lengths about a vector's, any alignment, canaries.
 * Built twice, with ORC and with the C that orcc wrote for builds without it; run three times,
 * once with ORC's own emulation (ORC_CODE=backup). argv[1]: the .orc file; the rest as usual. */

#include "base/fpu.h"
#include "guard.h"
#include "lqorc.h"
#include "lqtest.h"
#include "signals.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARRAYS_MAX 12
#define PARAMS_MAX 8
#define OFFSETS 4

struct scene {
  uint32_t n;
  uint32_t offset[ARRAYS_MAX]; /* frames from the beginning of each plane */
  float param[PARAMS_MAX];
};

struct orc_case {
  const char *name;
  uint32_t arrays, params;
  void (*run) (const struct scene *s, const lqg_planes *ours, const lqg_planes *theirs);
};

#include "orc-reference.h"

#include "orc-cases.h"

#define CASES (sizeof orc_cases / sizeof *orc_cases)

/* Audio, with zeros of both signs, denormals and large values in it; never NaN or infinity. */
static float
any_value (lqs_random *random)
{
  switch (lqs_range (random, 0, 15)) {
    case 0:
      return 0.0f;
    case 1:
      return -0.0f;
    case 2:
      return 1e-39f * (float)lqs_uniform (random);
    case 3:
      return 1e6f * (float)lqs_uniform (random);
    case 4:
      return 1.0f;
    default:
      return (float)lqs_uniform (random);
  }
}

static bool
same (const struct orc_case *c, const struct scene *s, lqs_random *random)
{
  lqg_planes ours = lqg_new (c->arrays, s->n + OFFSETS),
             theirs = lqg_new (c->arrays, s->n + OFFSETS);
  bool ok;

  for (uint32_t a = 0; a < c->arrays; a++)
    for (uint32_t i = 0; i < s->n + OFFSETS; i++)
      ours.ch[a][i] = any_value (random);
  lqg_copy (&theirs, &ours);
  c->run (s, &ours, &theirs);
  ok = CHECK (lqg_equal (&ours, &theirs), "%s: %u frames at offsets %u, %u, %u differ from C",
      c->name, s->n, s->offset[0], s->offset[1], s->offset[2]);
  ok = CHECK (lqg_intact (&ours), "%s: %u frames: wrote outside", c->name, s->n) && ok;
  lqg_free (&ours);
  lqg_free (&theirs);
  return ok;
}

static void
program (const struct orc_case *c)
{
  static const uint32_t longer[] = { 31, 32, 33, 63, 64, 65, 999, 1024 };
  lqs_random random = { 12 };
  bool ok = true;

  for (uint32_t k = 0; k < 26 + 8 && ok; k++)
    for (uint32_t round = 0; round < 40 && ok; round++) {
      struct scene s = { .n = k < 26 ? k : longer[k - 26] };
      for (uint32_t a = 0; a < c->arrays; a++)
        s.offset[a] = lqs_range (&random, 0, OFFSETS - 1);
      for (uint32_t p = 0; p < c->params; p++)
        s.param[p] = any_value (&random);
      ok = same (c, &s, &random);
    }
}

static void
programs (void)
{
  for (size_t i = 0; i < CASES; i++)
    program (&orc_cases[i]);
  lqt_note ("%zu programs", CASES);
}

static const char *orc_file;

#ifdef LQ_TEST_ORC_COMPILES
#include <orc/orc.h>
#include <orc/orcparse.h>

/* ORC falls back on its emulation without a word. */
static void
compiles (void)
{
  static char text[1 << 18];
  FILE *file = fopen (orc_file, "r");
  OrcProgram **found = NULL;
  bool emulated;
  int n;

  if (!CHECK (file != NULL, "can't read %s", orc_file))
    return;
  text[fread (text, 1, sizeof text - 1, file)] = 0;
  fclose (file);
  orc_init ();
  emulated = !orc_target_get_default () || getenv ("ORC_CODE");
  n = orc_parse (text, &found);
  CHECK (n == (int)CASES, "%d programs in the file, %zu tested", n, CASES);
  for (int i = 0; i < n && !emulated; i++) {
    OrcCompileResult result = orc_program_compile (found[i]);
    CHECK (ORC_COMPILE_RESULT_IS_SUCCESSFUL (result), "%s doesn't compile for %s: %s",
        orc_program_get_name (found[i]), orc_target_get_name (orc_target_get_default ()),
        orc_program_get_error (found[i]));
  }
  for (int i = 0; i < n; i++)
    orc_program_free (found[i]);
  free (found);
  if (emulated) {
    lqt_skip ("no machine code is wanted here");
    return;
  }
  lqt_note ("target %s", orc_target_get_name (orc_target_get_default ()));
}
#else
static void
compiles (void)
{
  lqt_skip ("built without ORC");
}
#endif

int
main (int argc, char **argv)
{
  static const lqt_case cases[] = { { "every program computes what its C does", programs },
    { "every program becomes machine code", compiles }, { NULL, NULL } };

  if (argc < 2)
    return 1;
  orc_file = argv[1];
  argv[1] = argv[0];
  lq_orc_init ();
  lq_fpu_enter ();
  return lqt_main (cases, argc - 1, argv + 1);
}
