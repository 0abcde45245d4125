# Lacquer: mixing and mastering for GStreamer
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Mastering against other chains, limiters, multiband compressors and linear-phase equalisers.

All are set alike: the same bells, crossovers, thresholds, ratios and times, the same drive and ceiling. What a peer
lacks is left out on its side, and said in the row's title."""

from measure import RATE
from rows import (CALF, CEILING_DBTP, COMP_DB, DRIVE_DB, FREQUENCIES, FF_COMPRESSING, GAINS_DB, LSP_COMPRESSING,
                  X42_LIMITER, Goal, Group, Item, Limit, ffmpeg, ffmpeg_command, ffmpeg_eq, gst, limiter, linear,
                  lsp_eq)

LSP_MB = 'lsp-plug-in-plugins-lv2-mb-compressor-stereo'
LSP_LIMITING = (f'lsp-plug-in-plugins-lv2-limiter-stereo enabled=true ovs=6 g-in={linear(DRIVE_DB)} '
                f'th={linear(CEILING_DBTP)}')
CROSSOVERS = [120, 600, 3000]
BANDS = len(CROSSOVERS) + 1
MB_RATIO, ATTACK_MS, RELEASE_MS = 2, 20, 100
TAPS = 4096
SPEED = 300           # × real time
TO_16 = 'audio/x-raw,format=S16LE'


def masterchain(words, bits=False, **env):
    line = f'masterchain post-messages=false {words}'
    return to_16(line, **env) if bits else gst(line, **env)


def to_16(words, **env):
    """16 bits leave the chain; a check gets them as floats."""
    def commands(audio, out):
        again = ' ! audioconvert ! audio/x-raw,format=F32LE' if out else ''
        return gst(f'{words} ! {TO_16}{again}', **env)(audio, out)
    return commands


def ffmpeg_to_16(filters):
    def commands(audio, out):
        command = ffmpeg_command(audio, f'{filters},aresample=out_sample_fmt=s16:dither_method=triangular', out)
        command.words = ['pcm_s16le' if word == 'pcm_f32le' else word for word in command.words]
        return [command]
    return commands


def bells():
    return ' '.join(f'eq{i}-enabled=true eq{i}-type=bell eq{i}-frequency={f} eq{i}-gain={g} eq{i}-q=1'
                    for i, (f, g) in enumerate(zip(FREQUENCIES, GAINS_DB), 1))


def multiband():
    splits = ' '.join(f'mb-crossover{i}={f}' for i, f in enumerate(CROSSOVERS, 1))
    bands = ' '.join(f'mb{i}-threshold={COMP_DB} mb{i}-ratio={MB_RATIO} mb{i}-attack={ATTACK_MS} '
                     f'mb{i}-release={RELEASE_MS}' for i in range(1, BANDS + 1))
    return f'mb-enabled=true mb-bands={BANDS} {splits} {bands}'


def lsp_multiband():
    """Its first band is always there; the wrapper starts the switches of all others at false."""
    splits = ' '.join(f'cbe-{i}=true sf-{i}={f}' for i, f in enumerate(CROSSOVERS, 1))
    bands = ' '.join(f'ce-{i}=true al-{i}={linear(COMP_DB)} cr-{i}={MB_RATIO} at-{i}={ATTACK_MS} rt-{i}={RELEASE_MS}'
                     for i in range(BANDS))
    return f'{LSP_MB} enabled=true mode=1 {splits} {bands}'


def calf_multiband(mode):
    splits = ' '.join(f'freq{i}={f}' for i, f in enumerate(CROSSOVERS))
    bands = ' '.join(f'threshold{i}={linear(COMP_DB)} ratio{i}={MB_RATIO} attack{i}={ATTACK_MS} '
                     f'release{i}={RELEASE_MS} detection{i}=1' for i in range(BANDS))
    return f'{CALF}MultibandCompressor mode={mode} {splits} {bands}'


