/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/* Tables become properties, and the store that they are kept in: what is set reads back, reaches
 * the streaming thread whole and when it should, and nothing waits for anything. */

#include "dummy.h"
#include "lqautomation.h"
#include "lqtest.h"
#include "rtguard.h"
#include "signals.h"

#include <math.h>
#include <string.h>

/* Aids */

static guint warnings;

static void
count_warning (const gchar *domain, GLogLevelFlags level, const gchar *message, gpointer unused)
{
  warnings++;
}

/* A value of the row's kind: the least, the greatest, or anything between. */
static void
set_number (GValue *value, const LqParamInfo *info, gdouble number)
{
  g_value_init (value, info->pspec->value_type);
  switch (info->row->type) {
    case LQ_FLOAT:
      g_value_set_double (value, number);
      break;
    case LQ_BOOL:
      g_value_set_boolean (value, number != 0.0);
      break;
    case LQ_ENUM:
      g_value_set_enum (value, (gint)number);
      break;
    case LQ_UINT:
      g_value_set_uint (value, (guint)number);
      break;
    default:
      g_value_set_uint64 (value, (guint64)number);
  }
}

static gdouble
random_number (const LqParamInfo *info, lqs_random *r)
{
  const struct lq_param *row = info->row;
  const gdouble number = row->min + (0.5 + 0.5 * lqs_uniform (r)) * (row->max - row->min);

  if (row->type == LQ_ENUM)
    return row->items->items[lqs_range (r, 0, 2)].value;
  return row->type == LQ_FLOAT ? number : rint (number);
}

static gboolean
writable_number (const LqParamInfo *info)
{
  return info->row->type != LQ_STRING && !(info->row->flags & LQ_READONLY);
}

/* Cases */

static void
specs (void)
{
  Dummy *dummy = dummy_new ();
  GObjectClass *klass = G_OBJECT_GET_CLASS (dummy);
  GParamSpec *level = g_object_class_find_property (klass, "a-level");
  GParamSpec *voices = g_object_class_find_property (klass, "a-voices");
  GParamSpec *peak = g_object_class_find_property (klass, "peak");
  GParamSpec *shape = g_object_class_find_property (klass, "b-shape");
  GParamSpec *label = g_object_class_find_property (klass, "label");
  GParamSpecDouble *number = G_PARAM_SPEC_DOUBLE (level);

  CHECK (number->minimum == -120.0 && number->maximum == 24.0, "range of a-level");
  CHECK (strcmp (g_param_spec_get_blurb (level), "Loudness of it, in dB") == 0, "%s",
      g_param_spec_get_blurb (level));
  CHECK (level->flags & GST_PARAM_CONTROLLABLE && level->flags & GST_PARAM_MUTABLE_PLAYING,
      "a-level can be controlled");
  CHECK (!(voices->flags & GST_PARAM_CONTROLLABLE) && voices->flags & GST_PARAM_MUTABLE_READY,
      "a-voices can't");
  CHECK (!(peak->flags & G_PARAM_WRITABLE) && peak->flags & G_PARAM_READABLE, "peak");
  CHECK (!(label->flags & GST_PARAM_CONTROLLABLE), "a text can't be controlled");
  CHECK (G_PARAM_SPEC_DOUBLE (g_object_class_find_property (klass, "b-frequency"))
                 ->default_value == 2000.0,
      "the default of a place");
  CHECK (g_enum_get_value_by_nick (G_PARAM_SPEC_ENUM (shape)->enum_class, "24")->value == 24,
      "an item that is a number");
  CHECK (g_object_class_find_property (klass, "a-shape")->value_type == shape->value_type,
      "one type for one enum");
  CHECK (!lq_param_table_find (dummy_table (), "nonesuch"), "nonesuch");
  g_object_unref (dummy);
}

