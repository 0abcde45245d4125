# Lacquer: mixing and mastering for GStreamer
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is compared: every row's command, its baseline, and the goals."""

import json
import math
import os
import re

from measure import BLOCK, SAMPLE, Command, Failed, output_of

# Eight bells, Q 1, at the default frequencies of channelstrip's bands.
FREQUENCIES = [60, 120, 250, 500, 1000, 3000, 6000, 12000]
GAINS_DB = [3, -4, 5, -3, 4, -5, 6, -3]
LSP_EQ = 'lsp-plug-in-plugins-lv2-para-equalizer-x16-stereo'
LSP_COMP = 'lsp-plug-in-plugins-lv2-compressor-stereo'
LSP_GATE = 'lsp-plug-in-plugins-lv2-gate-stereo'
CALF = 'calf-sourceforge-net-plugins-'
# Compressors work all the time on this music, at 4:1; gates at 10:1 between its notes.
COMP_DB, GATE_DB = -24, -40
# A target that every song of the input reaches by going down, so that ffmpeg's second pass stays
# linear (it silently doesn't where the peak or the range is in its way).
TARGET_LUFS, CEILING_DBTP, RANGE_LU = -23, -1, 50
# A target that no song of the input reaches without a limiter.
LOUD_LUFS = -9
# What limiters alone are given: all of them the same music, this much louder, and this ceiling.
DRIVE_DB = 6
LSP_LIMITER = 'http://lsp-plug.in/plugins/lv2/limiter_stereo'
X42_LIMITER = 'http://gareus.org/oss/lv2/dpl#stereo'
MIB = 1 << 20
MARGIN_DB = 0.1       # that loudnessnorm sets its limiter below the ceiling


class Item:
    """A row: commands(audio, out) makes what is run; out is None or a file that takes the audio.
    `expects` is what the audio should be: 'changed', 'same', 'scaled' (one gain), 'limited'
    (louder, yet below full scale), or 'unseen'."""

    def __init__(self, key, title, commands, base=None, ours=False, expects='changed', audio='music'):
        self.key, self.title, self.commands, self.base = key, title, commands, base
        self.ours, self.expects, self.audio = ours, expects, audio
        self.cores = 1
        self.skipped = None
        self.costs, self.short_costs = [], []


class Goal:
    """peer's cost ÷ ours is to be at least `times` (None: it is only told). Of the costs, 'net' is CPU
    time beside the baselines, 'whole' that of the processes, 'wall' how long they take."""

    def __init__(self, ours, peer, times, what='net'):
        self.ours, self.peer, self.times, self.what = ours, peer, times, what


class Limit:
    """A goal that is no ratio to a peer: found(group, net) gives a figure a round, or None where it can't;
    reached(median) is None where it is only told."""

    def __init__(self, title, goal, found, reached):
        self.title, self.goal, self.found, self.reached = title, goal, found, reached


class Group:
    def __init__(self, key, title, items, goals=(), note='', limits=()):
        self.key, self.title, self.items, self.goals, self.note = key, title, items, goals, note
        self.limits = limits

    def item(self, key):
        return next(item for item in self.items if item.key == key)


def gst(words='', **env):
    """A pipeline: standard input in buffers of BLOCK frames ! words ! nowhere, or a file."""
    def commands(audio, out):
        sink = f'filesink location={out}' if out else 'fakesink sync=false'
        line = (f'fdsrc fd=0 blocksize={BLOCK * audio.channels * SAMPLE} ! rawaudioparse '
                f'pcm-format=f32le sample-rate={audio.rate} num-channels={audio.channels} '
                f'interleaved=true ! {words + " ! " if words else ""}{sink}')
        return [Command(['gst-launch-1.0', '-q', *line.split()], audio, **env)]
    return commands