def ffmpeg_four():
    """Points are level in / level out; above the last it goes straight on."""
    points = f'{COMP_DB - 40}/{COMP_DB - 40},{COMP_DB}/{COMP_DB},0/{COMP_DB + COMP_DB * -1 / MB_RATIO:g}'
    bands = '|'.join(f'{ATTACK_MS / 1000},{RELEASE_MS / 1000} 6 {points} {f}' for f in [*CROSSOVERS, RATE // 2 - 1000])
    return f"mcompand='{bands}'".replace(',', r'\,')


GLUE = (f'glue-enabled=true glue-threshold={COMP_DB + 12} glue-ratio=4 glue-attack={ATTACK_MS} '
        f'glue-release={RELEASE_MS}')
EXCITER = 'exciter-enabled=true exciter1-amount=30 exciter1-mix=30'
IMAGER = 'imager-enabled=true imager1-width=120'
MAXIMIZER = f'maximizer-enabled=true maximizer-gain={DRIVE_DB} maximizer-ceiling={CEILING_DBTP}'


def chain_group():
    ours = f'{bells()} {multiband()} {GLUE} {EXCITER} {IMAGER} {MAXIMIZER}'
    lsp = f'{lsp_eq()} ! {lsp_multiband()} ! {LSP_COMPRESSING} ! {LSP_LIMITING}'
    ff = (f'{ffmpeg_eq()},mcompand,{FF_COMPRESSING},aexciter,stereotools=slev=1.2,'
          f'alimiter=level_in={linear(DRIVE_DB)}:limit={linear(CEILING_DBTP)}:level=false')

    def speed(group, net):
        item = group.item('ours')
        return None if item.skipped or min(net(item)) <= 0 else [item.stream.seconds / s for s in net(item)]
    return Group('master', 'A whole master, stereo', [
        Item('gst', 'GStreamer, nothing in it', gst(), expects='same'),
        Item('ours', f'**masterchain**: 8 bells, {BANDS} bands, glue, exciter, imager, maximizer, dithered to 16 bits',
             masterchain(ours, True), 'gst', True),
        Item('ours-sse2', 'the same held to SSE2 (`LQ_CPU=baseline`)',
             masterchain(ours, True, LQ_CPU='baseline'), 'gst', True),
        Item('ours-told', 'the same with its meters, and a message every 100 ms',
             to_16(f'masterchain meters=true {ours}'), 'gst', True),
        Item('lsp', f'LSP EQ ! {BANDS} bands ! compressor ! limiter half ×4 (lv2), 32 bits', gst(lsp), 'gst'),
        Item('ff', 'ffmpeg, `anull`', ffmpeg('anull'), expects='same'),
        Item('ff-chain', 'ffmpeg `equalizer` ×8, `mcompand`, `acompressor`, `aexciter`, `stereotools`, `alimiter`, '
             'dithered to 16 bits', ffmpeg_to_16(ff), 'ff'),
    ], [Goal('ours', 'lsp', 10), Goal('ours', 'ff-chain', 6), Goal('ours-told', 'lsp', None)],
        'LSP has neither exciter nor imager nor dither here, and its limiter and ffmpeg\'s know no true peak. LSP\'s and '
        'masterchain\'s multiband compressors have four bands, ffmpeg\'s the five that it comes with.',
        [Limit('A whole master, × real time on one core, net', f'≥ {SPEED}', speed, lambda times: times >= SPEED)])


def maximizer_group(build):
    return Group('master-maximizer', f'The maximizer alone, music at {DRIVE_DB:+d} dB under {CEILING_DBTP} dB', [
        Item('gst', 'GStreamer, nothing in it', gst(), expects='same'),
        Item('ours', '**masterchain**, maximizer', masterchain(MAXIMIZER), 'gst', True, 'limited'),
        Item('ours-sse2', 'the same held to SSE2 (`LQ_CPU=baseline`)', masterchain(MAXIMIZER, LQ_CPU='baseline'),
             'gst', True, 'limited'),
        Item('lsp', 'LSP Limiter Stereo, half ×4 (3L), no ALR (lv2)', gst(LSP_LIMITING), 'gst', expects='limited'),
        Item('copy', 'the host without a limiter', limiter(build, 'copy'), expects='scaled'),
        Item('x42', 'x42 dpl, true peak, in that host',
             limiter(build, X42_LIMITER, f'threshold={CEILING_DBTP}', 'truepeak=1'), 'copy', expects='limited'),
    ], [Goal('ours', 'x42', 8), Goal('ours', 'lsp', 4)],
        'GStreamer\'s lv2 doesn\'t offer x42\'s stereo limiter: it runs in `tests/bench/limit`, which costs less around it.')


def multiband_group():
    return Group('master-multiband', f'Multiband compressor, {BANDS} bands, stereo, {MB_RATIO}:1', [
        Item('gst', 'GStreamer, nothing in it', gst(), expects='same'),
        Item('ours', f'**masterchain**, {BANDS} bands', masterchain(multiband()), 'gst', True),
        Item('ours-sse2', 'the same held to SSE2 (`LQ_CPU=baseline`)', masterchain(multiband(), LQ_CPU='baseline'),
             'gst', True),
        Item('lsp', f'LSP Multiband Compressor Stereo x8, {BANDS} bands, modern (lv2)', gst(lsp_multiband()), 'gst'),
        Item('calf', 'Calf Multiband Compressor, LR4 (lv2)', gst(calf_multiband(0)), 'gst'),
        Item('calf-8', 'Calf Multiband Compressor, LR8, its default (lv2)', gst(calf_multiband(1)), 'gst'),
        Item('ff', 'ffmpeg, `anull`', ffmpeg('anull'), expects='same'),
        Item('ff-mb', 'ffmpeg `mcompand`, its five bands', ffmpeg('mcompand'), 'ff'),
        Item('ff-four', f'ffmpeg `mcompand`, {BANDS} bands', ffmpeg(ffmpeg_four()), 'ff'),
    ], [Goal('ours', 'lsp', 10), Goal('ours', 'calf', 10), Goal('ours', 'calf-8', None), Goal('ours', 'ff-mb', 8),
        Goal('ours', 'ff-four', None)])


def linear_group():
    """ffmpeg's filter has 2·⌊rate·delay⌋ + 1 taps."""
    entries = ';'.join(f'entry({f},{g})' for f, g in zip(FREQUENCIES, GAINS_DB))
    delay = (TAPS / 2 - 0.5) / RATE
    ff = f"firequalizer=gain_entry='{entries}':delay={delay:.6f}".replace(',', r'\,')
    words = f'{bells()} eq-phase=linear eq-taps={TAPS}'
    return Group('master-linear', f'Linear-phase equaliser, {TAPS - 1} taps, stereo', [
        Item('gst', 'GStreamer, nothing in it', gst(), expects='same'),
        Item('ours', '**masterchain eq-phase=linear**, 8 bells', masterchain(words), 'gst', True),
        Item('ours-sse2', 'the same held to SSE2 (`LQ_CPU=baseline`)', masterchain(words, LQ_CPU='baseline'), 'gst',
             True),
        Item('ff', 'ffmpeg, `anull`', ffmpeg('anull'), expects='same'),
        Item('ff-fir', 'ffmpeg `firequalizer`', ffmpeg(ff), 'ff'),
        Item('ff-fir2', 'ffmpeg `firequalizer=fft2=on`', ffmpeg(ff + ':fft2=on'), 'ff'),
    ], [Goal('ours', 'ff-fir', 1.5), Goal('ours', 'ff-fir2', None)],
        'fft2 has ffmpeg transform both channels at once, as masterchain does.')


def master_groups(build):
    return [chain_group(), maximizer_group(build), multiband_group(), linear_group()]
