#!/usr/bin/env bash
# Runs the fuzzers of tests/fuzz, one after another, under ASan and UBSan.
#
#   tools/dev/fuzz.sh [SECONDS [TARGET...]]    60 seconds and all, if not said
#
# Inputs that reach what none before them reached are added to
# tests/fuzz/corpus/TARGET. What broke a target is kept in
# fuzz_findings/TARGET, and the exit code is then 1. Using more than 2 GiB, or
# asking for more than 64 MiB at once, counts as breaking.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

readonly SECONDS_EACH="${1:-60}"
shift || true
targets=("$@")
if ((${#targets[@]} == 0)); then
  for source in tests/fuzz/*_fuzzer.cc; do
    targets+=("$(basename "${source}" _fuzzer.cc)")
  done
fi

scratch="$(mktemp -d)"
trap 'rm -rf "${scratch}"' EXIT
labels=()
for target in "${targets[@]}"; do
  labels+=("//tests/fuzz:${target}_fuzzer")
done
bazel build --config=fuzz "${labels[@]}"
bin="$(bazel info --config=fuzz bazel-bin)/tests/fuzz"

failed=0
for target in "${targets[@]}"; do
  echo "== ${target}"
  corpus="tests/fuzz/corpus/${target}"
  findings="fuzz_findings/${target}"
  found="${scratch}/${target}"
  mkdir -p "${found}" "${findings}"
  if ! nice "${bin}/${target}_fuzzer" -max_total_time="${SECONDS_EACH}" \
    -max_len=16384 -rss_limit_mb=2048 -malloc_limit_mb=64 -verbosity=0 \
    -print_final_stats=1 -artifact_prefix="${findings}/" "${found}" "${corpus}"; then
    failed=1
    continue
  fi
  # Few and small inputs that reach what all found ones reach.
  nice "${bin}/${target}_fuzzer" -set_cover_merge=1 -max_len=2048 -verbosity=0 "${corpus}" "${found}"
done
exit "${failed}"
