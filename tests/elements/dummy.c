/* Lacquer: mixing and mastering for GStreamer
 * SPDX-License-Identifier: LGPL-2.1-or-later */

#include "dummy.h"

typedef GObjectClass DummyClass;
GType dummy_get_type (void);

G_DEFINE_TYPE (Dummy, dummy, G_TYPE_OBJECT)

static const struct lq_enum shapes = { "DummyShape",
  (const struct lq_item[]){
      { "soft", "Soft", 0 }, { "hard", "Hard", 1 }, { "24", "24", 24 }, { NULL, NULL, 0 } } };

#define AT(field) offsetof (struct dummy_unit, field)

static const struct lq_param unit_rows[] = {
  { "level", "Level", "Loudness of it", "dB", LQ_FLOAT, LQ_LINEAR, AT (level_db), -120.0, 24.0,
      0.0, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "frequency", "Frequency", "Where it is", "Hz", LQ_FLOAT, LQ_LOG, AT (frequency_hz), 10.0,
      40000.0, 1000.0, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "shape", "Shape", "How it looks", NULL, LQ_ENUM, LQ_LINEAR, AT (shape), 0.0, 24.0, 0.0,
      &shapes, LQ_PLAYING, 0.0 },
  { "on", "On", "Whether it is there", NULL, LQ_BOOL, LQ_LINEAR, AT (on), 0.0, 1.0, 0.0, NULL,
      LQ_PLAYING, 0.0 },
  { "count", "Count", "How many there are", NULL, LQ_UINT, LQ_LINEAR, AT (count), 0.0, 100.0,
      3.0, NULL, LQ_PLAYING, 0.0 },
  { "voices", "Voices", "How many there will be", NULL, LQ_UINT, LQ_LINEAR, AT (voices), 1.0,
      16.0, 1.0, NULL, 0, 0.0 },
};
LQ_ASSERT_ROWS (unit_rows, struct dummy_unit);

static const struct lq_param figure_rows[] = {
  { "peak", "Peak", "What was seen", "dBFS", LQ_FLOAT, LQ_LINEAR,
      offsetof (struct dummy_figures, peak_db), -120.0, 120.0, -120.0, NULL, LQ_READONLY, 0.0 },
  { "events", "Events", "How often", NULL, LQ_UINT, LQ_LINEAR,
      offsetof (struct dummy_figures, events), 0.0, 4294967295.0, 0.0, NULL, LQ_READONLY, 0.0 },
};
LQ_ASSERT_ROWS (figure_rows, struct dummy_figures);

static const struct lq_param own_rows[] = {
  { "preset", "Preset", "Which preset", NULL, LQ_STRING, LQ_LINEAR, LQ_NO_FIELD, 0.0, 0.0, 0.0,
      NULL, LQ_PLAYING | LQ_NO_PRESET, 0.0 },
  { "label", "Label", "What people call it", NULL, LQ_STRING, LQ_LINEAR, LQ_NO_FIELD, 0.0, 0.0,
      0.0, NULL, LQ_PLAYING, 0.0 },
  { "interval", "Interval", "How often it reports", "ns", LQ_UINT64, LQ_LINEAR, LQ_NO_FIELD,
      1e6, 3.6e12, 1e8, NULL, LQ_PLAYING, 0.0 },
  { "pinned", "Pinned", "Never in a preset", NULL, LQ_FLOAT, LQ_LINEAR, LQ_NO_FIELD, 0.0, 1.0,
      0.5, NULL, LQ_PLAYING | LQ_NO_PRESET, 0.0 },
  { "bad-samples", "Bad samples", "How many were bad", NULL, LQ_UINT64, LQ_LINEAR, LQ_NO_FIELD,
      0.0, 18446744073709551615.0, 0.0, NULL, LQ_READONLY, 0.0 },
};

static const struct lq_override b_defaults[] = { { "frequency", 2000.0 }, { NULL, 0.0 } };

static const struct lq_module units[] = {
  { "a", unit_rows, LQ_COUNT (unit_rows), offsetof (struct dummy_params, a), NULL },
  { "b", unit_rows, LQ_COUNT (unit_rows), offsetof (struct dummy_params, b), b_defaults },
};
static const struct lq_module figures[] = {
  { "", figure_rows, LQ_COUNT (figure_rows), 0, NULL },
};
static const struct lq_module own[] = {
  { "", own_rows, LQ_COUNT (own_rows), 0, NULL },
};

static LqParamTable *table;

static void
dummy_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  lq_params_set_value (&((Dummy *)object)->params, id, value, LQ_ORIGIN_EXPLICIT);
}

static void
dummy_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  lq_params_get_value (&((Dummy *)object)->params, id, value);
}

static void
dummy_finalize (GObject *object)
{
  lq_params_clear (&((Dummy *)object)->params);
  G_OBJECT_CLASS (dummy_parent_class)->finalize (object);
}

static void
dummy_class_init (DummyClass *klass)
{
  klass->set_property = dummy_set_property;
  klass->get_property = dummy_get_property;
  klass->finalize = dummy_finalize;
  table = lq_param_table_new (klass);
  lq_param_table_add (table, LQ_GROUP_CHAIN, units, LQ_COUNT (units));
  lq_param_table_add (table, LQ_GROUP_FIGURES, figures, LQ_COUNT (figures));
  lq_param_table_add (table, LQ_GROUP_ELEMENT, own, LQ_COUNT (own));
}

static void
dummy_init (Dummy *dummy)
{
  lq_params_init (&dummy->params, table);
}

Dummy *
dummy_new (void)
{
  return g_object_new (dummy_get_type (), NULL);
}

const LqParamTable *
dummy_table (void)
{
  /* The table lives with the class, which is never unloaded. */
  g_type_class_unref (g_type_class_ref (dummy_get_type ()));
  return table;
}

guint
dummy_id (const gchar *property)
{
  return lq_param_table_find (dummy_table (), property)->id;
}
