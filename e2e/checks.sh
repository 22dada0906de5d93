#!/usr/bin/env bash
# What sessions in bash share: checks, and their count. Sourced by them.
passed=0
failed=0
output=

pass() { passed=$((passed + 1)) && echo "ok    $1"; }
fail() {
  failed=$((failed + 1))
  echo "FAIL  $1: no /$2/ in"
  sed 's/^/      | /' <<<"$output"
}

# check NAME PATTERN COMMAND...: the command succeeds and prints something that fits the extended regular expression.
check() {
  local name=$1 pattern=$2
  shift 2
  if output=$("$@" 2>&1) && grep -Eq -- "$pattern" <<<"$output"; then pass "$name"; else fail "$name" "$pattern"; fi
}

# soon NAME PATTERN COMMAND...: as check, after some tries: the API may answer before the database has taken a change over.
soon() {
  local name=$1 pattern=$2
  shift 2
  for _ in {1..150}; do
    if output=$("$@" 2>&1) && grep -Eq -- "$pattern" <<<"$output"; then pass "$name" && return; fi
    sleep 0.5
  done
  fail "$name" "$pattern"
}

refused() { ! "$@"; }

# The end of a session.
report() {
  echo "$passed passed, $failed failed"
  [ "$failed" = 0 ]
}
