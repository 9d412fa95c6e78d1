#!/usr/bin/env python3
"""Writes the BUILD files of the folders whose targets are exact.

Such a folder has one cc_library per header, named after it, and a target lists
what its sources include. All of that can be read off the #include lines, so it
is. A folder may add targets of another kind in BUILD.extra beside it.

  tools/dev/write_build_files.py          writes them
  tools/dev/write_build_files.py --check  exits with 1 where one is out of date
"""
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# Folder: (who may depend on it, compiler options).
FOLDERS = {
    "core/base": ("//core:above_base", []),
    "core/tensor": ("//core:above_tensor", []),
    "core/graph": ("//core:above_graph", []),
    "core/data": ("//core:above_data", []),
    "core/io": ("//core:above_data", []),
    "core/runtime": ("//core:above_runtime", ["-ffp-contract=off"]),
    "core/runtime/onednn": ("//core:runtime_and_ops", ["-ffp-contract=off"]),
    "core/transform": ("//core:above_transform", []),
    "core/layer": ("//core:above_layer", []),
    "core/training": ("//core:above_training", []),
    "core/model": ("//core:above_model", []),
    "saving": ("//saving:users", []),
    "saving/codec": ("//saving:codec_users", []),
}

# Sources of a target beyond those it is named after.
MORE_SOURCES = {
    "core/training/trainer": ["evaluate.cc", "fit.cc", "fit_state.h", "run_restore.cc", "run_snapshot.cc"],
    "saving/object_walk": ["restore_roots.cc"],
    "saving/trackable_objects": ["trackable_objects_reader.cc"],
    "saving/codec/tensor_bundle": ["tensor_bundle_index.cc", "tensor_bundle_reader.cc"],
}

# Folders whose target is one library of all sources.
GLOBBED = ["core/ops", "core/data/readers", "layers", "optimizers", "callbacks", "saving/formats"]

SYSTEM = [
    (r"absl/base/.*", "@com_google_absl//absl/base:core_headers"),
    (r"absl/cleanup/.*", "@com_google_absl//absl/cleanup"),
    (r"absl/container/(\w+)\.h", r"@com_google_absl//absl/container:\1"),
    (r"absl/flags/(\w+)\.h", r"@com_google_absl//absl/flags:\1"),
    (r"absl/functional/(\w+)\.h", r"@com_google_absl//absl/functional:\1"),
    (r"absl/hash/.*", "@com_google_absl//absl/hash"),
    (r"absl/status/status\.h", "@com_google_absl//absl/status"),
    (r"absl/status/statusor\.h", "@com_google_absl//absl/status:statusor"),
    (r"absl/strings/str_format\.h", "@com_google_absl//absl/strings:str_format"),
    (r"absl/strings/cord\.h", "@com_google_absl//absl/strings:cord"),
    (r"absl/strings/.*", "@com_google_absl//absl/strings"),
    (r"absl/time/.*", "@com_google_absl//absl/time"),
    (r"absl/types/span\.h", "@com_google_absl//absl/types:span"),
    (r"absl/types/optional\.h", "@com_google_absl//absl/types:optional"),
    (r"gtest/.*|gmock/.*", "@com_google_googletest//:gtest"),
    (r"benchmark/.*", "@com_github_google_benchmark//:benchmark"),
    (r"(oneapi/dnnl/.*|dnnl\.hp?p?|dnnl.*\.h)", "@onednn//:onednn"),
    (r"Eigen/.*", "@eigen//:eigen"),
    (r"hwy/.*", "@highway//:highway"),
    (r"google/protobuf/.*", "@com_google_protobuf//:protobuf"),
    (r"leveldb/.*", "@leveldb//:leveldb"),
    (r"snappy.*", "@leveldb//:leveldb"),
    (r"nlohmann/.*", "@nlohmann_json//:json"),
    (r"isa-l.*", "@isal//:isal"),
    (r"zlib\.h", "@zlib//:zlib"),
    (r"zip\.h", "@libzip//:libzip"),
    (r"hdf5.*\.h", "@hdf5//:hdf5"),
]

HEADER = "# Written by tools/dev/write_build_files.py from the #include lines.\n"


def includes(path):
    """What one source includes, quoted and bracketed."""
    with open(os.path.join(ROOT, path)) as source:
        return re.findall(r'^\s*#\s*include\s+["<]([^">]+)[">]', source.read(), re.M)


def label_of(include, folder):
    """The target that provides a header, or None for the standard library's."""
    for pattern, label in SYSTEM:
        if re.fullmatch(pattern, include):
            return re.sub(pattern, label, include)
    where, name = os.path.split(include)
    for globbed in GLOBBED:
        if where == globbed or where.startswith(globbed + "/"):
            # core/data holds core/data/readers, which is a package of its own.
            return "//" + globbed
    if name.endswith(".pb.h"):
        return f"//{where}:{name[:-5]}_cc_proto"
    if not os.path.exists(os.path.join(ROOT, include)):
        return None
    target = name[:-2]
    return f":{target}" if where == folder else f"//{where}:{target}"


def write_list(name, values):
    """One attribute of a rule, a list of strings."""
    if len(values) == 1:
        return f'    {name} = ["{values[0]}"],\n'
    return f"    {name} = [\n" + "".join(f'        "{v}",\n' for v in values) + "    ],\n"


def build_file(folder):
    visibility, copts = FOLDERS[folder]
    private = {n for f, more in MORE_SOURCES.items() if os.path.dirname(f) == folder for n in more}
    names = sorted(n[:-2] for n in os.listdir(os.path.join(ROOT, folder)) if n.endswith(".h") and n not in private)
    text = HEADER
    text += f'\npackage(default_visibility = ["{visibility}"])\n'
    for name in names:
        sources = [name + ".cc"] if os.path.exists(os.path.join(ROOT, folder, name + ".cc")) else []
        sources += MORE_SOURCES.get(f"{folder}/{name}", [])
        deps = set()
        for source in [name + ".h"] + sources:
            for include in includes(f"{folder}/{source}"):
                label = label_of(include, folder)
                if label and label != ":" + name and label[1:] + ".h" not in private:
                    deps.add(label)
        text += f'\ncc_library(\n    name = "{name}",\n'
        if sources:
            text += write_list("srcs", sources)
        text += f'    hdrs = ["{name}.h"],\n'
        if copts:
            text += write_list("copts", copts)
        if deps:
            text += write_list("deps", sorted(deps))
        text += ")\n"
    extra = os.path.join(ROOT, folder, "BUILD.extra")
    if os.path.exists(extra):
        with open(extra) as f:
            text += "\n" + f.read()
    return text


def main():
    check = "--check" in sys.argv[1:]
    stale = []
    for folder in FOLDERS:
        if not os.path.isdir(os.path.join(ROOT, folder)):
            continue
        path = os.path.join(ROOT, folder, "BUILD.bazel")
        wanted = build_file(folder)
        found = open(path).read() if os.path.exists(path) else None
        if wanted == found:
            continue
        stale.append(path)
        if not check:
            with open(path, "w") as f:
                f.write(wanted)
    if check and stale:
        print("out of date; run tools/dev/write_build_files.py:")
        for path in stale:
            print("  " + os.path.relpath(path, ROOT))
        sys.exit(1)


if __name__ == "__main__":
    main()
