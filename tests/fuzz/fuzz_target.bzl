"""Fuzz targets."""

def fuzz_target(name, deps):
    """Makes a fuzzer and a test of one target.

    <name>_fuzzer.cc defines ReadHostileInput() of target.h. The test calls it
    with what lies in corpus/<name>, in every build. The fuzzer needs
    --config=fuzz; tools/dev/fuzz.sh runs it.

    Args:
      name: of the target, without "_fuzzer".
      deps: what the target uses.
    """
    native.cc_library(
        name = name + "_target",
        testonly = True,
        srcs = [name + "_fuzzer.cc"],
        deps = deps + [":target"],
    )
    native.cc_binary(
        name = name + "_fuzzer",
        testonly = True,
        srcs = ["entry.cc"],
        linkopts = ["-fsanitize=fuzzer"],
        tags = ["manual"],
        deps = [
            ":" + name + "_target",
            ":target",
        ],
    )
    native.cc_test(
        name = name + "_corpus_test",
        size = "small",
        srcs = ["corpus_test.cc"],
        data = native.glob(["corpus/%s/**" % name]),
        env = {"CAIRN_CORPUS": "tests/fuzz/corpus/" + name},
        deps = [
            ":" + name + "_target",
            ":target",
            "//core/base:philox",
            "@com_google_googletest//:gtest_main",
        ],
    )
