"""Tests of one folder."""

def cc_tests(name, deps, separate = [], srcs = [], tags = [], **options):
    """Makes one test of all *_test.cc files of the folder.

    Args:
      name: of the test with all files that are not named in `separate`.
      deps: what the tests use; gtest is added.
      separate: files that fork, kill or are slow: each becomes a test of its
        own, named after the file. A dictionary gives each file further tags.
      srcs: further sources of all tests.
      tags: of all tests.
      **options: of all tests, such as data, copts or timeout.
    """
    deps = deps + ["@com_google_googletest//:gtest_main"]
    further_tags = separate if type(separate) == "dict" else {}
    together = native.glob(["*_test.cc"], exclude = [file for file in separate])
    if together:
        native.cc_test(name = name, srcs = together + srcs, deps = deps, tags = tags, **options)
    for file in separate:
        native.cc_test(
            name = file[:-len(".cc")],
            srcs = [file] + srcs,
            deps = deps,
            tags = tags + further_tags.get(file, []),
            **options
        )
