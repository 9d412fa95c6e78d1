#!/usr/bin/env bash
# Installs the Debian packages that building, running and testing Cairn need.
# Safe to run again; asks for nothing when nothing is missing.
set -euo pipefail

readonly RELEASE=12
readonly PACKAGES=(
  # Bazel and its rules.
  bazel-bootstrap bazel-platforms bazel-rules-java bazel-rules-proto bazel-skylib
  # The compiler, and what the checks of tools/dev/presubmit.sh run.
  g++ clang-14 clang-format-14 libclang-rt-14-dev python3-venv
  # Libraries.
  libabsl-dev libbenchmark-dev libcurl4-openssl-dev libdnnl-dev libeigen3-dev
  libgmock-dev libgtest-dev libhdf5-dev libhwy-dev libisal-dev libleveldb-dev
  libprotobuf-dev libsnappy-dev libzip-dev nlohmann-json3-dev
  protobuf-compiler zlib1g-dev
)

fail() {
  printf 'tools/setup.sh: %s\n' "$@" >&2
  exit 1
}

list_missing() {
  comm -13 \
    <(dpkg-query --show --showformat='${db:Status-Status} ${Package}\n' 2>/dev/null |
      sed -n 's/^installed //p' | sort -u) \
    <(printf '%s\n' "${PACKAGES[@]}" | sort -u)
}

# Packages that no repository of this system offers.
list_unknown() {
  local package
  for package in "$@"; do
    apt-cache show --no-all-versions "${package}" >/dev/null 2>&1 || echo "${package}"
  done
}

system="$(. /etc/os-release 2>/dev/null && echo "${PRETTY_NAME:-}" || true)"
if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
  fail "this installs packages of Debian ${RELEASE}; ${system:-this system} has no dpkg or no apt-get." \
    "Install these by what they are called here: ${PACKAGES[*]}"
fi

mapfile -t missing < <(list_missing)
if ((${#missing[@]} == 0)); then
  exit 0
fi
echo "Missing: ${missing[*]}"

as_root=()
if ((EUID != 0)); then
  command -v sudo >/dev/null || fail "no sudo here. As root: apt-get install ${missing[*]}"
  as_root=(sudo)
fi

"${as_root[@]}" apt-get update --quiet
mapfile -t unknown < <(list_unknown "${missing[@]}")
if ((${#unknown[@]} > 0)); then
  fail "${system:-this system} offers no package ${unknown[*]}." \
    "The names are those of Debian ${RELEASE}. Nothing was installed."
fi
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
  apt-get install --quiet --yes --no-install-recommends "${missing[@]}"
