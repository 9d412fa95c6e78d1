#include "tests/support/format_contract.h"

#include <algorithm>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/io/file_system.h"
#include "gtest/gtest.h"
#include "tests/support/fault_file_system.h"
#include "tests/support/snapshots.h"
#include "tests/support/status_matchers.h"

namespace cairn {
namespace {

constexpr char kPath[] = "run/x";

void SortByName(std::vector<NamedTensor>& tensors) {
  std::sort(tensors.begin(), tensors.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
}

int FindEdge(const ObjectGraph& graph, int node, const std::string& name) {
  for (const ObjectGraph::Edge& edge : graph.nodes[node].edges) {
    if (edge.name == name) return edge.node;
  }
  return -1;
}

// Whether every edge of `wanted` is in `found` and leads to the like.
void ExpectSameObjects(const ObjectGraph& wanted, const ObjectGraph& found) {
  std::set<std::pair<int, int>> seen = {{0, 0}};
  std::vector<std::pair<int, int>> open = {{0, 0}};
  while (!open.empty()) {
    const auto [from, to] = open.back();
    open.pop_back();
    EXPECT_EQ(wanted.nodes[from].tensor, found.nodes[to].tensor);
    for (const ObjectGraph::Edge& edge : wanted.nodes[from].edges) {
      const int below = FindEdge(found, to, edge.name);
      EXPECT_GE(below, 0) << "no edge " << edge.name << " of a "
                          << wanted.nodes[from].class_name;
      if (below < 0 || !seen.insert({edge.node, below}).second) continue;
      open.emplace_back(edge.node, below);
    }
  }
}

class FormatChecker {
 public:
  FormatChecker(const Format& format, const Snapshot& old_snapshot,
                const Snapshot& new_snapshot)
      : format_(format),
        old_(old_snapshot),
        new_(new_snapshot),
        old_text_(DescribeValues(old_snapshot)),
        new_text_(DescribeValues(new_snapshot)) {}

  FormatTrials Check() {
    EXPECT_NE(old_text_, new_text_);
    CheckRoundTrip();
    CheckOneWriterForAll();
    CheckTensorsAlone();
    CheckKeepsWhatIsThere();
    CheckDamage();
    CheckReadErrors();
    for (int saves = 0; saves <= 2; ++saves) {
      SCOPED_TRACE(absl::StrCat("over ", saves, " earlier saves"));
      CheckErrors(saves);
      CheckStops(saves);
    }
    return trials_;
  }

 private:
  absl::Status Write(FileSystem& files, const Snapshot& snapshot) const {
    return format_.Write(snapshot, kPath, {.files = &files});
  }

  // A folder in which `saves` saves were made, long ago.
  std::unique_ptr<FaultFileSystem> MakeFiles(int saves) const {
    FaultFileSystem files;
    files.Put("run/notes.txt", "not ours");
    for (int i = 0; i < saves; ++i) {
      EXPECT_TRUE(IsOk(Write(files, old_)));
    }
    return files.AfterPowerCutLosingAll();
  }

  absl::StatusOr<Snapshot> Read(FileSystem& files) const {
    auto reader = format_.Open(files, kPath);
    if (!reader.ok()) return reader.status();
    const absl::Status verified = (*reader)->Verify();
    if (!verified.ok()) return verified;
    return ReadAll(**reader, AllParts());
  }

  // What is there: "none", the values, or what is wrong.
  std::string Describe(FileSystem& files) const {
    if (!format_.Recognizes(files, kPath)) return "none";
    const auto snapshot = Read(files);
    return snapshot.ok() ? DescribeValues(*snapshot)
                         : snapshot.status().ToString();
  }

  // Whether the old or the new is there, whole; and that a next program can
  // save again.
  void ExpectOldOrNew(FaultFileSystem& files, int saves) const {
    const std::string found = Describe(files);
    const std::string before = saves == 0 ? "none" : old_text_;
    EXPECT_TRUE(found == before || found == new_text_) << found;
    EXPECT_EQ(files.Contents()["run/notes.txt"], "not ours");
  }

  bool IsHalf(FileSystem& files) const {
    if (!format_.Recognizes(files, kPath)) return false;
    const absl::Status status = Read(files).status();
    return absl::IsNotFound(status) || absl::IsDataLoss(status);
  }

  void ExpectCanSave(FaultFileSystem& files) const {
    EXPECT_TRUE(IsOk(Write(files, new_)));
    EXPECT_EQ(Describe(files), new_text_);
    EXPECT_EQ(Describe(*files.AfterPowerCutLosingAll()), new_text_);
  }

  // One writer writes each of several snapshots as a new one would, whatever
  // they share with the one before.
  void CheckOneWriterForAll() const {
    Snapshot other_weights = old_;
    other_weights.weights = new_.weights;
    Snapshot other_architecture = old_;
    other_architecture.architecture = Config("another");
    Snapshot fewer = old_;
    fewer.optimizer.Mutable().pop_back();
    Snapshot without_counter = old_;
    without_counter.save_counter = -1;
    Snapshot other_extras = old_;
    other_extras.extras = new_.extras;
    const std::unique_ptr<SnapshotWriter> writer = format_.NewWriter();
    const std::vector<const Snapshot*> snapshots = {&old_,
                                                    &old_,
                                                    &new_,
                                                    &old_,
                                                    &other_weights,
                                                    &old_,
                                                    &other_architecture,
                                                    &old_,
                                                    &fewer,
                                                    &old_,
                                                    &without_counter,
                                                    &old_,
                                                    &other_extras};
    for (const Snapshot* const snapshot : snapshots) {
      FaultFileSystem files, wanted;
      ASSERT_TRUE(IsOk(writer->Write(*snapshot, kPath, {.files = &files})));
      ASSERT_TRUE(IsOk(Write(wanted, *snapshot)));
      EXPECT_EQ(files.Contents(), wanted.Contents());
    }
    // An error in between does no harm.
    FaultFileSystem full, files, wanted;
    full.FailMutation(1, absl::ResourceExhaustedError("full"));
    EXPECT_TRUE(absl::IsResourceExhausted(
        writer->Write(new_, kPath, {.files = &full})));
    ASSERT_TRUE(IsOk(writer->Write(old_, kPath, {.files = &files})));
    ASSERT_TRUE(IsOk(Write(wanted, old_)));
    EXPECT_EQ(files.Contents(), wanted.Contents());
  }

  void CheckRoundTrip() const {
    const auto files = MakeFiles(0);
    ASSERT_TRUE(IsOk(Write(*files, new_)));
    CAIRN_ASSERT_OK_AND_ASSIGN(const Snapshot all, Read(*files));
    EXPECT_EQ(DescribeValues(all), new_text_);
    EXPECT_EQ(all.save_counter, new_.save_counter);
    EXPECT_EQ(all.parts, new_.parts);
    ExpectSameObjects(new_.objects, all.objects);
    CAIRN_ASSERT_OK_AND_ASSIGN(const auto reader, format_.Open(*files, kPath));
    EXPECT_EQ(reader->format(), format_.name());
    for (const Part part : AllParts()) {
      CAIRN_ASSERT_OK_AND_ASSIGN(const Snapshot one, ReadAll(*reader, {part}));
      EXPECT_EQ(one.parts, Parts{part});
      Snapshot wanted;
      if (part == Part::kArchitecture) wanted.architecture = new_.architecture;
      if (part == Part::kCompile) wanted.compile = new_.compile;
      if (part == Part::kWeights) wanted.weights = new_.weights;
      if (part == Part::kOptimizer) wanted.optimizer = new_.optimizer;
      if (part == Part::kExtras) wanted.extras = new_.extras;
      EXPECT_EQ(DescribeValues(one), DescribeValues(wanted));
    }
    // What was read can be written, and is then the same.
    const auto again = MakeFiles(0);
    ASSERT_TRUE(IsOk(Write(*again, all)));
    EXPECT_EQ(Describe(*again), new_text_);
  }

  void CheckTensorsAlone() const {
    const auto files = MakeFiles(1);
    CAIRN_ASSERT_OK_AND_ASSIGN(const auto reader, format_.Open(*files, kPath));
    Snapshot alone;
    for (const TensorEntry& entry : reader->tensors()) {
      CAIRN_ASSERT_OK_AND_ASSIGN(Tensor value, reader->ReadTensor(entry));
      EXPECT_EQ(value.spec(), entry.spec);
      if (entry.part == Part::kExtras && entry.state.empty()) continue;
      std::vector<NamedTensor>& list =
          entry.part == Part::kExtras      ? alone.extras[entry.state].tensors
          : entry.part == Part::kOptimizer ? alone.optimizer.Mutable()
                                           : alone.weights.Mutable();
      list.push_back({entry.path, std::move(value)});
    }
    Snapshot wanted;
    wanted.weights = old_.weights;
    wanted.optimizer = old_.optimizer;
    for (const auto& [key, state] : old_.extras) {
      if (!state.tensors.empty()) wanted.extras[key].tensors = state.tensors;
    }
    EXPECT_EQ(DescribeValues(alone), DescribeValues(wanted));
    EXPECT_TRUE(IsError(
        reader->ReadTensor({.path = "absent", .key = "absent"}).status(),
        absl::StatusCode::kNotFound, {"absent"}));
  }

  void CheckKeepsWhatIsThere() const {
    const auto files = MakeFiles(1);
    const auto before = files->Contents();
    EXPECT_TRUE(IsError(
        format_.Write(new_, kPath,
                      {.overwrite = Overwrite::kFail, .files = files.get()}),
        absl::StatusCode::kAlreadyExists, {kPath}));
    EXPECT_EQ(files->Contents(), before);
  }

  void ExpectDamage(const std::map<std::string, std::string>& contents,
                    const std::string& path, const std::string& content) const {
    FaultFileSystem files;
    for (const auto& [other, bytes] : contents) {
      files.Put(other, other == path ? content : bytes);
    }
    const auto reader = format_.Open(files, kPath);
    const absl::Status verified =
        reader.ok() ? (*reader)->Verify() : reader.status();
    EXPECT_TRUE(absl::IsDataLoss(verified)) << verified;
    if (!reader.ok()) return;
    const auto snapshot = ReadAll(**reader, AllParts());
    EXPECT_TRUE(absl::IsDataLoss(snapshot.status())) << snapshot.status();
  }

  void CheckDamage() {
    const auto contents = MakeFiles(1)->Contents();
    for (const auto& [path, content] : contents) {
      if (path == "run/notes.txt") continue;
      for (size_t i = 0; i < content.size(); ++i) {
        SCOPED_TRACE(absl::StrCat(path, ", byte ", i));
        for (int bit = 0; bit < 8; ++bit) {
          std::string damaged = content;
          damaged[i] = static_cast<char>(damaged[i] ^ (1 << bit));
          ExpectDamage(contents, path, damaged);
          ++trials_.flips;
        }
        ExpectDamage(contents, path, content.substr(0, i));
        ++trials_.truncations;
      }
    }
  }

  void CheckReadErrors() {
    for (int number = 1;; ++number) {
      const auto files = MakeFiles(1);
      files->FailRead(number, absl::UnavailableError("the cable is out"));
      const absl::Status status = Read(*files).status();
      if (number > files->reads()) {
        EXPECT_TRUE(IsOk(status));
        EXPECT_GT(number, 3);
        return;
      }
      EXPECT_TRUE(IsError(status, absl::StatusCode::kUnavailable, {"cable"}))
          << "read " << number;
      ++trials_.failures;
    }
  }

  void CheckErrors(int saves) {
    const auto clean = MakeFiles(saves);
    ASSERT_TRUE(IsOk(Write(*clean, new_)));
    const std::vector<std::string> mutations = clean->mutations();
    for (size_t i = 0; i < mutations.size(); ++i) {
      for (const auto repeat : {FaultFileSystem::Repeat::kOnce,
                                FaultFileSystem::Repeat::kFromThenOn}) {
        for (const bool half_written : {false, true}) {
          for (const absl::Status& error :
               {absl::ResourceExhaustedError("full"),
                absl::UnavailableError("full of noise")}) {
            SCOPED_TRACE(absl::StrCat("fails: ", mutations[i]));
            const auto files = MakeFiles(saves);
            files->FailMutation(static_cast<int>(i) + 1, error, repeat,
                                half_written);
            ExpectResult(Write(*files, new_), error, *files, saves);
          }
        }
      }
    }
    const int reads = clean->reads();
    for (int number = 1; number <= reads; ++number) {
      SCOPED_TRACE(absl::StrCat("read ", number, " fails"));
      const auto files = MakeFiles(saves);
      const absl::Status error = absl::ResourceExhaustedError("full");
      files->FailRead(number, error);
      ExpectResult(Write(*files, new_), error, *files, saves);
    }
  }

  // What a save to `files`, which fail with `error`, ended in.
  void ExpectResult(const absl::Status& status, const absl::Status& error,
                    FaultFileSystem& files, int saves) {
    if (status.ok()) {
      // What is left of the old may stay.
      EXPECT_EQ(Describe(*files.AfterKill()), new_text_);
    } else {
      EXPECT_TRUE(IsError(status, error.code(), {"full"}));
    }
    const auto after = files.AfterKill();
    ExpectOldOrNew(*after, saves);
    ExpectCanSave(*after);
    ++trials_.failures;
  }

  void CheckStops(int saves) {
    const auto clean = MakeFiles(saves);
    ASSERT_TRUE(IsOk(Write(*clean, new_)));
    const std::vector<std::string> mutations = clean->mutations();
    for (size_t i = 0; i <= mutations.size(); ++i) {
      SCOPED_TRACE(absl::StrCat("stops after ", i, " operations"));
      const auto files = MakeFiles(saves);
      files->StopAfter(static_cast<int>(i));
      Write(*files, new_).IgnoreError();
      const auto killed = files->AfterKill();
      ExpectOldOrNew(*killed, saves);
      ExpectCanSave(*killed);
      ++trials_.kills;
      CheckPowerCuts(*files, saves);
      if (i == mutations.size()) {
        EXPECT_EQ(Describe(*files->AfterPowerCutLosingAll()), new_text_);
      }
    }
  }

  void CheckPowerCuts(const FaultFileSystem& files, int saves) {
    files.ForEachPowerCut(
        [&](FaultFileSystem& after, const std::string& choices) {
          SCOPED_TRACE(choices);
          // Where nothing was, something that is found not to be whole is
          // nothing too.
          if (saves > 0 || !IsHalf(after)) ExpectOldOrNew(after, saves);
          ++trials_.power_cuts;
        });
    ExpectCanSave(*files.AfterPowerCutLosingAll());
    ExpectCanSave(*files.AfterPowerCutKeepingAll());
  }

  const Format& format_;
  const Snapshot& old_;
  const Snapshot& new_;
  const std::string old_text_, new_text_;
  FormatTrials trials_;
};

}  // namespace

std::string DescribeValues(const Snapshot& snapshot) {
  Snapshot values = snapshot;
  values.objects = ObjectGraph();
  SortByName(values.weights.Mutable());
  SortByName(values.optimizer.Mutable());
  for (auto& [key, state] : values.extras) SortByName(state.tensors);
  return DescribeSnapshot(values);
}

FormatTrials CheckFormat(const Format& format, const Snapshot& old_snapshot,
                         const Snapshot& new_snapshot) {
  return FormatChecker(format, old_snapshot, new_snapshot).Check();
}

}  // namespace cairn