def ffmpeg_command(audio, filters, out, *more):
    sink = ['-f', 'f32le', '-ar', str(audio.rate), '-y', out] if out else [
        '-c:a', 'pcm_f32le', '-ar', str(audio.rate), '-f', 'null', '-']
    level = [] if more else ['-v', 'error']
    return Command(['ffmpeg', '-hide_banner', '-nostdin', '-nostats', *level, *more, '-threads', '1',
                    '-filter_threads', '1', '-f', 'f32le', '-ar', str(audio.rate),
                    '-ac', str(audio.channels), '-i', audio.path, '-af', filters, *sink])


def ffmpeg(filters, times=1):
    return lambda audio, out: [ffmpeg_command(audio, filters, out)] * times


def peer(build, mode):
    """libebur128 in a small program."""
    program = os.path.join(build, 'tests', 'bench', 'ebur128-peer')
    return lambda audio, out: [Command([program, mode, str(audio.channels), str(audio.rate)], audio)]


def strip_eq():
    bands = ' '.join(f'eq{i}-enabled=true eq{i}-type=bell eq{i}-frequency={f} eq{i}-gain={g} eq{i}-q=1'
                     for i, (f, g) in enumerate(zip(FREQUENCIES, GAINS_DB), 1))
    return f'channelstrip post-messages=false {bands}'


def lsp_eq():
    """The LV2 wrapper starts every switch at false, and "enabled" false is a bypass."""
    bands = ' '.join(f'ft-{i}=1 f-{i}={f} q-{i}=1 g-{i}={10 ** (g / 20):.5f}'
                     for i, (f, g) in enumerate(zip(FREQUENCIES, GAINS_DB)))
    return f'{LSP_EQ} enabled=true {bands}'


def stock_eq():
    """Its first and last band would be shelves."""
    bands = ' '.join(f'band{i}::type=peak band{i}::freq={f} band{i}::bandwidth={f} band{i}::gain={g}'
                     for i, (f, g) in enumerate(zip(FREQUENCIES, GAINS_DB)))
    return f'equalizer-nbands num-bands=8 {bands}'


def ffmpeg_eq():
    return ','.join(f'equalizer=f={f}:t=q:w=1:g={g}' for f, g in zip(FREQUENCIES, GAINS_DB))


def loudnorm(target=TARGET_LUFS):
    return f'loudnorm=I={target}:TP={CEILING_DBTP}:LRA={RANGE_LU}'


LOUDNORM = loudnorm()


class LoudnormTwice:
    """ffmpeg's two commands. The second is told what the first found, once and untimed; for an
    input too short to be measured, what it found in another."""

    def __init__(self):
        self.found = {}

    def report(self, audio, filters):
        command = ffmpeg_command(audio, filters, None, '-v', 'info')
        said = output_of(command)[1]
        try:
            return json.loads(re.findall(r'\{[^{}]*\}', said)[-1])
        except (IndexError, ValueError) as error:
            raise Failed('loudnorm printed no report') from error

    def second(self, audio):
        """The second command's filter for this audio."""
        if self.found and audio.seconds < 1:
            return next(iter(self.found.values())) + f',aresample={audio.rate}'
        if audio.path not in self.found:
            first = self.report(audio, LOUDNORM + ':print_format=json')
            line = (f'{LOUDNORM}:linear=true:measured_I={first["input_i"]}'
                    f':measured_TP={first["input_tp"]}:measured_LRA={first["input_lra"]}'
                    f':measured_thresh={first["input_thresh"]}:offset={first["target_offset"]}')
            if '-inf' in line:
                raise Failed('the input is too short for loudnorm to measure')
            how = self.report(audio, line + ':print_format=json')['normalization_type']
            if how != 'linear':
                raise Failed(f'loudnorm\'s second pass was {how}')
            self.found[audio.path] = line
        return self.found[audio.path] + f',aresample={audio.rate}'

    def commands(self, audio, out):
        return [ffmpeg_command(audio, LOUDNORM + ':print_format=json', None, '-v', 'info'),
                ffmpeg_command(audio, self.second(audio), out)]

    def second_alone(self, audio, out):
        return [ffmpeg_command(audio, self.second(audio), out)]


