#include "saving/checkpoint_verification.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "saving/checkpoint_directory.h"
#include "saving/codec/tensor_bundle.h"
#include "saving/format.h"
#include "saving/temporary_name.h"

namespace cairn {
namespace {

constexpr char kStateFile[] = "checkpoint";
constexpr char kIndexSuffix[] = ".index";
constexpr char kDataMark[] = ".data-";

// The prefix that a path of a file of a checkpoint begins with.
std::string PrefixOf(const std::string& path) {
  if (absl::EndsWith(path, kIndexSuffix)) {
    return std::string(absl::StripSuffix(path, kIndexSuffix));
  }
  const size_t mark = path.rfind(kDataMark);
  const bool is_in_name =
      mark != std::string::npos && path.find('/', mark) == std::string::npos;
  return is_in_name ? path.substr(0, mark) : path;
}

int64_t SizeOf(const std::string& path, FileSystem& files) {
  const auto file = files.NewRandomAccessFile(path);
  return file.ok() ? (*file)->size() : 0;
}

Fault FaultOf(const BundleReader& bundle, const BundleEntry& entry,
              absl::Status status) {
  Fault fault{.status = std::move(status), .key = entry.key};
  // The slices of a tensor may lie anywhere.
  if (entry.is_sliced) return fault;
  fault.file =
      BundleDataPath(bundle.prefix(), entry.shard, bundle.shard_count());
  fault.offset = entry.offset;
  fault.size = entry.size;
  return fault;
}

void VerifyEntries(const BundleReader& bundle, FileSystem& files,
                   Verdict& verdict) {
  verdict.entries = static_cast<int64_t>(bundle.entries().size());
  verdict.bytes = SizeOf(BundleIndexPath(bundle.prefix()), files);
  for (int shard = 0; shard < bundle.shard_count(); ++shard) {
    verdict.bytes += SizeOf(
        BundleDataPath(bundle.prefix(), shard, bundle.shard_count()), files);
  }
  for (const BundleEntry& entry : bundle.entries()) {
    absl::Status status = bundle.Verify(entry);
    if (status.ok()) continue;
    verdict.faults.push_back(FaultOf(bundle, entry, std::move(status)));
  }
  for (const BundleGap& gap : bundle.gaps()) {
    absl::Status status = bundle.VerifyGap(gap);
    if (status.ok()) continue;
    verdict.faults.push_back({.status = std::move(status),
                              .file = BundleDataPath(bundle.prefix(), gap.shard,
                                                     bundle.shard_count()),
                              .offset = gap.offset,
                              .size = gap.size});
  }
}

// The state file of a folder that holds `names`.
Verdict VerifyStateFile(const std::string& directory,
                        const std::vector<std::string>& names,
                        FileSystem& files) {
  Verdict verdict{.kind = Verdict::Kind::kStateFile,
                  .path = JoinPath(directory, kStateFile)};
  const auto add = [&](absl::Status status) {
    verdict.faults.push_back(
        {.status = std::move(status), .key = "", .file = verdict.path});
  };
  const auto state = ReadCheckpointState(directory, files);
  if (!state.ok()) {
    add(state.status());
    return verdict;
  }
  std::vector<std::string> named = state->all;
  if (std::find(named.begin(), named.end(), state->newest) == named.end()) {
    named.push_back(state->newest);
  }
  for (const std::string& name : named) {
    const std::string index = absl::StrCat(name, kIndexSuffix);
    const bool is_here =
        name.find('/') == std::string::npos
            ? std::binary_search(names.begin(), names.end(), index)
            : files.Exists(JoinPath(directory, index)).value_or(false);
    if (is_here) continue;
    add(absl::DataLossError(absl::StrCat(verdict.path, ": it names \"", name,
                                         "\", which is not there")));
  }
  return verdict;
}

std::vector<Verdict> VerifyFolder(const std::string& directory,
                                  const std::vector<std::string>& names,
                                  FileSystem& files) {
  std::vector<Verdict> verdicts;
  for (const std::string& name : names) {
    const std::string path = JoinPath(directory, name);
    const std::string base = PrefixOf(name);
    if (IsTemporaryName(name)) {
      verdicts.push_back({.kind = Verdict::Kind::kTemporaryFile,
                          .path = path,
                          .bytes = SizeOf(path, files)});
    } else if (absl::EndsWith(name, kIndexSuffix)) {
      verdicts.push_back(VerifyCheckpoint(PrefixOf(path), files));
    } else if (name == kStateFile) {
      verdicts.push_back(VerifyStateFile(directory, names, files));
    } else if (base != name &&
               !std::binary_search(names.begin(), names.end(),
                                   absl::StrCat(base, kIndexSuffix))) {
      verdicts.push_back({.kind = Verdict::Kind::kDataWithoutIndex,
                          .path = path,
                          .bytes = SizeOf(path, files)});
    }
  }
  return verdicts;
}

}  // namespace

Verdict VerifyCheckpoint(const std::string& prefix, FileSystem& files) {
  Verdict verdict{.path = prefix};
  const auto bundle = BundleReader::Open(files, prefix);
  if (bundle.ok()) {
    VerifyEntries(**bundle, files, verdict);
  } else {
    verdict.faults.push_back({.status = bundle.status(),
                              .key = "",
                              .file = BundleIndexPath(prefix)});
  }
  if (!verdict.faults.empty()) return verdict;
  // The bytes are right; now what they say.
  const auto reader = OpenFile(files, prefix);
  absl::Status status = reader.status();
  for (const Part part : {Part::kArchitecture, Part::kCompile}) {
    if (status.ok()) status = (*reader)->ReadConfig(part).status();
  }
  if (!status.ok()) verdict.faults.push_back({.status = status});
  return verdict;
}

std::vector<Verdict> VerifyPath(const std::string& path, FileSystem& files) {
  const std::string prefix = PrefixOf(path);
  const auto has_index = files.Exists(BundleIndexPath(prefix));
  if (!has_index.value_or(false) && prefix == path) {
    auto names = files.List(path);
    if (names.ok()) {
      std::sort(names->begin(), names->end());
      std::vector<Verdict> verdicts = VerifyFolder(path, *names, files);
      const bool has_checkpoint = std::any_of(
          verdicts.begin(), verdicts.end(), [](const Verdict& verdict) {
            return verdict.kind == Verdict::Kind::kCheckpoint;
          });
      if (has_checkpoint) return verdicts;
      verdicts.push_back(
          {.kind = Verdict::Kind::kMissing,
           .path = path,
           .faults = {{.status = absl::NotFoundError(absl::StrCat(
                           "no checkpoint lies in \"", path, "\""))}}});
      return verdicts;
    }
  }
  return {VerifyCheckpoint(prefix, files)};
}

}  // namespace cairn
