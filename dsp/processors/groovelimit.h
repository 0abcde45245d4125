#ifndef LQ_GROOVELIMIT_H
#define LQ_GROOVELIMIT_H
#include "../base/param.h"
#include "../primitives/groove.h"
#include "../primitives/line.h"
#define LQ_GROOVE_ALL 7
#define lq_groove_process(u,x,n,k,f) lq_groove_process(u,x,n,f)
struct lq_groovelimit_params { uint32_t treble_enabled; float treble_frequency_hz, treble_attack_ms, treble_release_ms, treble_lookahead_ms; };
#define LQ_GROOVELIMIT_ROWS 5
extern const struct lq_param lq_groovelimit_rows[LQ_GROOVELIMIT_ROWS];
struct lq_groovelimit_limits { float velocity, displacement, vertical, acceleration; };
typedef struct { lq_stream stream; lq_groove g; lq_line line; uint32_t lat; struct lq_groove_peaks cut[LQ_GROOVE_GROUPS], came[LQ_GROOVE_GROUPS]; uint32_t came_groups; } lq_groovelimit;
bool lq_groovelimit_prepare (lq_groovelimit *u, const lq_stream *s, const struct lq_groovelimit_params *p, double v, double l, lq_arena *a);
void lq_groovelimit_set (lq_groovelimit *u, const struct lq_groovelimit_params *p);
void lq_groovelimit_reset (lq_groovelimit *u);
uint32_t lq_groovelimit_process (lq_groovelimit *u, float *const *ch, uint32_t n, const struct lq_groovelimit_limits *l);
uint32_t lq_groovelimit_latency (const lq_groovelimit *u);
uint32_t lq_groovelimit_tail (const lq_groovelimit *u);
double lq_groovelimit_treble_reduction_db (lq_groovelimit *u);
double lq_groovelimit_bass_reduction_db (lq_groovelimit *u);
double lq_groovelimit_wide_reduction_db (lq_groovelimit *u);
#endif
