#!/usr/bin/env python3
# Lacquer: mixing and mastering for GStreamer
# SPDX-License-Identifier: LGPL-2.1-or-later
"""small-song.py make SONG.mid: a song of 2.5 s: bass, then guitar from 1 s on, kick, snare and a
triangle; with running status, a tempo change, a note-off as a note-on, and a part that never plays.

small-song.py hang SONG.mid: one note that never ends.

small-song.py check FOLDER WHOLE.wav: TAP-less verdicts on its stems, a line for each thing wrong;
WHOLE is fluidsynth's own rendering of the same song in one go."""

import array
import struct
import sys

RATE, TAIL_S = 48000, 3.0


def track(*events):
    """(ticks since the last, bytes) → MTrk"""
    body = b''.join(bytes([tick >> 7 | 0x80, tick & 0x7f]) + data for tick, data in events)
    body += b'\x00\xff\x2f\x00'
    return b'MTrk' + struct.pack('>I', len(body)) + body


def make(path):
    tempo = track((0, b'\xff\x51\x03' + (500000).to_bytes(3, 'big')),
                  (480, b'\xff\x51\x03' + (250000).to_bytes(3, 'big')))
    bass = track((0, b'\xc0\x21'), (0, b'\x90\x28\x64'), (240, b'\x28\x00'),
                 (0, b'\x2b\x64'), (240, b'\x2b\x00'))
    guitar = track((0, b'\xc1\x19'), (0, b'\xb1\x07\x64'), (1440, b'\x91\x40\x64'),
                   (960, b'\x81\x40\x40'))
    drums = track((0, b'\x99\x24\x70'), (240, b'\x26\x70'), (480, b'\x51\x70'), (240, b'\x24\x60'))
    idle = track((0, b'\xc3\x01'))
    with open(path, 'wb') as file:
        file.write(b'MThd' + struct.pack('>IHHH', 6, 1, 5, 480) + tempo + bass + guitar + drums
                   + idle)


def hang(path):
    """A saxophone's note without an end."""
    with open(path, 'wb') as file:
        file.write(b'MThd' + struct.pack('>IHHH', 6, 0, 1, 480)
                   + track((0, b'\xc0\x41'), (0, b'\xb0\x40\x7f'), (0, b'\x90\x40\x64')))


def sound(path):
    """Samples of a 32-bit float WAV, after checking that it is one of 48 kHz and two channels."""
    with open(path, 'rb') as file:
        data = file.read()
    at = 12
    while data[at:at + 4] != b'data':
        if data[at:at + 4] == b'fmt ' and struct.unpack('<HHI', data[at + 8:at + 16]) != (3, 2, RATE):
            print(f'{path} is not float, stereo, {RATE} Hz')
        at += 8 + struct.unpack('<I', data[at + 4:at + 8])[0]
    size = struct.unpack('<I', data[at + 4:at + 8])[0]
    return array.array('f', data[at + 8:at + 8 + size // 8 * 8])


def peak(samples, start_s, end_s):
    part = samples[int(start_s * RATE) * 2:int(end_s * RATE) * 2]
    return max(map(abs, part), default=0)


def check(folder, whole):
    names = ['01-bass-ch1', '02-guitar-ch2', '03-kick', '04-snare', '05-percussion']
    stems = {name: sound(f'{folder}/{name}.wav') for name in names}
    lengths = {len(samples) for samples in stems.values()}
    if len(lengths) != 1:
        print(f'lengths differ: {lengths}')
    if not 2.0 + TAIL_S <= lengths.pop() / 2 / RATE < 2.5 + TAIL_S + 2.5:
        print('the length is not that of the song and its tail')
    # What plays when follows from the ticks and the tempi: 480 ticks are 0.5 s, then 0.25 s.
    for name, start_s, end_s, plays in [
            ('01-bass-ch1', 0, 0.4, True), ('02-guitar-ch2', 0, 0.98, False),
            ('02-guitar-ch2', 1.0, 1.4, True), ('03-kick', 0, 0.2, True),
            ('04-snare', 0, 0.23, False), ('04-snare', 0.25, 0.5, True),
            ('05-percussion', 0, 0.6, False), ('05-percussion', 0.62, 0.9, True)]:
        level = peak(stems[name], start_s, end_s)
        if (level > 1e-2) != plays or (not plays and level > 1e-5):
            print(f'{name} from {start_s} to {end_s} s has a peak of {level}')
    for name, samples in stems.items():
        if peak(samples, len(samples) / 2 / RATE - 0.2, 1e3) > 1e-3:
            print(f'{name} is cut off')
    total = sound(whole)
    count = min(len(total), len(stems['03-kick'])) // 2 * 2
    # fluidsynth 2.3 starts a note in 64 frames that differ a little when another one sounds.
    residue = sum((total[i] - sum(samples[i] for samples in stems.values())) ** 2
                  for i in range(count))
    energy = sum(sample * sample for sample in total[:count])
    if not residue < 1e-4 * energy or energy < 1:
        print(f'the stems\' sum differs from the whole: {residue} of {energy}')


if __name__ == '__main__':
    {'make': make, 'hang': hang, 'check': check}[sys.argv[1]](*sys.argv[2:])
