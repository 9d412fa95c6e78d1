// Holds the tables of docs/architecture.md 3.1 and 3.2 as data, and compares
// each #include of the project's sources with them.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"

namespace cairn {
namespace {

using Names = std::set<std::string>;

// 3.1: the folders that each folder may use beside itself. "" is the root,
// where cairn.h gathers what users include.
const std::map<std::string, Names>& FolderTable() {
  static const auto* const table = new std::map<std::string, Names>{
      {"core", {}},
      {"layers", {"core"}},
      {"optimizers", {"core"}},
      {"saving", {"core"}},
      {"callbacks", {"core", "saving"}},
      {"", {"core", "layers", "optimizers", "saving", "callbacks"}},
  };
  return *table;
}

// Programs and tests, which may use everything and which nothing else uses.
const Names& Programs() {
  static const auto* const programs =
      new Names{"tools", "examples", "benchmarks", "tests"};
  return *programs;
}

// 3.2: each line of core may use the lines that stand before it here.
const std::vector<Names>& CoreTable() {
  static const auto* const table = new std::vector<Names>{
      {"base"},      {"tensor"},  {"data", "distributed", "io"},
      {"graph"},     {"runtime"}, {"ops"},
      {"transform"}, {"layer"},   {"training"},
      {"model"},
  };
  return *table;
}

// 3.1: which folders may use which library. Abseil is free to all.
struct Library {
  std::string name;
  std::vector<std::string> prefixes;  // Of its headers.
  Names folders;                      // With what lies below them.
};
const std::vector<Library>& LibraryTable() {
  static const auto* const table = new std::vector<Library>{
      {"nlohmann/json", {"nlohmann/"}, {"core/base", "saving/codec"}},
      {"oneDNN", {"oneapi/", "dnnl"}, {"core/runtime/onednn"}},
      {"Eigen",
       {"Eigen/", "unsupported/Eigen/"},
       {"core/runtime", "core/ops", "core/tensor"}},
      {"Highway", {"hwy/"}, {"core/runtime", "core/ops"}},
      {"zlib", {"zlib.h", "zconf.h"}, {"core/data", "saving/codec"}},
      {"libcurl", {"curl/"}, {"core/data"}},
      {"MPI", {"mpi.h", "mpi/"}, {"core/distributed"}},
      {"protobuf", {"google/protobuf/"}, {"saving/codec"}},
      {"HDF5", {"hdf5", "H5"}, {"saving/codec"}},
      {"leveldb", {"leveldb/", "snappy"}, {"saving/codec"}},
      {"libzip", {"zip.h", "zipconf.h"}, {"saving/codec"}},
      {"ISA-L", {"isa-l"}, {"saving/codec"}},
      {"graphviz", {"graphviz/"}, {"saving/codec"}},
      {"googletest", {"gtest/", "gmock/"}, {}},
      {"Google Benchmark", {"benchmark/"}, {}},
  };
  return *table;
}

std::string FirstPart(const std::string& path) {
  const size_t slash = path.find('/');
  return slash == std::string::npos ? "" : path.substr(0, slash);
}

bool LiesIn(const std::string& path, const std::string& folder) {
  return absl::StartsWith(path, folder + "/");
}

// The place in CoreTable() of a path in core, or -1.
int CoreLine(const std::string& path) {
  const std::string part = FirstPart(path.substr(std::string("core/").size()));
  for (size_t line = 0; line < CoreTable().size(); ++line) {
    if (CoreTable()[line].count(part) > 0) return static_cast<int>(line);
  }
  return -1;
}

std::string CorePart(const std::string& path) {
  return "core/" + FirstPart(path.substr(std::string("core/").size()));
}

// The rule that a file of core breaks by including another, or "".
std::string CoreBreach(const std::string& file, const std::string& included) {
  const int from = CoreLine(file), to = CoreLine(included);
  if (from < 0) return CorePart(file) + " is no part of core";
  if (to < 0) return CorePart(included) + " is no part of core";
  if (to < from || CorePart(file) == CorePart(included)) return "";
  return absl::StrCat(CorePart(file), " may use the parts below it, and ",
                      CorePart(included), " is not");
}

std::string FolderBreach(const std::string& file, const std::string& included) {
  const std::string from = FirstPart(file), to = FirstPart(included);
  if (from == "core" && to == "core") return CoreBreach(file, included);
  if (from == to) return "";
  const auto row = FolderTable().find(from);
  if (row == FolderTable().end()) return from + " is no folder of the table";
  if (row->second.count(to) > 0) return "";
  return absl::StrCat(from.empty() ? "cairn.h" : from, " may use ",
                      row->second.empty() ? "no other folder"
                                          : absl::StrJoin(row->second, ", "),
                      ", not ", to);
}

bool IsFolder(const std::string& name) {
  return !name.empty() &&
         (FolderTable().count(name) > 0 || Programs().count(name) > 0);
}

// The rule that `file` breaks by including `included`, or "". `quoted`: it
// stands between quotes, so it is a library's or the project's.
std::string Breach(const std::string& file, const std::string& included,
                   bool quoted) {
  if (Programs().count(FirstPart(file)) > 0) return "";
  if (IsFolder(FirstPart(included)) && quoted) {
    return FolderBreach(file, included);
  }
  if (absl::StartsWith(included, "absl/")) return "";
  for (const Library& library : LibraryTable()) {
    if (std::none_of(library.prefixes.begin(), library.prefixes.end(),
                     [&](const std::string& prefix) {
                       return absl::StartsWith(included, prefix);
                     })) {
      continue;
    }
    if (std::any_of(
            library.folders.begin(), library.folders.end(),
            [&](const std::string& folder) { return LiesIn(file, folder); })) {
      return "";
    }
    return absl::StrCat(library.name, " is for ",
                        library.folders.empty()
                            ? "programs and tests"
                            : absl::StrJoin(library.folders, ", "));
  }
  // What is left is the language's or the system's.
  if (!quoted &&
      (FirstPart(included).empty() || absl::StartsWith(included, "sys/") ||
       absl::StartsWith(included, "linux/"))) {
    return "";
  }
  return "it is neither a folder nor a library of the tables";
}

// One line for each breach in a source's text: file, line, rule.
std::vector<std::string> Breaches(const std::string& file,
                                  std::istream& source) {
  static const std::regex* const kInclude =
      new std::regex(R"re(^\s*#\s*include\s*(["<])([^">]+)[">])re");
  std::vector<std::string> breaches;
  std::string line;
  for (int number = 1; std::getline(source, line); ++number) {
    std::smatch match;
    if (!std::regex_search(line, match, *kInclude)) continue;
    const std::string breach =
        Breach(file, match[2].str(), match[1].str() == "\"");
    if (breach.empty()) continue;
    breaches.push_back(absl::StrCat(file, ":", number, ": includes ",
                                    match[2].str(), ": ", breach));
  }
  return breaches;
}

std::vector<std::string> BreachesOfText(const std::string& file,
                                        const std::string& text) {
  std::istringstream source(text);
  return Breaches(file, source);
}

// The folder that holds WORKSPACE itself, not a link to it.
std::filesystem::path FindRoot() {
  std::error_code error;
  const std::filesystem::path workspace =
      std::filesystem::canonical("WORKSPACE", error);
  EXPECT_FALSE(error) << error.message();
  return workspace.parent_path();
}

// The project's sources, relative to the root.
std::vector<std::string> FindSources(const std::filesystem::path& root) {
  std::vector<std::string> sources;
  const auto add = [&](const std::filesystem::path& path) {
    if (path.extension() != ".h" && path.extension() != ".cc") return;
    sources.push_back(std::filesystem::relative(path, root).string());
  };
  for (const auto& entry : std::filesystem::directory_iterator(root)) {
    if (entry.is_regular_file()) add(entry.path());
    if (!entry.is_directory() || !IsFolder(entry.path().filename().string())) {
      continue;
    }
    for (const auto& below :
         std::filesystem::recursive_directory_iterator(entry.path())) {
      if (below.is_regular_file()) add(below.path());
    }
  }
  std::sort(sources.begin(), sources.end());
  return sources;
}

TEST(LayeringTest, EveryIncludeKeepsTheTables) {
  const std::filesystem::path root = FindRoot();
  const std::vector<std::string> sources = FindSources(root);
  // All folders are found, or this says nothing.
  std::map<std::string, int> files_in;
  for (const std::string& file : sources) ++files_in[FirstPart(file)];
  for (const char* folder :
       {"core", "layers", "optimizers", "saving", "tests"}) {
    EXPECT_GT(files_in[folder], 0) << folder << " below " << root;
  }
  EXPECT_GT(files_in["core"], 100);
  for (const std::string& file : sources) {
    std::ifstream source(root / file);
    ASSERT_TRUE(source) << file;
    for (const std::string& breach : Breaches(file, source)) {
      ADD_FAILURE() << breach;
    }
  }
}

TEST(LayeringTest, EveryFolderOfCoreHasItsLine) {
  for (const auto& entry :
       std::filesystem::directory_iterator(FindRoot() / "core")) {
    if (!entry.is_directory()) continue;
    const std::string file =
        "core/" + entry.path().filename().string() + "/x.h";
    EXPECT_GE(CoreLine(file), 0) << file;
  }
}

TEST(LayeringTest, ABreachIsShownWithFileLineAndRule) {
  EXPECT_EQ(BreachesOfText("core/graph/graph.cc",
                           "#include \"core/graph/graph.h\"\n"
                           "\n"
                           "#include <vector>\n"
                           "#include \"core/tensor/shape.h\"\n"
                           "#include \"core/ops/matmul.h\"\n"),
            std::vector<std::string>(
                {"core/graph/graph.cc:5: includes core/ops/matmul.h: "
                 "core/graph may use the parts below it, and core/ops is "
                 "not"}));
  EXPECT_EQ(BreachesOfText("layers/dense.h",
                           "  #  include \"optimizers/adam.h\"  // Odd.\n"),
            std::vector<std::string>(
                {"layers/dense.h:1: includes optimizers/adam.h: layers may "
                 "use core, not optimizers"}));
}

TEST(LayeringTest, MadeUpBreachesOfEachKindAreFound) {
  const std::vector<std::pair<const char*, const char*>> wrong = {
      {"core/model/model.cc", "layers/dense.h"},
      {"core/base/config.cc", "core/tensor/tensor.h"},
      {"core/data/repeat.cc", "core/io/file_system.h"},
      {"core/transform/gradients.cc", "core/layer/layer.h"},
      {"core/base/new/thing.cc", "core/wrong/thing.h"},
      {"core/wrong/thing.cc", "core/base/config.h"},
      {"core/runtime/plan.cc", "oneapi/dnnl/dnnl.hpp"},
      {"core/ops/conv2d.cc", "dnnl.h"},
      {"core/graph/graph.cc", "hwy/highway.h"},
      {"core/layer/layer.cc", "Eigen/Core"},
      {"core/graph/attr.cc", "nlohmann/json.hpp"},
      {"saving/save_model.cc", "nlohmann/json.hpp"},
      {"saving/formats/h5.cc", "hdf5.h"},
      {"saving/formats/keras.cc", "layers/dense.h"},
      {"callbacks/early_stopping.cc", "optimizers/adam.h"},
      {"optimizers/adam.cc", "saving/snapshot.h"},
      {"core/io/file_system.cc", "tests/support/fault_file_system.h"},
      {"core/graph/graph.cc", "gtest/gtest.h"},
      {"layers/dense.cc", "benchmarks/models.h"},
      {"core/graph/graph.cc", "unknown/library.h"},
      {"cairn.h", "tools/cairn/show.h"},
  };
  for (const auto& [file, included] : wrong) {
    EXPECT_NE(Breach(file, included, /*quoted=*/true), "")
        << file << " may not include " << included;
  }
  EXPECT_NE(Breach("core/io/file_system.cc", "zlib.h", /*quoted=*/false), "");
  EXPECT_NE(Breach("saving/formats/h5.cc", "curl/curl.h", false), "");
}

TEST(LayeringTest, WhatTheTablesAllowIsNoBreach) {
  const std::vector<std::pair<const char*, const char*>> right = {
      {"core/model/model.cc", "core/training/trainer.h"},
      {"core/ops/conv2d.cc", "core/runtime/onednn/convolution.h"},
      {"core/runtime/plan.cc", "core/runtime/onednn/primitive.h"},
      {"core/graph/graph.cc", "core/data/samples.h"},
      {"core/runtime/onednn/primitive.h", "oneapi/dnnl/dnnl.hpp"},
      {"core/base/config.cc", "nlohmann/json.hpp"},
      {"saving/codec/h5.cc", "hdf5.h"},
      {"saving/formats/h5.cc", "saving/codec/h5.h"},
      {"callbacks/model_checkpoint.cc", "saving/save_model.h"},
      {"layers/dense.cc", "absl/strings/str_cat.h"},
      {"layers/dense.cc", "layers/activations/relu.h"},
      {"cairn.h", "layers/dense.h"},
      {"tests/layers/dense_test.cc", "gtest/gtest.h"},
      {"benchmarks/train.cc", "optimizers/adam.h"},
      {"tools/cairn/show.cc", "unknown/library.h"},
  };
  for (const auto& [file, included] : right) {
    EXPECT_EQ(Breach(file, included, /*quoted=*/true), "") << file;
  }
  for (const char* included : {"vector", "sched.h", "sys/stat.h"}) {
    EXPECT_EQ(Breach("core/io/file_system.cc", included, false), "");
  }
}

}  // namespace
}  // namespace cairn
