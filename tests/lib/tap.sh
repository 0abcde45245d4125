# Lacquer: mixing and mastering for GStreamer
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# TAP for tests written in bash; sourced. A case is a name and a command that must succeed;
# $tmp is a folder of the test's own.

tap_number=0 tap_failed=0
tmp=$(mktemp -d) || exit 1
trap 'chmod -R u+w -- "$tmp"; rm -rf -- "$tmp"' EXIT

note () { printf '%s\n' "$*" | sed 's/^/# /'; }

# ok NAME COMMAND…
ok () {
  local name=$1 out
  shift
  tap_number=$((tap_number + 1))
  if out=$("$@" 2>&1); then
    printf 'ok %d - %s\n' "$tap_number" "$name"
  else
    note "$* failed: $out"
    printf 'not ok %d - %s\n' "$tap_number" "$name"
    tap_failed=1
  fi
}

# skip NAME REASON
skip () {
  tap_number=$((tap_number + 1))
  printf 'ok %d - %s # SKIP %s\n' "$tap_number" "$1" "$2"
}

# run COMMAND…: keeps $status, $out and $err of a program that may fail.
run () {
  "$@" >"$tmp/.out" 2>"$tmp/.err" </dev/null
  status=$?
  out=$(cat "$tmp/.out")
  err=$(cat "$tmp/.err")
  return 0
}

# says PATTERN TEXT: an extended regular expression.
says () {
  grep -qE -- "$1" <<<"$2" || { printf 'no "%s" in: %s\n' "$1" "$2"; return 1; }
}

# one_line TEXT
one_line () {
  [ -n "$1" ] && [ "$(wc -l <<<"$1")" = 1 ] || { printf 'not one line: %s\n' "$1"; return 1; }
}

# tone FILE.wav TENTHS CAPS PROPERTY…: a test file of so many tenths of a second.
tone () {
  local file=$1 tenths=$2 caps=$3 rate
  shift 3
  rate=${caps#*rate=} rate=${rate%%,*}
  gst-launch-1.0 -q audiotestsrc samplesperbuffer=$((rate / 10)) num-buffers="$tenths" "$@" \
    ! "audio/x-raw,format=S24LE,$caps" ! wavenc ! filesink location="$file" >&2
}

# ticks FILE.wav OPTION…: see there; the same everywhere, which audiotestsrc's are not.
ticks () { python3 "$root/tests/lib/ticks.py" "$@"; }

# between LOW NUMBER HIGH
between () {
  awk -v low="$1" -v x="$2" -v high="$3" 'BEGIN { exit !(x != "" && low <= x && x <= high) }' ||
    { echo "$2 is not within $1 and $3"; return 1; }
}

# ffmpeg_hears FIELD FILE: I (LUFS), LRA (LU) or Peak (dBTP) by its ebur128.
ffmpeg_hears () {
  ffmpeg -nostats -i "$2" -af ebur128=peak=true -f null - 2>&1 | sed '1,/Summary:/d' |
    awk -v field="$1:" '$1 == field { print $2; exit }'
}

# ends_by SIGNAL COMMAND…: once something matches $sign (else is in $TMPDIR) the command is stopped,
# and ends by that.
ends_by () {
  local signal=$1 child code tries=100
  shift
  env --default-signal="$signal" "$@" >/dev/null 2>&1 &
  child=$!
  while ! compgen -G "${sign:-$TMPDIR/*}" >/dev/null && [ "$((tries -= 1))" -gt 0 ]; do sleep 0.1; done
  sleep 0.3
  kill -s "$signal" "$child"
  wait "$child"
  code=$?
  [ "$code" -gt 128 ] || { echo "exit code $code"; return 1; }
}

# stopped SIGNAL COMMAND…: and leaves nothing behind, in $TMPDIR nor here.
stopped () {
  local before
  before=$(find . "$TMPDIR" | sort)
  ends_by "$@" || return
  [ "$(find . "$TMPDIR" | sort)" = "$before" ] || { echo "left something"; return 1; }
}

finish () {
  printf '1..%d\n' "$tap_number"
  exit "$tap_failed"
}