def norm(mode, words='', target=TARGET_LUFS):
    return (f'loudnessnorm mode={mode} loudness-target={target} max-true-peak={CEILING_DBTP} '
            f'post-messages=false {words}')


def two_pass(memory_mib=1024, folder=None, policy='cap', target=TARGET_LUFS):
    words = f'peak-policy={policy} spool-memory={memory_mib * MIB}'
    return norm('two-pass', words + (f' spool-directory={folder}' if folder else ''), target)


MEASURE = 'loudnessnorm mode=measure post-messages=false'


def eq_group():
    return Group('eq', 'Equaliser: 8 bells, stereo', [
        Item('gst', 'GStreamer, nothing in it', gst(), expects='same'),
        Item('ours', '**channelstrip**, 8 bells', gst(strip_eq()), 'gst', True),
        Item('ours-sse2', 'the same held to SSE2 (`LQ_CPU=baseline`)',
             gst(strip_eq(), LQ_CPU='baseline'), 'gst', True),
        Item('lsp', 'LSP Parametric Equalizer x16 Stereo, 8 bells (lv2)', gst(lsp_eq()), 'gst'),
        Item('nbands', '`equalizer-nbands`, 8 bells', gst(stock_eq()), 'gst'),
        Item('ff', 'ffmpeg, `anull`', ffmpeg('anull'), expects='same'),
        Item('ff-eq', 'ffmpeg `equalizer` ×8', ffmpeg(ffmpeg_eq()), 'ff'),
    ], [Goal('ours', 'lsp', 3), Goal('ours', 'nbands', 8), Goal('ours', 'ff-eq', 8)])


def linear(level_db):
    return f'{10 ** (level_db / 20):.5f}'


STRIP_COMP = (f'comp-enabled=true comp-detector=rms comp-rms-window=10 comp-threshold={COMP_DB} comp-ratio=4 '
              'comp-knee=6 comp-attack=20 comp-release=100')
STRIP_GATE = (f'gate-enabled=true gate-threshold={GATE_DB} gate-ratio=10 gate-attack=20 gate-release=100')
LSP_COMPRESSING = f'{LSP_COMP} enabled=true al={linear(COMP_DB)} cr=4 at=20 rt=100'
LSP_GATING = f'{LSP_GATE} enabled=true gt={linear(GATE_DB)} at=20 rt=100'
FF_COMPRESSING = f'acompressor=threshold={linear(COMP_DB)}:ratio=4:attack=20:release=100:knee=2'
FF_GATING = f'agate=threshold={linear(GATE_DB)}:ratio=10:attack=20:release=100'


def comp_group():
    def strip(words, **env):
        return gst(f'channelstrip post-messages=false {words}', **env)
    return Group('comp', 'Compressor, stereo, 4:1, RMS', [
        Item('gst', 'GStreamer, nothing in it', gst(), expects='same'),
        Item('ours', '**channelstrip**, compressor', strip(STRIP_COMP), 'gst', True),
        Item('ours-sse2', 'the same held to SSE2 (`LQ_CPU=baseline`)', strip(STRIP_COMP, LQ_CPU='baseline'),
             'gst', True),
        Item('lsp', 'LSP Compressor Stereo (lv2)', gst(LSP_COMPRESSING), 'gst'),
        Item('calf', 'Calf Compressor (lv2)',
             gst(f'{CALF}Compressor threshold={linear(COMP_DB)} ratio=4 attack=20 release=100'), 'gst'),
        Item('ff', 'ffmpeg, `anull`', ffmpeg('anull'), expects='same'),
        Item('ff-comp', 'ffmpeg `acompressor`', ffmpeg(FF_COMPRESSING), 'ff'),
    ], [Goal('ours', 'ff-comp', 5), Goal('ours', 'lsp', 8)])