static void
reads_back (void)
{
  Dummy *dummy = dummy_new ();
  lqs_random r = { 17 };

  for (guint i = 0; i < lq_param_table_size (dummy_table ()); i++) {
    const LqParamInfo *info = lq_param_table_nth (dummy_table (), i);
    for (guint k = 0; writable_number (info) && k < 20; k++) {
      const gdouble number = k == 0   ? info->row->min
                             : k == 1 ? info->row->max
                             : k == 2 ? info->def
                                      : random_number (info, &r);
      GValue in = G_VALUE_INIT, out = G_VALUE_INIT;
      set_number (&in, info, number);
      g_value_init (&out, info->pspec->value_type);
      g_object_set_property (G_OBJECT (dummy), info->pspec->name, &in);
      g_object_get_property (G_OBJECT (dummy), info->pspec->name, &out);
      CHECK (g_param_values_cmp (info->pspec, &in, &out) == 0, "%s: %.17g reads back as else",
          info->pspec->name, number);
      CHECK (lq_params_get_number (&dummy->params, info->id) == number,
          "%s: %.17g in the store", info->pspec->name, number);
      g_value_unset (&in);
      g_value_unset (&out);
    }
  }
  g_object_unref (dummy);
}

static void
refused_values (void)
{
  Dummy *dummy = dummy_new ();
  const GLogFunc old = g_log_set_default_handler (count_warning, NULL);
  const gdouble bad[] = { NAN, INFINITY, -INFINITY, 24.001, -120.001 };
  gdouble level = 0.0;

  g_object_set (dummy, "a-level", -7.0, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    warnings = 0;
    g_object_set (dummy, "a-level", bad[i], NULL);
    g_object_get (dummy, "a-level", &level, NULL);
    CHECK (warnings == 1 && level == -7.0, "%g: %u warnings, then %g", bad[i], warnings, level);
  }
  warnings = 0;
  g_object_set (dummy, "a-count", 101u, "a-shape", 2, NULL);
  CHECK (warnings == 2, "count and enum: %u warnings", warnings);
  CHECK (lq_params_get_int (&dummy->params, "a-count") == 3, "count moved");
  g_log_set_default_handler (old, NULL);
  g_object_unref (dummy);
}

static void
fills_and_latches (void)
{
  Dummy *dummy = dummy_new ();
  struct dummy_params got;

  memset (&got, 0x55, sizeof got);
  lq_params_fill (&dummy->params, LQ_GROUP_CHAIN, &got);
  CHECK (
      got.a.level_db == 0.0f && got.a.frequency_hz == 1000.0f && got.b.frequency_hz == 2000.0f,
      "numbers at their defaults");
  CHECK (got.a.shape == 0 && got.a.on == 0 && got.a.count == 3 && got.a.voices == 1,
      "counts at their defaults");
  g_object_set (dummy, "a-level", -3.25, "b-level", 6.5, "a-shape", 24, "b-on", TRUE, "a-count",
      100u, "a-voices", 8u, NULL);
  lq_params_fill (&dummy->params, LQ_GROUP_CHAIN, &got);
  CHECK (got.a.level_db == -3.25f && got.b.level_db == 6.5f, "numbers");
  CHECK (
      got.a.shape == 24 && got.b.on == 1 && got.a.count == 100 && got.b.count == 3, "counts");
  CHECK (got.a.voices == 1, "a value for the next start has come at once");
  CHECK (lq_params_get_int (&dummy->params, "a-voices") == 1, "by name too");
  lq_params_latch (&dummy->params);
  lq_params_fill (&dummy->params, LQ_GROUP_CHAIN, &got);
  CHECK (got.a.voices == 8, "a value for the next start hasn't come");
  g_object_unref (dummy);
}

static void
publishes (void)
{
  const struct dummy_figures figures = { -12.5f, 77 };
  Dummy *dummy = dummy_new ();
  const guint generation = lq_params_generation (&dummy->params);
  gdouble peak = 0.0;
  guint events = 0;

  lq_params_publish (&dummy->params, LQ_GROUP_FIGURES, &figures);
  g_object_get (dummy, "peak", &peak, "events", &events, NULL);
  CHECK (peak == -12.5 && events == 77, "%g, %u", peak, events);
  CHECK (lq_params_generation (&dummy->params) == generation, "figures are no settings");
  lq_params_put_uint64 (&dummy->params, "bad-samples", G_MAXUINT64);
  CHECK (lq_params_get_uint64 (&dummy->params, "bad-samples") == G_MAXUINT64, "64 bits");
  CHECK (lq_params_generation (&dummy->params) == generation, "nor are counters");
  g_object_unref (dummy);
}

