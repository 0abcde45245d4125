#include "groovelimit.h"
#include <string.h>
#include <math.h>
#define FIELD(n) offsetof (struct lq_groovelimit_params, n)
const struct lq_param lq_groovelimit_rows[] = {
  { "enabled", "Treble limiter", "x", NULL, LQ_BOOL, LQ_LINEAR, FIELD (treble_enabled), 0, 1, 1, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "frequency", "Treble limiter frequency", "x", "Hz", LQ_FLOAT, LQ_LOG, FIELD (treble_frequency_hz), 1000, 12000, 4500, NULL, LQ_PLAYING, LQ_RAMP_MS },
  { "attack", "Treble limiter attack", "x", "ms", LQ_FLOAT, LQ_LOG, FIELD (treble_attack_ms), 0.01, 5, 0.05, NULL, LQ_PLAYING, 0 },
  { "release", "Treble limiter release", "x", "ms", LQ_FLOAT, LQ_LOG, FIELD (treble_release_ms), 1, 500, 30, NULL, LQ_PLAYING, 0 },
  { "lookahead", "Treble limiter lookahead", "x", "ms", LQ_FLOAT, LQ_LOG, FIELD (treble_lookahead_ms), 0.1, 10, 1.5, NULL, 0, 0 },
};
bool lq_groovelimit_prepare (lq_groovelimit *u, const lq_stream *s, const struct lq_groovelimit_params *p, double v, double l, lq_arena *a)
{ u->stream=*s; u->lat=(uint32_t)(s->rate*0.1); return lq_groove_prepare(&u->g,s,v,l,a) && lq_line_prepare(&u->line,s->channels,u->lat,a); }
void lq_groovelimit_set (lq_groovelimit *u, const struct lq_groovelimit_params *p) {}
void lq_groovelimit_reset (lq_groovelimit *u) { lq_groove_reset(&u->g); lq_line_reset(&u->line);}
uint32_t lq_groovelimit_process (lq_groovelimit *u, float *const *ch, uint32_t n, const struct lq_groovelimit_limits *l)
{ struct lq_groove_floor f={30,500,40}; uint32_t g;
  for(uint32_t c=0;c<u->stream.channels;c++) lq_line_write(&u->line,c,ch[c],n);
  for(uint32_t c=0;c<u->stream.channels;c++) lq_line_read(&u->line,c,u->lat,ch[c],n);
  lq_line_advance(&u->line,n);
  g=lq_groove_process(&u->g,(const float*const*)ch,n,7,&f); memcpy(u->cut,u->g.peaks,sizeof u->cut); memcpy(u->came,u->g.peaks,sizeof u->came); u->came_groups=g; return g; }
uint32_t lq_groovelimit_latency (const lq_groovelimit *u) {return u->lat;}
uint32_t lq_groovelimit_tail (const lq_groovelimit *u) {return 0;}
double lq_groovelimit_treble_reduction_db (lq_groovelimit *u){return 0;}
double lq_groovelimit_bass_reduction_db (lq_groovelimit *u){return 0;}
double lq_groovelimit_wide_reduction_db (lq_groovelimit *u){return 0;}
