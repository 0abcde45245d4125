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

finish () {
  printf '1..%d\n' "$tap_number"
  exit "$tap_failed"
}
