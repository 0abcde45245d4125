#!/usr/bin/python3
# Lacquer: mixing and mastering for GStreamer
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Ticks in a 16-bit WAV file: short sine bursts at equal distances, some of them louder.

audiotestsrc has ticks too, but between them is memory that it doesn't clear: how loud its ticks
are is not the same everywhere.
"""
import argparse
import math
import struct
import wave

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument('file')
parser.add_argument('--rate', type=int, default=48000)
parser.add_argument('--channels', type=int, default=2)
parser.add_argument('--start', type=float, default=0, help='silence before the first, s')
parser.add_argument('--seconds', type=float, default=10, help='of ticks')
parser.add_argument('--interval', type=float, default=1, help='s')
parser.add_argument('--frequency', type=float, default=440, help='Hz')
parser.add_argument('--periods', type=int, default=10, help='of the sine in a tick')
parser.add_argument('--volume', type=float, default=0.8, help='peak')
parser.add_argument('--every', type=int, default=1, help='the first of so many has')
parser.add_argument('--louder', type=float, default=0, help='this peak instead')
chosen = parser.parse_args()


def tick(peak):
    frames = round(chosen.interval * chosen.rate)
    length = round(chosen.periods * chosen.rate / chosen.frequency)
    values = [round(32767 * peak * math.sin(2 * math.pi * chosen.frequency * i / chosen.rate))
              if i < length else 0 for i in range(frames)]
    return b''.join(struct.pack('<h', value) * chosen.channels for value in values)


soft = tick(chosen.volume)
loud = tick(chosen.louder or chosen.volume)
with wave.open(chosen.file, 'wb') as out:
    out.setnchannels(chosen.channels)
    out.setsampwidth(2)
    out.setframerate(chosen.rate)
    out.writeframes(bytes(2 * chosen.channels * round(chosen.start * chosen.rate)))
    for number in range(round(chosen.seconds / chosen.interval)):
        out.writeframes(soft if number % chosen.every else loud)
