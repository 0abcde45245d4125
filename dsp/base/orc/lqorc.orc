# SPDX-License-Identifier: LGPL-2.1-or-later
# Elementwise loops of the core. ORC 0.4.33 takes at most 8 constants, 8 parameters and
# 8 sources a program; call them on 64 frames and more.
# All work on scrubbed audio (no NaN) with denormals flushed.
.init lq_orc_init

# d = d · g
.function lq_orc_gain
.dest 4 d float
.floatparam 4 g
mulf d, d, g

# d = s · g
.function lq_orc_gain_to
.dest 4 d float
.source 4 s float
.floatparam 4 g
mulf d, s, g

# d = d · g[n]
.function lq_orc_gain_curve
.dest 4 d float
.source 4 g float
mulf d, d, g

# d = d + s · g
.function lq_orc_mix
.dest 4 d float
.source 4 s float
.floatparam 4 g
.temp 4 t
mulf t, s, g
addf d, d, t

# d = d + (s − d) · m[n]: cross-fade
.function lq_orc_crossfade
.dest 4 d float
.source 4 s float
.source 4 m float
.temp 4 t
subf t, s, d
mulf t, t, m
addf d, d, t