def strip_group():
    ours = (f'{strip_eq()} {STRIP_GATE} {STRIP_COMP} deess-enabled=true sat-enabled=true sat-style=soft '
            'sat-oversampling=2')
    lsp = f'{lsp_eq()} ! {LSP_GATING} ! {LSP_COMPRESSING}'
    return Group('strip', 'A whole strip, stereo', [
        Item('gst', 'GStreamer, nothing in it', gst(), expects='same'),
        Item('ours', '**channelstrip**: 8 bells, gate, compressor, de-esser, saturation at 2×', gst(ours),
             'gst', True),
        Item('ours-sse2', 'the same held to SSE2 (`LQ_CPU=baseline`)', gst(ours, LQ_CPU='baseline'), 'gst',
             True),
        Item('lsp', 'LSP EQ ! gate ! compressor (lv2)', gst(lsp), 'gst'),
        Item('calf', 'the same ! Calf Deesser ! Calf Saturator (lv2)',
             gst(f'{lsp} ! {CALF}Deesser ! {CALF}Saturator'), 'gst'),
        Item('ff', 'ffmpeg, `anull`', ffmpeg('anull'), expects='same'),
        Item('ff-chain', 'ffmpeg `equalizer` ×8, `agate`, `acompressor`, `deesser`',
             ffmpeg(f'{ffmpeg_eq()},{FF_GATING},{FF_COMPRESSING},deesser'), 'ff'),
    ], [Goal('ours', 'lsp', 4), Goal('ours', 'calf', 10), Goal('ours', 'ff-chain', 4)])


def reverb_group():
    def strip(words, **env):
        return gst(f'channelstrip post-messages=false reverb-enabled=true {words}', **env)
    return Group('reverb', 'Reverb, stereo', [
        Item('gst', 'GStreamer, nothing in it', gst(), expects='same'),
        Item('ours', '**channelstrip**, reverb: plate', strip(''), 'gst', True),
        Item('ours-hall', 'channelstrip, reverb: hall', strip('reverb-type=hall'), 'gst', True),
        Item('ours-sse2', 'plate, held to SSE2 (`LQ_CPU=baseline`)', strip('', LQ_CPU='baseline'), 'gst',
             True),
        Item('freeverb', '`freeverb`', gst('freeverb'), 'gst'),
    ], [Goal('ours', 'freeverb', 1), Goal('ours-hall', 'freeverb', 1)])


def measure_group(build):
    return Group('measure', 'Measurement: momentary, short-term, integrated, range, true peak', [
        Item('gst', 'GStreamer, nothing in it', gst(), expects='same'),
        Item('ours', '**loudnessnorm mode=measure**', gst(MEASURE), 'gst', True, 'same'),
        Item('ours-sse2', 'the same held to SSE2 (`LQ_CPU=baseline`)',
             gst(MEASURE, LQ_CPU='baseline'), 'gst', True, 'same'),
        Item('ours-told', 'the same with a message every 100 ms',
             gst(MEASURE.replace('=false', '=true')), 'gst', True, 'same'),
        Item('ff', 'ffmpeg, `anull`', ffmpeg('anull'), expects='same'),
        Item('ff-r128', 'ffmpeg `ebur128=peak=true`', ffmpeg('ebur128=peak=true'), 'ff', expects='same'),
        Item('read', 'a program that reads the input', peer(build, 'read'), expects='unseen'),
        Item('lib', 'libebur128, same modes, read at the end', peer(build, 'measure'), 'read',
             expects='unseen'),
        Item('lib-told', 'libebur128, histograms, all figures every 100 ms', peer(build, 'watch'), 'read',
             expects='unseen'),
    ], [Goal('ours', 'ff-r128', 6), Goal('ours', 'lib', 8)])


