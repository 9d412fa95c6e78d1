"""Tests of one folder."""

def cc_tests(name, deps, separate = [], srcs = [], data = [], tags = []):
    """Makes one test of all *_test.cc files of the folder.

    Args:
      name: of the test with all files that are not named in `separate`.
      deps: what the tests use; gtest is added.
      separate: files that fork, kill or are slow: each becomes a test of its
        own, named after the file.
      srcs: further sources of all tests.
      data: files that the tests read.
      tags: of all tests.
    """
    deps = deps + ["@com_google_googletest//:gtest_main"]
    together = native.glob(["*_test.cc"], exclude = separate)
    if together:
        native.cc_test(name = name, srcs = together + srcs, data = data, tags = tags, deps = deps)
    for source in separate:
        native.cc_test(name = source[:-len(".cc")], srcs = [source] + srcs, data = data, tags = tags, deps = deps)
