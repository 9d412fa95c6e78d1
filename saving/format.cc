#include "saving/format.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <map>
#include <numeric>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/status_macros.h"
#include "core/runtime/run_in_parallel.h"
#include "core/tensor/aligned_buffer.h"

namespace cairn {
namespace {

// Each is an open file until all are in place.
constexpr int64_t kMostShards = 256;

std::map<std::string, std::unique_ptr<Format>>& Registered() {
  static auto* const formats =
      new std::map<std::string, std::unique_ptr<Format>>();
  return *formats;
}

bool Wants(const SnapshotReader& reader, const Parts& parts, Part part) {
  return parts.count(part) > 0 && reader.parts().count(part) > 0;
}

// The tensors of the parts asked for that a snapshot takes.
std::vector<const TensorEntry*> Wanted(const SnapshotReader& reader,
                                       const Parts& parts) {
  std::vector<const TensorEntry*> wanted;
  for (const TensorEntry& entry : reader.tensors()) {
    if (!Wants(reader, parts, entry.part)) continue;
    if (entry.part == Part::kExtras && entry.state.empty()) continue;
    wanted.push_back(&entry);
  }
  return wanted;
}

int64_t BytesOf(const std::vector<const TensorEntry*>& entries) {
  int64_t bytes = 0;
  for (const TensorEntry* const entry : entries) {
    // A file may say what it does not hold.
    if (__builtin_add_overflow(
            bytes, static_cast<int64_t>(ByteSize(entry->spec)), &bytes)) {
      return std::numeric_limits<int64_t>::max();
    }
  }
  return bytes;
}

// Calls `run` with the place of each, the largest first, on several threads if
// that is worth it. Returns the error of the first of them that has one.
absl::Status ForEachTensor(const std::vector<const TensorEntry*>& entries,
                           absl::FunctionRef<absl::Status(int64_t)> run) {
  const auto count = static_cast<int64_t>(entries.size());
  if (BytesOf(entries) < kInParallelFrom) {
    for (int64_t i = 0; i < count; ++i) CAIRN_RETURN_IF_ERROR(run(i));
    return absl::OkStatus();
  }
  std::vector<int64_t> order(count);
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
    return ByteSize(entries[a]->spec) > ByteSize(entries[b]->spec);
  });
  return RunInParallel(count, [&](int64_t i) { return run(order[i]); });
}

// Where a snapshot has an entry's value.
std::vector<NamedTensor>& ListOf(const TensorEntry& entry, Snapshot& snapshot) {
  if (entry.part == Part::kExtras) return snapshot.extras[entry.state].tensors;
  return (entry.part == Part::kOptimizer ? snapshot.optimizer
                                         : snapshot.weights)
      .Mutable();
}

absl::StatusOr<Snapshot> ReadAllButTensors(const SnapshotReader& reader,
                                           const Parts& parts) {
  Snapshot snapshot;
  snapshot.save_counter = reader.save_counter();
  const auto wants = [&](Part part) { return Wants(reader, parts, part); };
  for (const Part part : parts) {
    if (wants(part)) snapshot.parts.insert(part);
  }
  if (wants(Part::kArchitecture)) {
    CAIRN_ASSIGN_OR_RETURN(snapshot.architecture,
                           reader.ReadConfig(Part::kArchitecture));
  }
  if (wants(Part::kCompile)) {
    CAIRN_ASSIGN_OR_RETURN(snapshot.compile, reader.ReadConfig(Part::kCompile));
  }
  if (wants(Part::kExtras)) {
    CAIRN_ASSIGN_OR_RETURN(const Config extras,
                           reader.ReadConfig(Part::kExtras));
    CAIRN_ASSIGN_OR_RETURN(const Config::Object states,
                           extras.As<Config::Object>());
    for (const auto& [key, values] : states) {
      snapshot.extras[key].values = values;
    }
  }
  if (wants(Part::kWeights) || wants(Part::kOptimizer)) {
    snapshot.objects = reader.objects();
  }
  return snapshot;
}

using Contents = std::vector<std::shared_ptr<const TensorContent>>;

// A part of memory that several share.
class HeldContent : public TensorContent {
 public:
  HeldContent(std::shared_ptr<std::byte[]> memory, absl::Span<std::byte> bytes)
      : memory_(std::move(memory)), bytes_(bytes) {}
  absl::Status Read(int64_t offset,
                    absl::Span<std::byte> destination) const override {
    if (!destination.empty()) {
      std::memcpy(destination.data(), bytes_.data() + offset,
                  destination.size());
    }
    return absl::OkStatus();
  }

 private:
  const std::shared_ptr<std::byte[]> memory_;
  const absl::Span<std::byte> bytes_;
};