def norm_group():
    """What linear is told of the input is about right; what it costs doesn't depend on it."""
    twice = LoudnormTwice()
    told = 'measured-integrated=-14 measured-true-peak=1'
    return Group('norm', f'Normalisation to {TARGET_LUFS} LUFS', [
        Item('gst', 'GStreamer, nothing in it', gst(), expects='same'),
        Item('ours-live', '**loudnessnorm mode=live**', gst(norm('live')), 'gst', True),
        Item('ours', '**loudnessnorm mode=two-pass peak-policy=cap**, spooled in memory', gst(two_pass()),
             'gst', True, 'scaled'),
        Item('ours-linear', '**loudnessnorm mode=linear**, limiter in', gst(norm('linear', told)), 'gst',
             True, 'scaled'),
        Item('ff', 'ffmpeg, `anull`', ffmpeg('anull'), expects='same'),
        Item('ff-dynamic', 'ffmpeg `loudnorm` (dynamic), back to 48 kHz',
             ffmpeg(LOUDNORM), 'ff'),
        Item('ff-linear', 'ffmpeg `loudnorm` told what it needs (linear)', twice.second_alone, 'ff'),
        Item('ff-ff', 'ffmpeg, `anull` twice', ffmpeg('anull', 2), expects='same'),
        Item('ff-twice', 'ffmpeg `loudnorm` in two commands: measure, then linear', twice.commands, 'ff-ff'),
    ], [Goal('ours-live', 'ff-dynamic', 20), Goal('ours', 'ff-dynamic', 25), Goal('ours', 'ff-twice', 3),
        Goal('ours-linear', 'ff-linear', 3)])


def loud_group():
    """Against one command of ffmpeg's, which is the cheaper way to have it limit; its second pass
    would be dynamic as well, since no one gain fits under the ceiling."""
    return Group('loud', f'Normalisation to {LOUD_LUFS} LUFS, limited', [
        Item('gst', 'GStreamer, nothing in it', gst(), expects='same'),
        Item('ours', '**loudnessnorm mode=two-pass peak-policy=limit**, spooled in memory',
             gst(two_pass(policy='limit', target=LOUD_LUFS)), 'gst', True),
        Item('ff', 'ffmpeg, `anull`', ffmpeg('anull'), expects='same'),
        Item('ff-dynamic', 'ffmpeg `loudnorm` (dynamic, one command), back to 48 kHz',
             ffmpeg(loudnorm(LOUD_LUFS)), 'ff'),
    ], [Goal('ours', 'ff-dynamic', 10)])


def limiter(build, *words, drive=DRIVE_DB, **env):
    """A limiter alone, in tests/bench/limit: the same host for all, which costs what "copy" does."""
    program = os.path.join(build, 'tests', 'bench', 'limit')
    return lambda audio, out: [Command([program, *(['--write', out] if out else []), str(drive), *words],
                                       audio, **env)]


def limit_group(build):
    threshold, ceiling = f'th={10 ** (CEILING_DBTP / 20):.6f}', f'{CEILING_DBTP - MARGIN_DB}'
    return Group('limit', f'Limiters alone, music at {DRIVE_DB:+d} dB under {CEILING_DBTP} dB', [
        Item('copy', 'the host without a limiter', limiter(build, 'copy'), expects='scaled'),
        Item('ours', "**loudnessnorm's limiter**", limiter(build, 'ours', ceiling), 'copy', True, 'limited'),
        Item('ours-sse2', 'the same held to SSE2 (`LQ_CPU=baseline`)',
             limiter(build, 'ours', ceiling, LQ_CPU='baseline'), 'copy', True, 'limited'),
        Item('lsp', 'LSP Limiter Stereo, half ×4 (3L), no ALR',
             limiter(build, LSP_LIMITER, threshold, 'boost=0', 'ovs=6', 'alr=0'), 'copy', expects='limited'),
        Item('x42', 'x42 dpl, true peak',
             limiter(build, X42_LIMITER, f'threshold={CEILING_DBTP}', 'truepeak=1'), 'copy',
             expects='limited'),
    ], [Goal('ours', 'x42', 8), Goal('ours', 'lsp', 4)],
        note="All in one small host (`tests/bench/limit`) that deinterleaves, applies the gain and calls "
             "the limiter in blocks; ours is set as loudnessnorm sets it, "
             f"{MARGIN_DB} dB below the ceiling. LSP's ALR is off, which takes 3 dB more, and a little time. "
             "Other controls are at their defaults.")