static void
generations_and_origins (void)
{
  Dummy *dummy = dummy_new ();
  LqParams *params = &dummy->params;
  const guint level = dummy_id ("a-level"), label = dummy_id ("label");
  guint generation = lq_params_generation (params);
  gchar *text;

  CHECK (lq_params_origin (params, level) == LQ_ORIGIN_DEFAULT, "new");
  g_object_set (dummy, "a-level", 1.0, "label", "x", NULL);
  CHECK (lq_params_generation (params) == generation + 2, "set");
  CHECK (lq_params_origin (params, level) == LQ_ORIGIN_EXPLICIT, "set");
  generation = lq_params_generation (params);
  lq_params_put_number (params, level, 1.0);
  CHECK (lq_params_generation (params) == generation, "the same number");
  lq_params_put_number (params, level, 2.0);
  lq_params_put_number (params, dummy_id ("a-count"), 6.6);
  CHECK (lq_params_generation (params) == generation + 2, "other numbers");
  CHECK (lq_params_get_int (params, "a-count") == 7, "rounded");
  CHECK (lq_params_origin (params, level) == LQ_ORIGIN_EXPLICIT, "put keeps the origin");
  lq_params_reset_value (params, level);
  lq_params_reset_value (params, label);
  text = lq_params_dup_string (params, "label");
  CHECK (lq_params_get_double (params, "a-level") == 0.0 && !text, "reset");
  CHECK (lq_params_origin (params, level) == LQ_ORIGIN_DEFAULT, "reset");
  g_free (text);
  g_object_unref (dummy);
}

static LqAutomation *
some_automation (void)
{
  const LqText text = { "automation",
    "b-level linear 0:-60 1:0 2:-60; b-on step 0:0 1:1; b-frequency smooth 0:100 1:200 2:50" };

  return lq_automation_new (dummy_table (), &text, NULL);
}

static void
real_time (void)
{
  Dummy *dummy = dummy_new ();
  struct dummy_params got;
  struct dummy_figures figures = { -6.0f, 1 };
  const gchar *name = "";
  guint calls;

  rtguard_arm ();
  for (guint i = 0; i < 100; i++) {
    lq_params_generation (&dummy->params);
    lq_params_fill (&dummy->params, LQ_GROUP_CHAIN, &got);
    lq_params_publish (&dummy->params, LQ_GROUP_FIGURES, &figures);
    lq_params_put_number (&dummy->params, 1, -1.0 * i);
    lq_params_put_double (&dummy->params, "a-level", i / 10.0);
    lq_params_get_double (&dummy->params, "a-level");
  }
  calls = rtguard_disarm (&name);
  CHECK (calls == 0, "%u calls, the first of %s", calls, name);
  g_object_unref (dummy);
}

/* Threads. Where they disagree about order or halves, TSan or the checks see it. */

/* Sets by each thread (hostile case 19). */
#define ROUNDS 100000

typedef struct {
  Dummy *dummy;
  guint seed;
  gint running; /* atomic */
} Scene;

/* Every writable property, through GObject. */
static gpointer
monkey (gpointer data)
{
  Scene *scene = data;
  lqs_random r = { 1000 + (guint)g_atomic_int_add ((gint *)&scene->seed, 1) };

  for (guint i = 0; i < ROUNDS; i++) {
    const LqParamInfo *info = lq_param_table_nth (
        dummy_table (), lqs_range (&r, 0, lq_param_table_size (dummy_table ()) - 1));
    GValue value = G_VALUE_INIT;
    if (info->row->type == LQ_STRING)
      g_object_set (scene->dummy, info->pspec->name, i % 2 ? "one" : "two", NULL);
    if (!writable_number (info))
      continue;
    set_number (&value, info, random_number (info, &r));
    g_object_set_property (G_OBJECT (scene->dummy), info->pspec->name, &value);
    g_value_unset (&value);
  }
  g_atomic_int_add (&scene->running, -1);
  return NULL;
}

static void
check_filled (const struct dummy_unit *unit)
{
  CHECK (unit->level_db >= -120.0f && unit->level_db <= 24.0f, "level %g", unit->level_db);
  CHECK (unit->frequency_hz >= 10.0f && unit->frequency_hz <= 40000.0f, "frequency %g",
      unit->frequency_hz);
  CHECK (unit->shape == 0 || unit->shape == 1 || unit->shape == 24, "shape %d", unit->shape);
  CHECK (unit->on <= 1 && unit->count <= 100, "on %u, count %u", unit->on, unit->count);
}

