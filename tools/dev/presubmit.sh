#!/usr/bin/env bash
# Checks a change before it is submitted; CI runs the same by .ci/run.
#
#   tools/dev/presubmit.sh            every check, fast ones first
#   tools/dev/presubmit.sh CHECK...   these checks
#
# Ends with "N passed, N failed": the cases of `tests`, and one for each other
# check.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

readonly ALL=(format guards build_files mirror tests programs clang sanitizers threads tensorflow)

passed=0
failed=0
scratch="$(mktemp -d)"
trap 'rm -rf "${scratch}"' EXIT

# Files of the change too, but not those it deletes.
list_files() {
  git ls-files --cached --others --exclude-standard -- "$@" | sort -u |
    while read -r file; do if [[ -f ${file} ]]; then echo "${file}"; fi; done
}

# Prints what stands on standard input, and fails if that is anything.
expect_nothing() {
  ! sed "s/^/  /" | grep .
}

check_format() {
  list_files '*.cc' '*.h' | xargs --no-run-if-empty clang-format-14 --dry-run -Werror
}

check_guards() {
  local file guard
  # A header with -inl in its name is compiled once for each kind of processor.
  list_files '*.h' ':!*-inl.h' | while read -r file; do
    guard="CAIRN_$(tr 'a-z/.' 'A-Z__' <<<"${file}")_"
    if [[ $(grep -m2 '^#' "${file}") != "#ifndef ${guard}"$'\n'"#define ${guard}" ]]; then
      echo "${file}: include guard is not ${guard}"
    fi
  done | expect_nothing
}

check_build_files() {
  tools/dev/write_build_files.py --check
}

# Each thing that can be added (docs/architecture.md 7) has the test of its name.
check_mirror() {
  local source
  {
    # These folders hold shared parts too; what registers itself is a plug-in.
    list_files 'core/ops/*.cc' 'layers/*.cc' 'optimizers/*.cc' |
      xargs --no-run-if-empty grep -l '^CAIRN_REGISTER_' || true
    list_files 'callbacks/*.cc' 'core/data/readers/*.cc' 'core/transform/*.cc' \
      'saving/formats/*.cc' 'tools/cairn/*.cc' ':!tools/cairn/main.cc'
  } | while read -r source; do
    echo "${source} tests/$(sed 's|^tools/cairn/|tools/|; s|\.cc$|_test.cc|' <<<"${source}")"
    if [[ ${source} == saving/formats/* ]]; then
      echo "${source} docs/formats/$(basename "${source}" .cc).md"
    fi
  done | while read -r source mirror; do
    if [[ ! -f ${mirror} ]]; then echo "${source}: no ${mirror}"; fi
  done | expect_nothing
}

# What no test needs.
check_programs() {
  bazel build --keep_going //benchmarks/... //examples/... //tools/...
}

check_clang() {
  bazel build --keep_going --config=clang --config=ci //...
}

check_sanitizers() {
  bazel test --keep_going --config=asan --config=ubsan --config=ci //...
}

check_threads() {
  local tests
  tests="$(bazel query 'attr(tags, "\bthreads\b", tests(//...))')"
  if [[ -n ${tests} ]]; then
    xargs bazel test --config=tsan <<<"${tests}"
  fi
}

# Runs one check that counts as one.
run_check() {
  if "check_$1"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "FAILED: $1"
  fi
}

# The README's command, each of whose cases counts.
run_tests() {
  local events="${scratch}/events.json" cases=(0 0) status=0
  { tools/setup.sh && bazel test --keep_going --build_event_json_file="${events}" //...; } || status=$?
  if [[ -s ${events} ]]; then
    read -r -a cases < <(tools/dev/count_cases.py "${events}")
  fi
  if ((status != 0 && cases[1] == 0)); then
    cases[1]=1
  fi
  passed=$((passed + cases[0]))
  failed=$((failed + cases[1]))
}

# Prints "PASS name" or "FAIL name" for each check, which count as one each.
run_tensorflow() {
  local log="${scratch}/tensorflow.log" status=0 failures
  if [[ ! -e tools/dev/tensorflow_check.sh ]]; then
    return
  fi
  tools/dev/tensorflow_check.sh 2>&1 | tee "${log}" || status=$?
  failures="$(grep -c '^FAIL ' "${log}" || true)"
  if ((status != 0 && failures == 0)); then
    failures=1
  fi
  passed=$((passed + $(grep -c '^PASS ' "${log}" || true)))
  failed=$((failed + failures))
}

if (($# == 0)); then
  set -- "${ALL[@]}"
fi
for check in "$@"; do
  if [[ " ${ALL[*]} " != *" ${check} "* ]]; then
    echo "There is no check ${check}; the checks are: ${ALL[*]}" >&2
    exit 2
  fi
done

if tools/setup.sh; then
  for check in "$@"; do
    echo "== ${check}"
    case "${check}" in
      tests | tensorflow) "run_${check}" ;;
      *) run_check "${check}" ;;
    esac
  done
else
  failed=1
fi
echo "${passed} passed, ${failed} failed"
((failed == 0))