def idle_group():
    def strip(words):
        return gst('channelstrip ' + words)
    return Group('idle', 'A strip at rest, and its meters', [
        Item('gst', 'GStreamer, nothing in it', gst(), expects='same'),
        Item('identity', '`identity`', gst('identity'), 'gst', expects='same'),
        Item('ours', '**channelstrip**, all neutral', strip('post-messages=false'), 'gst', True, 'same'),
        Item('ours-bypass', 'channelstrip, bypassed', strip('post-messages=false bypass=true'), 'gst',
             True, 'same'),
        Item('ours-gain', 'channelstrip, a gain', strip('post-messages=false out-gain=-3'), 'gst', True,
             'scaled'),
        Item('ours-meters', 'channelstrip, neutral, meters', strip('post-messages=false meters=true'), 'gst',
             True, 'same'),
        Item('ours-told', 'channelstrip, neutral, a message every 100 ms', strip('post-messages=true'),
             'gst', True, 'same'),
    ])


def bits_group():
    """At 48 kHz, where the strong curve has the most taps."""
    def strip(words, **env):
        return gst(f'channelstrip post-messages=false {words} ! audio/x-raw,format=S16LE', **env)

    def convert(words):
        return gst(f'audioconvert dithering=tpdf {words} ! audio/x-raw,format=S16LE')
    return Group('bits', 'To 16 bits, dithered and shaped', [
        Item('gst', 'GStreamer, nothing in it', gst(), expects='unseen'),
        Item('ours', '**channelstrip noise-shaping=strong**', strip('noise-shaping=strong'), 'gst', True,
             'unseen'),
        Item('ours-sse2', 'the same held to SSE2 (`LQ_CPU=baseline`)',
             strip('noise-shaping=strong', LQ_CPU='baseline'), 'gst', True, 'unseen'),
        Item('ours-light', 'channelstrip noise-shaping=light', strip('noise-shaping=light'), 'gst', True,
             'unseen'),
        Item('ours-flat', 'channelstrip, flat dither', strip(''), 'gst', True, 'unseen'),
        Item('high', '`audioconvert noise-shaping=high`', convert('noise-shaping=high'), 'gst',
             expects='unseen'),
        Item('flat', '`audioconvert`, flat dither', convert('noise-shaping=none'), 'gst', expects='unseen'),
    ], [Goal('ours', 'high', 2)])


def growth_group(inputs):
    """Every stream has a baseline of its own."""
    items = []
    for audio in inputs:
        items.append(Item(f'{audio}-gst', '', gst(), expects='unseen', audio=audio))
        items.append(Item(f'{audio}-measure', 'loudnessnorm mode=measure', gst(MEASURE), f'{audio}-gst',
                          True, 'unseen', audio))
        items.append(Item(f'{audio}-eq', 'channelstrip, 8 bells', gst(strip_eq()), f'{audio}-gst', True,
                          'unseen', audio))
    return Group('growth', 'Growth with channels, rate and duration', items)


def memory_group(folder):
    """Two-pass, in memory and in a file."""
    items = []
    for audio in ['minute', 'music']:
        items.append(Item(f'{audio}-gst', 'GStreamer, nothing in it', gst(), expects='unseen', audio=audio))
        for memory in [1, 16, 1024]:
            items.append(Item(f'{audio}-{memory}', f'{memory}', gst(two_pass(memory, folder)),
                              f'{audio}-gst', True, 'unseen', audio))
    return Group('memory', 'Memory of two-pass', items)


def decibels(power):
    return 10 * math.log10(power) if power > 0 else -math.inf
