#!/usr/bin/env bash
# Checks with real TensorFlow that it opens what Cairn writes, and that Cairn
# opens what it writes. Prints "PASS name" or "FAIL name: why" for each check.
#
# TensorFlow is installed into a virtual environment in the user's cache once.
# With CAIRN_FIXTURES=FOLDER the checkpoints in that folder are loaded too.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

readonly PACKAGES=(tensorflow-cpu==2.21.0 tf_keras==2.21.0 keras==3.15.1 numpy==2.4.6)
readonly VENV="${XDG_CACHE_HOME:-${HOME}/.cache}/cairn-tensorflow"

# The file is written last: without it the environment is not whole.
if [[ ! -f ${VENV}/packages || $(<"${VENV}/packages") != "${PACKAGES[*]}" ]]; then
  rm -rf "${VENV}"
  python3 -m venv "${VENV}"
  "${VENV}/bin/pip" install --quiet --no-cache-dir "${PACKAGES[@]}"
  echo "${PACKAGES[*]}" >"${VENV}/packages"
fi

bazel build //tests/tensorflow:exchange
"${VENV}/bin/python" tools/dev/tensorflow_check.py bazel-bin/tests/tensorflow/exchange "$@"