// Reads all into one piece of memory.
absl::StatusOr<Contents> HoldContents(
    const SnapshotReader& reader,
    const std::vector<const TensorEntry*>& entries) {
  size_t size = 0;
  for (const TensorEntry* const entry : entries) {
    size += RoundUpToAlignment(ByteSize(entry->spec));
  }
  const std::shared_ptr<std::byte[]> memory = MakeUnsetBuffer(size);
  Contents contents;
  std::vector<absl::Span<std::byte>> places;
  std::byte* place = memory.get();
  for (const TensorEntry* const entry : entries) {
    places.emplace_back(place, ByteSize(entry->spec));
    place += RoundUpToAlignment(places.back().size());
    contents.push_back(std::make_shared<HeldContent>(memory, places.back()));
  }
  CAIRN_RETURN_IF_ERROR(ForEachTensor(entries, [&](int64_t i) {
    return reader.ReadTensorInto(*entries[i], places[i]);
  }));
  return contents;
}

// Tests all, and finds where they lie.
absl::StatusOr<Contents> FindContents(
    const SnapshotReader& reader,
    const std::vector<const TensorEntry*>& entries) {
  CAIRN_RETURN_IF_ERROR(reader.VerifyTensors(entries));
  Contents contents;
  for (const TensorEntry* const entry : entries) {
    contents.push_back(reader.FindContent(*entry));
    if (contents.back() != nullptr) continue;
    CAIRN_ASSIGN_OR_RETURN(Contents held, HoldContents(reader, {entry}));
    contents.back() = std::move(held[0]);
  }
  return contents;
}

}  // namespace

int SaveOptions::CountShards(int64_t bytes) const {
  return static_cast<int>(
      std::clamp<int64_t>((bytes - 1) / shard_bytes + 1, 1, kMostShards));
}

void RegisterFormat(std::unique_ptr<Format> format) {
  const std::string name(format->name());
  const bool is_new = Registered().emplace(name, std::move(format)).second;
  CAIRN_CHECK(is_new);
}

const Format* FindFormat(absl::string_view name) {
  for (const Format* format : Formats()) {
    if (format->name() == name || format->short_name() == name) return format;
  }
  return nullptr;
}

std::vector<const Format*> Formats() {
  std::vector<const Format*> formats;
  for (const auto& [name, format] : Registered()) {
    formats.push_back(format.get());
  }
  return formats;
}

absl::StatusOr<std::unique_ptr<SnapshotReader>> OpenFile(
    FileSystem& files, const std::string& path) {
  for (const Format* format : Formats()) {
    if (format->Recognizes(files, path)) return format->Open(files, path);
  }
  // Its error says which files were looked for.
  if (const Format* usual = FindFormat("tf_checkpoint")) {
    return usual->Open(files, path);
  }
  return absl::FailedPreconditionError("no file format is linked in");
}

absl::StatusOr<Snapshot> ReadAll(const SnapshotReader& reader,
                                 const Parts& parts) {
  CAIRN_ASSIGN_OR_RETURN(Snapshot snapshot, ReadAllButTensors(reader, parts));
  const std::vector<const TensorEntry*> wanted = Wanted(reader, parts);
  std::vector<Tensor> values(wanted.size());
  CAIRN_RETURN_IF_ERROR(ForEachTensor(wanted, [&](int64_t i) -> absl::Status {
    CAIRN_ASSIGN_OR_RETURN(values[i], reader.ReadTensor(*wanted[i]));
    return absl::OkStatus();
  }));
  for (size_t i = 0; i < wanted.size(); ++i) {
    ListOf(*wanted[i], snapshot)
        .push_back({wanted[i]->path, std::move(values[i])});
  }
  return snapshot;
}

absl::Status SnapshotReader::ReadTensorInto(const TensorEntry& entry,
                                            absl::Span<std::byte> bytes) const {
  CAIRN_ASSIGN_OR_RETURN(const Tensor value, ReadTensor(entry));
  return value.CopyTo(bytes);
}

absl::Status SnapshotReader::VerifyTensors(
    const std::vector<const TensorEntry*>& entries) const {
  return ForEachTensor(
      entries, [&](int64_t i) { return ReadTensor(*entries[i]).status(); });
}

std::shared_ptr<const TensorContent> SnapshotReader::FindContent(
    const TensorEntry&) const {
  return nullptr;
}

absl::StatusOr<Snapshot> ReadForRestore(const SnapshotReader& reader,
                                        const Parts& parts, int64_t most_held) {
  CAIRN_ASSIGN_OR_RETURN(Snapshot snapshot, ReadAllButTensors(reader, parts));
  std::vector<const TensorEntry*> wanted;
  for (const TensorEntry* const entry : Wanted(reader, parts)) {
    if (entry->part != Part::kExtras) {
      wanted.push_back(entry);
      continue;
    }
    CAIRN_ASSIGN_OR_RETURN(Tensor value, reader.ReadTensor(*entry));
    ListOf(*entry, snapshot).push_back({entry->path, std::move(value)});
  }
  CAIRN_ASSIGN_OR_RETURN(const Contents contents,
                         BytesOf(wanted) <= most_held
                             ? HoldContents(reader, wanted)
                             : FindContents(reader, wanted));
  for (size_t i = 0; i < wanted.size(); ++i) {
    ListOf(*wanted[i], snapshot)
        .push_back(
            {wanted[i]->path, Tensor::Stored(wanted[i]->spec, contents[i])});
  }
  return snapshot;
}

}  // namespace cairn