/* What a streaming thread does: syncs automation, fills when something moved, publishes. */
static gpointer
streaming (gpointer data)
{
  Scene *scene = data;
  LqParams *params = &scene->dummy->params;
  LqAutomation *automation = some_automation ();
  struct dummy_params got = { { 0 } };
  guint seen = 0;

  for (guint i = 0; g_atomic_int_get (&scene->running) > 0; i++) {
    const struct dummy_figures figures = { -(gfloat)(i % 100), i };
    guint now;
    lq_automation_apply (automation, params, (i % 3000) / 1000.0);
    now = lq_params_generation (params);
    CHECK ((gint)(now - seen) >= 0, "the generation went back from %u to %u", seen, now);
    seen = now;
    lq_params_fill (params, LQ_GROUP_CHAIN, &got);
    lq_params_publish (params, LQ_GROUP_FIGURES, &figures);
    check_filled (&got.a);
    check_filled (&got.b);
  }
  lq_automation_free (automation);
  return NULL;
}

/* An application that watches. */
static gpointer
watching (gpointer data)
{
  Scene *scene = data;

  while (g_atomic_int_get (&scene->running) > 0) {
    gdouble peak, level;
    gchar *label;
    g_object_get (scene->dummy, "peak", &peak, "a-level", &level, "label", &label, NULL);
    CHECK (peak == -120.0 || (peak <= 0.0 && peak > -100.0 && peak == rint (peak)), "peak %g",
        peak);
    CHECK (level >= -120.0 && level <= 24.0, "level %g", level);
    CHECK (!label || !strcmp (label, "one") || !strcmp (label, "two"), "label %s", label);
    g_free (label);
    label = lq_params_dup_string (&scene->dummy->params, "label");
    CHECK (!label || strlen (label) == 3, "label %s", label);
    g_free (label);
  }
  return NULL;
}

static void
many_threads (void)
{
  Scene scene = { dummy_new (), 0, 2 };
  GThread *threads[] = { g_thread_new ("streaming", streaming, &scene),
    g_thread_new ("watching", watching, &scene), g_thread_new ("monkey", monkey, &scene),
    g_thread_new ("monkey", monkey, &scene) };

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  g_object_unref (scene.dummy);
}

static gpointer
counting (gpointer data)
{
  Scene *scene = data;

  for (guint i = 1; i <= ROUNDS; i++)
    g_object_set (scene->dummy, "interval", (guint64)1000000 + i, NULL);
  g_atomic_int_add (&scene->running, -1);
  return NULL;
}

/* Who sees the generation of a write sees its value, or a later one. */
static void
generation_brings_value (void)
{
  Scene scene = { dummy_new (), 0, 1 };
  LqParams *params = &scene.dummy->params;
  const guint base = lq_params_generation (params), id = dummy_id ("interval");
  GThread *thread;
  guint looks = 0;

  g_object_set (scene.dummy, "interval", (guint64)1000000, NULL);
  thread = g_thread_new ("counting", counting, &scene);
  while (g_atomic_int_get (&scene.running) > 0) {
    const guint writes = lq_params_generation (params) - base - 1;
    const gdouble value = lq_params_get_number (params, id) - 1e6;
    looks++;
    if (!CHECK (value >= writes, "%u writes, but the value is that of %g", writes, value))
      break;
  }
  g_thread_join (thread);
  CHECK (looks > 0, "never looked");
  g_object_unref (scene.dummy);
}

static const lqt_case cases[] = {
  { "properties as the rows say", specs },
  { "what is set reads back", reads_back },
  { "NaN, infinity, out of range: a warning, and the old value stays", refused_values },
  { "the chain's struct; what can't change while playing waits", fills_and_latches },
  { "figures become readable", publishes },
  { "generation and origin", generations_and_origins },
  { "what the streaming thread calls allocates nothing and takes no lock", real_time },
  { "two setters, a streaming thread and a watcher at once", many_threads },
  { "the generation brings its value along", generation_brings_value },
  { NULL, NULL },
};

int
main (int argc, char **argv)
{
  gst_init (NULL, NULL);
  return lqt_main (cases, argc, argv);
}
